"""The audit: rows are only added, and sealed; any change by a superuser is found and named."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.audit import seal
from foresell.audit.anchors import AnchorLog
from foresell.audit.record import record_sync
from foresell.audit.seal import seal_events
from foresell.audit.verify import verify_audit
from foresell.database import Database, Role, embedded_conninfo
from foresell.errors import AuditBroken
from foresell.store import batches
from tests.support.loading import load
from tests.support.staged import stage_lines

Con = psycopg.Connection[dict[str, Any]]
EDITS = 1_000
EVENTS, SEALS = 120, 12


def superuser(database: Database) -> Con:
    return psycopg.connect(
        embedded_conninfo(database.settings.home, "postgres"), autocommit=True, row_factory=dict_row
    )  # fmt: skip


def customers_of_event(number: int) -> list[str]:
    """Between none and seven customers; event 7 names as many as a small export."""
    return [f"C{customer:06}" for customer in range(number, number + (300 if number == 7 else number % 8))]


@pytest.fixture
def anchors(database: Database) -> AnchorLog:
    """The audit of a home with a dozen seals of ten events each."""
    log = AnchorLog(database.settings.home)
    with database.connect() as con:
        con.autocommit = True
        for number in range(EVENTS):
            record_sync(
                con, "export", subject=f"export:{number}", detail={"n": number}, customers=customers_of_event(number)
            )
            if number % (EVENTS // SEALS) == EVENTS // SEALS - 1:
                assert seal_events(con, log) == EVENTS // SEALS
        assert seal_events(con, log) == 0
    return log


def test_an_untouched_audit_is_found_whole(database: Database, anchors: AnchorLog) -> None:
    with database.connect() as con:
        con.autocommit = True
        report = verify_audit(con, anchors)
        assert (report.ok, report.events, report.seals, report.unsealed) == (True, EVENTS, SEALS, 0)
        record_sync(con, "sign-out")
        assert verify_audit(con, anchors).unsealed == 1
        seal_events(con, anchors)
        assert verify_audit(con, anchors).ok


CHANGES = (
    "update audit.events set action = 'other'", "delete from audit.events", "truncate audit.events cascade",
    "update audit.event_customer_blocks set block = 'C001'", "delete from audit.event_customer_blocks",
    "truncate audit.event_customer_blocks", "update audit.seals set sealed_at = now()", "delete from audit.seals", "truncate audit.seals",
)  # fmt: skip
FORGERIES = (
    "insert into audit.events (event_id, action) overriding system value values (1000000, 'forged')",
    "insert into audit.events (at, action) values ('2020-01-01', 'forged')",
    "insert into audit.events (action) values ('forged')",
    "insert into audit.event_customer_blocks values (1, 'C999', '{C999999}')",
    "select audit.record_event(7, 'forged', null, '{}', null, '{}')",
)


@pytest.mark.parametrize(
    ("role", "acts"), [("owner", CHANGES), ("app", CHANGES + FORGERIES), ("web", CHANGES + FORGERIES)]
)
def test_recorded_events_cannot_be_changed(
    database: Database, anchors: AnchorLog, role: Role, acts: tuple[str, ...]
) -> None:
    with psycopg.connect(database.conninfo(role), autocommit=True) as con:
        for act in acts:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
                con.execute(act.encode())


def draw_event(con: Con, chance: random.Random) -> int:
    return int(chance.choice(con.execute("select event_id from audit.events").fetchall())["event_id"])


def change_a_field(con: Con, chance: random.Random) -> None:
    what = chance.choice(
        [
            "action = action || 'x'", "actor_id = coalesce(actor_id, 0) + 1", "actor_id = 7", "subject = null",
            "subject = 'user:9999'", "detail = detail || '{\"x\": 1}'", "detail = '{}'", "via = 'worker'",
            "at = at + interval '1 microsecond'", "at = at - interval '3 days'", "request_id = 'r'",
            "customer_count = customer_count + 1, customers_sha256 = sha256('x')", "customer_count = customer_count + 1, customers_sha256 = coalesce(customers_sha256, sha256('y'))",
        ]
    )  # fmt: skip
    con.execute(f"update audit.events set {what} where event_id = %s".encode(), [draw_event(con, chance)])


def block_of(con: Con, chance: random.Random) -> dict[str, Any]:
    """The customers of one block of any event."""
    return chance.choice(con.execute("select * from audit.event_customer_blocks order by 1, 2").fetchall())


def store_block(con: Con, block: dict[str, Any]) -> None:
    """Write the customers of a block, or remove it when it has none."""
    con.execute("delete from audit.event_customer_blocks where (event_id, block) = (%(event_id)s, %(block)s)", block)
    if block["customer_ids"]:
        con.execute("insert into audit.event_customer_blocks values (%(event_id)s, %(block)s, %(customer_ids)s)", block)


def change_a_customer(con: Con, chance: random.Random) -> None:
    block = block_of(con, chance)
    ids = block["customer_ids"]
    ids[chance.randrange(len(ids))] = f"C000{chance.randrange(500, 999)}"
    store_block(con, block | {"customer_ids": sorted(ids)})


def add_a_customer(con: Con, chance: random.Random) -> None:
    """To a block of the event, or in a new block of it."""
    if chance.random() < 0.5:
        block = block_of(con, chance)
        block["customer_ids"].append(f"C000{chance.randrange(500, 999)}")
    else:
        block = {
            "event_id": draw_event(con, chance),
            "block": "C700",
            "customer_ids": [f"C700{chance.randrange(100, 999)}"],
        }
    store_block(con, block)


def remove_a_customer(con: Con, chance: random.Random) -> None:
    block = block_of(con, chance)
    block["customer_ids"].pop(chance.randrange(len(block["customer_ids"])))
    store_block(con, block)


def remove_all_customers(con: Con, chance: random.Random) -> None:
    store_block(con, block_of(con, chance) | {"customer_ids": []})


def hide_a_block(con: Con, chance: random.Random) -> None:
    """File it where the filter by customer does not look."""
    con.execute(
        "update audit.event_customer_blocks set block = 'C999' where (event_id, block) = (%(event_id)s, %(block)s)",
        block_of(con, chance),
    )


def move_customers(con: Con, chance: random.Random) -> None:
    """To an event that does not exist."""
    con.execute(
        "update audit.event_customer_blocks set event_id = event_id + 500000"
        " where (event_id, block) = (%(event_id)s, %(block)s)",
        block_of(con, chance),
    )


def swap_customers(con: Con, chance: random.Random) -> None:
    """Between two events with equally many, so that only the ids differ."""
    first = chance.choice([number for number in range(EVENTS - 8) if number % 8 and number not in (7, 15)])
    events = con.execute("select event_id from audit.events order by 1").fetchall()
    a, b = events[first]["event_id"], events[first + 8]["event_id"]
    con.execute(
        "update audit.event_customer_blocks set event_id = case event_id when %(a)s then -%(b)s else -%(a)s end"
        " where event_id in (%(a)s, %(b)s)",
        {"a": a, "b": b},
    )
    con.execute("update audit.event_customer_blocks set event_id = -event_id where event_id < 0")


def rewrite_customers_and_their_hash(con: Con, chance: random.Random) -> None:
    """Remove a customer and make the event agree with what is left; only its own hash in the seal does not."""
    victim = block_of(con, chance)
    victim["customer_ids"].pop()
    store_block(con, victim)
    con.execute(
        "update audit.events set (customer_count, customers_sha256) = (select coalesce(sum(cardinality(customer_ids)), 0),"
        " sha256(convert_to(string_agg(block || ':' || array_to_string(customer_ids, ','), ';' order by block), 'UTF8'))"
        " from audit.event_customer_blocks where event_id = %(event_id)s) where event_id = %(event_id)s",
        victim,
    )


def delete_some(con: Con, chance: random.Random) -> None:
    first = draw_event(con, chance)
    con.execute("delete from audit.events where event_id between %s and %s", [first, first + chance.randrange(5)])


def swap_two(con: Con, chance: random.Random) -> None:
    first, second = draw_event(con, chance), draw_event(con, chance)
    if first == second:
        second = first + 1 if first < EVENTS else first - 1
    con.execute(
        "update audit.events as e set subject = o.subject, detail = o.detail from audit.events as o"
        " where (e.event_id, o.event_id) in ((%(a)s, %(b)s), (%(b)s, %(a)s))",
        {"a": first, "b": second},
    )


def renumber(con: Con, chance: random.Random) -> None:
    con.execute("alter table audit.events alter event_id drop identity")
    con.execute("update audit.events set event_id = event_id + 100000 where event_id = %s", [draw_event(con, chance)])


def slip_one_in(con: Con, chance: random.Random) -> None:
    con.execute(
        "insert into audit.events (event_id, at, action) overriding system value"
        " values (%s, now() - %s * interval '1 hour', 'sign-in')",
        [1_000_000 + chance.randrange(10**6), chance.randrange(10_000)],
    )


def cut_the_tail(con: Con, chance: random.Random) -> None:
    """The events, customers and seals of the newest seals, without gaps."""
    last = SEALS - chance.randrange(SEALS)
    for table in ("events", "event_customer_blocks"):
        con.execute(
            f"delete from audit.{table} where event_id in"
            " (select unnest(event_ids) from audit.seals where seal_id >= %s)".encode(),
            [last],
        )
    con.execute("delete from audit.seals where seal_id >= %s", [last])


def drop_a_seal(con: Con, chance: random.Random) -> None:
    con.execute("delete from audit.seals where seal_id = %s", [chance.randint(1, SEALS)])


def drop_a_seal_with_its_events(con: Con, chance: random.Random) -> None:
    number = chance.randint(1, SEALS)
    con.execute(
        "delete from audit.events where event_id in (select unnest(event_ids) from audit.seals where seal_id = %s)",
        [number],
    )
    con.execute("delete from audit.seals where seal_id = %s", [number])


def reseal_without_the_key(con: Con, chance: random.Random) -> None:
    """Change an event, then every hash that follows from it; only the signatures cannot be made."""
    victim = draw_event(con, chance)
    con.execute("update audit.events set action = 'nothing' where event_id = %s", [victim])
    rows = {row["event_id"]: row for row in con.execute(seal.SQL.text("audit.list_stored_events")).fetchall()}
    previous = seal.GENESIS_HASH
    for each in con.execute(seal.SQL.text("audit.list_seals"), {"first_seal_id": 0}).fetchall():
        each["row_hashes"] = b"".join(seal.hash_event(rows[event_id]) for event_id in each["event_ids"])
        each["previous"], each["hash"] = previous, b""
        previous = seal.hash_seal(each)
        con.execute(
            "update audit.seals set row_hashes = %s, previous = %s, hash = %s where seal_id = %s",
            [each["row_hashes"], each["previous"], previous, each["seal_id"]],
        )


def change_a_seal(con: Con, chance: random.Random) -> None:
    what = chance.choice(
        [
            "hash = sha256(hash)", "previous = sha256(previous)", "signature = set_byte(signature, 12, get_byte(signature, 12) # 1)",
            "sealed_at = sealed_at + interval '1 second'", "event_ids[1] = event_ids[1] + 1000000",
            "row_hashes = set_byte(row_hashes, 5, get_byte(row_hashes, 5) # 1)",
        ]
    )  # fmt: skip
    con.execute(f"update audit.seals set {what} where seal_id = %s".encode(), [chance.randint(1, SEALS)])


TAMPERINGS: list[Callable[[Con, random.Random], None]] = [
    change_a_field, change_a_field, change_a_field, delete_some, swap_two, renumber, slip_one_in, cut_the_tail, drop_a_seal,
    drop_a_seal_with_its_events, reseal_without_the_key, change_a_seal, change_a_customer, add_a_customer,
    remove_a_customer, remove_all_customers, hide_a_block, move_customers, swap_customers, rewrite_customers_and_their_hash,
]  # fmt: skip


def tamper(con: Con, act: Callable[[Con, random.Random], None], chance: random.Random) -> Iterator[None]:
    """Do it with every trigger off, look, and take it back."""
    with con.transaction(force_rollback=True):
        con.execute("set local session_replication_role = replica")
        act(con, chance)
        yield


def test_a_thousand_edits_by_a_superuser_are_all_found(
    database: Database, anchors: AnchorLog, record_property: Callable[[str, object], None]
) -> None:
    chance, missed = random.Random(11), []
    with superuser(database) as con:
        for number in range(EDITS):
            act = TAMPERINGS[number % len(TAMPERINGS)]
            for _ in tamper(con, act, chance):
                if verify_audit(con, anchors).ok:
                    missed.append((number, act.__name__))
        record_property("edits by a superuser", EDITS)
        record_property("edits not found", len(missed))
        assert missed == []
        assert verify_audit(con, anchors).ok, "every edit was undone"


def test_the_first_bad_row_is_named(database: Database, anchors: AnchorLog) -> None:
    def two_rows(con: Con, _: random.Random) -> None:
        con.execute(
            "update audit.events set action = 'x' where event_id in (select event_id from audit.events order by 1 offset 40 limit 2)"
        )

    with superuser(database) as con:
        row = con.execute("select event_id from audit.events order by 1 offset 40 limit 1").fetchone()
        assert row
        for _ in tamper(con, two_rows, random.Random(1)):
            first = verify_audit(con, anchors).findings[0]
            assert (first.event_id, first.message) == (row["event_id"], f"event {row['event_id']} was changed")


def test_without_anchors_a_cut_tail_would_go_unseen(database: Database, anchors: AnchorLog) -> None:
    """The control: the same cut passes once the anchors are cut, too, so it is they that found it."""
    with superuser(database) as con:
        for _ in tamper(con, cut_the_tail, random.Random(3)):
            assert not verify_audit(con, anchors).ok
            row = con.execute("select max(seal_id) as last from audit.seals").fetchone()
            assert row
            lines = anchors.file.read_bytes().splitlines(keepends=True)
            anchors.file.write_bytes(b"".join(lines[: row["last"]]))
            assert verify_audit(con, anchors).ok


@pytest.mark.parametrize("what", ["a line", "the end", "a digit", "everything"])
def test_changes_of_the_anchors_are_found(database: Database, anchors: AnchorLog, what: str) -> None:
    lines = anchors.file.read_bytes().splitlines(keepends=True)
    changed = {
        "a line": lines[:4] + lines[5:],
        "the end": lines[:-3],
        "a digit": [*lines[:6], lines[6].replace(b'"events": 70', b'"events": 71'), *lines[7:]],
        "everything": [],
    }[what]
    assert changed != lines
    anchors.file.write_bytes(b"".join(changed))
    with database.connect() as con:
        con.autocommit = True
        assert not verify_audit(con, anchors).ok


def test_setting_the_clock_back_is_no_tampering(
    database: Database, anchors: AnchorLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of both clocks may be in one seal; one that is older than either is still found."""
    with superuser(database) as con:
        for hours in (0, 30):
            record_sync(con, "sign-in")
            with con.transaction():
                con.execute("set local session_replication_role = replica")
                con.execute(
                    "update audit.events set at = at - %s * interval '1 hour'"
                    " where event_id = (select max(event_id) from audit.events)",
                    [hours],
                )
        real = time.time_ns
        monkeypatch.setattr(seal.time, "time_ns", lambda: real() - 30 * 3600 * 10**9)
        assert seal_events(con, anchors) == 2
        monkeypatch.undo()
        assert verify_audit(con, anchors).findings == []
        record_sync(con, "sign-out")
        with con.transaction():
            con.execute("set local session_replication_role = replica")
            con.execute(
                "update audit.events set at = at - interval '3 days'"
                " where event_id = (select max(event_id) from audit.events)"
            )
        seal_events(con, anchors)
        assert ["does not fit its seal" in each.message for each in verify_audit(con, anchors).findings] == [True]


