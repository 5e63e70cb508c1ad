"""Events in the store: once for ever, of whom they are, what is derived from them, kept as long as their type says, erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foresell.database import Database, embedded_conninfo
from foresell.events.processing import maintain_events, process_events, resolve_actors
from foresell.events.reading import find_stored
from foresell.events.replay import replay_events
from foresell.privacy.erasure import restore_keys, rotate_keys
from foresell.privacy.vault import vault_of
from foresell.store import batches
from foresell.workflows.erase import erase_customer
from tests.support.events import event, make_sender, send
from tests.support.loading import load_texts

PEOPLE = """customer_id,name,email,city
K1,Ada Nightingale,ada@shop.example,York
K2,Bob Moss,bob@shop.example,Leeds
"""
ORDERS = """order_id,customer_id,order_date,sku,product_name,quantity,unit_price
O1,K1,2026-01-05,MUG,Blue mug,1,3.50
O2,K2,2026-01-06,TEA,Green tea,1,3.50
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    load_texts(database, tmp_path, people=PEOPLE, orders=ORDERS)
    return database


@pytest.fixture
def sender(database: Database) -> int:
    return make_sender(database)


def rows(database: Database, query: str, *values: Any) -> list[dict[str, Any]]:
    with database.connect() as con:
        return con.execute(query.encode(), values).fetchall()


def customers_of_events(database: Database) -> dict[str, str | None]:
    """By event id the customer's key in the shop."""
    found = rows(
        database,
        "select e.id, r.source_key from events.events as e"
        " left join events.actor_customers as c on c.actor_id = coalesce(e.actor_id, e.visitor_id)"
        " left join customer_records as r using (record_id) order by e.seq",
    )
    return {row["id"]: row["source_key"] for row in found}


def test_an_event_is_stored_once_for_ever(shop: Database, sender: int) -> None:
    batch = [event(n, subject="K1") for n in range(5)]
    first = send(shop, sender, [*batch, batch[0]])
    assert [each.status for each in first] == ["stored"] * 5 + ["duplicate"]
    again = send(shop, sender, batch)
    assert [(each.status, each.seq) for each in again] == [("duplicate", each.seq) for each in first[:5]]
    with psycopg.connect(embedded_conninfo(shop.settings.home, "postgres")) as con:
        con.execute("delete from events.events")
    assert {each.status for each in send(shop, sender, batch)} == {"duplicate"}, "also after retention"
    other = send(shop, sender, [event(1, subject="K1", data={"path": "/other"})])[0]
    assert (other.status, other.code) == ("refused", "id_reused")
    counted = rows(shop, "select outcome, n from events.intake_counts order by 1")
    assert counted == []


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ({"specversion": "1.0"}, "event_invalid", "id"),
        ("text", "event_invalid", None),
        (None, "event_invalid", None),
        (event(1, "page.seen"), "event_type_unknown", "type"),
        (event(1, dataschema="urn:foresell:event:page.viewed:2"), "event_version_unknown", "dataschema"),
        (event(1, dataschema="urn:foresell:event:note.added:1"), "event_version_unknown", "dataschema"),
        (event(1, data={"path": "/", "colour": "red"}), "event_invalid", "data.colour"),
        (event(1, data={"path": "/?q=ada"}), "event_invalid", "data.path"),
        (event(1, data={"path": "/" + "x" * 40_000}), "event_too_large", None),
        (event(1, visiterid="a" * 16), "event_invalid", "visiterid"),
        (event(1, time="2026-01-05T10:00:00"), "event_invalid", "time"),
        (event(1, time="1999-01-05T10:00:00Z"), "event_time_too_old", "time"),
        (event(1, time="0001-01-01T00:00:00+14:00"), "event_time_too_old", "time"),
        (event(1, time="2126-01-05T10:00:00Z"), "event_time_future", "time"),
        (event(1, "note.added", data={"note": "x"}), "event_needs_person", None),
        (event(1, subject="C999999", customersource="foresell"), "customer_not_found", "subject"),
    ],
)
def test_what_is_refused_says_why_and_nothing_of_it_is_stored(
    shop: Database, sender: int, item: Any, code: str, field: str | None
) -> None:
    good = event("good")
    bad, kept = send(shop, sender, [item, good])
    assert (bad.status, bad.code, bad.field) == ("refused", code, field)
    assert "ada" not in (bad.detail or "")
    assert kept.status == "stored", "the others of the batch are stored"
    assert list(customers_of_events(shop)) == ["Egood"]


