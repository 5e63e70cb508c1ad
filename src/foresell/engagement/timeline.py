"""The timeline of a customer: everything recorded about them, newest first, in pages that begin after an entry."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.engagement.notes import open_notes
from foresell.errors import CustomerNotFound
from foresell.privacy.vault import Vault

SQL = AsyncStatements("foresell.engagement")
TimelineKind = Literal[
    "order", "return", "cancelled order", "call", "follow-up", "snooze", "owner", "merge", "split", "record", "pin",
    "relation", "review", "event", "erasure",
]  # fmt: skip
KINDS: tuple[TimelineKind, ...] = get_args(TimelineKind)
#: Kinds that need a permission of their own.
PERMISSIONS: Mapping[TimelineKind, str] = {
    "call": "calls.read", "follow-up": "calls.read", "snooze": "calls.read", "event": "events.read",
}  # fmt: skip


class Place(NamedTuple):
    """What identifies an entry in the order of the timeline."""

    at: datetime
    kind: str
    id: int


END = Place(datetime(9999, 1, 1, tzinfo=UTC), "z", 2**62)


async def list_timeline(
    con: AsyncConnection, vault: Vault, customer_id: str, kinds: Sequence[str], *, before: Place = END, limit: int
) -> tuple[list[Row], Place | None]:
    """The newest `limit` entries of these kinds before a place, and the place of the last one if there are more.

    Each entry: kind, at, id, sentence, amount, source, user, undone_at, note, detail. Raises CustomerNotFound for a customer
    who is not visible.
    """
    if await SQL.row(con, "timeline.is_visible", customer_id=customer_id) is None:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    values = {"before_at": before.at, "before_kind": before.kind, "before_id": before.id, "limit": limit + 1}
    rows = await SQL.rows(con, "timeline.entries", customer_id=customer_id, kinds=list(kinds), **values)
    opened = await open_notes(vault, rows[:limit], "note")
    entries = [
        {name: value for name, value in row.items() if name != "customer_id"} | {"sentence": describe_entry(row)}
        for row in opened
    ]
    last = Place(*(entries[-1][name] for name in Place._fields)) if len(rows) > limit else None
    return entries, last


def write_place(place: Place) -> str:
    """A place as an opaque text."""
    parts = [place.at.isoformat(), place.kind, place.id]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_place(text: str) -> Place:
    """The place that a text stands for. Raises ValueError when it is none of ours."""
    try:
        at, kind, number = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        place = Place(datetime.fromisoformat(at), kind, number)
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        raise ValueError("not a place") from error
    if place.kind not in KINDS or type(place.id) is not int or not 0 <= place.id < 2**62 or place.at.tzinfo is None:
        raise ValueError("not a place")
    return place


def describe_entry(row: Row) -> str:
    """What happened, in a sentence without personal data."""
    return _SENTENCES[row["kind"]](row, row["detail"])


def _describe_order(row: Row, detail: Mapping[str, Any]) -> str:
    name = {"order": "Order", "return": "Return", "cancelled order": "Cancelled order"}[row["kind"]]
    lines = f"{detail['lines']} line{'s' if detail['lines'] != 1 else ''}"
    return f"{name} {detail['order_key']}: {row['amount']:,.2f}, {lines}."


def _describe_follow_up(_: Row, detail: Mapping[str, Any]) -> str:
    return f"Follow-up due on {detail['due_on']}{', done' if detail['done_at'] else ''}."


def _describe_move(row: Row, detail: Mapping[str, Any]) -> str:
    others = ", ".join(detail["other_ids"])
    if row["kind"] == "merge":
        return f"{others} became part of {detail['customer_id']}."
    count = len(detail["record_ids"])
    return f"{count} record{'s' if count != 1 else ''} of {detail['customer_id']} became {others}."


def _describe_record(row: Row, detail: Mapping[str, Any]) -> str:
    if detail["is_new"]:
        return f"First loaded from {row['source']}."
    names = {"signup_date": "signup date", "email_index": "e-mail", "phone_index": "phone"}
    fields = ", ".join(names.get(each, each) for each in detail["fields"])
    return f"{row['source']} changed {fields or 'the address'}."


def _describe_relation(_: Row, detail: Mapping[str, Any]) -> str:
    return f"Relation {'to' if detail['is_from'] else 'from'} {detail['customer_id']}: {detail['relation']}."


def _describe_review(row: Row, detail: Mapping[str, Any]) -> str:
    rating = "" if detail["rating"] is None else f", rated {detail['rating']:g} of {detail['best_rating']}"
    about = f" of {detail['product']}" if detail["product"] else ""
    return f"{detail['review'].capitalize()}{about}: {detail['sentiment']}{rating} ({row['source']})."


def _describe_event(row: Row, detail: Mapping[str, Any]) -> str:
    data = detail["data"]
    about = next((data[name] for name in _EVENT_SUBJECTS if data.get(name) is not None), None)
    amount = f", {data['amount']:,.2f}" if isinstance(data.get("amount"), int | float) else ""
    what = str(detail["type"]).replace(".", " ").capitalize()
    return f"{what}{f': {about}' if about else ''}{amount} ({row['source']})."


#: Of an event, what its sentence names, the first that it has.
_EVENT_SUBJECTS = (
    "path", "name", "sku", "order_key", "campaign", "form", "case_key", "product", "channel", "outcome", "origin",
)  # fmt: skip

_SENTENCES: Mapping[str, Callable[[Row, Mapping[str, Any]], str]] = {
    "order": _describe_order,
    "return": _describe_order,
    "cancelled order": _describe_order,
    "call": lambda _, detail: f"Call: {detail['outcome'].replace('_', ' ')}.",
    "follow-up": _describe_follow_up,
    "snooze": lambda _, detail: f"Not on the call list until {detail['until']}.",
    "owner": lambda _, detail: (
        "An assignment was undone." if detail["action"] == "assignment.undone" else "The owner changed."
    ),
    "merge": _describe_move,
    "split": _describe_move,
    "record": _describe_record,
    "pin": lambda _, detail: (
        f"{detail['field_group'].replace('_', ' ').capitalize()} "
        f"{'fixed to one record' if detail['action'] == 'golden.pinned' else 'chosen by the rules again'}."
    ),
    "relation": _describe_relation,
    "review": _describe_review,
    "event": _describe_event,
    "erasure": lambda _, __: "Personal data was erased.",
}
