"""The embedded server: created once, reused, restarted after any process is killed, and without superuser access."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from foresell.cli import installation
from foresell.database import Database, embedded_conninfo
from foresell.errors import DatabaseUnavailable, ForesellError
from foresell.settings import Settings
from foresell.store import embedded, migrate
from foresell.store.database import open_database


def ask(database: Database, query: str) -> object:
    with database.connect() as con:
        row = con.execute(query).fetchone()
        assert row is not None
        return next(iter(row.values()))


def test_it_is_made_migrated_and_found_again(settings: Settings) -> None:
    assert ask(open_database(settings), "select count(*) from segment_rules") == 11
    first = embedded.process_id(settings.home)
    assert ask(open_database(settings), "select current_user") == "foresell_app"
    assert embedded.process_id(settings.home) == first


def test_stop_and_start_keep_what_was_stored(settings: Settings, database: Database) -> None:
    with database.connect() as con:
        con.execute("insert into customers values ('C000042')")
    assert embedded.stop(settings.home)
    assert not embedded.stop(settings.home)
    assert not embedded.is_running(settings.home)
    assert ask(open_database(settings), "select customer_id from customers") == "C000042"


def test_a_killed_server_is_back_with_the_next_command(settings: Settings, database: Database) -> None:
    with database.connect() as con:
        con.execute("insert into customers values ('C000042')")
    for _ in range(3):
        pid = embedded.process_id(settings.home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert ask(open_database(settings), "select count(*) from customers") == 1


def test_recovery_syncs_whole_file_systems_instead_of_each_file(settings: Settings, database: Database) -> None:
    assert ask(database, "select setting from pg_settings where name = 'recovery_init_sync_method'") == "syncfs"


def test_a_pid_file_that_names_a_foreign_process_does_not_stop_it(settings: Settings, database: Database) -> None:
    """After a reboot the number may belong to any process: one that has ended, or one that runs and is left alone."""
    embedded.stop(settings.home)
    pid_file = settings.home / "postgres" / "data" / "postmaster.pid"
    ended, running = (subprocess.Popen([sys.executable, "-c", code]) for code in ("", "import time; time.sleep(600)"))
    ended.wait()
    for process in (ended, running):
        pid_file.write_text(
            f"{process.pid}\n{pid_file.parent}\n1700000000\n5432\n{settings.home / 'postgres'}\n\n  1 1\nready\n"
        )
        os.chown(pid_file, pid_file.parent.stat().st_uid, -1)
        assert not embedded.stop(settings.home)
        assert ask(open_database(settings), "select 1") == 1
        assert embedded.stop(settings.home)
    assert running.poll() is None
    running.kill()
    running.wait()


def test_a_copied_home_never_touches_the_original(settings: Settings, database: Database) -> None:
    """The copy has the original's pid file: `down` there stops nothing, and the copy starts a server of its own."""
    copy = replace(settings, home=settings.home.parent / "copy")
    subprocess.run(["/bin/cp", "-a", str(settings.home), str(copy.home)], check=True)
    original = embedded.process_id(settings.home)
    try:
        assert embedded.process_id(copy.home) is None
        assert not installation.stop_installation(copy)
        assert ask(open_database(copy), "select count(*) from segment_rules") == 11
        assert embedded.process_id(copy.home) not in (None, original)
        assert embedded.stop(copy.home)
        assert embedded.process_id(settings.home) == original
        assert ask(database, "select count(*) from segment_rules") == 11
    finally:
        embedded.stop(copy.home)


def test_a_suspended_or_starting_server_is_named(settings: Settings, database: Database) -> None:
    """The server runs but does not answer: neither a second one nor advice about disk and memory helps."""
    pid = embedded.process_id(settings.home)
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailable, match=f"runs .process {pid}. but has not answered"):
            embedded._start(settings.home, seconds=0)
    finally:
        os.kill(pid, signal.SIGCONT)
    embedded.stop(settings.home)
    with pytest.raises(DatabaseUnavailable, match=r"runs .process \d+. but has not answered"):
        embedded._start(settings.home, seconds=0)
    assert ask(open_database(settings), "select 1") == 1


def test_a_crash_while_making_it_leaves_nothing_in_the_way(settings: Settings) -> None:
    draft = settings.home / "postgres" / "data.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    assert ask(open_database(settings), "select 1") == 1
    assert not draft.exists()


def test_two_homes_never_touch(settings: Settings, database: Database) -> None:
    other = replace(settings, home=settings.home.parent / "other")
    try:
        with open_database(other).connect() as con:
            con.execute("insert into customers values ('C000007')")
        assert ask(database, "select count(*) from customers") == 0
        embedded.stop(other.home)
        assert embedded.is_running(settings.home)
    finally:
        embedded.stop(other.home)


