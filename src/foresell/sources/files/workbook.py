"""Reads the sheets of an XLSX, XLS or ODS workbook into DuckDB: all sheets with the same columns, as one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from foresell.errors import BadInput, EmptySource
from foresell.sources.files import dialect
from foresell.sources.files.bounded import MIB, Answers, run_reader
from foresell.sources.files.file_sniffing import OpenedFile, name_some
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows, record_place

#: A cell takes 24 bytes of memory and at least as many of XML: a sheet that needs far more has cells far outside its table.
_MEMORY_PER_BYTE, _LEAST_MEMORY = 24, 192 * MIB

_BATCH = 20_000
#: Whether the columns of a sheet are those the load needs.
Fits = Callable[[RawRows], bool]


@dataclass(slots=True)
class _Group:
    """Sheets with the same columns; their rows are in `table`, with `next_line` - 1 lines so far."""

    table: str
    names: tuple[str, ...]
    first: int
    last: int
    sheets: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    next_line: int = 1
    waiting: list[pa.RecordBatch] = field(default_factory=list)


def read_workbook(con: duckdb.DuckDBPyConnection, opened: OpenedFile, stated: Dialect, fits: Fits) -> RawRows:
    """Create the table `raw_rows` (line, c1, c2, ... as text), one row per row of the sheets that are read.

    Unless the mapping names a sheet, these are the first one whose columns fit, else the first one with a table, and
    those with the same columns; a warning lists the others. `line` is the sheet's row number; further sheets count on.
    """
    groups: dict[tuple[str, ...], _Group] = {}
    memory = _LEAST_MEMORY + _MEMORY_PER_BYTE * opened.plain_bytes
    request = {"sheet": stated.sheet, "header_line": stated.header_line}
    with run_reader("sheet_reader", opened.path, opened.name, opened.limits, memory=memory, **request) as answers:
        for answer in answers:
            _read_sheet(con, answers, answer, groups)
    found = [group for group in groups.values() if group.sheets]
    if not found:
        raise EmptySource(f"{opened.name} holds no sheet with a header and rows.", remedy="Export it again.")
    chosen = next((group for group in found if _fits(group, opened, fits)), None) or next(
        (group for group in found if len(group.names) > 1), found[0]
    )
    _insert_waiting(con, chosen)
    con.execute(f"create or replace view raw_rows as from {chosen.table}")
    if len(chosen.sheets) > 1:
        for sheet, (before, end) in zip(chosen.sheets, chosen.places, strict=True):
            record_place(con, before + 1, end, f"{opened.name} [{sheet}]", before)
    raw = _describe(chosen, opened)
    others = [sheet for group in found if group is not chosen for sheet in group.sheets]
    return _warn(raw, chosen, others, stated)


def _read_sheet(
    con: duckdb.DuckDBPyConnection, answers: Answers, answer: dict[str, Any], groups: dict[tuple[str, ...], _Group]
) -> None:
    """Append one sheet to the table of its group."""
    rows = answers.read_rows()
    names = tuple(answer["names"])
    key = tuple(name.strip().casefold() for name in names)
    group = groups.setdefault(key, _Group(f"sheets_{len(groups)}", names, answer["first"], answer["last"]))
    if not group.sheets:
        columns = ", ".join(f"c{i} varchar" for i in range(1, len(names) + 1))
        con.execute(f"create or replace table {group.table} (line bigint, {columns})")
    before, last_line = group.next_line - 1, 0
    for batch in rows:
        last_line = batch["line"][-1].as_py()
        group.waiting.append(_move_lines(batch, before) if before else batch)
        _insert_waiting(con, group, _BATCH)
    if last_line:
        group.sheets.append(answer["sheet"])
        group.places.append((before, before + last_line))
        group.next_line = before + last_line + 1


def _move_lines(batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
    """The batch with the lines of a sheet that follows others."""
    import pyarrow.compute as pc  # takes longer to import than all other readers together

    return batch.set_column(0, "line", pc.add(batch["line"], before))


def _insert_waiting(con: duckdb.DuckDBPyConnection, group: _Group, least: int = 0) -> None:
    """Insert the rows of a group that are not in its table yet, if they are many: a book may have thousands of sheets."""
    if not group.waiting or sum(batch.num_rows for batch in group.waiting) < least:
        return
    con.register("batch_read", pa.Table.from_batches(group.waiting))
    con.execute(f"insert into {group.table} select * from batch_read")
    con.unregister("batch_read")
    group.waiting.clear()


def _describe(group: _Group, opened: OpenedFile) -> RawRows:
    """Raises BadInput for a header that is not one."""
    place = f"sheet {group.sheets[0]!r}, row {group.last}"
    headers, notes = dialect.name_headers(list(group.names), opened.name, place)
    return RawRows(
        kind="workbook",
        columns=tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(headers, 1)),
        compression=opened.compression,
        dialect=Dialect(
            sheet=group.sheets[0] if len(group.sheets) == 1 else None,
            header_line=group.last if group.first == group.last and len(group.sheets) == 1 else None,
        ),
        warnings=notes,
    )


def _fits(group: _Group, opened: OpenedFile, fits: Fits) -> bool:
    try:
        return fits(_describe(group, opened))
    except BadInput:
        return False


def _warn(raw: RawRows, chosen: _Group, others: Sequence[str], stated: Dialect) -> RawRows:
    notes = raw.warnings
    if len(chosen.sheets) > 1:
        notes += (
            f"The sheets {name_some([repr(s) for s in chosen.sheets])} have the same columns and were read as one.",
        )
    if others and not stated.sheet:
        what = f"the sheet {chosen.sheets[0]!r} was" if len(chosen.sheets) == 1 else "these sheets were"
        notes += (f"Only {what} read. For {name_some(others)}, set sheet under [dialect] in the mapping.",)
    return replace(raw, warnings=notes)
