"""Sealing and verifying the audit: every second's events are hashed, chained, signed, and anchored outside the database.

A seal holds the SHA-256 of each of its events, the hash of the seal before and an ES256 signature over all that. Its hash
also goes, signed, into `home/audit/anchors.jsonl`, where each line holds the hash of the line before: what is cut off the
end of the database is still promised there. Whoever can change both the database and the home can cut both ends; copies of
the anchors elsewhere (write-once storage) are what stands against that.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg.pq import TransactionStatus

from foresell.errors import AuditBroken
from foresell.secret_files import write_once
from foresell.sql import named_queries

SEALED_AT_ONCE = 10_000
FETCHED_AT_ONCE = 5_000
HASH_BYTES = 32
BEFORE_ALL = bytes(HASH_BYTES)
FINDINGS_KEPT = 100
#: An event is sealed within a second or two, but no transaction that writes one lasts longer than this.
LONGEST_WAIT = 86_400 * 10**6
CLOCK_SLACK = 60 * 10**6

_ECDSA = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. `event_id` and `seal_id` say where, as far as known."""

    words: str
    event_id: int | None = None
    seal_id: int | None = None


@dataclass(slots=True)
class Verdict:
    """What verifying found: nothing, or the first bad rows in the order of their numbers."""

    events: int = 0
    seals: int = 0
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.findings

    def found(self, words: str, *, event_id: int | None = None, seal_id: int | None = None) -> None:
        """Note one more finding, unless there are plenty."""
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(Finding(words, event_id, seal_id))


class Book:
    """What the audit keeps outside the database: the signing key and the anchors."""

    def __init__(self, home: Path) -> None:
        self._key_file = home / "keys" / "audit"
        self.anchors = home / "audit" / "anchors.jsonl"

    def sign(self, content: bytes) -> bytes:
        """An ES256 signature (DER)."""
        return self._key().sign(content, _ECDSA)

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Whether this is our signature of the content."""
        try:
            self._key().public_key().verify(signature, content, _ECDSA)
        except InvalidSignature:
            return False
        return True

    def read(self) -> list[bytes]:
        """The lines of the anchors, oldest first."""
        return self.anchors.read_bytes().splitlines() if self.anchors.exists() else []

    def append(self, seals: Iterable[Mapping[str, Any]]) -> None:
        """Anchor seals, safely on disk when this returns."""
        self.anchors.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.anchors.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last_line(self.anchors)
            for seal in seals:
                content = {
                    "seal": seal["seal_id"],
                    "events": (json.loads(last)["events"] if last else 0) + len(seal["event_ids"]),
                    "hash": bytes(seal["hash"]).hex(),
                    "sealed_at": seal["sealed_at"],
                    "previous": hashlib.sha256(last).hexdigest() if last else "",
                }
                signature = self.sign(json.dumps(content).encode())
                last = json.dumps({**content, "signature": signature.hex()}).encode()
                file.write(last + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def last(self) -> dict[str, Any] | None:
        """The newest anchor."""
        line = _last_line(self.anchors)
        try:
            return dict(json.loads(line)) if line else None
        except ValueError:
            raise AuditBroken("The last anchor of the audit is damaged.", remedy="Run: foresell audit verify") from None

    def _key(self) -> ec.EllipticCurvePrivateKey:
        if not self._key_file.exists():
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_once(self._key_file, pem)
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


def seal(con: psycopg.Connection[dict[str, Any]], book: Book) -> int:
    """Seal the events that wait, and anchor the seal. Returns how many there were; 0 also when another sealer is at it.

    `con` is an application connection in autocommit mode. Raises AuditBroken when the newest anchor and the database do not
    agree: then nothing more is sealed until somebody has looked.
    """
    with con.transaction():
        taken = con.execute(_sql("take_turn")).fetchone()
        if not taken or not taken["taken"]:
            return 0
        head = _head(con, book)
        rows = con.execute(_sql("unsealed"), {"most": SEALED_AT_ONCE}).fetchall()
        if not rows:
            return 0
        ids = [row["event_id"] for row in rows]
        new: dict[str, Any] = {
            "seal_id": head["seal_id"] + 1 if head else 1,
            "sealed_at": time.time_ns() // 1000,
            "event_ids": ids,
            "row_hashes": b"".join(map(_row_hash, rows)),
            "previous": bytes(head["hash"]) if head else BEFORE_ALL,
        }
        new["hash"] = _seal_hash(new)
        new["signature"] = book.sign(new["hash"])
        con.execute(_sql("add_seal"), new)
        con.execute(_sql("forget_waiting"), {"event_ids": ids})
    book.append([new])
    return len(ids)


def _head(con: psycopg.Connection[dict[str, Any]], book: Book) -> dict[str, Any] | None:
    """The newest seal. One that was committed by a sealer killed before it could anchor it is anchored now."""
    last = book.last()
    seals = con.execute(_sql("seals_from"), {"seal_id": last["seal"] if last else 0}).fetchall()
    anchored = [
        seal for seal in seals if last and seal["seal_id"] == last["seal"] and bytes(seal["hash"]).hex() == last["hash"]
    ]
    waiting = [seal for seal in seals if not last or seal["seal_id"] > last["seal"]]
    if (last and not anchored) or len(waiting) > 1:
        raise AuditBroken("The audit and its anchors do not agree.", remedy="Run: foresell audit verify")
    if waiting:
        book.append(waiting)
    return seals[-1] if seals else None


def verify(con: psycopg.Connection[dict[str, Any]], book: Book) -> Verdict:
    """Check every event, seal and anchor against each other, as of one moment.

    `con` may read the audit; inside a transaction of the caller its view is used, otherwise one of its own.
    """
    verdict = Verdict()
    with _one_moment(con):
        anchored = _check_anchors(book, verdict)
        expected = _check_seals(con, book, anchored, verdict)
        _check_events(con, expected, verdict)
    verdict.findings.sort(key=lambda finding: (finding.event_id is None, finding.event_id or 0, finding.seal_id or 0))
    return verdict


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the seals promise, one entry per event in the order of their ids: hash, and when it was sealed."""

    ids: Any
    hashes: list[bytes]
    seal_ids: Any
    not_before: Any
    not_after: Any