def test_times(shop: Database, sender: int) -> None:
    now = datetime.now(UTC)
    send(
        shop,
        sender,
        [
            event("none"),
            event("late", time="2011-01-05T10:00:00+02:00"),
            event("ahead", time=(now + timedelta(seconds=200)).isoformat()),
        ],
    )
    found = {row["id"]: row for row in rows(shop, "select id, occurred_at, received_at, claimed_at from events.events")}
    assert found["Enone"]["occurred_at"] == found["Enone"]["received_at"]
    assert found["Elate"]["occurred_at"] == datetime(2011, 1, 5, 8, tzinfo=UTC)
    ahead = found["Eahead"]
    assert ahead["occurred_at"] == ahead["received_at"] and ahead["claimed_at"] == now + timedelta(seconds=200)
    skewed = send(shop, sender, [event("skew", time="2026-01-05T10:00:00Z")], skew=timedelta(minutes=-7), now=now)
    assert skewed[0].status == "stored"
    [row] = rows(shop, "select occurred_at, claimed_at from events.events where id = 'Eskew'")
    assert row == {
        "occurred_at": datetime(2026, 1, 5, 9, 53, tzinfo=UTC), "claimed_at": datetime(2026, 1, 5, 10, tzinfo=UTC),
    }  # fmt: skip


def test_who_it_was(shop: Database, sender: int) -> None:
    [ada] = rows(shop, "select customer_id from customer_records where source_key = 'K1'")
    send(
        shop,
        sender,
        [
            event("number", subject="K1"),
            event("id", subject=ada["customer_id"], customersource="foresell"),
            event("email", email="ADA@shop.example"),
            event("stranger", email="else@where.example"),
            event("visitor", visitorid="visitor-1"),
            event("no one"),
        ],
    )
    assert customers_of_events(shop) == {
        "Enumber": "K1", "Eid": "K1", "Eemail": "K1", "Estranger": None, "Evisitor": None, "Eno one": None,
    }  # fmt: skip
    before = rows(shop, "select seq, actor_id, visitor_id, data from events.events order by seq")
    send(shop, sender, [event("order", subject="K1", visitorid="visitor-1")])
    assert customers_of_events(shop)["Evisitor"] == "K1"
    assert (
        rows(shop, "select seq, actor_id, visitor_id, data from events.events where id <> 'Eorder' order by seq")
        == before
    )


def test_a_browser_that_another_person_uses_later(shop: Database, sender: int) -> None:
    send(shop, sender, [event(1, visitorid="visitor-1"), event(2, subject="K1", visitorid="visitor-1")])
    send(shop, sender, [event(3, visitorid="visitor-1"), event(4, subject="K2", visitorid="visitor-1")])
    send(shop, sender, [event(5, visitorid="visitor-1"), event(6, email="bob@shop.example", visitorid="visitor-1")])
    assert customers_of_events(shop) == {"E1": "K1", "E2": "K1", "E3": "K1", "E4": "K2", "E5": "K2", "E6": "K2"}
    assert len(rows(shop, "select from events.actors where kind = 'visitor'")) == 2


def test_a_customer_who_is_loaded_later_or_undone(database: Database, sender: int, tmp_path: Path) -> None:
    send(database, sender, [event(1, subject="K1", visitorid="visitor-1"), event(2, email="bob@shop.example")])
    assert set(customers_of_events(database).values()) == {None}
    load_texts(database, tmp_path, people=PEOPLE)
    assert resolve_actors(database) == 2
    assert customers_of_events(database) == {"E1": "K1", "E2": "K2"}
    batches.undo_batch(database, 1)
    assert customers_of_events(database) == {"E1": None, "E2": None}
    load_texts(database, tmp_path, people=PEOPLE)
    assert resolve_actors(database) == 2
    assert customers_of_events(database) == {"E1": "K1", "E2": "K2"}


