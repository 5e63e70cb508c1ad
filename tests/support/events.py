"""Sends events as the API does, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from foresell.database import Database
from foresell.db import Row
from foresell.events.intake import Result, take_in
from foresell.privacy.vault import vault_of


def make_sender(database: Database) -> int:
    """A user who may send events. Returns the number."""
    with database.connect() as con:
        row = con.execute(
            "insert into access.users (name, email) values ('Sender', 'sender@foresell.example') returning user_id"
        ).fetchone()
        assert row
        con.execute("insert into access.user_roles (user_id, role) values (%s, 'admin')", [row["user_id"]])
    return int(row["user_id"])


def send(database: Database, user_id: int, items: Sequence[object], **options: Any) -> list[Result]:
    """Send one batch."""
    options.setdefault("now", datetime.now(UTC))

    async def store() -> list[Result]:
        connect = psycopg.AsyncConnection[Row].connect
        async with await connect(database.conninfo("web"), autocommit=True, row_factory=dict_row) as con:

            async def run(statement: str, values: dict[str, Any]) -> list[Row]:
                async with con.transaction():
                    await con.execute("select set_config('foresell.user_id', %s, true)", [str(user_id)])
                    return await (await con.execute(statement, values)).fetchall()

            return await take_in(run, vault_of(database.settings), items, **options)

    with ThreadPoolExecutor(1) as other:  # a test in a browser has a running loop in its own thread
        return other.submit(asyncio.run, store()).result()


def event(
    number: int | str, kind: str = "page.viewed", /, data: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A CloudEvent of the source `shop`."""
    default = {"path": "/"} if kind == "page.viewed" else {}
    return {"specversion": "1.0", "id": f"E{number}", "source": "shop", "type": kind, "data": data or default, **more}
