"""Calls: log an outcome, undo it, and snooze the customer afterwards."""

from __future__ import annotations

from datetime import date

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement.events import publish_event
from foresell.engagement.snoozes import add_snoozes, check_snooze_day, lift_snooze_of_call, utc_today
from foresell.engagement.visibility import require_visible
from foresell.errors import AlreadyUndone, CallNotFound

SQL = AsyncStatements("foresell.engagement")

#: Days until a customer who was spoken to is listed again; one who did not answer is listed again after a day.
REST_DAYS = 14


async def log_call(
    con: AsyncConnection,
    customer_id: str,
    *,
    outcome: str,
    note: str | None,
    snooze_until: date | None,
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Log the outcome of a call; the customer leaves today's list. Returns the call without its note.

    Raises CustomerNotFound when the customer is not visible, UsageError when `snooze_until` is out of range.
    """
    if snooze_until:
        check_snooze_day(snooze_until, parameter="snooze_until")
    await require_visible(con, [customer_id])
    logged = await SQL.row(con, "calls.log", customer_id=customer_id, user_id=user_id, outcome=outcome, note=note)
    assert logged is not None
    call_id = logged["call_id"]
    if snooze_until:
        await add_snoozes(con, [customer_id], until=snooze_until, user_id=user_id, call_id=call_id)
    await record.record(
        con,
        "call.logged",
        actor=user_id,
        subject=f"customer:{customer_id}",
        detail={"call_id": call_id, "outcome": outcome, "snoozed": snooze_until is not None},
        customers=[customer_id],
        request_id=request_id,
    )
    await publish_event(con, "call_logged", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
    return {**logged, "customer_id": customer_id, "outcome": outcome, "snooze_until": snooze_until}


async def undo_call(con: AsyncConnection, call_id: int, *, user_id: int, request_id: str | None = None) -> Row:
    """Undo one of the user's own calls, with the snooze it caused. Returns call_id, customer_id, undone_at.

    Raises CallNotFound for a call that is not the user's, AlreadyUndone for one that was undone before.
    """
    undone = await SQL.row(con, "calls.undo", call_id=call_id)
    if undone is None:
        if await SQL.row(con, "calls.undone", call_id=call_id, user_id=user_id) is None:
            raise CallNotFound(remedy="You can undo only your own calls.")
        raise AlreadyUndone("This call was undone already.")
    await lift_snooze_of_call(con, call_id)
    customer_id = undone["customer_id"]
    await record.record(
        con,
        "call.undone",
        actor=user_id,
        subject=f"customer:{customer_id}",
        detail={"call_id": call_id},
        customers=[customer_id],
        request_id=request_id,
    )
    await publish_event(con, "call_undone", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
    return undone


async def list_calls(
    con: AsyncConnection, *, customer_id: str | None, user_id: int, limit: int, start: int
) -> tuple[int, list[Row]]:
    """How many calls of visible customers (or of one) there are, and `limit` of them, newest first, without undone ones."""
    count = await SQL.row(con, "calls.count", customer_id=customer_id)
    assert count is not None
    rows = await SQL.rows(con, "calls.list", customer_id=customer_id, user_id=user_id, limit=limit, start=start)
    return count["total"], rows


async def find_resting_customers(con: AsyncConnection) -> list[str]:
    """Ids of visible customers who are left off today's list: snoozed, or called recently."""
    rows = await SQL.rows(con, "calls.resting", today=utc_today(), rest_days=REST_DAYS)
    return [row["customer_id"] for row in rows]


async def count_calls_today(con: AsyncConnection, user_id: int) -> int:
    """How many calls the user logged today (UTC)."""
    row = await SQL.row(con, "calls.count_today", user_id=user_id, today=utc_today())
    return row["calls"] if row else 0