def test_a_home_with_a_very_long_path_works(settings: Settings) -> None:
    long = replace(settings, home=settings.home.parent / ("a-long-folder-name-" * 6) / "home")
    try:
        assert ask(open_database(long), "select 1") == 1
    finally:
        embedded.stop(long.home)


@pytest.mark.parametrize(
    "forbidden",
    [
        "create table core.mine (a int)",
        "drop table orders",
        "truncate orders",
        "alter table orders disable trigger all",
        "set session authorization postgres",
        "set role foresell_owner",
        "delete from load_batches",
        "update segment_rules set name = 'x'",
        "update customers set customer_id = 'C000009'",
        "copy customers to program 'true'",
        "create role friend superuser",
    ],
)
def test_the_application_role_may_not(database: Database, forbidden: str) -> None:
    with pytest.raises((ForesellError, psycopg.errors.InsufficientPrivilege)), database.connect() as con:
        con.execute(forbidden)


def test_the_reader_role_only_reads(database: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), database.connect("reader") as con:
        con.execute("insert into customers values ('C000001')")
    with pytest.raises(ForesellError), database.connect("reader") as con:
        con.execute("set transaction read write")
        con.execute("insert into customers values ('C000001')")


def test_a_login_without_its_password_is_refused(settings: Settings, database: Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(settings.home / "postgres"), user="foresell_app", dbname="foresell", password="guess")


def test_passwords_and_data_are_for_the_owner_only(settings: Settings, database: Database) -> None:
    for file in (settings.home / "keys").iterdir():
        assert file.stat().st_size == 0 or file.stat().st_mode & 0o077 == 0, file.name
    assert (settings.home / "postgres").stat().st_mode & 0o077 == 0


def test_the_folders_above_a_home_stay_closed_to_others(settings: Settings) -> None:
    """Also where root starts PostgreSQL, whose own user must get to its data; what a folder's group may do stays."""
    closed = settings.home.parent / "closed"
    closed.mkdir()
    modes = {settings.home.parent: 0o700, closed: 0o750}
    for folder, mode in modes.items():
        folder.chmod(mode)
    home = replace(settings, home=closed / "home")
    try:
        for _ in range(2):
            assert ask(open_database(home), "select 1") == 1
            embedded.stop(home.home)
        assert [folder.name for folder in modes if folder.stat().st_mode & 0o007] == []
        if os.geteuid() == 0:  # "closed" is for the group of root too, the folder above it is not
            stranger: Any = {"user": 65534, "group": 0, "extra_groups": []}
            looked = subprocess.run(["ls", str(home.home)], check=False, capture_output=True, text=True, **stranger)
            assert "Permission denied" in looked.stderr
    finally:
        embedded.stop(home.home)


def test_statements_and_values_stay_out_of_the_server_log(settings: Settings, database: Database) -> None:
    secret = "someone@private.example"
    with pytest.raises(psycopg.Error), database.connect() as con:
        con.execute("insert into customers values (%s)", [secret])
    time.sleep(0.2)
    assert secret not in (settings.home / "postgres" / "log").read_text()


def test_a_newer_database_is_not_touched(settings: Settings, database: Database) -> None:
    with database.connect("owner") as con:
        con.execute("insert into schema_migrations (version, name, checksum) values (9999, 'future', repeat('0', 64))")
    with pytest.raises(ForesellError, match=r"9999_future\.sql, which this version of Foresell does not know"):
        open_database(settings)


def test_an_unreachable_external_server_is_reported(settings: Settings) -> None:
    own = replace(
        settings, database_url="postgresql://user@127.0.0.1:1/none", owner_url="postgresql://user@127.0.0.1:1/none"
    )
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        open_database(own)


def test_ones_own_server_works_by_url(settings: Settings, database: Database) -> None:
    """A plain database on a server Foresell did not make: it creates its roles and schema there and drops to them."""
    admin = embedded_conninfo(settings.home, "postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as con:
        con.execute("create database theirs")
    url = embedded_conninfo(settings.home, "postgres", "theirs")
    own = replace(settings, database_url=url, owner_url=url)
    theirs = open_database(own)
    assert ask(theirs, "select current_user") == "foresell_app"
    assert ask(theirs, "select count(*) from segment_rules") == 11
    assert migrate.migrate(url, make_roles=True) == []


def test_a_crash_while_setting_up_is_repaired(settings: Settings, database: Database) -> None:
    (settings.home / "keys" / "ready").unlink()
    assert ask(open_database(settings), "select current_user") == "foresell_app"
