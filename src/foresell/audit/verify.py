"""Verify the audit: every event, its customers, every seal and every anchor, against each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from psycopg.pq import TransactionStatus

from foresell.audit.anchors import AnchorLog
from foresell.audit.record import record_sync
from foresell.audit.seal import GENESIS_HASH, HASH_BYTES, SQL, hash_event, hash_seal
from foresell.db import Connection, Row

ROWS_PER_FETCH = 5_000
MAX_FINDINGS = 100
#: Microseconds. An event is sealed within a second or two, and no transaction that writes one lasts longer than this.
MAX_SEALING_DELAY = 86_400 * 10**6
CLOCK_TOLERANCE = 60 * 10**6


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation from what was sealed. `event_id` and `seal_id` say where, as far as known."""

    message: str
    event_id: int | None = None
    seal_id: int | None = None


@dataclass(slots=True)
class VerificationReport:
    """How much was checked, and the first deviations in the order of their numbers."""

    events: int = 0
    seals: int = 0
    unsealed: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no change was found."""
        return not self.findings

    def add_finding(self, message: str, *, event_id: int | None = None, seal_id: int | None = None) -> None:
        """Add a finding, up to MAX_FINDINGS."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(message, event_id, seal_id))


def verify_audit(con: Connection, anchors: AnchorLog) -> VerificationReport:
    """Check everything as of one moment.

    `con` may read the audit. Inside a transaction of the caller its view is used, otherwise a read-only one is opened.
    """
    report = VerificationReport()
    with _consistent_view(con):
        anchored = _check_anchors(anchors, report)
        sealed = _check_seals(con, anchors, anchored, report)
        _check_events(con, sealed, report)
    report.findings.sort(key=lambda finding: (finding.event_id is None, finding.event_id or 0, finding.seal_id or 0))
    return report


def record_findings(con: Connection, findings: int, event_id: int | None = None) -> None:
    """Record once a day that the log is broken, with the number of findings and the first event they name."""
    if SQL.row(con, "audit.is_break_reported") is None:
        record_sync(con, "audit.broken", detail={"findings": findings, "event_id": event_id})


@dataclass(frozen=True, slots=True)
class _SealedEvents:
    """What the seals state, one entry per event in the order of event ids: its hash, and the times it may bear."""

    ids: list[int]
    hashes: list[bytes]
    seal_ids: list[int]
    not_before: list[int]
    not_after: list[int]


def _check_anchors(anchors: AnchorLog, report: VerificationReport) -> dict[int, str]:
    """The anchored hash of each seal, by seal id."""
    hashes: dict[int, str] = {}
    previous, events = "", 0
    for number, line in enumerate(anchors.read_lines(), 1):
        try:
            content = json.loads(line)
            signature = bytes.fromhex(content.pop("signature"))
            fits = content["previous"] == previous and content["seal"] == number and content["events"] > events
            if not fits or not anchors.is_signed(json.dumps(content).encode(), signature):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            report.add_finding(f"anchor {number} was changed", seal_id=number)
            content = {"seal": number, "hash": "", "events": events}
        hashes[number] = content["hash"]
        previous, events = hashlib.sha256(line).hexdigest(), content["events"]
    return hashes


