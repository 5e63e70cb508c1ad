"""`foresell users` as the owner of the machine runs it."""

from __future__ import annotations

import re

import pytest
from tests.support.shell import Shell

from foresell.database import Database
from foresell.settings import Settings


@pytest.fixture
def foresell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.home)


def test_add_list_link_lock_out(foresell: Shell, database: Database) -> None:
    added = foresell("users", "add", "Ada@Shop.Example", "--name", "Ada", "--role", "admin", "--team", "North")
    assert re.search(r"http://localhost:8000/sign-in#token=[\w-]{43}\n", added)
    [user] = foresell.json("users")
    assert (user["email"], user["roles"], user["team"]["name"], user["disabled"]) == (
        "ada@shop.example", ["admin"], "North", False,
    )  # fmt: skip
    assert "at least one administrator" in foresell("users", "disable", "ada@shop.example", code=9)
    foresell(
        "users", "add", "bob@shop.example", "--name", "Bob", "--role", "rep", "--role", "manager", "--team", "North"
    )
    with database.connect() as con:
        con.execute(
            "insert into access.sessions (user_id, signed_in_by, device, expires_at)"
            " select user_id, 'password', 'test', now() + interval '1 day' from access.users where name = 'Bob'"
        )
    foresell("users", "disable", "bob@shop.example")
    assert [user["disabled"] for user in foresell.json("users")] == [False, True]
    foresell("users", "enable", "bob@shop.example")
    with database.connect() as con:
        assert con.execute("select 1 from access.sessions where revoked_at is null").fetchall() == []
    assert "token=" in foresell("users", "link", "bob@shop.example", "--lost-factor")
    with database.connect() as con:
        [links] = con.execute(
            "select count(*) as n, bool_and(loopback_only) as here from access.login_links"
        ).fetchall()
        [recorded] = con.execute(
            "select array_agg(distinct action order by action) as actions from audit.events"
        ).fetchall()
    assert (links["n"], links["here"]) == (3, True)
    assert recorded["actions"] == ["user.added", "user.changed", "user.reset"]


def test_invalid_users_are_refused(foresell: Shell) -> None:
    assert "This role does not exist" in foresell(
        "users", "add", "a@shop.example", "--name", "A", "--role", "king", code=2
    )
    assert "not an e-mail" in foresell("users", "add", "unknown", "--name", "A", "--role", "rep", code=2)
    assert "User not found" in foresell("users", "link", "unknown@shop.example", code=8)
    assert foresell.json("users") == []
