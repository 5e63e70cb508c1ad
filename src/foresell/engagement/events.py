"""Live events: what the open pages of other users are told as it happens."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Row

SQL = AsyncStatements("foresell.engagement")


async def publish_event(
    con: AsyncConnection,
    kind: str,
    payload: Mapping[str, object],
    *,
    permission: str | None = None,
    customer_id: str | None = None,
    user_id: int | None = None,
) -> None:
    """Publish an event to users who hold the permission, may see the customer and are the user; None does not restrict.

    `payload` holds ids and counts, never personal data. Publish last in a transaction: until it ends, others wait to publish.
    """
    await SQL.run(
        con,
        "events.publish",
        kind=kind,
        payload=Jsonb(dict(payload)),
        permission=permission,
        customer_id=customer_id,
        user_id=user_id,
    )


async def read_events(con: AsyncConnection, *, after: int, limit: int) -> list[Row]:
    """Events for the acting user after event `after`: event_id, kind, payload, customer_id, at; in the order of commits."""
    return await SQL.rows(con, "events.after", after=after, limit=limit)


async def find_newest_event_id(con: AsyncConnection) -> int:
    """The id of the newest event of all users, 0 when there is none."""
    row = await SQL.row(con, "events.newest")
    return row["newest"] if row else 0
