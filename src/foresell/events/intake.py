"""Intake: a batch is read, what is personal is sealed, and everything is stored in one transaction. What is committed is
acknowledged; what is not can be sent again, for the same id is the same event, for ever."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson
from psycopg.types.json import Jsonb

from foresell.db import Row, Statements
from foresell.errors import Busy
from foresell.events.contract import CUSTOMER_IDS, REFUSED, Event, Refusal, Way, read_event

SQL = Statements("foresell.events")

#: Runs one statement in a transaction of its own and returns its rows once that is committed.
RunStatement = Callable[[str, dict[str, Any]], Awaitable[list[Row]]]


class EventVault(Protocol):
    """The vault as events use it."""

    def make_kek(self, kek_id: int) -> None:
        """Create the key-encryption key with this number."""

    def make_customer_key(self, kek_id: int, customer_id: str) -> bytes:
        """A new key, wrapped."""

    def seal_texts(
        self, customer_id: str, kek_id: int, wrapped_key: bytes, texts: Sequence[str | None]
    ) -> list[bytes | None]:
        """Texts sealed with a key."""

    def open_texts(self, rows: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Rows with sealed columns, opened."""

    def digests(self, source: str, source_keys: Any) -> list[bytes]:
        """Keyed hashes."""

    def email_indexes(self, emails: Any) -> list[bytes | None]:
        """Blind indexes of e-mail addresses."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event. status: stored, duplicate or refused; seq: its number, where it is stored."""

    id: str | None
    status: str
    seq: int | None = None
    code: str | None = None
    detail: str | None = None
    field: str | None = None


async def take_in(
    run: RunStatement,
    vault: EventVault,
    items: Sequence[object],
    *,
    now: datetime,
    way: Way = "api",
    write_key: bytes | None = None,
    skew: timedelta = timedelta(),
    is_bot: bool = False,
) -> list[Result]:
    """Store events. Returns one result per item, in their sequence, once all of them are committed."""
    read = [read_event(item, now, way, skew=skew) for item in items]
    rows, refused = _make_rows(vault, read, is_bot), Counter(each.code for each in read if isinstance(each, Refusal))
    await _seal(run, vault, read, rows, write_key)
    values = {"batch": Jsonb(list(rows.values()), _dumps), "refused": Jsonb(dict(refused)), "write_key": write_key}
    stored = await run(SQL.text("intake.store"), values)
    outcomes = {row["place"]: row for row in stored}
    return [
        _describe(item, each, outcomes.get(place)) for place, (item, each) in enumerate(zip(items, read, strict=True))
    ]


def _make_rows(vault: EventVault, read: Sequence[Event | Refusal], is_bot: bool) -> dict[int, dict[str, Any]]:
    """By place what the database stores of each event: its ids hashed."""
    events = {place: each for place, each in enumerate(read) if isinstance(each, Event)}
    contents = vault.digests("event", [each.content.decode() for each in events.values()])
    emails = vault.email_indexes(each.email or "" for each in events.values())
    visitors = vault.digests("visitor", [each.visitor or "" for each in events.values()])
    erased = _hash_customers(vault, events.values())
    rows = {}
    for (place, event), content, email, visitor in zip(events.items(), contents, emails, visitors, strict=True):
        row = {
            "place": place, "id_hash": hash_id(event.source, event.id).hex(), "content_hash": content.hex(),
            "source": event.source, "id": event.id, "type": event.type, "version": event.version,
            "occurred_at": event.occurred_at, "claimed_at": event.claimed_at, "trace": event.trace,
            "filtered": event.filtered or ("bot" if is_bot else None), "data": event.data,
            "email": email.hex() if email else None, "visitor": visitor.hex() if event.visitor else None,
        }  # fmt: skip
        if event.customer:
            source, key = event.customer
            row |= {"person_source": source, "person_key": key}
            if source != CUSTOMER_IDS:
                row["person_digest"] = erased[event.customer]
        rows[place] = {name: value for name, value in row.items() if value is not None}
    return rows