def test_personal_content_is_sealed_and_erased_with_the_customer(shop: Database, sender: int) -> None:
    sent = send(
        shop,
        sender,
        [
            event("note", "note.added", {"note": "canary-4711 likes tea"}, subject="K1"),
            event("form", "form.submitted", {"form": "news", "fields": {"wish": "canary-4711"}}, visitorid="visitor-1"),
            event("bob", "note.added", {"note": "canary-bob"}, subject="K2"),
            event("link", subject="K1", visitorid="visitor-1"),
        ],
    )
    vault = vault_of(shop.settings)
    seqs = {each.id: each.seq or 0 for each in sent}
    rotate_keys(shop, vault)
    with shop.connect() as con:
        assert find_stored(con, vault, seqs["Enote"])["personal"] == {"note": "canary-4711 likes tea"}
        assert find_stored(con, vault, seqs["Eform"])["personal"] == {"fields": {"wish": "canary-4711"}}
        assert find_stored(con, vault, seqs["Eform"])["data"] == {"form": "news"}
    assert find_signs(shop, b"canary-") == []
    backup = rows(
        shop, "select customer_id, kek_id, wrapped_key from privacy.customer_keys where customer_id like 'actor %%'"
    )
    assert len(backup) == 3
    [ada] = rows(shop, "select customer_id from customer_records where source_key = 'K1'")
    done = erase_customer(shop.settings, shop, ada["customer_id"])
    assert done.rows.events == 2
    with shop.connect() as con:
        assert find_stored(con, vault, seqs["Enote"])["personal"] is None
        assert find_stored(con, vault, seqs["Eform"])["personal"] is None
        assert find_stored(con, vault, seqs["Ebob"])["personal"] == {"note": "canary-bob"}
        for row in backup:
            con.execute(
                "insert into privacy.customer_keys values (%(customer_id)s, %(kek_id)s, %(wrapped_key)s) on conflict do nothing",
                row,
            )
    restore_keys(shop, vault)
    with shop.connect() as con:
        assert find_stored(con, vault, seqs["Enote"])["personal"] is None
        assert find_stored(con, vault, seqs["Ebob"])["personal"] == {"note": "canary-bob"}
    assert find_signs(shop, b"K1\t") == [] and rows(shop, "select from events.actors where key = 'K1'") == []
    later = send(
        shop, sender, [event("late", subject="K1"), event("id", subject=ada["customer_id"], customersource="foresell")]
    )
    assert [(each.status, each.code) for each in later] == [("refused", "customer_erased")] * 2


def find_signs(database: Database, sign: bytes) -> list[str]:
    """Tables in which a text is seen; bytes are read as text."""
    found = []
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres")) as con:
        tables = con.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname <> 'pg_catalog'"
        )
        for (table,) in tables.fetchall():
            for (row,) in con.execute(f"select t::text from {table} as t".encode()).fetchall():
                hexes = re.findall(r"\\x((?:[0-9a-f]{2})+)", row)
                if any(sign in text for text in (row.encode(), *map(bytes.fromhex, hexes))):
                    found.append(table)
    return found


def make_history(number: int) -> Iterator[dict[str, Any]]:
    """Events of three people and two browsers, in an order that is not that of time."""
    for n in range(number):
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=(n * 7919) % 2880)
        kind, data = [
            ("page.viewed", {"path": "/"}), ("product.viewed", {"sku": "MUG"}), ("cart.changed", {"items": []}),
            ("order.placed", {"order_key": f"O{n}", "amount": n / 4}), ("order.returned", {"order_key": "O1", "amount": 0.5}),
            ("email.opened", {"campaign": "spring"}),
        ][n % 6]  # fmt: skip
        who: dict[str, Any] = [
            {"subject": "K1"},
            {"visitorid": "visitor-1"},
            {"subject": "K2", "visitorid": "visitor-2"},
            {},
        ][n % 4]
        yield event(n, kind, data, time=at.isoformat(), istest=n % 50 == 49, **who)


def test_what_is_derived_is_the_same_live_and_replayed(shop: Database, sender: int) -> None:
    history = list(make_history(400))
    for start in range(0, 400, 40):
        send(shop, sender, history[start : start + 40])
        process_events(shop, portion=7)
    found = replay_events(shop)
    assert found.is_equal and found.events == 400
    assert all(each.live_rows > 0 for each in found.tables)
    counted = sum(row["events"] for row in rows(shop, "select events from events.daily_activity"))
    sent = [each for each in history if not each["istest"] and ("subject" in each or "visitorid" in each)]
    assert counted == len(sent) == sum(row["events"] for row in rows(shop, "select events from events.sessions"))


@pytest.mark.parametrize("plant", ["a lost event", "an event applied twice", "a changed row"])
def test_control_a_defect_is_found_and_repaired(shop: Database, sender: int, plant: str) -> None:
    send(shop, sender, list(make_history(60)))
    process_events(shop)
    with psycopg.connect(embedded_conninfo(shop.settings.home, "postgres")) as con:
        con.execute("set search_path = events")
        con.execute(
            {
                "a lost event": "update consumers set seq = seq + 1",
                "an event applied twice": "select apply_events(4, 5)",
                "a changed row": "update sessions set pages = pages + 1 where actor_id = 1",
            }[plant].encode()
        )
    send(shop, sender, [event("more", subject="K1")])
    process_events(shop)
    found = replay_events(shop, repair=True)
    assert not found.is_equal and sum(each.differing for each in found.tables) > 0
    assert replay_events(shop).is_equal


