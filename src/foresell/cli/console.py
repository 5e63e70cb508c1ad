"""The command that runs read-only SQL: sql."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.session import open_home, open_published
from foresell.store import console


class Target(StrEnum):
    """Where a query runs."""

    database = "database"
    snapshot = "snapshot"


class Format(StrEnum):
    """How the result is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(sql)


def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT: in DuckDB's dialect on the snapshot, in PostgreSQL's on the database.")
    ],
    on: Annotated[Target, typer.Option(help="Query the published snapshot or the database.")] = Target.snapshot,
    format: Annotated[Format, typer.Option(help="How to print the result.")] = Format.table,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown in a table; CSV and JSON are always complete.")] = 1000,
) -> None:
    """Run a read-only SQL query."""
    if on is Target.snapshot:
        with open_published() as (_, con, _):
            columns, rows = console.query_snapshot(con, query)
    else:
        _, database = open_home()
        columns, rows = console.query_store(database, query)
    _print_result(columns, rows, format, limit)


def _print_result(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], format: Format, limit: int) -> None:
    """Columns of the same name get their position appended."""
    columns = [f"{name}_{place}" if columns.count(name) > 1 else name for place, name in enumerate(columns, 1)]
    records = [dict(zip(columns, row, strict=True)) for row in (rows[:limit] if format is Format.table else rows)]
    if format is Format.json:
        printing.print_json(records)
    elif format is Format.csv:
        printing.write_csv(records, columns, Path("-"))
    else:
        printing.print_table(records, {column: column for column in columns}, plain_ids=columns)
        more = f", first {limit:,} shown" if len(rows) > limit else ""
        printing.print_note(f"{len(rows):,} rows{more}")
