"""Reads Parquet files and tables of SQLite files into DuckDB."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import duckdb
import pyarrow as pa

from foresell.errors import BadInput, EmptySource
from foresell.sources.files.file_sniffing import OpenedFile
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows

_BATCH = 50_000


def read_parquet(con: duckdb.DuckDBPyConnection, opened: OpenedFile) -> RawRows:
    """Create the view `raw_rows` over the file itself, types kept; `line` counts its rows from 1."""
    path = str(opened.path).replace("'", "''")
    source = f"read_parquet('{path}', file_row_number = true)"
    try:
        described = con.execute(f"describe select * exclude (file_row_number) from {source}").fetchall()
    except duckdb.Error as error:
        raise BadInput(
            f"{opened.name} is damaged: {shorten_error(error)}", remedy="Export or fetch it again."
        ) from None
    columns = tuple(Column(f"c{i}", name, type_) for i, (name, type_, *_) in enumerate(described, 1))
    cells = ", ".join(f'"{_quote_name(c.header)}" as {c.name}' for c in columns)
    con.execute(f"create or replace view raw_rows as select file_row_number + 1 as line, {cells} from {source}")
    return RawRows("parquet", columns, opened.compression)


def read_sqlite(con: duckdb.DuckDBPyConnection, opened: OpenedFile, stated: Dialect) -> RawRows:
    """Create the table `raw_rows` from one table of a SQLite file: the stated one, or the only one."""
    tables = list_sqlite_tables(opened)
    wanted = [stated.table] if stated.table else [table for table in tables if tables[table]]
    if len(wanted) != 1 or wanted[0] not in tables:
        raise BadInput(
            f"{opened.name} holds the tables {', '.join(tables) or '(none)'}; it is not clear which one to read.",
            remedy="Set table = ... under [dialect] in the mapping.",
        )
    headers = copy_table(con, opened, wanted[0], "raw_rows")
    columns = tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(headers, 1))
    return RawRows("sqlite", columns, opened.compression, dialect=Dialect(table=wanted[0]))


def list_sqlite_tables(opened: OpenedFile) -> dict[str, list[str]]:
    """The tables and views of a SQLite file and their columns."""
    with _open_sqlite(opened) as db:
        names = [name for (name,) in db.execute("select name from sqlite_master where type in ('table', 'view')")]
        return {n: [row[1] for row in db.execute(f'pragma table_info("{_quote_name(n)}")')] for n in names}


def copy_table(con: duckdb.DuckDBPyConnection, opened: OpenedFile, table: str, target: str) -> list[str]:
    """Copy one SQLite table to `target` (line, c1, c2, ...: its values as text, in the table's order)."""
    with _open_sqlite(opened) as db:
        rows = db.execute(f'select * from "{_quote_name(table)}"')
        headers = [column[0] for column in rows.description]
        names = ["line", *(f"c{i}" for i in range(1, len(headers) + 1))]
        con.execute(f"create or replace table {target} (line bigint, {', '.join(f'{n} varchar' for n in names[1:])})")
        line = 1
        while batch := rows.fetchmany(_BATCH):
            con.register("batch_read", _build_arrow_table(batch, names, line))
            con.execute(f"insert into {target} select * from batch_read")
            con.unregister("batch_read")
            line += len(batch)
    if line == 1 and target == "raw_rows":
        raise EmptySource(f"{opened.name}: the table {table} holds no rows.", remedy="Export it again.")
    return headers


def _build_arrow_table(rows: Sequence[Sequence[object]], names: Sequence[str], line: int) -> pa.Table:
    # SQLite types each value, not each column: text goes through the same parser as a CSV
    columns = [pa.array([_to_text(value) for value in column], pa.string()) for column in zip(*rows, strict=True)]
    return pa.table([pa.array(range(line, line + len(rows)), pa.int64()), *columns], list(names))


def _to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value)


@contextmanager
def _open_sqlite(opened: OpenedFile) -> Iterator[sqlite3.Connection]:
    try:
        # read-only: a load must not change its source
        with closing(sqlite3.connect(f"{opened.path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            yield db
    except sqlite3.Error as error:
        raise BadInput(
            f"{opened.name} cannot be read as a SQLite file: {error}.",
            remedy="Close the program that writes it, or export it.",
        ) from None


def _quote_name(name: str) -> str:
    return name.replace('"', '""')


def shorten_error(error: Exception) -> str:
    """The first line of an engine's error message, without its class, at most 200 characters."""
    return str(error).splitlines()[0].split("Error: ", 1)[-1][:200]
