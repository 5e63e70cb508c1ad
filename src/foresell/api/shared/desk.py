"""What the resources of the desk share: their SQL by name, live events, and lists that no run is needed for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection
from foresell.errors import NotFound
from foresell.sql import named_queries

Row = dict[str, Any]
NO_RUN = 0


async def rows(con: AsyncConnection, name: str, /, **values: object) -> list[Row]:
    """The rows of a statement of desk.sql."""
    return await (await con.execute(_text(name), values)).fetchall()


async def row(con: AsyncConnection, name: str, /, **values: object) -> Row | None:
    """The first row of a statement of desk.sql, or None."""
    return await (await con.execute(_text(name), values)).fetchone()


async def run(con: AsyncConnection, name: str, /, **values: object) -> int:
    """Run a statement of desk.sql; returns how many rows it touched."""
    return (await con.execute(_text(name), values)).rowcount


async def tell(
    con: AsyncConnection,
    kind: str,
    payload: Row,
    *,
    permission: str | None = None,
    customer_id: str | None = None,
    user_id: int | None = None,
) -> None:
    """A live event for whoever holds the permission, sees the customer, is the user. The last act of a transaction."""
    await run(
        con, "tell", kind=kind, payload=Jsonb(payload), permission=permission, customer_id=customer_id, user_id=user_id
    )


async def check_reach(con: AsyncConnection, customer_ids: list[str]) -> None:
    """Raises NotFound unless every customer is there and in reach."""
    found = {each["customer_id"] for each in await rows(con, "in_reach", ids=customer_ids)}
    if missing := [each for each in customer_ids if each not in found]:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise NotFound("Customer not found", remedy=f"Not there, or not yours to see: {missing[0]}{more}.")


def today() -> date:
    """What people do happens by the wall clock, in UTC; scores speak of the run's as_of."""
    return datetime.now(UTC).date()


def _text(name: str) -> str:
    return named_queries("foresell.store", "queries/desk.sql")[name]