def test_sessions_end_after_thirty_minutes_in_any_order_of_events(shop: Database, sender: int) -> None:
    minutes = [100, 0, 60, 30, 130, 161, 15]
    at = datetime(2026, 1, 5, tzinfo=UTC)
    for n, minute in enumerate(minutes):
        send(shop, sender, [event(n, subject="K1", time=(at + timedelta(minutes=minute)).isoformat())])
        process_events(shop)
    found = rows(shop, "select started_at, ended_at, events from events.sessions order by 1")
    assert [((r["started_at"] - at).seconds // 60, (r["ended_at"] - at).seconds // 60, r["events"]) for r in found] == [
        (0, 60, 4), (100, 130, 2), (161, 161, 1),
    ]  # fmt: skip


def test_an_event_that_cannot_be_applied_is_left_out_and_named(shop: Database, sender: int) -> None:
    send(shop, sender, [event(n, "order.placed", {"order_key": "O", "amount": 1}, subject="K1") for n in range(20)])
    with psycopg.connect(embedded_conninfo(shop.settings.home, "postgres")) as con:
        con.execute("""update events.events set data = '{"order_key": "O", "amount": "many"}' where seq = 7""")
    assert process_events(shop) == 20
    assert [row["seq"] for row in rows(shop, "select seq from events.dead_letters")] == [7]
    assert rows(shop, "select sum(events) as n from events.daily_activity") == [{"n": 19}]
    assert replay_events(shop).is_equal


def test_live_events_are_published_for_those_who_may_see_them(shop: Database, sender: int) -> None:
    old = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    send(shop, sender, [event(1, subject="K1"), event(2), event(3, time=old), event(4, istest=True)])
    process_events(shop)
    found = rows(
        shop, "select payload, permission, customer_id from api.live_events where kind = 'customer_event' order by 1"
    )
    assert [(r["payload"]["seq"], r["permission"], r["customer_id"] is not None) for r in found] == [
        (1, "events.read", True), (2, "events.all", False),
    ]  # fmt: skip
    many = [event(f"m{n}", subject="K1") for n in range(250)]
    send(shop, sender, many)
    process_events(shop)
    skipped = rows(
        shop, "select (payload ->> 'skipped')::integer as n from api.live_events order by event_id desc limit 1"
    )
    assert skipped == [{"n": 50}]


def test_months_have_partitions_and_what_fell_between_is_moved(shop: Database, sender: int) -> None:
    send(shop, sender, [event(n, subject="K1") for n in range(10)])
    with psycopg.connect(embedded_conninfo(shop.settings.home, "postgres")) as con:
        assert con.execute("select count(*) from events.events_default").fetchone() == (10,)
    maintain_events(shop)
    send(shop, sender, [event("next", subject="K1")])
    month = datetime.now(UTC).strftime("%Y%m")
    with psycopg.connect(embedded_conninfo(shop.settings.home, "postgres")) as con:
        assert con.execute("select count(*) from events.events_default").fetchone() == (0,)
        assert con.execute(f"select count(*) from events.events_{month}".encode()).fetchone() == (11,)
    assert maintain_events(shop) == 0


def test_retention_by_type_leaves_what_is_derived_equal_to_a_replay(shop: Database, sender: int) -> None:
    old = (datetime.now(UTC) - timedelta(days=400)).isoformat()
    send(
        shop,
        sender,
        [
            event("old view", subject="K1", time=old),
            event("old order", "order.placed", {"order_key": "O", "amount": 5}, subject="K1", time=old),
            event("new view", subject="K1"),
        ],
    )
    assert maintain_events(shop) == 0, "what is not processed yet stays"
    process_events(shop)
    assert maintain_events(shop) == 1
    assert set(customers_of_events(shop)) == {"Eold order", "Enew view"}
    assert replay_events(shop).is_equal
    assert send(shop, sender, [event("old view", subject="K1", time=old)])[0].status == "duplicate"


def test_events_are_only_added(shop: Database, sender: int) -> None:
    send(shop, sender, [event(1, subject="K1")])
    for statement in ("update events.events set type = 'x'", "delete from events.events", "delete from events.ids"):
        with shop.connect() as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
            con.execute(statement.encode())