def _check_anchors(book: Book, verdict: Verdict) -> dict[int, str]:
    """The anchored hash of each seal."""
    found: dict[int, str] = {}
    previous, events = "", 0
    for number, line in enumerate(book.read(), 1):
        try:
            content = json.loads(line)
            signature = bytes.fromhex(content.pop("signature"))
            fits = content["previous"] == previous and content["seal"] == number and content["events"] > events
            if not fits or not book.is_signed(json.dumps(content).encode(), signature):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            verdict.found(f"anchor {number} was changed", seal_id=number)
            content = {"seal": number, "hash": "", "events": events}
        found[number] = content["hash"]
        previous, events = hashlib.sha256(line).hexdigest(), content["events"]
    return found


def _check_seals(
    con: psycopg.Connection[dict[str, Any]], book: Book, anchored: Mapping[int, str], verdict: Verdict
) -> _Expected:
    ids, hashes_, seal_ids, since, until = [], [], [], [], []
    previous, before, number = BEFORE_ALL, 0, 0
    for seal in _streamed(con, _sql("seals_from"), {"seal_id": 0}):
        number += 1
        while number < seal["seal_id"]:
            verdict.found(f"seal {number} is missing", seal_id=number)
            number += 1
        content, many = bytes(seal["hash"]), len(seal["event_ids"])
        if (
            bytes(seal["previous"]) != previous
            or _seal_hash(seal) != content
            or not book.is_signed(content, seal["signature"])
        ):
            verdict.found(f"seal {number} was changed", seal_id=number)
        elif number in anchored and anchored[number] != content.hex():
            verdict.found(f"seal {number} is not the one that was anchored", seal_id=number)
        ids.append(np.asarray(seal["event_ids"], dtype=np.int64))
        stored = bytes(seal["row_hashes"])
        hashes_ += [stored[start : start + HASH_BYTES] for start in range(0, HASH_BYTES * many, HASH_BYTES)]
        seal_ids.append(np.full(many, number))
        since.append(np.full(many, before - LONGEST_WAIT))
        until.append(np.full(many, seal["sealed_at"] + CLOCK_SLACK))
        previous, before = content, seal["sealed_at"]
    verdict.seals = number
    if anchored and max(anchored) > number:
        verdict.found(f"seals {number + 1} to {max(anchored)} were anchored and are gone", seal_id=number + 1)
    if number > len(anchored) + 1:
        verdict.found(f"seals {len(anchored) + 1} to {number} have no anchor", seal_id=len(anchored) + 1)
    all_ids = np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)
    order = np.argsort(all_ids, kind="stable")

    def arranged(parts: list[Any]) -> Any:
        return np.concatenate(parts)[order].tolist() if parts else []

    return _Expected(
        all_ids[order].tolist(),
        [hashes_[place] for place in order],
        arranged(seal_ids),
        arranged(since),
        arranged(until),
    )


