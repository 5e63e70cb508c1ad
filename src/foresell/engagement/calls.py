"""Calls: log an outcome with a note and a follow-up, edit and undo it at any time, and list what was logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements
from foresell.engagement import follow_ups, notes
from foresell.engagement.events import publish_event
from foresell.engagement.follow_ups import FollowUp
from foresell.engagement.snoozes import add_snoozes, check_snooze_day, lift_snooze_of_call, utc_today
from foresell.engagement.visibility import require_visible
from foresell.errors import AlreadyUndone, CallNotFound, UsageError
from foresell.privacy.vault import Vault

SQL = AsyncStatements("foresell.engagement")
SYNC_SQL = Statements("foresell.engagement")

#: Days until a customer who was spoken to is listed again; one who did not answer is listed again after a day.
REST_DAYS = 14
#: A call is logged at most this long after it took place, as by a page that was offline.
LOGGED_WITHIN = timedelta(days=31)
#: How far the clock of a page may be ahead: such a call is logged now.
CLOCK_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls: of a customer, a caller, an outcome, and from the first to the last day (UTC, both included)."""

    customer_id: str | None = None
    caller: int | None = None
    outcome: str | None = None
    first: date | None = None
    last: date | None = None

    def values(self) -> dict[str, Any]:
        """The parameters of the queries."""
        return {name: getattr(self, name) for name in self.__slots__}


