"""Canaries: contact data of 200 people and notes about them that turn up nowhere in the clear, and nowhere once erased.

What they look like is searched for in every byte below the home (database files, write-ahead log, snapshots, logs), in a dump,
in what the API and the log say, and in a backup that is restored after the erasure.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from foresell import logs
from foresell.database import Database, embedded_conninfo
from foresell.errors import ForesellError
from foresell.privacy import erasure
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.store import batches, embedded
from foresell.store.database import open_database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.support.served import Served, running, staff_and_customers, superuser

pytestmark = pytest.mark.slow_proof

SUBJECTS = 200
#: The customer of whom nothing but a number in the source is known.
NAMELESS = f"C{SUBJECTS + 1:06}"
GONE = [f"C{number:06}" for number in range(1, SUBJECTS + 1, 10)]
#: What no canary is without: an e-mail's, a number's, a street's, a note's.
SIGNS = (b"canary-mail", b"0799-555-", b"canary street", b"canary note")


def email(number: int) -> str:
    return f"canary-mail-{number:03}@post.example"


def phone(number: int) -> str:
    return f"0799-555-{number:04}"


def street(number: int) -> str:
    return f"{number} canary street"


@pytest.fixture(scope="module")
def aviary(prepared_home: Path) -> Iterator[tuple[Served, Path]]:
    """A home with 200 canaries loaded, changed, undone and scored; and a backup of its database from then."""
    with tempfile.TemporaryDirectory(prefix="foresell-canary-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=1.0, threads=2)
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
        with (settings.home / "postgres" / "data" / "postgresql.conf").open("a") as file:
            file.write("wal_compression = off\nlog_statement = all\nlog_min_error_statement = error\n")
        database = open_database(settings)
        try:
            hatch(settings, database, Path(folder))
            users, customers = staff_and_customers(database)
            write_notes(Served(settings, database, "", users, customers))
            embedded.stop(settings.home)
            shutil.copytree(settings.home / "postgres", Path(folder) / "backup", ignore=shutil.ignore_patterns(".s.*"))
            database = open_database(settings)
            yield Served(settings, database, "", users, customers), Path(folder)
        finally:
            embedded.stop(settings.home)


def hatch(settings: Settings, database: Database, folder: Path) -> None:
    """Files with canaries, loaded by every way there is: new, changed, undone, unchanged."""
    people_file, newer, orders = folder / "people.csv", folder / "newer.csv", folder / "orders.csv"
    head = "customer_id,name,email,phone,address,city,country\n"
    people_file.write_text(
        head + "".join(f"K{n},Bird {n},{email(n)},{phone(n)},{street(n)},York,GB\n" for n in range(SUBJECTS))
    )
    newer.write_text(
        head + "".join(f"K{n},Bird {n},new-{email(n)},{phone(n)},{street(n)},York,GB\n" for n in range(0, SUBJECTS, 2))
    )
    lines = (f"O{n},K{n % (SUBJECTS + 1)},2025-{1 + n % 12:02}-11,mug,1,3.50\n" for n in range(600))
    orders.write_text("order_id,customer_id,order_date,sku,quantity,unit_price\n" + "".join(lines))
    for file in (people_file, orders, newer, people_file):
        load_file(settings, database, file, source="shop")
    batches.undo_batch(
        database, max(batch["batch_id"] for batch in batches.list_batches(database) if batch["state"] == "loaded")
    )
    run_refresh(settings, database, predict=False)


def write_notes(served: Served) -> None:
    """A note and a task about every tenth customer, each sent twice with one key, and one changed afterwards."""
    with running(served.settings) as url:
        admin = replace(served, url=url, clients=[]).client("admin")
        for customer in GONE:
            follow_up = {
                "due_on": f"{datetime.now(UTC).date() + timedelta(days=9)}",
                "task": f"Read the canary note on {customer}",
            }
            call = {"customer_id": customer, "outcome": "reached", "note": f"Canary note on {customer}"}
            key = {"idempotency-key": customer}
            first, again = (
                admin.post("/api/calls", json={**call, "follow_up": follow_up}, headers=key) for _ in range(2)
            )
            assert first.status_code == 201 and first.content == again.content
            changes = {"note": f"Newer canary note on {customer}"}
            assert admin.patch(f"/api/calls/{first.json()['call_id']}", json=changes).status_code == 200
            shown = admin.get(f"/api/calls/{first.json()['call_id']}").json()
            assert (shown["note"], shown["follow_up"]["task"]) == (changes["note"], follow_up["task"])


def sightings(folder: Path) -> list[str]:
    """Every file in which a canary is seen. A snapshot's columns are compressed, so they are also searched by SQL."""
    seen = []
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = file.read_bytes().lower()
        seen += [f"{file}: {sign.decode()}" for sign in SIGNS if sign in content]
    for file in folder.rglob("*.duckdb"):
        with duckdb.connect(str(file), read_only=True) as con:
            for table, column in con.execute(
                "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and not internal"
            ).fetchall():
                for sign in SIGNS:
                    found = con.execute(
                        f'select count(*) from "{table}" where contains(lower("{column}"), ?)', [sign.decode()]
                    ).fetchall()
                    seen += [f"{file}: {table}.{column}"] if found != [(0,)] else []
    return seen


