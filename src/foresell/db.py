"""The one way to run SQL, for each driver: the named statements of a package's .sql files, with bound values.

A statement is named `file.statement`: `SQL.row(con, "sessions.start", user_id=7)` runs the statement `start` of the
package's `sessions.sql`. Each file is read once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from foresell.sql import named_queries

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
AsyncConnection = psycopg.AsyncConnection[Row]
_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class _Statements:
    """The .sql files of one package, or of a folder in it."""

    package: str
    folder: str = ""

    def text(self, name: str) -> str:
        """The text of one statement. Raises KeyError for an unknown name."""
        file, _, statement = name.partition(".")
        return named_queries(self.package, f"{self.folder}{file}.sql")[statement]


class Statements(_Statements):
    """Statements for a psycopg connection."""

    def run(self, con: Connection, name: str, /, **values: object) -> int:
        """Run a statement; returns how many rows it affected."""
        return con.execute(self.text(name), values).rowcount

    def rows(self, con: Connection, name: str, /, **values: object) -> list[Row]:
        """All rows of a statement."""
        return con.execute(self.text(name), values).fetchall()

    def row(self, con: Connection, name: str, /, **values: object) -> Row | None:
        """The first row of a statement, or None."""
        return con.execute(self.text(name), values).fetchone()


class AsyncStatements(_Statements):
    """Statements for an asynchronous psycopg connection."""

    async def run(self, con: AsyncConnection, name: str, /, **values: object) -> int:
        """Run a statement; returns how many rows it affected."""
        return (await con.execute(self.text(name), values)).rowcount

    async def rows(self, con: AsyncConnection, name: str, /, **values: object) -> list[Row]:
        """All rows of a statement."""
        return await (await con.execute(self.text(name), values)).fetchall()

    async def row(self, con: AsyncConnection, name: str, /, **values: object) -> Row | None:
        """The first row of a statement, or None."""
        return await (await con.execute(self.text(name), values)).fetchone()


class ArrowStatements(_Statements):
    """Statements for an ADBC cursor, which binds by position ($1, $2, ...)."""

    def run(self, cur: Any, name: str, /, *values: object) -> None:
        """Run a statement."""
        cur.execute(self.text(name), list(values) or None)

    def value(self, cur: Any, name: str, /, *values: object) -> Any:
        """The first column of the first row of a statement; None when it has no rows."""
        cur.execute(self.text(name), list(values) or None)
        row = cur.fetchone()
        return row[0] if row else None

    def rows(self, cur: Any, name: str, /, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a statement, as tuples."""
        cur.execute(self.text(name), list(values) or None)
        rows: list[tuple[Any, ...]] = cur.fetchall()
        return rows

    def table(self, cur: Any, name: str, /, *values: object) -> pa.Table:
        """All rows of a statement, as an Arrow table."""
        cur.execute(self.text(name), list(values) or None)
        return cur.fetch_arrow_table()


class DuckStatements(_Statements):
    """Statements for a DuckDB connection, which binds by name ($name)."""

    def run(self, con: duckdb.DuckDBPyConnection, name: str, /, **values: object) -> duckdb.DuckDBPyConnection:
        """Run a statement; returns the connection, which holds its result.

        DuckDB refuses values that a statement does not use, so those are left out.
        """
        return con.execute(self.text(name), self._select_used(name, values) or None)

    def reader(
        self, con: duckdb.DuckDBPyConnection, name: str, rows_per_batch: int, /, **values: object
    ) -> pa.RecordBatchReader:
        """The rows of a query as a stream of Arrow batches, which ends when the connection runs another statement."""
        result = con.sql(self.text(name), params=self._select_used(name, values) or None)
        return result.to_arrow_reader(rows_per_batch)

    def _select_used(self, name: str, values: Mapping[str, object]) -> dict[str, object]:
        used = set(_PARAMETER.findall(self.text(name)))
        return {key: value for key, value in values.items() if key in used}
