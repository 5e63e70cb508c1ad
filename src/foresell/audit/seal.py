"""Seal the audit: every second, new events are hashed, chained, signed and anchored outside the database.

A seal holds the SHA-256 of each of its events, the hash of the previous seal and an ES256 signature over both. An event's
hash covers its row, and with it the hash of the customers it concerns (`audit.event_customer_blocks`).
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
from collections.abc import Mapping
from typing import Any

from foresell.audit.anchors import AnchorLog
from foresell.db import Connection, Row, Statements
from foresell.errors import AuditBroken

SQL = Statements("foresell.audit")

MAX_EVENTS_PER_SEAL = 10_000
HASH_BYTES = 32
#: The "previous hash" of the first seal.
GENESIS_HASH = bytes(HASH_BYTES)


def seal_events(con: Connection, anchors: AnchorLog) -> int:
    """Seal the unsealed events and anchor the seal. Returns how many; 0 also when another process is sealing.

    `con` is an application connection in autocommit mode. Raises AuditBroken when the newest anchor and the database do not
    agree: nothing more is sealed until an administrator has looked.
    """
    with con.transaction():
        lock = SQL.row(con, "audit.lock_sealing")
        if not lock or not lock["is_locked"]:
            return 0
        head = _anchored_head(con, anchors)
        events = SQL.rows(con, "audit.list_unsealed_events", limit=MAX_EVENTS_PER_SEAL)
        if not events:
            return 0
        seal = _make_seal(events, head, anchors)
        SQL.run(con, "audit.insert_seal", **seal)
        SQL.run(con, "audit.delete_unsealed_events", event_ids=seal["event_ids"])
    anchors.append([seal])
    return len(events)


def hash_event(event: Mapping[str, Any]) -> bytes:
    """The SHA-256 of an event's row, which includes the hash of its customers."""
    content = (
        event["event_id"], event["at"], event["actor_id"], event["via"], event["action"], event["subject"], event["detail"],
        event["request_id"], event["customer_count"], event["customers_sha256"],
    )  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).digest()


def hash_seal(seal: Mapping[str, Any]) -> bytes:
    """The SHA-256 of a seal: the previous seal's hash, its number and time, its events and their hashes."""
    ids = seal["event_ids"]
    header = struct.pack(">qqq", seal["seal_id"], seal["sealed_at"], len(ids))
    content = (bytes(seal["previous"]), header, struct.pack(f">{len(ids)}q", *ids), bytes(seal["row_hashes"]))
    return hashlib.sha256(b"".join(content)).digest()


def _make_seal(events: list[Row], head: Row | None, anchors: AnchorLog) -> dict[str, Any]:
    seal: dict[str, Any] = {
        "seal_id": head["seal_id"] + 1 if head else 1,
        "sealed_at": time.time_ns() // 1000,
        "event_ids": [event["event_id"] for event in events],
        "row_hashes": b"".join(map(hash_event, events)),
        "previous": bytes(head["hash"]) if head else GENESIS_HASH,
    }
    seal["hash"] = hash_seal(seal)
    seal["signature"] = anchors.sign(seal["hash"])
    return seal


def _anchored_head(con: Connection, anchors: AnchorLog) -> Row | None:
    """The newest seal. A seal whose process was killed between commit and anchor is anchored now. Raises AuditBroken."""
    last = anchors.read_last()
    seals = SQL.rows(con, "audit.list_seals", first_seal_id=last["seal"] if last else 0)
    is_known = last and any(s["seal_id"] == last["seal"] and bytes(s["hash"]).hex() == last["hash"] for s in seals)
    unanchored = [seal for seal in seals if not last or seal["seal_id"] > last["seal"]]
    if (last and not is_known) or len(unanchored) > 1:
        raise AuditBroken("The audit and its anchors do not agree.", remedy="Run: foresell audit verify")
    if unanchored:
        anchors.append(unanchored)
    return seals[-1] if seals else None
