"""Commands that load files and undo loads: inspect, load, batches, profile, undo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest, Yes, confirm
from foresell.cli.session import open_home
from foresell.errors import UsageError
from foresell.quality import profiles
from foresell.settings import read_settings
from foresell.sources.files.description import describe_inspection
from foresell.sources.files.inspection import save_mapping
from foresell.sources.files.mapping import read_mapping
from foresell.store import batches
from foresell.store.database import has_database, open_running_database
from foresell.tempdirs import clear_temporary_folders
from foresell.types import Batch
from foresell.workflows.inspect import inspect_for_load
from foresell.workflows.load import load_file
from foresell.workflows.undo import undo_load

File = Annotated[
    Path,
    typer.Argument(
        help="CSV (also .zip, .gz, .bz2, .xz, .zst), XLSX, XLS, ODS, Parquet, SQLite, or a folder of CSV files."
    ),
]
Map = Annotated[Path | None, typer.Option("--map", help="A mapping file as written by `foresell inspect --save-map`.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", help="A known format, such as shopify-orders, or mapped (default: recognised by its headers)."
    ),
]
Dates = Annotated[
    str | None,
    typer.Option("--dates", help="Order of day, month and year where the file leaves it open: dmy, mdy or ymd."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (inspect, load, list_batches, profile, undo):
        app.command(name="batches" if command is list_batches else None)(command)


def inspect(
    file: File,
    map_file: Map = None,
    format_: Format = None,
    dates: Dates = None,
    save_map: Annotated[
        Path | None, typer.Option("--save-map", help="Write the proposed mapping to this TOML file.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how a file would be read and what would be rejected. Loads nothing."""
    settings = read_settings()
    clear_temporary_folders(settings.work)
    database = open_running_database(settings)
    if database is None and has_database(settings):
        printing.print_note(
            "The database is not running: the file is not compared with what other sources have loaded."
        )
    with printing.show_progress(not json) as progress:
        inspection = inspect_for_load(
            settings,
            database,
            file,
            mapping=read_mapping(map_file) if map_file else None,
            format=format_,
            dates=_check_date_order(dates),
            progress=progress,
        )
    if save_map:
        save_mapping(inspection, save_map)
    if json:
        printing.print_json(inspection)
    else:
        printing.print_text(describe_inspection(inspection))
        if save_map:
            printing.print_text(
                f"\nMapping written to {save_map}. Edit it if needed, then: foresell load {file} --map {save_map}"
            )


def _check_date_order(text: str | None) -> str | None:
    """Raises UsageError for anything but dmy, mdy and ymd."""
    if text not in (None, "dmy", "mdy", "ymd"):
        raise UsageError(f"--dates {text!r} is not an order of day, month and year.", remedy="Choose dmy, mdy or ymd.")
    return text


def load(
    file: File,
    map_file: Map = None,
    format_: Format = None,
    dates: Dates = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the source system (default: from the format or mapping).")
    ] = None,
    max_rejected: Annotated[
        float, typer.Option(min=0, max=100, help="Load nothing if more than this percentage of lines is rejected.")
    ] = 2.0,
    accept_guesses: Annotated[
        bool,
        typer.Option("--accept-guesses", help="Take the likeliest answer to each open question; the batch records it."),
    ] = False,
    json: Json = False,
) -> None:
    """Load a file as one batch. Loading it again changes nothing; a newer export replaces the orders it contains."""
    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        batch = load_file(
            settings,
            database,
            file,
            mapping=read_mapping(map_file) if map_file else None,
            format=format_,
            dates=_check_date_order(dates),
            source=source,
            max_rejected=max_rejected,
            accept_guesses=accept_guesses,
            load_day=datetime.now(UTC).date(),
            progress=progress,
        )
    if json:
        printing.print_json(batch)
    else:
        _print_batch(batch)