def _check_events(con: psycopg.Connection[dict[str, Any]], expected: _Expected, verdict: Verdict) -> None:
    """Walk both lists in the order of the ids."""
    waiting = {row["event_id"] for row in con.execute(_sql("waiting")).fetchall()}
    place, many = 0, len(expected.ids)
    for row in _streamed(con, _sql("all_events"), {}):
        event_id = row["event_id"]
        if not row["is_event"]:
            verdict.found(f"event {event_id} has customers and does not exist", event_id=event_id)
            continue
        verdict.events += 1
        while place < many and expected.ids[place] < event_id:
            _gone(expected, place, verdict)
            place += 1
        if place < many and expected.ids[place] == event_id:
            if _row_hash(row) != expected.hashes[place]:
                verdict.found(f"event {event_id} was changed", event_id=event_id, seal_id=expected.seal_ids[place])
            elif (row["stored_count"], row["stored_sha256"]) != (row["customer_count"], row["customers_sha256"]):
                verdict.found(
                    f"the customers of event {event_id} were changed: {row['customer_count']:,} were sealed, "
                    f"{row['stored_count']:,} are stored",
                    event_id=event_id,
                    seal_id=expected.seal_ids[place],
                )
            elif not expected.not_before[place] <= row["at"] <= expected.not_after[place]:
                verdict.found(f"event {event_id} has another time than its seal", event_id=event_id)
            place += 1
        elif event_id in waiting:
            waiting.discard(event_id)
            verdict.waiting += 1
        else:
            verdict.found(f"event {event_id} was never sealed and does not wait for it", event_id=event_id)
    for rest in range(place, many):
        _gone(expected, rest, verdict)
    for event_id in sorted(waiting):
        verdict.found(f"event {event_id} waits for its seal and is gone", event_id=event_id)


def _gone(expected: _Expected, place: int, verdict: Verdict) -> None:
    event_id = expected.ids[place]
    verdict.found(f"event {event_id} is gone", event_id=event_id, seal_id=expected.seal_ids[place])


def _row_hash(row: Mapping[str, Any]) -> bytes:
    content = (
        row["event_id"], row["at"], row["actor_id"], row["via"], row["action"], row["subject"], row["detail"], row["request_id"],
        row["customer_count"], row["customers_sha256"],
    )  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).digest()


def _seal_hash(seal: Mapping[str, Any]) -> bytes:
    ids = seal["event_ids"]
    head = struct.pack(">qqq", seal["seal_id"], seal["sealed_at"], len(ids))
    content = (bytes(seal["previous"]), head, struct.pack(f">{len(ids)}q", *ids), bytes(seal["row_hashes"]))
    return hashlib.sha256(b"".join(content)).digest()


@contextmanager
def _one_moment(con: psycopg.Connection[dict[str, Any]]) -> Iterator[None]:
    if con.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    with con.transaction():
        con.execute("set transaction isolation level repeatable read, read only")
        yield


def _streamed(con: psycopg.Connection[dict[str, Any]], query: str, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with con.cursor("audit") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(query, values)
        yield from cursor


def _last_line(file: Path) -> bytes:
    """The last line of a file, without reading all of it."""
    if not file.exists():
        return b""
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - 4096))
        lines = content.read().splitlines()
    return lines[-1] if lines else b""


def _sql(name: str) -> str:
    return named_queries("foresell.audit", "audit.sql")[name]
