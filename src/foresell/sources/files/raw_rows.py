"""The output of every reader: the relation `raw_rows`, and rejects for records that could not become rows of it."""

from __future__ import annotations

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
    """The relation `raw_rows` (line, then `columns`; grain: one well-formed row of the file) and how the file was read."""

    kind: str
    columns: tuple[Column, ...]
    compression: str | None = None
    encoding: str | None = None
    line_ending: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    odd_blanks: bool = True  # cells may start or end with tabs or no-break spaces
    warnings: tuple[str, ...] = ()


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
