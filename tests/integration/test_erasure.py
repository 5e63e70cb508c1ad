"""An erasure reaches every place where Foresell keeps a customer, says what it removed, and finishes when it is repeated."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from foresell.database import Database, embedded_conninfo
from foresell.errors import CustomerNotFound
from foresell.privacy import erasure
from foresell.privacy.contacts import resolve_customer_id
from foresell.privacy.vault import vault_of
from foresell.sources.files.inspection import save_mapping
from foresell.store import jobs
from foresell.uploads import Upload
from foresell.workflows.erase import erase_customer
from foresell.workflows.inspect import inspect_for_load
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from foresell.workflows.reviews import ReviewOptions, load_reviews
from tests.support.worker import wait_until

HEAD = "customer_id,name,email,phone,address,city,country\n"
ADA = 'K-7781,"Nightingale, Ada",ada@nightingale.example,+44 20 7946 0018,12 Canary Wharf,York,GB\n'
BOB = "K-7782,Bob Moss,bob@moss.example,+44 20 7946 0019,1 Mill Lane,Leeds,GB\n"
REVIEWS = (
    "review_id,customer_id,rating,text,date\n"
    "K-7781-1,K-7781,5,Nightingale loves it: call 020 7946 0018,2025-02-01\n"
    "K-7781-2,K-7781,1,Never came to 12 Canary Wharf,2025-02-02\n"
    "B-1,K-7782,4,Fine mug,2025-02-03\n"
    "K-7781,K-7781,K-7781,not a rating,2025-02-03\n"
)
#: What each file, table or log must not hold of Ada once she is erased; lower case.
SIGNS = (b"nightingale", b"7946 0018", b"k-7781", b"canary wharf", b"gate code 4711")
HEX = re.compile(r"\\x((?:[0-9a-f]{2})+)")
PLACES = ("rejects", "work", "snapshots", "logs")


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    """Ada and Bob with orders, a published run, a note, saved views of two users, uploads and rejected rows."""
    people, orders = tmp_path / "people.csv", tmp_path / "orders.csv"
    people.write_text(HEAD + ADA + BOB)
    rows = [f"O{n},K-778{1 + n % 2},2025-0{1 + n % 9}-11,mug,1,3.50\n" for n in range(40)]
    late = "O99,K-7781,ada@nightingale.example,mug,1,3.50\n"
    orders.write_text("order_id,customer_id,order_date,sku,quantity,unit_price\n" + "".join([*rows, late]))
    for file in (people, orders):
        load_file(database.settings, database, file, source="shop", max_rejected=10.0)
    run_refresh(database.settings, database, predict=False)
    written = tmp_path / "reviews.csv"
    written.write_text(REVIEWS)
    load_reviews(
        database.settings, database, written, ReviewOptions("shop", "own customers", "contract", max_rejected=50.0)
    )
    with database.connect() as con:
        for user in ("rep", "other"):
            con.execute("insert into access.users (name, email) values (%s, %s)", [user, f"{user}@shop.example"])
        views = [
            (1, "Nightingale", "Ada's reorders; ask K-7781", {"q": "ada@nightingale.example", "segment": ["Loyal"]}),
            (2, "Call 020 7946 0018", None, {"q": "K-7781"}),
            (2, "Mugs in York", "For the summer", {"q": "Moss"}),
        ]
        for user_id, name, description, filters in views:
            con.execute(
                "insert into engagement.saved_views (user_id, name, description, filters, sort) values (%s, %s, %s, %s, 'rank')",
                [user_id, name, description, Jsonb(filters)],
            )
        con.execute(
            "insert into api.idempotency_keys (user_id, key, request_hash, status, response_body) values (1, 'k', '', 201, %s)",
            [json.dumps({"name": "Nightingale", "view_id": 1}).encode()],
        )
    write_note(database, "C000001", "Gate code 4711")
    write_note(database, "C000002", "Prefers mornings")
    upload(database, HEAD + ADA + BOB + ADA)
    upload(database, "", spreadsheet=True)
    return database


def write_note(database: Database, customer_id: str, text: str) -> None:
    """A call with a note, sealed as the API seals it."""
    vault = vault_of(database.settings)
    with database.connect() as con:
        kek_id = max(vault.key_numbers())
        key = vault.make_customer_key(kek_id, customer_id)
        con.execute("insert into privacy.customer_keys values (%s, %s, %s)", [customer_id, kek_id, key])
        con.execute(
            "insert into engagement.calls (customer_id, user_id, outcome, note) values (%s, 1, 'reached', %s)",
            [customer_id, vault.seal_texts(customer_id, kek_id, key, [text])[0]],
        )


def upload(database: Database, content: str, *, spreadsheet: bool = False) -> Upload:
    """A file that was uploaded and inspected, and is not loaded yet."""
    with database.connect() as con:
        row = con.execute(
            "insert into jobs.imports (user_id, file_name, file_bytes, file_sha256, state)"
            " values (1, 'people.csv', 1, 'x', 'ready') returning import_id"
        ).fetchone()
    assert row
    received = Upload.of(database.settings, row["import_id"])
    (received.folder / "file").mkdir(parents=True)
    file = received.folder / "file" / "people.csv"
    if spreadsheet:
        file.write_bytes(b"PAR1 nightingale \0 PAR1")
        return received
    file.write_text(content)
    inspection = inspect_for_load(database.settings, None, file)
    save_mapping(inspection, received.mapping_file(1))
    received.save_inspection(1, inspection.as_dict())
    return received


def sightings(home: Path) -> list[str]:
    """The files outside the database in which Ada is seen."""
    files = (file for place in PLACES for file in (home / place).rglob("*") if file.is_file())
    return sorted(file.name for file in files if any(sign in file.read_bytes().lower() for sign in SIGNS))


def rows_with_ada(database: Database) -> list[str]:
    """The tables with a row in which Ada is seen, in any column; bytes are read as text."""
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres")) as con:
        tables = con.execute(
            "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname <> all(%s)",
            [["pg_catalog", "information_schema", "job_queue"]],
        ).fetchall()
        found = []
        for (table,) in tables:
            rows = con.execute(f"select t::text from {table} as t".encode()).fetchall()
            texts = [part.lower() for (row,) in rows for part in (row.encode(), *map(bytes.fromhex, HEX.findall(row)))]
            if any(sign in text for text in texts for sign in SIGNS):
                found.append(table)
    return sorted(found)


def test_ada_is_everywhere_before(shop: Database) -> None:
    """The control: each place is looked into."""
    assert sightings(shop.settings.home) == [
        "inspection-1.json", "people.csv", "people.csv", *sorted(file.name for file in shop.settings.rejects.glob("*.csv")),
    ]  # fmt: skip
    assert rows_with_ada(shop) == [
        "api.idempotency_keys", "core.customer_records", "engagement.saved_views", "feedback.reviews", "web.customer_records",
    ]  # fmt: skip


def test_an_erasure_reaches_every_place_and_says_so(shop: Database, tmp_path: Path) -> None:
    done = erase_customer(shop.settings, shop, "C000001")
    assert done.removed() == {
        "contacts": 1, "notes": 1, "reviews": 2, "saved_views": 2, "answers": 1, "events": 0, "upload_rows": 2, "uploads": 1,
        "rejected_rows": 2, "documents": 0, "proposals": 0,
    }  # fmt: skip
    assert sightings(shop.settings.home) == [] and rows_with_ada(shop) == []
    assert Upload.of(shop.settings, 1).file.read_text() == HEAD + BOB
    with shop.connect() as con:
        views = con.execute("select name, description, filters from engagement.saved_views order by view_id").fetchall()
        states = con.execute("select state from jobs.imports order by import_id").fetchall()
        requested = con.execute("select kind, arguments, requested_by from jobs.jobs").fetchall()
        audited = con.execute("select detail from audit.events where action = 'erase'").fetchall()
    assert [tuple(view.values()) for view in views] == [
        ("[erased]", "[erased]'s reorders; ask [erased]", {"q": "[erased]", "segment": ["Loyal"]}),
        ("Call [erased]", None, {"q": "[erased]"}),
        ("Mugs in York", "For the summer", {"q": "Moss"}),
    ]
    assert [row["state"] for row in states] == ["inspecting", "deleted"]
    assert [tuple(row.values()) for row in requested] == [("inspect", {"import_id": 1}, 1)]
    assert audited == [{"detail": {"records": 1, **done.removed()}}]

    again = erase_customer(shop.settings, shop, "C000001")
    assert again.records == 1 and set(again.removed().values()) == {0}
    with pytest.raises(CustomerNotFound):
        resolve_customer_id(shop, "K-7781")


def test_the_same_source_does_not_bring_the_customer_back(shop: Database, tmp_path: Path) -> None:
    erase_customer(shop.settings, shop, "C000001")
    with shop.connect() as con:
        before = con.execute("select count(*) as n, count(distinct customer_id) as c from core.transactions").fetchone()
    later = tmp_path / "later.csv"
    later.write_text(HEAD + ADA + BOB.replace("Leeds", "Hull"))
    orders = tmp_path / "orders.csv"
    for file in (later, orders):
        batch = load_file(shop.settings, shop, file, source="shop", max_rejected=10.0, dates="ymd")
        assert any(warning.startswith("Left out: 1 erased customer.") for warning in batch.warnings), batch.warnings
    assert rows_with_ada(shop) == []
    with shop.connect() as con:
        after = con.execute("select count(*) as n, count(distinct customer_id) as c from core.transactions").fetchone()
        assert after == before, "the orders are still those of the customer number"
        assert con.execute("select customer_id, city from core.customer_records order by 1").fetchall() == [
            {"customer_id": "C000001", "city": None}, {"customer_id": "C000002", "city": "Hull"},
        ]  # fmt: skip


class Killed(BaseException):
    """The process is gone here."""


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (jobs, "inspect_again"),
        (erasure, "_rewrap_keys"),
        (erasure, "_destroy_old_keys"),
    ],
)
def test_an_erasure_that_was_killed_finishes_when_it_is_repeated(
    shop: Database, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(owner, name, dies)
    with pytest.raises(Killed):
        erase_customer(shop.settings, shop, "C000001")
    monkeypatch.undo()
    erase_customer(shop.settings, shop, "C000001")
    assert sightings(shop.settings.home) == [] and rows_with_ada(shop) == []
    kek_id = max(vault_of(shop.settings).key_numbers())
    assert vault_of(shop.settings).key_numbers() == [kek_id], "what was wrapped by an older key opens no more"
    with shop.connect() as con:
        rows = con.execute(
            "select customer_id, note, kek_id, wrapped_key from engagement.calls"
            " left join privacy.customer_keys using (customer_id) order by customer_id"
        ).fetchall()
        assert con.execute("select state from jobs.imports order by import_id").fetchall() == [
            {"state": "inspecting"},
            {"state": "deleted"},
        ]
    notes = [row["note"] for row in vault_of(shop.settings).open_texts(rows, ["note"])]
    assert notes == [None, "Prefers mornings"]


def test_an_erasure_waits_for_a_note_that_is_being_written(shop: Database) -> None:
    """Otherwise the note would be sealed with a key that is about to be destroyed."""
    erasing = threading.Thread(target=erase_customer, args=(shop.settings, shop, "C000001"))
    with shop.connect() as writer, shop.connect() as watcher:
        watcher.autocommit = True
        writer.execute("select engagement.lock_note_keys()")
        erasing.start()
        waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
        wait_until(lambda: watcher.execute(waiting).fetchone())
        assert watcher.execute("select count(*) as n from privacy.erased_records").fetchone() == {"n": 0}
        writer.commit()
        erasing.join()
        assert watcher.execute("select count(*) as n from privacy.erased_records").fetchone() == {"n": 1}