def test_nothing_is_sealed_on_top_of_a_cut(database: Database, anchors: AnchorLog) -> None:
    with superuser(database) as con:
        con.execute("set session_replication_role = replica")
        cut_the_tail(con, random.Random(5))
    with database.connect() as con:
        con.autocommit = True
        record_sync(con, "sign-in")
        with pytest.raises(AuditBroken):
            seal_events(con, anchors)


def test_a_sealer_killed_before_the_anchor_is_caught_up_with(
    database: Database, anchors: AnchorLog, tmp_path: Path
) -> None:
    shutil.copy(anchors.file, tmp_path / "before")
    with database.connect() as con:
        con.autocommit = True
        record_sync(con, "sign-in")
        seal_events(con, anchors)
        shutil.copy(tmp_path / "before", anchors.file)  # as if killed between commit and anchor
        assert verify_audit(con, anchors).ok
        record_sync(con, "sign-out")
        assert seal_events(con, anchors) == 1
        assert len(anchors.read_lines()) == SEALS + 2
        assert verify_audit(con, anchors).ok


def test_loads_and_undos_record_themselves_in_their_own_transaction(database: Database) -> None:
    batch = load(database, stage_lines("A1 anna 2026-01-05 ok mug 2 3.50"))
    batches.undo_batch(database, batch.batch_id or 0)
    with database.connect() as con:
        rows = con.execute("select action, subject, via, actor_id from audit.events order by event_id").fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("import", f"batch:{batch.batch_id}", "command line", None),
        ("undo", f"batch:{batch.batch_id}", "command line", None),
    ]


def test_the_web_records_only_the_user_it_acts_for(database: Database) -> None:
    with database.connect() as con:
        row = con.execute(
            "insert into access.users (name, email) values ('A', 'a@b.example') returning user_id"
        ).fetchone()
    assert row
    forged = "select audit.record_event(%s, 'sign-in', null, '{}', null, '{C000001}')"
    with psycopg.connect(database.conninfo("web")) as web:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(forged, [row["user_id"]])
        web.rollback()
        web.execute("select set_config('foresell.user_id', %s, true)", [str(row["user_id"])])
        web.execute(forged, [row["user_id"]])
        assert web.execute("select * from audit.events").fetchall() == [], "without audit.read nothing is read"
        assert web.execute("select * from audit.event_customers").fetchall() == []
