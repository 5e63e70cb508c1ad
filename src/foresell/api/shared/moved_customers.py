"""Tells open pages that customers were merged, split, or that this was undone."""

from __future__ import annotations

from collections.abc import Iterable

from foresell.db import AsyncConnection
from foresell.engagement.events import publish_event

#: Of more customers than these, pages hear only that some were moved.
MOST_NAMED = 20


async def publish_move(con: AsyncConnection, move_id: int | None, customer_ids: Iterable[str]) -> None:
    """Publish that customers were moved: to everyone who sees one of them and, as reviews_changed, to those who review."""
    for customer_id in sorted(set(customer_ids))[:MOST_NAMED]:
        await publish_event(
            con, "customer_moved", {"move_id": move_id}, permission="customers.read", customer_id=customer_id
        )
    await publish_event(con, "reviews_changed", {}, permission="identity.review")
