"""Migrations never change once applied; homes of every released schema open with the current code."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.cli import doctor
from foresell.database import Database, embedded_conninfo
from foresell.errors import BadInput, DatabaseTooOld, IncompatibleDatabase
from foresell.privacy.seal_existing import seal_personal_data
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.store import embedded, migrate, upgrade
from foresell.store.database import open_database
from foresell.store.upgrade import Upgrade, restore_backup
from foresell.workflows.upgrade import upgrade_database
from tests.support.schema_dump import dump

HOMES = sorted((Path(__file__).parent / "schema_homes").glob("*.sql"))


def make_released_home(settings: Settings, home: Path) -> None:
    """Replace the database by one that a released version made."""
    with psycopg.connect(embedded_conninfo(settings.home, "postgres", "postgres"), autocommit=True) as con:
        con.execute("drop database foresell with (force)")
    embedded.set_up_database(settings.home)
    procrastinate = migrate.read_include("procrastinate", "sql/schema.sql")
    with psycopg.connect(embedded_conninfo(settings.home, "postgres")) as con:
        con.execute(b"set role foresell_owner; create schema job_queue; set search_path = job_queue")
        con.execute(procrastinate.encode())
        con.execute(b"reset role")
        con.execute(home.read_text(encoding="utf-8").encode())


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.stem)
def test_a_home_of_every_released_schema_is_upgraded_and_can_go_back(
    settings: Settings, database: Database, home: Path
) -> None:
    current = sorted(dump(settings, "foresell", "--schema-only"))
    make_released_home(settings, home)
    with pytest.raises(IncompatibleDatabase, match="this version of Foresell needs") as refused:
        open_database(settings)
    assert refused.value.remedy and "foresell upgrade" in refused.value.remedy
    before = dump(settings, "foresell")

    first = upgrade_database(settings)
    assert first.versions[-1] == migrate.list_migrations()[-1].version
    assert sorted(dump(settings, "foresell", "--schema-only")) == current
    with open_database(settings).connect() as con:
        assert con.execute("select customer_id, sku, amount from core.transactions").fetchall() == [
            {"customer_id": "C000001", "sku": "mug", "amount": 7}
        ]
        assert con.execute("select count(*) as calls from engagement.calls").fetchone() == {"calls": 1}
    assert upgrade_database(settings).versions == []

    assert first.backup and first.backup.stat().st_mode & 0o777 == 0o600
    assert restore_backup(settings, first.backup) == first.versions[0] - 1
    assert sorted(dump(settings, "foresell")) == sorted(before)
    torn = first.backup.with_name("torn.dump")
    torn.write_bytes(first.backup.read_bytes()[:20_000])
    with pytest.raises(BadInput, match="not a whole backup"):
        restore_backup(settings, torn)
    assert upgrade_database(settings, backup=False) == Upgrade(first.versions, None)


def test_an_upgrade_seals_the_notes_and_numbers_that_were_stored_in_the_clear(
    settings: Settings, database: Database
) -> None:
    """In the tables' files as in the tables; a killed upgrade leaves all of them as they were."""
    vault = vault_of(settings)
    make_released_home(settings, HOMES[0])
    with psycopg.connect(embedded_conninfo(settings.home, "postgres"), autocommit=True) as con:
        con.execute("update engagement.calls set note = 'Gate code 4711'")
        con.execute("insert into privacy.erased_records values ('shop', %s)", [vault.digest("shop", "anna")])
        con.execute("checkpoint")
        assert find_in_tables(settings, b"Gate code 4711"), "the control: it is found where it stands in the clear"

    def dies(con: migrate.Connection) -> None:
        seal_personal_data(con, vault)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upgrade.upgrade_database(settings, {"seal_personal_data": dies})
    with psycopg.connect(embedded_conninfo(settings.home, "postgres")) as con:
        assert con.execute("select note from engagement.calls").fetchall() == [("Gate code 4711",)]

    upgrade_database(settings, backup=False)
    with psycopg.connect(embedded_conninfo(settings.home, "postgres"), autocommit=True, row_factory=dict_row) as con:
        query = "select customer_id, note, kek_id, wrapped_key from engagement.calls join privacy.customer_keys using (customer_id)"
        opened = vault.open_texts(con.execute(query).fetchall(), ["note"])
        assert opened == [{"customer_id": "C000001", "note": "Gate code 4711"}]
        key = vault.pseudonym(vault.digest("shop", "anna"))
        assert con.execute("select source_key from core.customer_records").fetchall() == [{"source_key": key}]
        con.execute("checkpoint")
    assert find_in_tables(settings, b"Gate code 4711") == []


def find_in_tables(settings: Settings, text: bytes) -> list[str]:
    """The files of tables and indexes that hold a text."""
    files = (settings.home / "postgres" / "data" / "base").rglob("*")
    return [file.name for file in files if file.is_file() and text in file.read_bytes()]


def test_there_is_a_home_of_a_release() -> None:
    assert HOMES


def test_an_edited_migration_is_refused(settings: Settings, database: Database) -> None:
    with database.connect("owner") as con:
        con.execute("update schema_migrations set checksum = repeat('0', 64) where version = 1")
    with pytest.raises(IncompatibleDatabase, match=r"0001_initial\.sql was changed") as caught:
        open_database(settings)
    assert caught.value.remedy and "new migration" in caught.value.remedy


def test_a_failing_upgrade_is_named_and_leaves_nothing_of_any_migration(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not of the migrations before: the previous version of Foresell would refuse the database they leave."""
    every = migrate.list_migrations()
    added = [
        migrate.Migration(9997, "good", "create table core.half (a integer);"),
        migrate.Migration(9998, "broken", "select 1 / 0"),
    ]
    monkeypatch.setattr(migrate, "list_migrations", lambda: [*every, *added])
    with pytest.raises(
        IncompatibleDatabase, match=r"9998_broken\.sql failed and was rolled back: division by zero"
    ) as caught:
        upgrade_database(settings)
    assert caught.value.remedy and "previous version" in caught.value.remedy
    assert list(settings.backups.glob("*.dump"))
    monkeypatch.undo()
    with open_database(settings).connect() as con:
        assert con.execute("select to_regclass('core.half') as half").fetchone() == {"half": None}


def test_a_home_older_than_0_2_0_is_refused_and_doctor_says_what_to_do(settings: Settings, database: Database) -> None:
    with psycopg.connect(embedded_conninfo(settings.home, "postgres", "foresell")) as con:
        con.execute("drop schema core cascade")
        con.execute("create schema truth authorization foresell_owner")
        con.execute("create table truth.schema_migrations (version integer primary key, name text not null)")
        con.execute("alter table truth.schema_migrations owner to foresell_owner")
        con.execute("insert into truth.schema_migrations values (12, 'tell_undo')")
    with pytest.raises(DatabaseTooOld, match=r"before 0\.2\.0"):
        open_database(settings)
    [check] = [check for check in doctor.run_checks(settings) if check.name == "database"]
    assert not check.ok and check.remedy and "Export" in check.remedy
