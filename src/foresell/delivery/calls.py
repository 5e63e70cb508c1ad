"""The columns of an export of the call log, and their values for a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from foresell.delivery.tabular_writers import Cell, Column

#: Of each call, in this order. Times are UTC; `orders` and `net_amount` are those of the 30 days from the call on, as far as
#: the data goes, empty where it ends before the call.
COLUMNS = (
    Column("call_id", "Call", "count", 10),
    Column("called_at", "Called at (UTC)", "time", 18),
    Column("customer_id", "Customer ID"),
    Column("name", "Name", width=28),
    Column("outcome", "Outcome", width=16),
    Column("caller", "Caller", width=18),
    Column("note", "Note", width=60),
    Column("orders", "Orders within 30 days", "count"),
    Column("net_amount", "Net revenue within 30 days", "money"),
    Column("is_complete", "30 days have passed"),
    Column("follow_up_on", "Follow-up on", "day"),
    Column("task", "Task", width=28),
    Column("is_done", "Follow-up done"),
    Column("snooze_until", "Snoozed until", "day"),
    Column("edited_at", "Edited at (UTC)", "time", 18),
)


def to_cells(call: Mapping[str, Any]) -> list[Cell]:
    """The values of COLUMNS for one call of the log, with its name and orders."""
    orders, follow_up = call["orders"] or {}, call["follow_up"] or {}
    return [
        call["call_id"],
        _utc(call["called_at"]),
        call["customer_id"],
        call["name"],
        call["outcome"].replace("_", " "),
        call["caller"]["name"],
        call["note"],
        orders.get("orders"),
        orders.get("net_amount"),
        _yes_no(orders.get("is_complete")),
        date.fromisoformat(follow_up["due_on"]) if follow_up else None,
        follow_up.get("task"),
        _yes_no(follow_up.get("is_done")),
        call["snooze_until"],
        call["edited_at"] and _utc(call["edited_at"]),
    ]


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
