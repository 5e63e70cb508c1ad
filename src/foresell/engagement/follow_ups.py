"""Follow-ups: a customer to call again on a day, perhaps with a task; on the call list from that day until done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement.events import publish_event
from foresell.engagement.notes import open_notes
from foresell.engagement.snoozes import MAX_DAYS, utc_today
from foresell.errors import AlreadyUndone, FollowUpNotFound, UsageError
from foresell.privacy.vault import Vault

SQL = AsyncStatements("foresell.engagement")

#: The outcome after which a follow-up stays open: the customer was not reached.
NOT_REACHED = "no_answer"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When to call a customer again, and what to do then."""

    due_on: date
    task: str | None = None

    def check(self) -> None:
        """Raises UsageError unless the day is today or within a year."""
        if not utc_today() <= self.due_on <= utc_today() + timedelta(days=MAX_DAYS):
            raise UsageError(
                "follow_up.due_on: must be today or within a year",
                remedy="Choose today (UTC) or a later day.",
                parameter="follow_up.due_on",
            )


def describe_follow_up(task: str | None) -> str:
    """The reason on the call list."""
    return f"Follow-up: {task or 'call again'}"


async def add_follow_up(
    con: AsyncConnection, customer_id: str, *, due_on: date, task: bytes | None, call_id: int, user_id: int
) -> None:
    """Write the follow-up of a call, its task sealed; the caller checks, records and publishes."""
    values = {"customer_id": customer_id, "user_id": user_id, "call_id": call_id}
    await SQL.run(con, "follow_ups.add", **values, due_on=due_on, task=task)


async def cancel_follow_ups_of_call(con: AsyncConnection, call_id: int) -> None:
    """Cancel the open follow-ups that were set with a call."""
    await SQL.run(con, "follow_ups.cancel_of_call", call_id=call_id)


async def settle_follow_ups(con: AsyncConnection, customer_id: str, *, call_id: int, outcome: str | None) -> int:
    """Make the customer's due follow-ups agree with the outcome of a call. Returns how many the call has done.

    A call in which the customer was reached does those due by today; one without an answer, or undone (outcome None),
    leaves or puts them back open.
    """
    await SQL.run(con, "follow_ups.reopen_of_call", call_id=call_id)
    if outcome is None or outcome == NOT_REACHED:
        return 0
    return await SQL.run(con, "follow_ups.do_due", customer_id=customer_id, call_id=call_id, today=utc_today())


async def finish_follow_up(
    con: AsyncConnection, follow_up_id: int, *, user_id: int, request_id: str | None = None
) -> Row:
    """Mark a follow-up done without a call. Returns follow_up_id, customer_id.

    Raises FollowUpNotFound when it is not open, or its customer is not visible.
    """
    done = await SQL.row(con, "follow_ups.finish", follow_up_id=follow_up_id)
    return await _changed(con, "follow_up.done", follow_up_id, done, user_id, request_id)


async def reopen_follow_up(
    con: AsyncConnection, follow_up_id: int, *, user_id: int, request_id: str | None = None
) -> Row:
    """Undo `finish_follow_up`. Returns follow_up_id, customer_id. Raises FollowUpNotFound, AlreadyUndone."""
    opened = await SQL.row(con, "follow_ups.reopen", follow_up_id=follow_up_id)
    if opened is None and await SQL.row(con, "follow_ups.is_open", follow_up_id=follow_up_id):
        raise AlreadyUndone("This follow-up is open.")
    return await _changed(con, "follow_up.reopened", follow_up_id, opened, user_id, request_id)


async def list_due_follow_ups(con: AsyncConnection, vault: Vault, *, customer_id: str | None = None) -> list[Row]:
    """The visible customers to call again today, or only this one; the longest overdue first.

    Grain: one customer, with the first of their open follow-ups due today (UTC) or before: follow_up_id, customer_id,
    due_on, task, set_by. Left out: who was called without an answer today, or snoozed after the follow-up was set.
    """
    rows = await SQL.rows(con, "follow_ups.due", today=utc_today(), customer_id=customer_id)
    return await open_notes(vault, rows, "task")


async def list_follow_ups(
    con: AsyncConnection, vault: Vault, *, customer_id: str | None, limit: int, start: int
) -> tuple[int, list[Row]]:
    """How many follow-ups of visible customers (or of one) are open, and `limit` of them, the first due first."""
    count = await SQL.row(con, "follow_ups.count", customer_id=customer_id)
    assert count is not None
    rows = await SQL.rows(con, "follow_ups.list", customer_id=customer_id, limit=limit, start=start)
    return count["total"], await open_notes(vault, rows, "task")


async def find_customers_with_later_follow_up(con: AsyncConnection) -> Iterable[str]:
    """Visible customers who are to be called again on a day after today, and not before."""
    rows = await SQL.rows(con, "follow_ups.later", today=utc_today())
    return [row["customer_id"] for row in rows]


async def _changed(
    con: AsyncConnection, action: str, follow_up_id: int, changed: Row | None, user_id: int, request_id: str | None
) -> Row:
    """Record and publish a change. Raises FollowUpNotFound when nothing changed."""
    if changed is None:
        raise FollowUpNotFound(remedy="It may have been done or cancelled already: GET /api/follow-ups")
    customer_id = changed["customer_id"]
    await record.record(
        con,
        action,
        actor=user_id,
        subject=f"customer:{customer_id}",
        detail={"follow_up_id": follow_up_id},
        customers=[customer_id],
        request_id=request_id,
    )
    await publish_event(con, "follow_up", {}, permission="calls.read", customer_id=customer_id)
    return changed