async def log_call(
    con: AsyncConnection,
    vault: Vault,
    customer_id: str,
    *,
    outcome: str,
    note: str | None,
    snooze_until: date | None,
    user_id: int,
    follow_up: FollowUp | None = None,
    called_at: datetime | None = None,
    request_id: str | None = None,
) -> Row:
    """Log the outcome of a call; the customer leaves today's list, and due follow-ups are done if they were reached.

    Returns the call without its note. `called_at` None: now. Raises CustomerNotFound when the customer is not visible,
    UsageError when `snooze_until`, `called_at` or the day of the follow-up is out of range.
    """
    if snooze_until:
        check_snooze_day(snooze_until, parameter="snooze_until")
    if follow_up:
        follow_up.check()
    called_at = _check_call_time(called_at)
    await require_visible(con, [customer_id])
    sealed, task = await notes.seal_notes(con, vault, customer_id, [note, follow_up.task if follow_up else None])
    values = {"customer_id": customer_id, "user_id": user_id, "outcome": outcome, "called_at": called_at}
    logged = await SQL.row(con, "calls.log", **values, note=sealed)
    assert logged is not None
    call_id = logged["call_id"]
    if snooze_until:
        await add_snoozes(con, [customer_id], until=snooze_until, user_id=user_id, call_id=call_id)
    if follow_up:
        await follow_ups.add_follow_up(
            con, customer_id, due_on=follow_up.due_on, task=task, call_id=call_id, user_id=user_id
        )
    done = await follow_ups.settle_follow_ups(con, customer_id, call_id=call_id, outcome=outcome)
    detail = {"call_id": call_id, "outcome": outcome, "snoozed": snooze_until is not None}
    detail |= {"follow_up": follow_up is not None, "follow_ups_done": done}
    await _record(con, "call.logged", customer_id, detail, user_id, request_id)
    await publish_event(con, "call_logged", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
    return {
        **logged,
        "customer_id": customer_id,
        "outcome": outcome,
        "snooze_until": snooze_until,
        "follow_up_on": follow_up and follow_up.due_on,
    }


async def edit_call(
    con: AsyncConnection,
    vault: Vault,
    call_id: int,
    *,
    changes: dict[str, Any],
    user_id: int,
    request_id: str | None = None,
) -> Row:
    """Change a call: those of outcome, note and follow_up (FollowUp or None) that `changes` holds.

    Returns call_id, customer_id, edited_at. Raises CallNotFound for a call the user may not change, AlreadyUndone.
    """
    follow_up: FollowUp | None = changes.get("follow_up")
    if follow_up:
        follow_up.check()
    await notes.lock_note_keys(con)
    known = await _find_own(con, call_id)
    customer_id, written_as, sealed = known["customer_id"], known["original_customer_id"], known["note"]
    [before] = await notes.open_notes(vault, [known], "note")
    outcome, note = changes.get("outcome", known["outcome"]), changes.get("note", before["note"])
    new_note, task = await notes.seal_notes(
        con, vault, written_as, [note if note != before["note"] else None, follow_up.task if follow_up else None]
    )
    edited = await SQL.row(
        con, "calls.edit", call_id=call_id, outcome=outcome, note=sealed if note == before["note"] else new_note
    )
    assert edited is not None
    if outcome != known["outcome"]:
        await follow_ups.settle_follow_ups(con, customer_id, call_id=call_id, outcome=outcome)
    if "follow_up" in changes:
        await follow_ups.cancel_follow_ups_of_call(con, call_id)
        if follow_up:
            await follow_ups.add_follow_up(
                con, written_as, due_on=follow_up.due_on, task=task, call_id=call_id, user_id=user_id
            )
    detail = {"call_id": call_id, "outcome": outcome, "outcome_before": known["outcome"]}
    detail |= {"note_changed": note != before["note"], "follow_up_changed": "follow_up" in changes}
    await _record(con, "call.edited", customer_id, detail, user_id, request_id)
    await publish_event(con, "call_edited", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
    return edited


async def undo_call(con: AsyncConnection, call_id: int, *, user_id: int, request_id: str | None = None) -> Row:
    """Undo a call: its snooze and its follow-up end, and follow-ups it had done are open again.

    Returns call_id, customer_id, undone_at. Raises CallNotFound for a call the user may not change, AlreadyUndone.
    """
    await _find_own(con, call_id)
    undone = await SQL.row(con, "calls.undo", call_id=call_id)
    assert undone is not None
    customer_id = undone["customer_id"]
    await lift_snooze_of_call(con, call_id)
    await follow_ups.cancel_follow_ups_of_call(con, call_id)
    await follow_ups.settle_follow_ups(con, customer_id, call_id=call_id, outcome=None)
    await _record(con, "call.undone", customer_id, {"call_id": call_id}, user_id, request_id)
    await publish_event(con, "call_undone", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
    return undone


async def find_calls(
    con: AsyncConnection, which: CallFilter, *, limit: int | None = None, start: int = 0
) -> tuple[int, list[Row]]:
    """How many visible calls match, and call_id and customer_id of `limit` of them (None: all), newest first."""
    found = await SQL.rows(con, "calls.matching", **which.values(), limit=limit, start=start)
    if not found and start:
        total, _ = await find_calls(con, which, limit=1)
        return total, []
    return found[0]["total"] if found else 0, found


async def read_calls(con: AsyncConnection, vault: Vault, call_ids: Sequence[int], *, user_id: int) -> list[Row]:
    """The visible ones of these calls, newest first, without undone ones."""
    rows = await SQL.rows(con, "calls.list", call_ids=list(call_ids), user_id=user_id)
    opened = await notes.open_notes(vault, rows, "note", "task")
    return [
        {**row, "follow_up": row["follow_up"] and {**row["follow_up"], "task": task}}
        for row in opened
        for task in [row.pop("task")]
    ]


def list_calls_sync(con: Connection, which: CallFilter, *, limit: int) -> list[Row]:
    """For the command line: the newest calls that match, without notes and tasks, with the name of the caller."""
    found = SYNC_SQL.rows(con, "calls.matching", **which.values(), limit=limit, start=0)
    rows = SYNC_SQL.rows(con, "calls.list", call_ids=[row["call_id"] for row in found], user_id=None)
    return [
        {
            **{name: row[name] for name in ("call_id", "customer_id", "outcome", "called_at", "edited_at")},
            "caller": row["caller"]["name"],
            "follow_up_on": row["follow_up"] and row["follow_up"]["due_on"],
        }
        for row in rows
    ]


async def list_callers(con: AsyncConnection) -> list[Row]:
    """Users who have logged calls that are visible: user_id and name (None where it is not visible), by name."""
    return await SQL.rows(con, "calls.callers")


async def find_resting_customers(con: AsyncConnection, due: Iterable[str] = ()) -> list[str]:
    """Ids of visible customers left off today's list: snoozed, called recently, or to be called again on a later day.

    `due`: customers with a follow-up due, who are listed in any case.
    """
    rows = await SQL.rows(con, "calls.resting", today=utc_today(), rest_days=REST_DAYS)
    resting = {row["customer_id"] for row in rows} | set(await follow_ups.find_customers_with_later_follow_up(con))
    return sorted(resting - set(due))


async def count_calls_today(con: AsyncConnection) -> int:
    """How many calls were logged today (UTC): the user's or, for a manager, the team's."""
    row = await SQL.row(con, "calls.count_today", today=utc_today())
    return row["calls"] if row else 0


async def _find_own(con: AsyncConnection, call_id: int) -> Row:
    """A call the user may change, locked. Raises CallNotFound, AlreadyUndone."""
    known = await SQL.row(con, "calls.find", call_id=call_id)
    if known is None:
        raise CallNotFound(remedy="You can change only your own calls; a manager also those of the team.")
    if known["undone_at"]:
        raise AlreadyUndone("This call was undone already.")
    return known


def _check_call_time(called_at: datetime | None) -> datetime | None:
    """The time of a call; a little in the future, by a clock that is ahead, is now. Raises UsageError out of range."""
    if called_at is None:
        return None
    now = datetime.now(UTC)
    if called_at.tzinfo is None or not now - LOGGED_WITHIN <= called_at <= now + CLOCK_AHEAD:
        raise UsageError(
            "called_at: must be a time with its zone, not in the future and within the last 31 days",
            remedy="Leave it out for a call that has just ended.",
            parameter="called_at",
        )
    return min(called_at, now)


async def _record(
    con: AsyncConnection, action: str, customer_id: str, detail: dict[str, object], user_id: int, request_id: str | None
) -> None:
    await record.record(
        con,
        action,
        actor=user_id,
        subject=f"customer:{customer_id}",
        detail=detail,
        customers=[customer_id],
        request_id=request_id,
    )