def _check_seals(
    con: Connection, anchors: AnchorLog, anchored: Mapping[int, str], report: VerificationReport
) -> _SealedEvents:
    ids, hashes, seal_ids, since, until = [], [], [], [], []
    previous, sealed_before, number = GENESIS_HASH, 0, 0
    for seal in _stream(con, "audit.list_seals", first_seal_id=0):
        number += 1
        while number < seal["seal_id"]:
            report.add_finding(f"seal {number} is missing", seal_id=number)
            number += 1
        content, count = bytes(seal["hash"]), len(seal["event_ids"])
        if (
            bytes(seal["previous"]) != previous
            or hash_seal(seal) != content
            or not anchors.is_signed(content, seal["signature"])
        ):
            report.add_finding(f"seal {number} was changed", seal_id=number)
        elif number in anchored and anchored[number] != content.hex():
            report.add_finding(f"seal {number} is not the one that was anchored", seal_id=number)
        ids.append(np.asarray(seal["event_ids"], dtype=np.int64))
        stored = bytes(seal["row_hashes"])
        hashes += [stored[start : start + HASH_BYTES] for start in range(0, HASH_BYTES * count, HASH_BYTES)]
        seal_ids.append(np.full(count, number))
        # Where the clock was set back, the signed seal says so, and its events may bear the times of both clocks.
        earlier, later = sorted((sealed_before, seal["sealed_at"]))
        since.append(np.full(count, earlier - MAX_SEALING_DELAY))
        until.append(np.full(count, later + CLOCK_TOLERANCE))
        previous, sealed_before = content, seal["sealed_at"]
    report.seals = number
    if anchored and max(anchored) > number:
        report.add_finding(f"seals {number + 1} to {max(anchored)} were anchored and are missing", seal_id=number + 1)
    if number > len(anchored) + 1:
        report.add_finding(f"seals {len(anchored) + 1} to {number} have no anchor", seal_id=len(anchored) + 1)
    all_ids = np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)
    order = np.argsort(all_ids, kind="stable")

    def in_order(parts: list[Any]) -> list[int]:
        return np.concatenate(parts)[order].tolist() if parts else []

    return _SealedEvents(
        all_ids[order].tolist(),
        [hashes[index] for index in order],
        in_order(seal_ids),
        in_order(since),
        in_order(until),
    )


def _check_events(con: Connection, sealed: _SealedEvents, report: VerificationReport) -> None:
    """Walk the stored and the sealed events together, both in the order of their ids."""
    unsealed = {row["event_id"] for row in SQL.rows(con, "audit.list_unsealed_ids")}
    index, count = 0, len(sealed.ids)
    for event in _stream(con, "audit.list_stored_events"):
        event_id = event["event_id"]
        if not event["is_event"]:
            report.add_finding(f"event {event_id} has customers and does not exist", event_id=event_id)
            continue
        report.events += 1
        while index < count and sealed.ids[index] < event_id:
            _report_missing(sealed, index, report)
            index += 1
        if index < count and sealed.ids[index] == event_id:
            _check_sealed_event(event, sealed, index, report)
            index += 1
        elif event_id in unsealed:
            unsealed.discard(event_id)
            report.unsealed += 1
        else:
            report.add_finding(f"event {event_id} was never sealed and is not about to be", event_id=event_id)
    for rest in range(index, count):
        _report_missing(sealed, rest, report)
    for event_id in sorted(unsealed):
        report.add_finding(f"event {event_id} is about to be sealed and is missing", event_id=event_id)


def _check_sealed_event(event: Row, sealed: _SealedEvents, index: int, report: VerificationReport) -> None:
    event_id, seal_id = event["event_id"], sealed.seal_ids[index]
    if hash_event(event) != sealed.hashes[index]:
        report.add_finding(f"event {event_id} was changed", event_id=event_id, seal_id=seal_id)
    elif (event["stored_count"], event["stored_sha256"]) != (event["customer_count"], event["customers_sha256"]):
        report.add_finding(
            f"the customers of event {event_id} were changed: {event['customer_count']:,} were sealed, "
            f"{event['stored_count']:,} are stored",
            event_id=event_id,
            seal_id=seal_id,
        )
    elif not sealed.not_before[index] <= event["at"] <= sealed.not_after[index]:
        report.add_finding(f"the time of event {event_id} does not fit its seal", event_id=event_id, seal_id=seal_id)


def _report_missing(sealed: _SealedEvents, index: int, report: VerificationReport) -> None:
    event_id = sealed.ids[index]
    report.add_finding(f"event {event_id} is missing", event_id=event_id, seal_id=sealed.seal_ids[index])


@contextmanager
def _consistent_view(con: Connection) -> Iterator[None]:
    if con.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    with con.transaction():
        con.execute("set transaction isolation level repeatable read, read only")
        yield


def _stream(con: Connection, statement: str, **values: object) -> Iterator[Row]:
    with con.cursor("audit") as cursor:
        cursor.itersize = ROWS_PER_FETCH
        cursor.execute(SQL.text(statement), values)
        yield from cursor
