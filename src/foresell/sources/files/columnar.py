"""Reads Parquet files, and tables and views of SQLite files, into DuckDB."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pyarrow as pa

from foresell.errors import BadInput, EmptySource
from foresell.sources.files.bounded import refuse_size, run_reader
from foresell.sources.files.file_sniffing import OpenedFile, name_some
from foresell.sources.files.mapping import Dialect
from foresell.sources.files.raw_rows import Column, RawRows
from foresell.sources.files.table_joins import JoinPlan, Table, propose_joins
from foresell.sql import quote_text


def read_parquet(con: duckdb.DuckDBPyConnection, opened: OpenedFile) -> RawRows:
    """Create the view `raw_rows` over the file, types kept; `line` counts its rows from 1. A child process has decoded it before.

    A table would lose the file's dictionaries, on which DuckDB works value by value instead of row by row.
    """
    columns: tuple[Column, ...] = ()
    with run_reader("parquet_reader", opened.path, opened.name, opened.limits) as answers:
        for answer in answers:
            columns = tuple(Column(f"c{i}", *described) for i, described in enumerate(answer["columns"], 1))
            if answer["expanded"] > opened.limits.expanded:
                raise refuse_size(opened.name, opened.limits)
    cells = ", ".join(f"{_quote_name(column.header)} as {column.name}" for column in columns)
    source = f"read_parquet({quote_text(str(opened.path))}, file_row_number = true)"
    con.execute(f"create or replace temp view raw_rows as select file_row_number + 1 as line, {cells} from {source}")
    return RawRows("parquet", columns, opened.compression)


def _quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_sqlite(
    con: duckdb.DuckDBPyConnection, opened: OpenedFile, stated: Dialect, fits: Callable[[RawRows], bool]
) -> RawRows:
    """Create the table `raw_rows` from a SQLite file: the stated table or view, the only one, or the only one that fits.

    If no table has all that is needed, but tables that refer to each other do, they are joined, and a warning says how.
    Raises BadInput naming the tables when there are several ways or none.
    """
    tables = describe_tables(opened)
    joined = _describe_fit(fits)
    filled = [name for name, table in tables.items() if table.columns]
    fitting = [name for name in filled if joined(tables[name].columns)]
    wanted = [stated.table] if stated.table else fitting if len(fitting) == 1 else filled if len(filled) == 1 else []
    if wanted and wanted[0] in tables:
        raw = _read_table(con, opened, wanted[0])
        others = [name for name in filled if name != wanted[0]]
        if stated.table or not others:
            return raw
        note = (
            f"Only the table {wanted[0]!r} was read. For {name_some(others)}, set table under [dialect] in the mapping."
        )
        return RawRows("sqlite", raw.columns, raw.compression, dialect=raw.dialect, warnings=(note,))
    plans = [] if stated.table or fitting else propose_joins(tables, joined)
    if len(plans) == 1:
        return _read_join(con, opened, plans[0])
    ways = f" They can be joined in {len(plans)} ways: {'; or '.join(p.in_words for p in plans[:4])}." if plans else ""
    raise BadInput(
        f"{opened.name} holds the tables {name_some(list(tables)) or '(none)'}; it is not clear which one to read.{ways}",
        remedy="Set table = ... under [dialect] in the mapping; it may name a view that joins what belongs together.",
    )


def _describe_fit(fits: Callable[[RawRows], bool]) -> Callable[[tuple[str, ...]], bool]:
    def fit(headers: tuple[str, ...]) -> bool:
        return fits(RawRows("sqlite", tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(headers, 1))))

    return fit


def _read_table(con: duckdb.DuckDBPyConnection, opened: OpenedFile, table: str) -> RawRows:
    headers = copy_table(con, opened, table, "raw_rows")
    columns = tuple(Column(f"c{i}", name, "VARCHAR") for i, name in enumerate(headers, 1))
    return RawRows("sqlite", columns, opened.compression, dialect=Dialect(table=table))


def _read_join(con: duckdb.DuckDBPyConnection, opened: OpenedFile, plan: JoinPlan) -> RawRows:
    """Create `raw_rows`: one row per row of the plan's first table, whose place in it is `line`."""
    headers = {table: copy_table(con, opened, table, f"joined_{at}") for at, table in enumerate(plan.tables)}
    number = {table: at for at, table in enumerate(plan.tables)}

    def cell(table: str, column: str) -> str:
        return f"joined_{number[table]}.c{headers[table].index(column) + 1}"

    for link in plan.links:
        key = f"c{headers[link.to_table].index(link.to_column) + 1}"
        twice = con.execute(
            f"select {key} from joined_{number[link.to_table]} where {key} is not null group by 1 having count(*) > 1 limit 1"
        ).fetchall()
        if twice:
            raise BadInput(
                f"{opened.name}: {link.to_table} has several rows with the same {link.to_column}, so it is not clear"
                f" which one {link.table}.{link.column} means.",
                remedy="Set table = ... under [dialect] in the mapping; it may name a view that joins them.",
            )
    shown = ", ".join(f"{cell(c.table, c.column)} as c{i}" for i, c in enumerate(plan.columns, 1))
    joins = " ".join(
        f"left join joined_{number[link.to_table]} on {cell(link.table, link.column)} = {cell(link.to_table, link.to_column)}"
        for link in plan.links
    )
    con.execute(f"create or replace table raw_rows as select joined_0.line, {shown} from joined_0 {joins}")
    columns = tuple(Column(f"c{i}", c.header, "VARCHAR") for i, c in enumerate(plan.columns, 1))
    note = (
        f"No single table has customer, date and amount. Joined: {plan.in_words}. Each row is a row of {plan.tables[0]}."
        " To read something else, set table under [dialect] in the mapping."
    )
    return RawRows("sqlite", columns, opened.compression, warnings=(note,))


def describe_tables(opened: OpenedFile) -> dict[str, Table]:
    """The tables and views of a SQLite file."""
    with run_reader("sqlite_reader", opened.path, opened.name, opened.limits, table=None) as answers:
        return {
            a["table"]: Table(a["table"], tuple(a["columns"]), tuple(a["primary"]), tuple(map(tuple, a["keys"])))
            for a in answers
        }


def list_sqlite_tables(opened: OpenedFile) -> dict[str, list[str]]:
    """The tables and views of a SQLite file and their columns."""
    return {name: list(table.columns) for name, table in describe_tables(opened).items()}


def copy_table(con: duckdb.DuckDBPyConnection, opened: OpenedFile, table: str, target: str) -> list[str]:
    """Copy one SQLite table to `target` (line, c1, c2, ...: its values as text, in the table's order)."""
    headers: list[str] = []
    rows = 0
    with run_reader("sqlite_reader", opened.path, opened.name, opened.limits, table=table) as answers:
        for answer in answers:
            headers = answer["headers"]
            columns = ", ".join(f"c{i} varchar" for i in range(1, len(headers) + 1))
            con.execute(f"create or replace table {target} (line bigint, {columns})")
            rows = _insert(con, answers.read_rows(), target)
    if not rows and target == "raw_rows":
        raise EmptySource(f"{opened.name}: the table {table} holds no rows.", remedy="Export it again.")
    return headers


def _insert(con: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader, target: str) -> int:
    rows = 0
    for batch in reader:
        con.register("batch_read", pa.Table.from_batches([batch]))
        con.execute(f"insert into {target} select * from batch_read")
        con.unregister("batch_read")
        rows += batch.num_rows
    return rows


def shorten_error(error: Exception) -> str:
    """The first line of an engine's error message, without its class, at most 200 characters."""
    return str(error).splitlines()[0].split("Error: ", 1)[-1][:200]
