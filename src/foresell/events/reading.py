"""Reads events: the newest, one of them, the activity of a customer; and the keys with which pages of a site send events."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements
from foresell.errors import CustomerNotFound, EventNotFound, WriteKeyNotFound
from foresell.events.intake import EventVault, owner_of
from foresell.events.types import TYPES

SQL = AsyncStatements("foresell.events")
SYNC_SQL = Statements("foresell.events")
PREFIX = "fsw_"
HINT = 8
LAST = 2**63 - 1


async def list_events(
    con: AsyncConnection,
    *,
    types: Sequence[str] | None = None,
    customer_id: str | None = None,
    source: str | None = None,
    after: int = 0,
    before: int = LAST,
    limit: int,
) -> list[Row]:
    """Events that the acting user may see, the newest first, without what is personal."""
    values = {"types": list(types) if types else None, "customer": customer_id, "source": source}
    return await SQL.rows(con, "reading.listed", **values, after=after, before=before, limit=limit)


async def find_event(con: AsyncConnection, vault: EventVault, seq: int) -> dict[str, Any]:
    """One event; `personal`: the sealed part (None without customers.names, and after an erasure). Raises EventNotFound."""
    row = await SQL.row(con, "reading.one", seq=seq)
    if row is None:
        raise EventNotFound(remedy="List them: GET /api/events")
    return await asyncio.to_thread(open_event, vault, row)


def open_event(vault: EventVault, row: Row) -> dict[str, Any]:
    """A row with personal, sealed_for, kek_id and wrapped_key, opened."""
    sealed_for = row["sealed_for"]
    kept = {name: value for name, value in row.items() if name not in ("sealed_for", "kek_id", "wrapped_key")}
    if row["personal"] is None or row["wrapped_key"] is None:
        return kept | {"personal": None}
    sealed = {name: row[name] for name in ("personal", "kek_id", "wrapped_key")} | {"customer_id": owner_of(sealed_for)}
    [opened] = vault.open_texts([sealed], ["personal"])
    return kept | {"personal": orjson.loads(opened["personal"])}


async def find_activity(con: AsyncConnection, customer_id: str) -> Row:
    """What is known of the activity of a customer. Raises CustomerNotFound for one who is not visible."""
    if await SQL.row(con, "reading.is_visible", customer_id=customer_id) is None:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    row = await SQL.row(con, "reading.activity", customer=customer_id)
    assert row
    return row


def hash_write_key(key: str) -> bytes:
    """How a write key is stored."""
    return hashlib.sha256(key.encode()).digest()


async def add_write_key(con: AsyncConnection, name: str, source: str, origins: Sequence[str]) -> tuple[int, str]:
    """A new write key: its number, and the key. It is public: it stands in the pages of the site."""
    key = PREFIX + secrets.token_urlsafe(18)
    values = {"name": name, "source": source, "origins": list(origins), "hash": hash_write_key(key)}
    row = await SQL.row(con, "reading.add_write_key", **values, hint=key[:HINT])
    assert row
    return int(row["write_key_id"]), key


async def list_write_keys(con: AsyncConnection) -> list[Row]:
    """All write keys, for those with events.manage."""
    return await SQL.rows(con, "reading.write_keys")


async def revoke_write_key(con: AsyncConnection, write_key_id: int) -> None:
    """No more events are taken with it. Raises WriteKeyNotFound."""
    row = await SQL.row(con, "reading.revoke_write_key", write_key_id=write_key_id)
    if not row or not row["revoked"]:
        raise WriteKeyNotFound(remedy="List them: GET /api/events/write-keys")


async def find_write_key(con: AsyncConnection, key: str) -> Row | None:
    """The source and origins of a write key that counts."""
    return await SQL.row(con, "reading.write_key", hash=hash_write_key(key))


def list_stored(
    con: Connection, *, types: Sequence[str] | None, customer_id: str | None, source: str | None, after: int, limit: int
) -> list[Row]:
    """The newest events after a number, the oldest of them first, for the command line."""
    values = {"types": list(types) if types else None, "customer": customer_id, "source": source}
    return SYNC_SQL.rows(con, "reading.stored", **values, after=after, limit=limit)


def find_stored(con: Connection, vault: EventVault, seq: int) -> dict[str, Any]:
    """One event with what is personal, for the command line. Raises EventNotFound."""
    row = SYNC_SQL.row(con, "reading.stored_one", seq=seq)
    if row is None:
        raise EventNotFound(remedy="List them: foresell events tail")
    return open_event(vault, row)


def list_types(con: Connection) -> list[dict[str, Any]]:
    """Every type of event: its versions, retention in days, how many are stored, and the newest."""
    known = {row["type"]: row for row in SYNC_SQL.rows(con, "reading.types")}
    return [
        {**known[name], "versions": len(versions), "meaning": (versions[-1].__doc__ or "").strip()}
        for name, versions in TYPES.items()
    ]


def change_retention(con: Connection, name: str, days: int) -> None:
    """Keep events of a type for this number of days. Raises EventNotFound for a type that there is not."""
    if SYNC_SQL.run(con, "reading.change_retention", type=name, days=days) == 0:
        raise EventNotFound("There is no such type of event.", remedy="List them: foresell events types")
