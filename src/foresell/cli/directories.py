"""Commands on directories of businesses: directories, directories load."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home
from foresell.enrichment import entries
from foresell.workflows.directories import load_directory

directories_app = typer.Typer(help="Load directories of businesses, and list what was loaded.", no_args_is_help=True)
LISTED = {
    "load_id": "Load", "directory": "Directory", "file_name": "File", "entries": "Entries", "held": "Held now",
    "rejected": "Rejected", "licences": "Licence", "loaded_at": "Loaded",
}  # fmt: skip


class Kind(StrEnum):
    """The directories that can be read."""

    OSM = "osm"
    OVERTURE = "overture"
    GLEIF = "gleif"
    COMPANIES_HOUSE = "companies-house"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(directories_app, name="directories")


@directories_app.command("load")
def load(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file, as its publisher gives it.")],
    kind: Annotated[Kind, typer.Option(help="Which directory it is of.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="The file has all entries of the directory: others are removed.")
    ] = False,
    json: Json = False,
) -> None:
    """Load a file of a directory: OpenStreetMap (PBF, GeoJSON), Overture places (Parquet), GLEIF or Companies House (CSV).

    Nothing is changed about customers: foresell enrich proposes what the entries say. Reading PBF needs the extra `directories`.
    """
    settings, database = open_home()
    done = load_directory(settings, database, path, kind.value, whole=whole)
    if json:
        printing.print_json(done)
        return
    rejected = "; ".join(f"{count:,} {reason}" for reason, count in done.rejected.items()) or "none rejected"
    printing.print_text(f"{done.directory}: {done.entries:,} entries loaded, {done.removed:,} removed; {rejected}.")
    printing.print_text("Next: foresell enrich --dry-run")


@directories_app.command("list")
def list_loads(limit: Newest = 25, json: Json = False) -> None:
    """List what was loaded, the newest first, with the licences of its entries."""
    _, database = open_home()
    with database.connect() as con:
        rows = entries.list_loads(con, limit)
    if json:
        printing.print_json(rows)
    elif rows:
        printing.print_table(rows, LISTED, plain_ids=["load_id"])
    else:
        printing.print_text("No directory is loaded. Load one: foresell directories load PATH --kind osm")
