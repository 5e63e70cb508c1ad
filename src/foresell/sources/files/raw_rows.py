"""The output of every reader: the relation `raw_rows`, and rejects for records that could not become rows of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from foresell.sources.files.mapping import Dialect


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `raw_rows`: its name there, its header in the file and its DuckDB type."""

    name: str
    header: str
    type: str


@dataclass(frozen=True, slots=True)
class RawRows:
    """The relation `raw_rows` (line, then `columns`; grain: one well-formed row of the file) and how the file was read.

    Of a wide file `raw_rows` has only the columns asked for so far: `whole` is then SQL for all of them, see `read_columns`.
    """

    kind: str
    columns: tuple[Column, ...]
    compression: str | None = None
    encoding: str | None = None
    line_ending: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    odd_blanks: bool = True  # cells may start or end with tabs or no-break spaces
    warnings: tuple[str, ...] = ()
    whole: str | None = None


def read_columns(con: duckdb.DuckDBPyConnection, raw: RawRows, columns: Sequence[Column]) -> None:
    """Add to `raw_rows` those of the columns, or of the columns they combine, that it lacks."""
    if raw.whole is None:
        return
    have = list_read_columns(con, raw)
    wanted = {name for column in columns for name in list_names(column)} - {column.name for column in have}
    lacking = [column.name for column in raw.columns if column.name in wanted]
    if lacking:
        added = f"(select {', '.join(lacking)} from {raw.whole})"
        con.execute(f"create or replace temp table csv_rows as select * from csv_rows positional join {added}")
        create_text_view(con, raw.dialect.header_line or 0)


def create_text_view(con: duckdb.DuckDBPyConnection, header_line: int) -> None:
    """Create the view `raw_rows` over the table `csv_rows`, whose first row stands on the line after the header."""
    con.execute(f"create or replace temp view raw_rows as select rowid + {header_line + 1} as line, * from csv_rows")


def list_read_columns(con: duckdb.DuckDBPyConnection, raw: RawRows) -> list[Column]:
    """The file's columns that `raw_rows` has."""
    if raw.whole is None:
        return list(raw.columns)
    have = {name for name, *_ in con.execute("describe raw_rows").fetchall()}
    return [column for column in raw.columns if column.name in have]


def list_names(column: Column) -> list[str]:
    """The columns of `raw_rows` that a column is, or combines."""
    return re.findall(r"\bc\d+\b", column.name) or [column.name]


REJECTS = """create table staged_rejects (
    file varchar not null, line bigint not null, column_name varchar, value varchar, reason varchar not null
)"""


def insert_rejects(con: duckdb.DuckDBPyConnection, file: str, rejects: Sequence[tuple[int, str, str]]) -> None:
    """Insert records that could not be split into cells, as (line, value, reason)."""
    if not rejects:
        return
    lines, values, reasons = (list(column) for column in zip(*rejects, strict=True))
    con.register("rejects_read", pa.table({"line": lines, "value": values, "reason": reasons}))
    con.execute("insert into staged_rejects select $file, line, null, value, reason from rejects_read", {"file": file})
    con.unregister("rejects_read")


PLACES = "create table row_places (first_line bigint, last_line bigint, file varchar, before bigint)"


def record_place(con: duckdb.DuckDBPyConnection, first_line: int, last_line: int, file: str, before: int) -> None:
    """Remember that these lines of `raw_rows` are in the part `file` of what was loaded, `before` lines less."""
    con.execute("insert into row_places values (?, ?, ?, ?)", [first_line, last_line, file, before])


def name_places(con: duckdb.DuckDBPyConnection) -> None:
    """Give rejects of rows that were read from several sheets or files their sheet or file, and their line in it."""
    con.execute(
        "update staged_rejects as r set file = p.file, line = r.line - p.before from row_places as p"
        " where r.line between p.first_line and p.last_line"
    )


def drop_raw_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the relation `raw_rows`, be it a view or a table."""
    [(kind,)] = con.execute("select table_type from information_schema.tables where table_name = 'raw_rows'").fetchall()
    con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} raw_rows")
