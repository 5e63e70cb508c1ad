"""Run the detectors: what each finds becomes an alarm and, where its mode says so, is answered.

The worker does so every few seconds. Each detector looks from where it last looked, in a transaction of its own: one that fails
does not stop the others, and looks again from the same place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from foresell.audit.record import record_sync
from foresell.database import Database
from foresell.db import Connection, Row, Statements
from foresell.logs import logger

SQL = Statements("foresell.detection")
#: Longer than any detector takes on a year of audit; one that takes longer must not hold the others up.
STATEMENT_TIMEOUT = "20s"

log = logger("detection")


@dataclass(frozen=True, slots=True)
class Hit:
    """What a detector found about one subject: from when to when, and the most it counted."""

    subject: str
    user_id: int | None
    session_id: str | None
    first_seen: datetime
    last_seen: datetime
    count: int
    evidence: dict[str, object]


def run_detectors(database: Database) -> int:
    """Let every detector that is not off look once. Returns how many alarms are new."""
    with database.connect() as con:
        con.autocommit = True
        con.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT}'".encode())
        raised = 0
        for row in SQL.rows(con, "alarms.list_detectors", detector=None):
            name = row["detector"]
            try:
                raised += run_detector(con, name)
            except (psycopg.Error, KeyError) as error:
                log.error("a detector failed", action="detect", detector=name, kind=type(error).__name__)
                if con.closed:
                    raise
                SQL.run(con, "alarms.mark_failing", detector=name)
        return raised


def run_detector(con: Connection, name: str) -> int:
    """Let one detector look, on a connection in autocommit mode. Returns how many alarms are new."""
    with con.transaction():
        detector = SQL.row(con, "alarms.lock_detector", detector=name)
        if detector is None:
            return 0
        hits = find_hits(con, detector, detector["since"], detector["until"])
        SQL.run(con, "alarms.mark_checked", detector=name, until=detector["until"])
        return sum(_raise_alarm(con, detector, hit) for hit in hits)


def find_hits(con: Connection, detector: Row, since: datetime, until: datetime) -> list[Hit]:
    """What a detector finds after `since` and not after `until`, one per subject. Reads only."""
    by_subject: dict[str, list[Row]] = {}
    for row in _rows(con, detector, since, until):
        by_subject.setdefault(row["subject"], []).append(row)
    return [_join(subject, rows) for subject, rows in by_subject.items()]


def count_past_alarms(con: Connection, days: int) -> dict[str, Counter[date]]:
    """By detector, how many subjects it would have raised an alarm for on each of the last `days` days (UTC), off or not."""
    clock = con.execute("select clock_timestamp() as now").fetchone()
    assert clock
    until: datetime = clock["now"]
    since = datetime.combine(until.astimezone(UTC).date() - timedelta(days=days - 1), datetime.min.time(), UTC)
    found: dict[str, Counter[date]] = {}
    for detector in SQL.rows(con, "alarms.list_detectors", detector=None):
        rows = _rows(con, detector, since, until)
        subjects = {(row["at"].astimezone(UTC).date(), row["subject"]) for row in rows}
        found[detector["detector"]] = Counter(day for day, _ in subjects)
    return found


def _rows(con: Connection, detector: Row, since: datetime, until: datetime) -> list[Row]:
    return SQL.rows(
        con,
        f"detectors.{detector['detector']}",
        since=since,
        until=until,
        window=timedelta(minutes=detector["window_minutes"]),
        threshold=detector["threshold"],
        factor=detector["factor"],
    )


def _join(subject: str, rows: Iterable[Row]) -> Hit:
    in_order = sorted(rows, key=lambda row: row["at"])
    most = max(in_order, key=lambda row: (row["count"], row["at"]))
    return Hit(
        subject, most["user_id"], most["session_id"] and str(most["session_id"]), in_order[0]["at"], in_order[-1]["at"],
        most["count"], most["evidence"],
    )  # fmt: skip


def _raise_alarm(con: Connection, detector: Row, hit: Hit) -> bool:
    """Raise the alarm, or count it up, and answer it; returns whether it is new."""
    name, mode = detector["detector"], detector["mode"]
    alarm = SQL.row(
        con, "alarms.raise_alarm", detector=name, subject=hit.subject, user_id=hit.user_id, session_id=hit.session_id,
        first_seen=hit.first_seen, last_seen=hit.last_seen, count=hit.count, evidence=Jsonb(hit.evidence), mode=mode,
    )  # fmt: skip
    if alarm is None:
        return False
    alarm_id = alarm["alarm_id"]
    if alarm["is_new"]:
        log.warning("alarm", action="detect", detector=name, alarm_id=alarm_id, count=hit.count)
        detail = {"detector": name, "count": hit.count, "user_id": hit.user_id}
        record_sync(con, "alarm.raised", subject=f"alarm:{alarm_id}", detail=detail)
    if mode == "answer" and detector["answer"] != "record":
        _answer(con, detector, hit, alarm_id)
    return bool(alarm["is_new"])


def _answer(con: Connection, detector: Row, hit: Hit, alarm_id: int) -> None:
    statement = "alarms.end_sessions" if detector["answer"] == "end session" else "alarms.require_step_up"
    sessions = SQL.run(con, statement, session_id=hit.session_id, subject=hit.subject)
    SQL.run(con, "alarms.mark_answered", alarm_id=alarm_id, sessions=sessions)
    detail = {"detector": detector["detector"], "answer": detector["answer"], "sessions": sessions}
    record_sync(con, "alarm.answered", subject=f"alarm:{alarm_id}", detail=detail)
