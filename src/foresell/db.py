"""The one way to run SQL, per driver: a package's named statements, values bound by name.

A statement is called `file.statement`: `SQL.row(con, "sessions.start", user_id=7)` runs the statement `start` of the
package's `sessions.sql`. Text is read once and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from foresell.sql import named_queries

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
AsyncConnection = psycopg.AsyncConnection[Row]


@dataclass(frozen=True, slots=True)
class _Statements:
    """The .sql files of one package, or of a folder in it."""

    package: str
    folder: str = ""

    def text(self, name: str) -> str:
        """The text of one statement. Raises KeyError for a name that is not there."""
        file, _, statement = name.partition(".")
        return named_queries(self.package, f"{self.folder}{file}.sql")[statement]


class Statements(_Statements):
    """Statements for a psycopg connection."""

    def run(self, con: Connection, name: str, /, **values: object) -> int:
        """Run a statement; returns how many rows it touched."""
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
        """Run a statement; returns how many rows it touched."""
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
