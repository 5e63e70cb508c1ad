"""Commands that bring data in and take it back: inspect, load, batches, undo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.session import open_home
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.sources.files.description import describe_inspection
from foresell.sources.files.inspection import inspect_file, save_mapping
from foresell.sources.files.mapping import read_mapping
from foresell.store import batches
from foresell.tempdirs import clear_scratch
from foresell.types import Batch
from foresell.workflows.load import load_file

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
File = Annotated[
    Path, typer.Argument(help="CSV (also .gz, .zst), XLSX, XLS, Parquet, SQLite, or the folder of Olist's CSVs.")
]
Map = Annotated[Path | None, typer.Option("--map", help="A mapping file, as `foresell inspect --save-map` writes it.")]
Profile = Annotated[
    str | None, typer.Option(help="Read it as: online-retail, olist, documents or mapped (default: detected).")
]
Dates = Annotated[
    str | None,
    typer.Option("--dates", help="Order of day, month and year where the file does not show it: dmy, mdy or ymd."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (inspect, load, show_batches, undo):
        app.command(name="batches" if command is show_batches else None)(command)


def inspect(
    file: File,
    map_file: Map = None,
    profile: Profile = None,
    dates: Dates = None,
    save_map: Annotated[
        Path | None, typer.Option("--save-map", help="Write the proposed mapping to this TOML file.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what a file is and how it would be read, without loading anything."""
    settings = read_settings()
    clear_scratch(settings.work)
    with printing.progress(not json) as progress:
        found = inspect_file(
            file,
            workdir=settings.work,
            memory_gib=settings.memory_gib / 2,
            threads=settings.threads,
            mapping=read_mapping(map_file) if map_file else None,
            profile=profile,
            dates=_known_dates(dates),
            progress=progress,
        )
    if save_map:
        save_mapping(found, save_map)
    if json:
        printing.as_json(found)
    else:
        printing.say(describe_inspection(found))
        if save_map:
            printing.say(
                f"\nMapping written to {save_map}. Edit it if needed, then: foresell load {file} --map {save_map}"
            )


def _known_dates(text: str | None) -> str | None:
    if text not in (None, "dmy", "mdy", "ymd"):
        raise UsageError(f"--dates {text!r} is no order of day, month and year.", remedy="Choose dmy, mdy or ymd.")
    return text


def load(
    file: File,
    map_file: Map = None,
    profile: Profile = None,
    dates: Dates = None,
    source: Annotated[
        str | None, typer.Option(help="Which source this is an export of (default: from the profile or mapping).")
    ] = None,
    max_rejected: Annotated[
        float, typer.Option(min=0, max=100, help="Load nothing if more percent of the lines are rejected.")
    ] = 2.0,
    json: Json = False,
) -> None:
    """Load a file as one batch. The same file twice changes nothing; a newer export replaces the orders it contains."""
    settings, database = open_home()
    with printing.progress(not json) as progress:
        batch = load_file(
            settings,
            database,
            file,
            mapping=read_mapping(map_file) if map_file else None,
            profile=profile,
            dates=_known_dates(dates),
            source=source,
            max_rejected=max_rejected,
            load_day=datetime.now(UTC).date(),
            progress=progress,
        )
    if json:
        printing.as_json(batch)
    else:
        _show_batch(batch)


def _show_batch(batch: Batch) -> None:
    if batch.state == "unchanged":
        printing.say(f"{batch.file_name} is batch {batch.batch_id} already: nothing changed.")
        return
    printing.say(
        f"Batch {batch.batch_id} of {batch.source}: {batch.file_name}, read as {batch.profile}, {batch.seconds:.1f} s\n"
        f"  {batch.lines_read:,} lines read = {batch.lines_loaded:,} loaded + {batch.lines_unchanged:,} unchanged"
        f" + {batch.lines_rejected:,} rejected\n"
        f"  orders     {batch.orders_new:,} new, {batch.orders_replaced:,} replaced\n"
        f"  customers  {batch.customers_new:,} new, {batch.customers_changed:,} changed\n"
        f"  products   {batch.products_new:,} new, {batch.products_changed:,} changed"
    )
    for warning in batch.warnings:
        printing.say(f"  note: {warning}")
    if batch.rejects_file:
        printing.say(f"  rejected rows with line, column, value and reason: {batch.rejects_file}")
    printing.say(f"Score it: foresell refresh    Take it back: foresell undo {batch.batch_id}")


def show_batches(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List the loads, newest first."""
    _, database = open_home()
    found = batches.list_batches(database, limit=limit)
    if json:
        printing.as_json(found)
    elif not found:
        printing.say("Nothing was loaded yet. Try: foresell load FILE    or: foresell demo")
    else:
        columns = {
            "batch_id": "batch", "loaded_at": "when", "source": "source", "file_name": "file", "lines_read": "read",
            "lines_loaded": "loaded", "lines_unchanged": "unchanged", "lines_rejected": "rejected", "state": "state",
        }  # fmt: skip
        printing.table(found, columns, plain_ids=["batch_id"])


def undo(
    batch: Annotated[int, typer.Argument(help="The number `foresell batches` shows.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    with_later: Annotated[
        bool, typer.Option("--with-later", help="Also undo later batches of the same source.")
    ] = False,
    json: Json = False,
) -> None:
    """Take a batch back: the truth is exactly what it was before, also where the batch replaced rows."""
    _, database = open_home()
    if not yes:
        if json:
            raise UsageError("With --json there is nobody to ask.", remedy="Add --yes.")
        later = " and all later ones of its source" if with_later else ""
        typer.confirm(f"Undo batch {batch}{later}?", abort=True)
    undone = batches.undo(database, batch, with_later=with_later)
    if json:
        printing.as_json({"undone": undone})
    else:
        printing.say(f"Undone: {', '.join(map(str, undone))}. What is published stays until: foresell refresh")
