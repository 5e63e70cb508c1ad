"""Reads one sheet of an XLSX or XLS workbook into DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice

import duckdb
import pyarrow as pa
import python_calamine

from foresell.errors import BadInput, EmptySource
from foresell.sources.files import dialect
from foresell.sources.files.file_sniffing import OpenedFile
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows

Row = Sequence[object]
_BATCH = 20_000
_LOOK = 50


def read_workbook(con: duckdb.DuckDBPyConnection, opened: OpenedFile, stated: Dialect) -> RawRows:
    """Create the table `raw_rows` (line, c1, c2, ... as text), one row per row of the sheet; `line` is the sheet's row number.

    Unless the mapping names a sheet, the first one with a table is read, and a warning lists the others.
    """
    book = _open_workbook(opened)
    sheet, names = _choose_sheet(book, stated.sheet, opened.name)
    rows: Iterator[Row] = sheet.iter_rows()
    first: list[Row] = list(islice(rows, _LOOK))
    header_at = _find_header(first, stated.header_line)
    place = f"sheet {sheet.name!r}, row {header_at + 1}"
    headers, notes = dialect.name_headers([format_cell(cell) or "" for cell in first[header_at]], opened.name, place)
    _load_rows(con, _number_rows(first[header_at + 1 :], rows, header_at + 2), len(headers))
    others = [name for name in names if name != sheet.name]
    if others and not stated.sheet:
        notes = (
            *notes,
            f"Only the sheet {sheet.name!r} was read. For {', '.join(others)}, set sheet under [dialect] in the mapping.",
        )
    return RawRows(
        kind="workbook",
        columns=tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(headers, 1)),
        compression=opened.compression,
        dialect=Dialect(sheet=sheet.name, header_line=header_at + 1),
        warnings=notes,
    )


def _open_workbook(opened: OpenedFile) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(str(opened.path))
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if "assword" in str(error) or type(error).__name__ == "PasswordError":
            raise BadInput(
                f"{opened.name} is protected by a password.", remedy="Save a copy without the password and load that."
            ) from None
        raise BadInput(
            f"{opened.name} cannot be read as a workbook ({error}).",
            remedy="Open it, save it as XLSX or CSV, load that.",
        ) from None


def _choose_sheet(
    book: python_calamine.CalamineWorkbook, stated: str | None, name: str
) -> tuple[python_calamine.CalamineSheet, list[str]]:
    names = book.sheet_names
    if stated and stated not in names:
        raise BadInput(f"{name} has no sheet {stated!r}.", remedy=f"Its sheets are: {', '.join(names)}.")
    filled = (sheet for sheet in map(book.get_sheet_by_name, [stated] if stated else names) if sheet.height > 1)
    sheet = next(filled, None)
    if sheet is None:
        raise EmptySource(f"{name} holds no sheet with a header and rows.", remedy="Export it again.")
    return sheet, [other for other in names if other == sheet.name or book.get_sheet_by_name(other).height > 1]


def _find_header(rows: list[Row], stated: int | None) -> int:
    """The index of the header: the stated row, else the first row at least half as wide as the widest."""
    if stated:
        return min(max(0, stated - 1), len(rows) - 1)
    widths = [sum(cell not in ("", None) for cell in row) for row in rows]
    return next(at for at, width in enumerate(widths) if width >= max(widths) / 2)


def _number_rows(first: list[Row], rest: Iterator[Row], line: int) -> Iterator[tuple[int, Row]]:
    for row in first:
        yield line, row
        line += 1
    for row in rest:
        yield line, row
        line += 1


def _load_rows(con: duckdb.DuckDBPyConnection, rows: Iterator[tuple[int, Row]], width: int) -> None:
    names = [f"c{i}" for i in range(1, width + 1)]
    con.execute(f"create or replace table raw_rows (line bigint, {', '.join(f'{name} varchar' for name in names)})")
    while batch := list(islice(rows, _BATCH)):
        lines, cells = zip(*batch, strict=True)
        columns = [[format_cell(row[at]) if at < len(row) else None for row in cells] for at in range(width)]
        arrays = [pa.array(lines, pa.int64()), *(pa.array(column, pa.string()) for column in columns)]
        con.register("batch_read", pa.table(arrays, ["line", *names]))
        con.execute("insert into raw_rows select * from batch_read")
        con.unregister("batch_read")


def format_cell(cell: object) -> str | None:
    """A cell as the text a CSV would hold: whole floats without `.0`, dates in ISO, empty as None."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
