"""The audit: what was done, by whom, to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements
from foresell.sql import named_queries

SQL = AsyncStatements("foresell.audit")


async def record(
    con: AsyncConnection,
    action: str,
    *,
    actor: int | None,
    subject: str | None = None,
    detail: Mapping[str, object] = {},
    request_id: str | None = None,
) -> None:
    """One entry, in the transaction of what it tells of.

    `actor` is the user the transaction acts for (the database refuses another), None for nobody signed in. `subject` such
    as `customer:C000123`. `detail` holds ids, counts and hashes, never personal data.
    """
    await SQL.run(
        con,
        "audit.record",
        actor=actor,
        action=action,
        subject=subject,
        detail=Jsonb(dict(detail)),
        request_id=request_id,
    )


def record_by_hand(
    con: psycopg.Connection[Any],
    action: str,
    *,
    actor: int | None = None,
    subject: str | None = None,
    detail: Mapping[str, object] = {},
) -> None:
    """One entry of the command line or a worker, in the transaction of what it tells of."""
    con.execute(
        named_queries("foresell.audit", "audit.sql")["record"],
        {"actor": actor, "action": action, "subject": subject, "detail": Jsonb(dict(detail)), "request_id": None},
    )


def newest(con: psycopg.Connection[dict[str, Any]], *, limit: int, action: str | None = None) -> list[dict[str, Any]]:
    """The newest events, of one action or of all."""
    anything = dict.fromkeys(("actor", "subject", "first", "last", "before"))
    query = named_queries("foresell.audit", "audit.sql")["listed"]
    return con.execute(query, {**anything, "action": action, "limit": limit}).fetchall()


async def listed(
    con: AsyncConnection, *, limit: int, before: int | None, **which: object
) -> tuple[int, list[dict[str, Any]]]:
    """How many events match, and the newest `limit` of them before event `before`.

    `which`: actor (user id), action, subject, first and last (days, both included); None matches all.
    """
    total = await SQL.row(con, "audit.counted", **which)
    assert total is not None
    return total["total"], await SQL.rows(con, "audit.listed", limit=limit, before=before, **which)
