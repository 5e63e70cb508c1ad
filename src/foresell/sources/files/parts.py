"""Reads several text files with the same columns, of a folder or an archive, into DuckDB as one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from foresell.errors import BadInput
from foresell.sources.files import delimited
from foresell.sources.files.fields import normalize_header
from foresell.sources.files.file_sniffing import OpenedFile, name_some
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import RawRows, drop_raw_rows, record_place


def read_parts(con: duckdb.DuckDBPyConnection, opened: OpenedFile, stated: Dialect, workdir: Path) -> RawRows:
    """Create the table `raw_rows` from all parts; the lines of each part count on from those of the part before it.

    Raises BadInput naming the files when their columns differ.
    """
    first: RawRows | None = None
    before = 0
    for part in opened.parts:
        raw = delimited.read_delimited(con, part, stated, workdir)
        if first is None:
            first = raw
            columns = ", ".join(f"{column.name} varchar" for column in raw.columns)
            con.execute(f"create or replace table parts_read (line bigint, {columns})")
        _append_part(con, opened, part, raw, first, before)
        before = _record_lines(con, part, before)
    con.execute("create or replace view raw_rows as from parts_read")
    if first is None:
        raise ValueError("no parts")
    names = name_some([part.name for part in opened.parts])
    note = f"{len(opened.parts)} files with the same columns were read as one: {names}."
    return replace(first, compression=opened.compression, odd_blanks=True, warnings=(*first.warnings, note))


def _append_part(
    con: duckdb.DuckDBPyConnection, opened: OpenedFile, part: OpenedFile, raw: RawRows, first: RawRows, before: int
) -> None:
    """Append `raw_rows` to `parts_read`, its columns in the order of the first part's."""
    places = {normalize_header(column.header): column.name for column in raw.columns}
    wanted = [normalize_header(column.header) for column in first.columns]
    if sorted(places) != sorted(wanted):
        raise BadInput(
            f"{opened.name} holds files with different columns: {opened.parts[0].name} has"
            f" {name_some([c.header for c in first.columns])}; {part.name} has {name_some([c.header for c in raw.columns])}.",
            remedy="Unpack it, and load the files one after the other, each kind with the mapping it needs.",
        )
    cells = ", ".join(places[name] for name in wanted)
    con.execute(f"insert into parts_read select line + {before}, {cells} from raw_rows")
    con.execute(
        "update staged_rejects set line = line + $before, file = $whole where file = $part",
        {"before": before, "part": part.name, "whole": opened.name},
    )
    drop_raw_rows(con)
    con.execute("drop table if exists csv_rows")


def _record_lines(con: duckdb.DuckDBPyConnection, part: OpenedFile, before: int) -> int:
    """The last line of a part, which is recorded as the place of its rows."""
    (last,) = con.execute(
        "select max(line) from (select line from parts_read union all select line from staged_rejects)"
    ).fetchall()[0]
    if last is None or last <= before:
        return before
    record_place(con, before + 1, last, part.name, before)
    return int(last)
