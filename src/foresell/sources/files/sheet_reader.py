"""A child process: reads the sheets of an XLSX, XLS or ODS workbook and writes their rows as text."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

from foresell.errors import BadInput
from foresell.sources.files.child_limits import Output, serve
from foresell.sources.files.header_rows import find_header

Row = Sequence[object]
_BATCH = 20_000
_LOOK = 50


def read_sheets(request: dict[str, Any], output: Output) -> None:
    """Write the names of the sheets, then each sheet with a header and rows: its header, and its rows with their numbers."""
    import python_calamine

    name, stated = request["name"], request["sheet"]
    try:
        book = python_calamine.CalamineWorkbook.from_path(request["path"])
        if stated and stated not in book.sheet_names:
            raise BadInput(
                f"{name} has no sheet {stated!r}.", remedy=f"Its sheets are: {', '.join(book.sheet_names[:20])}."
            )
        for title in [stated] if stated else book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            if sheet.height > 1:
                _send_sheet(sheet, title, request["header_line"], output)
            del sheet
    except python_calamine.PasswordError:
        raise BadInput(
            f"{name} is protected by a password.", remedy="Save a copy without the password and load that."
        ) from None
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        raise BadInput(
            f"{name} cannot be read as a workbook: it is damaged or cut off, or another kind of file with that name.",
            remedy="Open it in a spreadsheet program and save it as XLSX or CSV. If it does not open there, export or"
            " download it again.",
        ) from None


def _send_sheet(sheet: Any, title: str, header_line: int | None, output: Output) -> None:
    import pyarrow as pa

    rows: Iterator[Row] = sheet.iter_rows()
    first: list[Row] = list(islice(rows, _LOOK))
    shown = [[format_cell(cell) for cell in row] for row in first]
    header = find_header(shown, header_line, sheet.merged_cell_ranges or ())
    width = len(header.names)
    schema = pa.schema([("line", pa.int64()), *((f"c{i}", pa.string()) for i in range(1, width + 1))])
    line = header.last + 2
    rest = chain(first[header.last + 1 :], rows)
    answer = {"sheet": title, "names": header.names, "first": header.first + 1, "last": header.last + 1}
    with output.send_rows(schema, **answer) as writer:
        while batch := list(islice(rest, _BATCH)):
            cells = [[format_cell(row[at]) if at < len(row) else None for row in batch] for at in range(width)]
            arrays = [pa.array(range(line, line + len(batch)), pa.int64()), *(pa.array(c, pa.string()) for c in cells)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            line += len(batch)


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


if __name__ == "__main__":
    serve(read_sheets)
