"""Snoozes: customers who are left off the call list until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement.events import publish_event
from foresell.engagement.visibility import require_visible
from foresell.errors import SnoozeNotFound, UsageError

SQL = AsyncStatements("foresell.engagement")

MAX_DAYS = 366


def utc_today() -> date:
    """The day of calls and snoozes: they follow the wall clock, in UTC, while scores are as of the run's day."""
    return datetime.now(UTC).date()


def check_snooze_day(until: date, *, parameter: str) -> None:
    """Raises UsageError naming the parameter unless the day is after today and at most MAX_DAYS away."""
    if not utc_today() < until <= utc_today() + timedelta(days=MAX_DAYS):
        raise UsageError(
            f"{parameter}: must be after today and within a year",
            remedy="Choose a day after today (UTC).",
            parameter=parameter,
        )


async def snooze_customers(
    con: AsyncConnection, customer_ids: Sequence[str], *, until: date, user_id: int, request_id: str | None = None
) -> list[Row]:
    """Leave customers off the call list until a day. Returns snooze_id and customer_id of each.

    Raises CustomerNotFound when one is not visible, UsageError for a day out of range.
    """
    check_snooze_day(until, parameter="until")
    await require_visible(con, customer_ids)
    rows = await add_snoozes(con, customer_ids, until=until, user_id=user_id)
    await record.record(
        con,
        "snooze.added",
        actor=user_id,
        subject=_subject(customer_ids),
        detail={"customers": len(rows), "until": until.isoformat()},
        customers=customer_ids,
        request_id=request_id,
    )
    await _publish(con, customer_ids, user_id)
    return rows


async def lift_snooze(con: AsyncConnection, snooze_id: int, *, user_id: int, request_id: str | None = None) -> Row:
    """Put a customer back on the call list. Returns snooze_id and customer_id; raises SnoozeNotFound."""
    lifted = await SQL.row(con, "snoozes.lift", snooze_id=snooze_id)
    if lifted is None:
        raise SnoozeNotFound(remedy="It may have been undone already: GET /api/snoozes")
    customer_id = lifted["customer_id"]
    await record.record(
        con,
        "snooze.lifted",
        actor=user_id,
        subject=f"customer:{customer_id}",
        detail={"snooze_id": snooze_id},
        customers=[customer_id],
        request_id=request_id,
    )
    await _publish(con, [customer_id], user_id)
    return lifted


async def lift_snoozes(
    con: AsyncConnection, snooze_ids: Sequence[int], *, user_id: int, request_id: str | None = None
) -> list[str]:
    """Put several customers back on the call list. Returns those of the snoozes that were still in force."""
    lifted = await SQL.rows(con, "snoozes.lift_several", ids=list(snooze_ids))
    customers = sorted({row["customer_id"] for row in lifted})
    if customers:
        await record.record(
            con,
            "snooze.lifted",
            actor=user_id,
            subject=_subject(customers),
            detail={"customers": len(customers)},
            customers=customers,
            request_id=request_id,
        )
        await _publish(con, customers, user_id)
    return customers


async def list_snoozes(
    con: AsyncConnection, *, customer_id: str | None, limit: int, start: int
) -> tuple[int, list[Row]]:
    """How many snoozes are in force among visible customers (or for one), and `limit` of them, the next to end first."""
    which = {"customer_id": customer_id, "today": utc_today()}
    count = await SQL.row(con, "snoozes.count", **which)
    assert count is not None
    return count["total"], await SQL.rows(con, "snoozes.list", **which, limit=limit, start=start)


async def add_snoozes(
    con: AsyncConnection, customer_ids: Sequence[str], *, until: date, user_id: int, call_id: int | None = None
) -> list[Row]:
    """Write the snoozes, of a call or by themselves; the caller checks, records and publishes."""
    return await SQL.rows(con, "snoozes.add", ids=list(customer_ids), user_id=user_id, call_id=call_id, until=until)


async def lift_snooze_of_call(con: AsyncConnection, call_id: int) -> None:
    """Lift the snooze that a call caused, if any."""
    await SQL.run(con, "snoozes.lift_of_call", call_id=call_id)


async def _publish(con: AsyncConnection, customer_ids: Sequence[str], user_id: int) -> None:
    """One customer: to users who may see them. Several: only to the acting user's other pages."""
    if len(customer_ids) == 1:
        await publish_event(con, "snooze", {"customers": 1}, permission="calls.read", customer_id=customer_ids[0])
    else:
        await publish_event(con, "snooze", {"customers": len(customer_ids)}, user_id=user_id)


def _subject(customer_ids: Sequence[str]) -> str | None:
    return f"customer:{customer_ids[0]}" if len(customer_ids) == 1 else None
