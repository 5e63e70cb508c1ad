"""The room's SQL by name: `one(con, "sessions.start", ...)` runs the statement `start` of sessions.sql."""

from __future__ import annotations

from typing import Any

import psycopg

from foresell.sql import named_queries

Connection = psycopg.AsyncConnection[dict[str, Any]]
Row = dict[str, Any]


async def run(con: Connection, name: str, /, **values: object) -> int:
    """Run a statement; returns how many rows it touched."""
    return (await con.execute(_text(name), values)).rowcount


async def many(con: Connection, name: str, /, **values: object) -> list[Row]:
    """The rows of a statement."""
    return await (await con.execute(_text(name), values)).fetchall()


async def one(con: Connection, name: str, /, **values: object) -> Row | None:
    """The first row of a statement, or None."""
    return await (await con.execute(_text(name), values)).fetchone()


def _text(name: str) -> str:
    file, _, statement = name.partition(".")
    return named_queries("foresell.access", f"{file}.sql")[statement]
