"""Migrations never change once applied; homes of every released schema open with the current code."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from foresell.cli import doctor
from foresell.database import Database, embedded_conninfo
from foresell.errors import DatabaseTooOld, IncompatibleDatabase
from foresell.settings import Settings
from foresell.store import migrate
from foresell.store.database import open_database
from tests.integration.test_schema import dump

HOMES = sorted((Path(__file__).parent / "schema_homes").glob("*.sql"))


def new_database(settings: Settings, name: str) -> str:
    with psycopg.connect(embedded_conninfo(settings.home, "postgres", "postgres"), autocommit=True) as con:
        con.execute(f"create database {name} owner foresell_owner".encode())
    return embedded_conninfo(settings.home, "foresell_owner", name)


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.stem)
def test_a_home_of_every_released_schema_migrates_to_the_current_one(
    settings: Settings, database: Database, home: Path
) -> None:
    conninfo = new_database(settings, "released")
    procrastinate = migrate.read_include("procrastinate", "sql/schema.sql")
    with psycopg.connect(embedded_conninfo(settings.home, "postgres", "released")) as con:
        con.execute(b"set role foresell_owner; create schema job_queue; set search_path = job_queue")
        con.execute(procrastinate.encode())
        con.execute(b"reset role")
        con.execute(home.read_text(encoding="utf-8").encode())
    migrate.migrate(conninfo, make_roles=False)
    assert sorted(dump(settings, "released", "--schema-only")) == sorted(dump(settings, "foresell", "--schema-only"))
    with psycopg.connect(conninfo) as con:
        assert con.execute("select customer_id, sku, amount from core.transactions").fetchall() == [
            ("C000001", "mug", 7)
        ]
        assert con.execute("select count(*) from engagement.calls").fetchone() == (1,)


def test_there_is_a_home_of_a_release() -> None:
    assert HOMES


def test_an_edited_migration_is_refused(settings: Settings, database: Database) -> None:
    with database.connect("owner") as con:
        con.execute("update schema_migrations set checksum = repeat('0', 64) where version = 1")
    with pytest.raises(IncompatibleDatabase, match=r"0001_initial\.sql was changed") as caught:
        open_database(settings)
    assert caught.value.remedy and "new migration" in caught.value.remedy


def test_a_failing_migration_is_named_and_leaves_nothing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migrate.Migration(9998, "broken", "create table core.half (a integer); select 1 / 0")
    every = migrate.list_migrations()
    monkeypatch.setattr(migrate, "list_migrations", lambda: [*every, broken])
    with pytest.raises(IncompatibleDatabase, match=r"9998_broken\.sql failed and was rolled back: division by zero"):
        open_database(settings)
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
