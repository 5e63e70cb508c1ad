"""Intrusion detection: each attack raises its own alarm and no other, and weeks of normal work raise none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from foresell.access.principal import CONFIRM_AGAIN
from foresell.audit.anchors import AnchorLog
from foresell.audit.record import record_sync
from foresell.audit.seal import seal_events
from foresell.audit.verify import record_findings, verify_audit
from foresell.database import Database, embedded_conninfo
from foresell.db import Connection, Row
from foresell.detection import detect
from foresell.settings import Settings
from foresell.store import jobs

OFFICE, HOME, SERVER = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Past:
    """Writes activity and audit events with times of their own, past the rule that an event's time is the server's."""

    def __init__(self, con: Connection) -> None:
        self.con = con
        self.rows: list[dict[str, Any]] = []
        self.events: list[list[Any]] = []
        row = con.execute("select clock_timestamp() as now").fetchone()
        assert row
        self.now: datetime = row["now"]

    def add_user(self, role: str = "rep") -> int:
        row = self.con.execute(
            "insert into access.users (name, email) values ('Robin', gen_random_uuid() || '@shop.example') returning user_id"
        ).fetchone()
        assert row
        self.con.execute("insert into access.user_roles values (%s, %s)", [row["user_id"], role])
        return int(row["user_id"])

    def add_session(self, user_id: int) -> str:
        row = self.con.execute(
            "insert into access.sessions (user_id, signed_in_by, device, expires_at, second_factor_at)"
            " values (%s, 'password', 'test', now() + interval '1 day', now()) returning session_id::text as id",
            [user_id],
        ).fetchone()
        assert row
        return str(row["id"])

    def activity(self, kind: str, at: datetime, **values: Any) -> None:
        self.rows.append({"kind": kind, "at": at.isoformat(), "network": OFFICE, "count": 1, **values})

    def event(self, action: str, at: datetime, actor: int | None = None, subject: str = "", **detail: Any) -> None:
        self.events.append([action, at, actor, subject or None, Jsonb(detail)])

    def write(self) -> None:
        """Write what was noted, in this order."""
        self.con.execute(
            "insert into detection.activity (kind, at, network, count, user_id, session_id, api_key_id, account_hash, customer_id)"
            " select kind, at, network, count, user_id, session_id, api_key_id, account_hash, customer_id"
            " from jsonb_populate_recordset(null::detection.activity, %s)",
            [Jsonb(self.rows)],
        )
        with self.con.cursor() as cur:
            cur.executemany(
                "insert into audit.events (action, at, actor_id, subject, detail, via) values (%s, %s, %s, %s, %s, 'web')",
                self.events,
            )


@contextmanager
def rewriting(settings: Settings) -> Iterator[Past]:
    conninfo = embedded_conninfo(settings.home, "postgres")
    with psycopg.connect(conninfo, row_factory=dict_row) as con:
        con.execute("set session_replication_role = replica")
        past = Past(con)
        yield past
        if past.rows or past.events:
            past.write()


def spray(past: Past) -> str:
    for number in range(10):
        past.activity("sign-in refused", past.now - number * MINUTE, network=HOME, account_hash=f"\\x0{number:x}")
    return f"network:{HOME}"


def guess_password(past: Past) -> str:
    user = past.add_user()
    for number in range(10):
        past.activity(
            "sign-in refused", past.now - number * MINUTE, account_hash="\\x30", user_id=user if number == 7 else None
        )
    return f"user:{user}"


def stuff_credentials(past: Past) -> str:
    for number in range(20):
        past.activity(
            "sign-in refused",
            past.now - number * MINUTE,
            network=f"10.0.{number}.0/24",
            account_hash=f"\\x2{number:03x}",
        )
    return "sign-in"


def guess_second_factor(past: Past) -> str:
    user = past.add_user()
    for number in range(5):
        by = "second factor" if number % 2 else "step-up"
        past.event("sign-in.refused", past.now - number * MINUTE, subject=f"user:{user}", by=by)
    return f"user:{user}"


def reuse_refresh_token(past: Past) -> str:
    user = past.add_user()
    past.event("session.reuse", past.now, subject=f"user:{user}", session_id=past.add_session(user))
    return f"user:{user}"


def copy_session(past: Past) -> str:
    user = past.add_user()
    session = past.add_session(user)
    for number in range(4):
        network = HOME if number % 2 else OFFICE
        past.activity("used", past.now - number * MINUTE, network=network, session_id=session, user_id=user)
    return f"session:{session}"


def steal_api_key(past: Past) -> str:
    user = past.add_user()
    past.activity("used", past.now - 2 * DAY, network=SERVER, api_key_id=71, user_id=user)
    past.activity("used", past.now, network=HOME, api_key_id=71, user_id=user)
    return "api-key:71"


def probe_permissions(past: Past) -> str:
    user = past.add_user()
    past.activity("denied", past.now - MINUTE, user_id=user, count=7)
    past.activity("denied", past.now, user_id=user, count=3)
    return f"user:{user}"


def guess_customers(past: Past) -> str:
    user = past.add_user()
    for number in range(20):
        past.activity("customer missing", past.now, user_id=user, api_key_id=72, customer_id=f"C9{7 * number:05}")
    return "api-key:72"


def guess_by_hand(past: Past) -> str:
    user = past.add_user()
    for number in range(20):
        past.activity("customer missing", past.now, user_id=user, customer_id=f"C9{7 * number:05}")
    return f"user:{user}"


def walk_customers(past: Past) -> str:
    user = past.add_user()
    for number in range(26):
        at = past.now - (26 - number) * timedelta(seconds=10)
        past.activity("customer opened", at, user_id=user, customer_id=f"C{100 + 3 * number:06}")
    return f"user:{user}"


def open_many_customers(past: Past) -> str:
    user = past.add_user()
    for number in range(300):
        at = past.now - (300 - number) * timedelta(seconds=11)
        past.activity("customer opened", at, user_id=user, customer_id=f"C{number * 7919 % 100_003:06}")
    return f"user:{user}"


def reveal_many(past: Past) -> str:
    user = past.add_user()
    for number in range(70):
        past.event("contact.reveal", past.now - 3 * DAY, user, f"customer:C{number % 10:06}")
    for number in range(31):
        past.event("contact.reveal", past.now - number * MINUTE, user, f"customer:C{number:06}")
    return f"user:{user}"


def export_everything(past: Past) -> str:
    user = past.add_user()
    for day in range(1, 6):
        past.event("export", past.now - day * DAY, user, rows=150)
    past.event("export", past.now, user, rows=800)
    return f"user:{user}"


def export_at_night(past: Past) -> str:
    user = past.add_user()
    for day in range(1, 11):
        past.event("export", past.now - day * DAY + timedelta(hours=9), user, rows=150)
    past.event("export", past.now, user, rows=150)
    return f"user:{user}"


def open_canary(past: Past) -> str:
    user = past.add_user()
    past.con.execute(
        "insert into detection.canary_customers values ('C000005', %s, %s)", [past.add_user("admin"), past.now - DAY]
    )
    past.activity("customer opened", past.now, user_id=user, customer_id="C000005")
    return f"user:{user}"


def open_merged_canary(past: Past) -> str:
    past.con.execute(
        "insert into core.customers (customer_id, merged_into) values ('C000006', null), ('C000005', 'C000006')"
    )
    user = past.add_user()
    past.con.execute(
        "insert into detection.canary_customers values ('C000005', %s, %s)", [past.add_user("admin"), past.now - DAY]
    )
    past.activity("customer opened", past.now, user_id=user, customer_id="C000006")
    return f"user:{user}"


def change_audit_log(past: Past) -> str:
    """As the worker does: what the verification finds is recorded."""
    record_findings(past.con, 2, 41)
    return "audit"


ATTACKS: dict[str, Callable[[Past], str]] = {
    "password_spray": spray,
    "account_guessing": guess_password,
    "credential_stuffing": stuff_credentials,
    "second_factor_guessing": guess_second_factor,
    "refresh_token_reuse": reuse_refresh_token,
    "session_in_two_places": copy_session,
    "api_key_from_new_network": steal_api_key,
    "permission_probing": probe_permissions,
    "unknown_customers": guess_customers,
    "customers_in_sequence": walk_customers,
    "many_customers": open_many_customers,
    "many_reveals": reveal_many,
    "mass_export": export_everything,
    "export_at_unusual_hour": export_at_night,
    "canary_customer": open_canary,
    "audit_log_broken": change_audit_log,
}


def work_normally(past: Past, weeks: int, seed: int) -> None:
    """Eight reps, a manager and a key, on the workdays of the weeks before today."""
    rng = random.Random(seed)
    reps, manager = [past.add_user() for _ in range(8)], past.add_user("manager")
    chatty = reps[0]  # shows the contact details of nearly everyone, every day
    numbers = {rep: rng.sample(range(5_000), 600) for rep in reps}
    start = past.now.replace(hour=0, minute=0) - weeks * 7 * DAY
    for day in range(weeks * 7):
        morning = start + day * DAY + timedelta(hours=8)
        past.activity("used", morning, network=SERVER, api_key_id=1, user_id=manager)
        if morning.weekday() > 4:
            continue
        for rep in reps:
            at = morning + timedelta(minutes=rng.uniform(0, 40))
            place = rng.choice((OFFICE, OFFICE, HOME))
            for _ in range(rng.choice((0, 0, 0, 1, 2))):
                past.activity("sign-in refused", at, network=place, account_hash=f"\\x4{rep:03x}", user_id=rep)
            if rng.random() < 0.2:
                past.event("sign-in.refused", at, subject=f"user:{rep}", by="second factor")
            session = f"00000000-0000-4000-8000-{day:06}{rep:06}"
            for network in (place, HOME if rng.random() < 0.2 else place):  # one goes home and works on
                at += timedelta(minutes=rng.uniform(5, 60))
                past.activity("used", at, network=network, session_id=session, user_id=rep)
            for customer in rng.sample(numbers[rep], 40):
                at += timedelta(minutes=rng.expovariate(1 / 6))
                past.activity("customer opened", at, network=place, user_id=rep, customer_id=f"C{customer:06}")
                if rng.random() < (0.85 if rep == chatty else 0.37):
                    past.event("contact.reveal", at, rep, f"customer:C{customer:06}")
            if rng.random() < 0.3:
                past.activity("customer missing", at, user_id=rep, customer_id=f"C{rng.randrange(9_000):06}")
            if rng.random() < 0.1:
                past.activity("denied", at, user_id=rep, count=rng.choice((1, 2)))
            if morning.weekday() == 0:
                past.event("export", morning + timedelta(minutes=rng.uniform(30, 90)), rep, rows=rng.randrange(80, 240))
        for _ in range(3):
            past.event("export", morning + timedelta(hours=rng.uniform(0, 9)), manager, rows=rng.randrange(300, 700))


def read_detectors(con: Connection) -> list[Row]:
    return detect.SQL.rows(con, "alarms.list_detectors", detector=None)


def read_alarms(con: Connection) -> list[Row]:
    return con.execute("select * from detection.alarms order by alarm_id").fetchall()


def found_in(con: Connection, since: datetime, until: datetime, **settings: Any) -> dict[str, list[str]]:
    """The subjects that each detector finds, with these settings in place of its own."""
    hits = {
        row["detector"]: detect.find_hits(con, {**row, **settings}, since, until) for row in read_detectors(con)
    }  # fmt: skip
    return {detector: [hit.subject for hit in found] for detector, found in hits.items() if found}


def test_each_attack_raises_its_alarm_and_no_other(
    settings: Settings, database: Database, record_property: Callable[[str, object], None]
) -> None:
    with rewriting(settings) as past:
        expected = {(detector, attack(past)) for detector, attack in ATTACKS.items()}
        past.con.execute("update detection.detectors set mode = 'off'")
        assert sorted(ATTACKS) == sorted(row["detector"] for row in read_detectors(past.con))
    assert detect.run_detectors(database) == 0

    with rewriting(settings) as past:
        past.con.execute("update detection.detectors set mode = 'watch'")
    assert detect.run_detectors(database) == len(ATTACKS)
    with database.connect() as con:
        alarms = read_alarms(con)
        events = con.execute("select subject, via from audit.events where action = 'alarm.raised'").fetchall()
        live = con.execute("select count(*) as live from access.sessions where revoked_at is null").fetchone()
    record_property("attacks noticed", len(expected & {(alarm["detector"], alarm["subject"]) for alarm in alarms}))
    assert {(alarm["detector"], alarm["subject"]) for alarm in alarms} == expected
    assert {event["subject"] for event in events} == {f"alarm:{alarm['alarm_id']}" for alarm in alarms}
    assert live == {"live": 2}, "a detector that only watches ends no session"

    assert detect.run_detectors(database) == 0, "the same attacks raise no second alarm"
    with database.connect() as con:
        assert read_alarms(con) == alarms
        past_alarms = detect.count_past_alarms(con, 2)
    assert {name for name, days in past_alarms.items() if days} == set(ATTACKS)


def test_a_canary_that_was_merged_still_raises_its_alarm(settings: Settings, database: Database) -> None:
    with rewriting(settings) as past:
        user = open_merged_canary(past)
    with database.connect() as con:
        assert found_in(con, past.now - MINUTE, past.now + MINUTE)["canary_customer"] == [user]


def test_weeks_of_normal_work_raise_no_alarm(
    settings: Settings, database: Database, record_property: Callable[[str, object], None]
) -> None:
    with rewriting(settings) as past:
        work_normally(past, weeks=2, seed=12)
    with database.connect() as con:
        since, until = past.now - 7 * DAY, past.now  # the week before is what is usual
        found = found_in(con, since, until)
        record_property("alarms in a normal week", sum(map(len, found.values())))
        assert found == {}
        absurd = found_in(con, since, until, threshold=1, factor=1, window_minutes=1440)
    never_normal = {"refresh_token_reuse", "canary_customer", "audit_log_broken", "api_key_from_new_network"}
    never_normal.add("export_at_unusual_hour")  # a week before is all there is to compare with
    assert set(absurd) == set(ATTACKS) - never_normal


def test_an_alarm_counts_up_until_it_is_acknowledged(settings: Settings, database: Database) -> None:
    with rewriting(settings) as past:
        spray(past)
    assert detect.run_detectors(database) == 1
    with rewriting(settings) as past:
        past.activity("sign-in refused", past.now, network=HOME, account_hash="\\x31")
    assert detect.run_detectors(database) == 0
    with database.connect() as con:
        [alarm] = read_alarms(con)
        assert alarm["count"] == 11 and alarm["evidence"] == {"accounts": 11, "failed_sign_ins": 11}
        con.execute("update detection.alarms set state = 'acknowledged', acknowledged_at = now(), reason = 'a test'")
    assert detect.run_detectors(database) == 0, "what was acknowledged raises no new alarm"
    with rewriting(settings) as past:
        past.activity("sign-in refused", past.now, network=HOME, account_hash="\\x32")
    assert detect.run_detectors(database) == 1
    with database.connect() as con:
        assert [alarm["state"] for alarm in read_alarms(con)] == ["acknowledged", "open"]


def test_an_answer_meets_the_sessions_of_who_acts(settings: Settings, database: Database) -> None:
    answers = {
        "customers_in_sequence": (walk_customers, "end session"),
        "unknown_customers": (guess_by_hand, "step-up"),
    }
    sessions = {}
    with rewriting(settings) as past:
        for detector, (attack, answer) in answers.items():
            sessions[past.add_session(int(attack(past).removeprefix("user:")))] = answer
            past.con.execute(
                "update detection.detectors set mode = 'answer', answer = %s where detector = %s", [answer, detector]
            )
        sessions[past.add_session(past.add_user())] = None
    detect.run_detectors(database)
    with database.connect() as con:
        rows = con.execute("select *, session_id::text as id from access.sessions").fetchall()
        alarms = read_alarms(con)
        answers_recorded = con.execute(
            "select detail ->> 'answer' as answer from audit.events where action = 'alarm.answered'"
        ).fetchall()
    for row in rows:
        assert row["revoked_because"] == ("alarm" if sessions[row["id"]] == "end session" else None)
        assert (row["second_factor_at"] == CONFIRM_AGAIN) == (sessions[row["id"]] == "step-up")
    assert [alarm["sessions_answered"] for alarm in alarms] == [1, 1]
    assert {event["answer"] for event in answers_recorded} == {"end session", "step-up"}


def test_a_failing_detector_is_logged_and_does_not_stop_the_others(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with rewriting(settings) as past:
        spray(past)
        probe_permissions(past)
    with rewriting(settings) as past:
        past.con.execute("alter table detection.activity rename column account_hash to renamed")
    assert detect.run_detectors(database) == 1
    log = capsys.readouterr().err
    assert '"detector": "password_spray"' in log and "a detector failed" in log
    with rewriting(settings) as past:
        past.con.execute("alter table detection.activity rename column renamed to account_hash")
    assert detect.run_detectors(database) == 1
    with database.connect() as con:
        assert [row["failing_since"] for row in read_detectors(con)] == [None] * len(ATTACKS)


def test_a_changed_audit_log_raises_an_alarm_once(settings: Settings, database: Database) -> None:
    anchors = AnchorLog(settings.home)
    with database.connect() as con:
        con.autocommit = True
        record_sync(con, "export", subject="export:1")
        seal_events(con, anchors)
        assert verify_audit(con, anchors).ok
    with rewriting(settings) as past:
        past.con.execute("update audit.events set subject = 'export:2' where action = 'export'")
    for _ in range(2):
        with database.connect() as con:
            report = verify_audit(con, anchors)
            record_findings(con, len(report.findings), report.findings[0].event_id)
    assert detect.run_detectors(database) == 1
    with database.connect() as con:
        [alarm] = read_alarms(con)
        assert con.execute("select count(*) as n from audit.events where action = 'audit.broken'").fetchone() == {
            "n": 1
        }
    assert (alarm["detector"], alarm["evidence"]["first_event"]) == ("audit_log_broken", report.findings[0].event_id)


def test_old_activity_is_deleted(settings: Settings, database: Database) -> None:
    with rewriting(settings) as past:
        for days in (29, 31, 91):
            past.activity("customer opened", past.now - days * DAY, user_id=1, customer_id="C000001")
            past.activity("used", past.now - days * DAY, user_id=1, api_key_id=1)
    jobs.delete_old_jobs(database)
    with database.connect() as con:
        left = con.execute("select kind, count(*) as rows from detection.activity group by kind").fetchall()
    assert {row["kind"]: row["rows"] for row in left} == {"customer opened": 1, "used": 2}