def _print_batch(batch: Batch) -> None:
    if batch.state == "unchanged":
        printing.print_text(f"{batch.file_name} was already loaded as batch {batch.batch_id}; nothing changed.")
        return
    printing.print_text(
        f"Batch {batch.batch_id} of source {batch.source}: {batch.file_name}, format {batch.format}, {batch.seconds:.1f} s\n"
        f"  {batch.lines_read:,} lines read = {batch.lines_loaded:,} loaded + {batch.lines_unchanged:,} unchanged"
        f" + {batch.lines_rejected:,} rejected\n"
        f"  orders     {batch.orders_new:,} new, {batch.orders_replaced:,} replaced\n"
        f"  customers  {batch.customers_new:,} new, {batch.customers_changed:,} changed\n"
        f"  products   {batch.products_new:,} new, {batch.products_changed:,} changed"
    )
    for warning in batch.warnings:
        printing.print_text(f"  Note: {warning}")
    if batch.rejects_file:
        printing.print_text(f"  Rejected rows with line, column, value and reason: {batch.rejects_file}")
    printing.print_text(f"Next: foresell refresh    To undo: foresell undo {batch.batch_id}")


def list_batches(limit: Newest = 20, json: Json = False) -> None:
    """List the batches, newest first."""
    _, database = open_home()
    found = batches.list_batches(database, limit=limit)
    with database.connect() as con:
        counts = profiles.count_differing(con, [row["batch_id"] for row in found])
    found = [row | {"differs": counts.get(row["batch_id"])} for row in found]
    if json:
        printing.print_json(found)
    elif not found:
        printing.print_text("Nothing has been loaded yet. Load a file: foresell load FILE    Or try: foresell demo")
    else:
        columns = {
            "batch_id": "Batch", "loaded_at": "Loaded at", "source": "Source", "file_name": "File", "lines_read": "Lines read",
            "lines_loaded": "Loaded", "lines_unchanged": "Unchanged", "lines_rejected": "Rejected", "differs": "Differs", "state": "State",
        }  # fmt: skip
        printing.print_table(found, columns, plain_ids=["batch_id"])


def profile(
    batch: Annotated[int, typer.Argument(help="The number shown by `foresell batches`.")],
    json: Json = False,
) -> None:
    """Show what a batch brought, column by column, and what differs from earlier batches of its source."""
    _, database = open_home()
    with database.connect() as con:
        streams = profiles.read_profile(con, batch)
    if json:
        printing.print_json({"batch_id": batch, "streams": streams})
        return
    if not streams:
        printing.print_text(
            "There is no profile: the batch does not exist, was undone, or loaded before profiles were kept."
        )
    columns = {
        "column_name": "Column", "empty": "Empty", "different": "Different", "smallest": "Smallest", "largest": "Largest",
        "middle": "Median", "checked": "Checked", "invalid": "Not valid",
    }  # fmt: skip
    for stream in streams:
        printing.print_table(stream["columns"], columns, title=f"{stream['stream']}: {stream['rows']:,} rows")
        count = len({each["column"] for each in stream["differences"]})
        summary = profiles.describe_count(count, len(stream["compared_with"]))
        printing.print_text(f"{summary or 'Too few earlier batches to compare with'}.")
        for each in stream["differences"]:
            printing.print_text(f"  {each['sentence']}")


def undo(
    batch: Annotated[int, typer.Argument(help="The number shown by `foresell batches`.")],
    yes: Yes = False,
    with_later: Annotated[
        bool, typer.Option("--with-later", help="Also undo later batches of the same source.")
    ] = False,
    json: Json = False,
) -> None:
    """Undo a batch.

    The database is then exactly as before the batch, also where it replaced rows.
    """
    settings, database = open_home()
    later = " and all later batches of its source" if with_later else ""
    confirm(f"Undo batch {batch}{later}?", yes=yes, json=json)
    undone = undo_load(settings, database, batch, with_later=with_later)
    if json:
        printing.print_json({"undone": undone})
    else:
        printing.print_text(
            f"Undone: {', '.join(map(str, undone))}. Published scores do not change until: foresell refresh"
        )