def _hash_customers(vault: EventVault, events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """By source and number the hash under which an erased customer is known."""
    found: dict[str, set[str]] = {}
    for event in events:
        if event.customer and event.customer[0] != CUSTOMER_IDS:
            found.setdefault(event.customer[0], set()).add(event.customer[1])
    return {
        (source, key): digest.hex()
        for source, keys in found.items()
        for key, digest in zip(keys, vault.digests(source, keys), strict=True)
    }


async def _seal(
    run: RunStatement,
    vault: EventVault,
    read: Sequence[Event | Refusal],
    rows: dict[int, dict[str, Any]],
    write_key: bytes | None,
) -> None:
    """Add `personal` and `sealed_for` to the rows of events with something personal. Raises Busy while keys are replaced."""
    private = {place: each.personal for place, each in enumerate(read) if isinstance(each, Event) and each.personal}
    if not private:
        return
    people = [
        {name: rows[place][name] for name in ("place", "person_source", "person_key", "person_digest", "email", "visitor") if name in rows[place]}
        for place in private
    ]  # fmt: skip
    found = await run(SQL.text("intake.keys"), {"people": Jsonb(people), "write_key": write_key})
    keys = {row["place"]: row for row in found if row["actor_id"] is not None}
    made = await _make_keys(run, vault, [row for row in keys.values() if row["wrapped_key"] is None], write_key)
    for place, row in keys.items():
        key = row if row["wrapped_key"] is not None else made[row["actor_id"]]
        text = orjson.dumps(private[place]).decode()
        [sealed] = await asyncio.to_thread(
            vault.seal_texts, owner_of(row["actor_id"]), key["kek_id"], key["wrapped_key"], [text]
        )
        assert sealed is not None
        rows[place] |= {"personal": sealed.hex(), "sealed_for": row["actor_id"]}


async def _make_keys(
    run: RunStatement, vault: EventVault, without: Sequence[Row], write_key: bytes | None
) -> dict[int, Row]:
    """By actor the key of those without one: a new one, or the one that another process made first."""
    if not without:
        return {}
    for kek_id in {row["kek_id"] for row in without if row["is_new_kek"]}:
        await asyncio.to_thread(vault.make_kek, kek_id)
    new = [
        {"actor_id": actor, "kek_id": kek, "wrapped_key": vault.make_customer_key(kek, owner_of(actor)).hex()}
        for actor, kek in {row["actor_id"]: row["kek_id"] for row in without}.items()
    ]
    rows = await run(SQL.text("intake.add_keys"), {"new_keys": Jsonb(new), "write_key": write_key})
    if len(rows) < len(new):
        raise Busy("Keys are being replaced.", remedy="Send the events again.")
    return {row["actor_id"]: row for row in rows}


def _describe(item: object, read: Event | Refusal, row: Row | None) -> Result:
    """What became of one event."""
    if isinstance(read, Refusal):
        found = item.get("id") if isinstance(item, Mapping) else None
        known = found if isinstance(found, str) and len(found) <= 200 else None
        return Result(known, "refused", code=read.code, detail=read.detail, field=read.field)
    assert row is not None
    if row["outcome"] in ("stored", "duplicate"):
        return Result(read.id, row["outcome"], row["seq"])
    field = "id" if row["outcome"] == "id_reused" else "subject"
    return Result(read.id, "refused", code=row["outcome"], detail=REFUSED[row["outcome"]], field=field)


def hash_id(source: str, event_id: str) -> bytes:
    """What identifies an event for ever (16 bytes)."""
    return hashlib.sha256(f"{source}\0{event_id}".encode()).digest()[:16]


def owner_of(actor_id: int) -> str:
    """Under which name the key of an actor is kept."""
    return f"actor {actor_id}"


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value)