def test_the_canaries_are_there(aviary: tuple[Served, Path]) -> None:
    served, _ = aviary
    with served.database.connect() as con:
        ids = [row["customer_id"] for row in con.execute("select customer_id from customers order by 1").fetchall()]
    known = read_contacts(served.database, vault_of(served.settings), ids[:SUBJECTS])
    assert len({contact["email"] for contact in known.values()}) == SUBJECTS
    assert all(str(contact["phone"]).startswith("0799-555-") for contact in known.values())


def test_no_canary_is_seen_below_the_home(
    aviary: tuple[Served, Path], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    served, folder = aviary
    dumped = tmp_path / "dump.sql"
    owner = embedded_conninfo(served.settings.home, "postgres")
    subprocess.run([str(embedded.BIN / "pg_dump"), f"--file={dumped}", f"--dbname={owner}"], check=True)
    assert b"COPY engagement.calls" in dumped.read_bytes()
    seen = sightings(served.settings.home) + sightings(folder / "backup") + sightings(tmp_path)
    record_property("people planted", SUBJECTS)
    record_property("files in which one is seen", len(seen))
    assert seen == []
    assert sum(1 for _ in served.settings.home.rglob("*.duckdb")) == 1


def test_a_column_left_in_the_clear_is_seen(aviary: tuple[Served, Path], tmp_path: Path) -> None:
    """The control: one forgotten column, and the files tell."""
    served, _ = aviary
    with superuser(served.settings) as con:
        con.execute("create table planted as select %s as email", [email(7)])
        con.execute("checkpoint")
        assert any("/base/" in sighting for sighting in sightings(served.settings.home / "postgres" / "data"))
        con.execute("drop table planted")
    planted = duckdb.connect(str(tmp_path / "run-1.duckdb"))
    planted.execute("create table customers as select 'canary-mail-' || range as email from range(10000)")
    planted.close()
    assert sightings(tmp_path)


def test_neither_errors_nor_logs_repeat_a_canary(
    aviary: tuple[Served, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    served, _ = aviary
    logs.configure(verbose=True)
    answers = []
    with running(served.settings) as url:
        here = replace(served, url=url, clients=[])
        for who in ("rep", "analyst", "admin"):
            client = here.client(who)
            for body in ({"contact": email(3), "more": phone(3)}, {"contact": [email(3)]}, [street(3)], email(3)):
                answers.append(client.post("/api/customers/by-contact", json=body))
            answers.append(client.post("/api/customers/by-contact", json={"contact": email(3) * 50}))
            answers.append(client.post("/api/customers/by-contact", json={"contact": email(3)}))
            answers.append(client.post("/api/customers/C000001/contact/reveal", json={"fields": [email(3)]}))
            answers += [
                client.get(path) for path in ("/api/customers", "/api/customers/C000001", "/api/audit?limit=1000")
            ]
    logs.configure()
    assert {answer.status_code for answer in answers} >= {200, 400, 403}
    output = capfd.readouterr()
    for text in (output.out, output.err, *(answer.text for answer in answers)):
        assert not any(sign in text.lower().encode() for sign in SIGNS)


def test_an_erased_canary_is_gone_also_from_a_restored_backup(aviary: tuple[Served, Path]) -> None:
    served, folder = aviary
    vault = vault_of(served.settings)
    keys_before = folder / "keys-before"
    shutil.copytree(served.settings.keys, keys_before)
    gone = GONE[1:]
    assert read_notes(served.database, vault) == set(GONE)
    for customer in gone:
        erasure.erase_customer(served.database, vault, customer)
    assert read_notes(served.database, vault) == {GONE[0]}
    erasure.erase_customer(served.database, vault, NAMELESS)
    left = read_contacts(served.database, vault, [f"C{number:06}" for number in range(1, SUBJECTS + 1)])
    assert {customer for customer, contact in left.items() if not contact["email"]} == set(gone)
    assert all(left[customer]["name"] is None for customer in gone)

    restored = replace(served.settings, home=folder / "restored")
    database = restore_backup(restored, folder, served.settings.keys)
    try:
        assert list_readable(database, vault_of(restored), gone) == set(), "the key they were wrapped by is destroyed"
        everyone = [f"C{number:06}" for number in range(1, SUBJECTS + 1)]
        assert list_readable(database, vault_of(restored), everyone) == set(), "nor, yet, does anyone else's"
        assert read_notes(database, vault_of(restored)) == set()
        records, erased = erasure.restore_keys(database, vault_of(restored))
        assert (records, erased) == (SUBJECTS - len(gone), len(gone) + 1)
        assert list_readable(database, vault_of(restored), everyone) == set(everyone) - set(gone)
        assert read_notes(database, vault_of(restored)) == {GONE[0]}
        names = read_contacts(database, vault_of(restored), gone)
        assert all(names[customer]["name"] is None for customer in gone)
        with database.connect() as con:
            found = con.execute("select customer_id from customer_records where source_key like 'erased-%'").fetchall()
        assert {row["customer_id"] for row in found} == {*gone, NAMELESS}
        erasure.erase_customer(database, vault_of(restored), everyone[1])
    finally:
        embedded.stop(restored.home)


def test_with_the_key_that_was_destroyed_it_would_open(aviary: tuple[Served, Path]) -> None:
    """The control: the same backup next to the keys of its day."""
    served, folder = aviary
    controlled = replace(served.settings, home=folder / "controlled")
    database = restore_backup(controlled, folder, folder / "keys-before")
    try:
        assert list_readable(database, vault_of(controlled), GONE) == set(GONE)
        assert read_notes(database, vault_of(controlled)) == set(GONE)
    finally:
        embedded.stop(controlled.home)


def restore_backup(settings: Settings, folder: Path, keys: Path) -> Database:
    """The backup's database in a home of its own, next to these keys."""
    settings.home.mkdir()
    shutil.copytree(keys, settings.keys)
    subprocess.run(["/bin/cp", "-a", str(folder / "backup"), str(settings.home / "postgres")], check=True)
    for path in (settings.home / "postgres").rglob("*"):
        embedded._give_to_server(path)
    return open_database(settings)


def list_readable(database: Database, vault: Vault, customers: list[str]) -> set[str]:
    """Those whose contact data opens with any key there is."""
    found = set()
    for customer in customers:
        try:
            contact = read_contacts(database, vault, [customer])[customer]
        except ForesellError:
            continue
        if contact["email"]:
            found.add(customer)
    return found


def read_notes(database: Database, vault: Vault) -> set[str]:
    """The customers about whom a note opens with any key there is."""
    with database.connect() as con:
        rows = con.execute(
            "select customer_id, note, kek_id, wrapped_key from engagement.calls"
            " left join privacy.customer_keys using (customer_id) where note is not null"
        ).fetchall()
    found = set()
    for row in rows:
        with suppress(ForesellError):
            found |= {each["customer_id"] for each in vault.open_texts([row], ["note"]) if each["note"]}
    return found
