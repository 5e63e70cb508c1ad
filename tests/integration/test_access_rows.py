"""Row security of sign-in: without any check of the application, no user reads or changes other users' rows."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foresell.database import Database
from foresell.errors import ForesellError
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database

PERSONAL = (
    "passwords",
    "totp",
    "recovery_codes",
    "passkeys",
    "oidc_accounts",
    "sessions",
    "refresh_tokens",
    "devices",
    "api_keys",
    "login_links",
)
ROLES = ("rep", "manager", "analyst", "marketer", "steward", "admin")


@pytest.fixture(scope="module")
def shop(prepared_home: Path) -> Iterator[Database]:
    """Users 1 to 6 of each role, and 7, another rep. 1 and 2 are a team; each has one row in every table."""
    with tempfile.TemporaryDirectory(prefix="foresell-test-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=1.0, threads=2)
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
        database = open_database(settings)
        _fill_tables(database)
        yield database
        embedded.stop(settings.home)


def _fill_tables(database: Database) -> None:
    with database.connect() as con:
        con.execute("insert into access.teams (name) values ('North'), ('South')")
        for number, role in enumerate((*ROLES, "rep"), 1):
            con.execute(
                "insert into access.users (name, email, team_id) values (%s, %s, %s)",
                [role, f"{number}@shop.example", 1 if number < 3 else 2],
            )
            con.execute("insert into access.user_roles values (%s, %s)", [number, role])
            con.execute(
                "insert into access.customer_owners (customer_id, user_id) values (%s, %s)", [f"C00000{number}", number]
            )
            secret = bytes([number])
            con.execute("insert into access.passwords values (%s, '$argon2id$', true)", [number])
            con.execute("insert into access.totp values (%s, %s)", [number, secret])
            con.execute("insert into access.recovery_codes values (%s, %s)", [number, secret])
            con.execute("insert into access.passkeys values (%s, %s, 'k', 1, 'n')", [secret, number])
            con.execute("insert into access.oidc_accounts values ('p', %s, %s)", [str(number), number])
            session = con.execute(
                "insert into access.sessions (user_id, signed_in_by, device, expires_at)"
                " values (%s, 'password', 'd', now() + interval '1 day') returning session_id",
                [number],
            ).fetchone()
            assert session
            con.execute("insert into access.refresh_tokens values (%s, %s)", [secret, session["session_id"]])
            con.execute("insert into access.devices values (%s, %s)", [secret, number])
            con.execute(
                "insert into access.api_keys (user_id, name, key_hash, hint, permissions, expires_at)"
                " values (%s, 'n', %s, 'h', '{runs.read}', now() + interval '1 day')",
                [number, secret],
            )
            con.execute(
                "insert into access.login_links values (%s, %s, true, now(), now() + interval '1 day')",
                [secret, number],
            )


@contextmanager
def act_as(database: Database, user_id: int | None) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with database.connect("web") as con:
        con.execute("select set_config('foresell.user_id', %s, true)", [str(user_id or "")])
        yield con


def owners(con: psycopg.Connection[dict[str, Any]], table: str) -> set[int]:
    """Whose rows of a table are seen."""
    if table == "refresh_tokens":
        rows = con.execute("select get_byte(token_hash, 0) as user_id from access.refresh_tokens").fetchall()
    else:
        rows = con.execute(f"select user_id from access.{table}").fetchall()
    return {row["user_id"] for row in rows}


@pytest.mark.parametrize("number", [None, *range(1, 8)])
def test_secrets_are_one_s_own(shop: Database, number: int | None) -> None:
    with act_as(shop, number) as con:
        for table in PERSONAL:
            all_keys = table == "api_keys" and number == 6  # users who manage keys revoke them
            expected = set(range(1, 8)) if all_keys else {number} - {None}
            assert owners(con, table) == expected, table


@pytest.mark.parametrize(
    ("number", "customers"),
    [(None, set()), (1, {1}), (2, {1, 2}), (3, set(range(1, 8))), (6, set(range(1, 8))), (7, {7})],
)
def test_visible_customers(shop: Database, number: int | None, customers: set[int]) -> None:
    with act_as(shop, number) as con:
        assert owners(con, "customer_owners") == customers
        sees = con.execute(
            "select array_agg(n) as seen from generate_series(1, 7) as n where access.can_see('C00000' || n)"
        ).fetchone()
        assert sees and set(sees["seen"] or ()) == customers
        seen = con.execute("select access.visible_customer_ids() as id").fetchall()
        assert {int(row["id"][1:]) for row in seen} == customers
        assert owners(con, "users") == (customers or set())


def test_a_disabled_user_sees_nothing(shop: Database) -> None:
    with shop.connect() as con:
        con.execute("insert into access.users (name, email, disabled_at) values ('gone', '8@shop.example', now())")
        con.execute("insert into access.user_roles values (8, 'admin')")
    with act_as(shop, 8) as con:
        for table in (*PERSONAL, "users", "customer_owners", "roles", "teams"):
            assert con.execute(f"select count(*) as n from access.{table}").fetchone() == {"n": 0}, table
        assert con.execute("select access.current_user_id() as me, access.current_scope() as scope").fetchone() == {
            "me": None,
            "scope": "none",
        }


TAKING = {
    "another password": "update access.passwords set hash = '$argon2id$mine' where user_id = 6",
    "a role": "insert into access.user_roles values (access.current_user_id(), 'admin')",
    "another team": "update access.users set team_id = 1 where user_id = access.current_user_id()",
    "another name for another user": "update access.users set name = 'x' where user_id = 6",
    "a session of another user": "insert into access.sessions (user_id, signed_in_by, device, expires_at) values (6, 'password', 'x', now())",
    "a link of another user": "insert into access.login_links values ('x', 6, false, now(), now() + interval '1 day')",
    "a key of another user": "insert into access.api_keys (user_id, name, key_hash, hint, permissions, expires_at)"
    " values (6, 'x', 'x', 'x', '{audit.read}', now())",
    "a passkey of another user": "insert into access.passkeys values ('x', 6, 'x', 0, 'x')",
    "an identity of another user": "insert into access.oidc_accounts values ('p', 'x', 6)",
    "a device of another user": "insert into access.devices values ('x', 6)",
    "a customer": "update access.customer_owners set user_id = access.current_user_id() where customer_id = 'C000003'",
    "an unassigned customer": "insert into access.customer_owners (customer_id, user_id) values ('C000099', access.current_user_id())",
    "a new permission": "insert into access.role_permissions values ('rep', 'users.manage')",
    "a refresh token of another user": "insert into access.refresh_tokens select 'x', session_id from access.sessions where user_id <> access.current_user_id()",
    "the factors of another user": "select access.reset_user(6, true)",
}


@pytest.mark.parametrize("what", TAKING)
def test_nothing_can_be_taken(shop: Database, what: str) -> None:
    """No matter what a rep's transaction tries, an administrator's rows are as they were, and the rep is a rep."""
    before = read_all_rows(shop)
    try:
        with act_as(shop, 7) as con:
            con.execute(TAKING[what].encode())
    except (ForesellError, psycopg.errors.IntegrityError):
        pass  # refused aloud; the rest just finds no row
    assert read_all_rows(shop) == before


def test_a_hole_would_be_noticed(shop: Database) -> None:
    """The control: with row security off on one table, the same try changes it."""
    with shop.connect("owner") as con:
        con.execute("alter table access.passwords disable row level security")
    before = read_all_rows(shop)
    try:
        with act_as(shop, 7) as con:
            con.execute(TAKING["another password"].encode())
            assert owners(con, "passwords") == set(range(1, 8))
        assert read_all_rows(shop) != before
    finally:
        with shop.connect("owner") as con:
            con.execute("alter table access.passwords enable row level security")


def read_all_rows(database: Database) -> list[str]:
    with database.connect() as con:
        tables = (*PERSONAL, "users", "user_roles", "role_permissions", "customer_owners", "teams")
        return [str(con.execute(f"select t::text from access.{table} as t order by 1").fetchall()) for table in tables]


def test_the_reader_of_the_console_sees_nothing_here(shop: Database) -> None:
    with shop.connect("reader") as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("select 1 from access.users")


def test_every_table_and_function_is_guarded(shop: Database) -> None:
    with shop.connect() as con:
        open_tables = con.execute(
            "select relname from pg_class where relnamespace = 'access'::regnamespace and relkind = 'r' and not relrowsecurity"
        ).fetchall()
        loose = con.execute(
            "select proname from pg_proc where pronamespace = 'access'::regnamespace and prosecdef"
            " and (proconfig is null or has_function_privilege('foresell_reader', oid, 'execute'))"
        ).fetchall()
        strong = con.execute(
            "select rolname from pg_roles where rolname like 'foresell%' and (rolbypassrls or rolsuper)"
        ).fetchall()
    assert (open_tables, loose, strong) == ([], [], [])
