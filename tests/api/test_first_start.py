"""The first day: no one can sign in, nothing is open, and one printed link leads in."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx2
import pytest

from foresell.cli.installation import print_first_link
from foresell.database import Database
from foresell.settings import Settings
from tests.api.people import PHRASE
from tests.support.served import running


def test_the_first_link(settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with running(settings) as url:
        assert httpx2.get(f"{url}/api/customers").status_code == 401, "nothing is open"
        print_first_link(settings, database, "http://localhost:1")
        first = found(capsys)
        print_first_link(settings, database, "http://localhost:1")
        second = found(capsys)
        assert first and second and first != second, "until a user can sign in, each start prints one"
        entered = httpx2.post(f"{url}/api/auth/link", json={"token": second, "password": PHRASE}, timeout=30)
        assert entered.status_code == 200
        assert (entered.json()["user"]["roles"], entered.json()["user"]["password"]) == (["admin"], True)
        bearer = {"authorization": f"Bearer {entered.json()['access_token']}"}
        mine = {"name": "Ada", "email": "ada@shop.example"}
        assert httpx2.patch(f"{url}/api/me", json=mine, headers=bearer).json()["email"] == "ada@shop.example"
        print_first_link(settings, database, "http://localhost:1")
        assert found(capsys) is None, "a user can sign in now"
        body = {"email": "Ada@Shop.example", "password": PHRASE}
        assert httpx2.post(f"{url}/api/auth/sign-in", json=body, timeout=30).status_code == 200


def test_a_database_that_stopped_just_after_the_start_does_not_end_foresell(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed between the start and the link, it is restarted by `foresell up`, which therefore must not end."""
    gone = Database(replace(settings, database_url="postgresql://127.0.0.1:1/foresell"))
    print_first_link(settings, gone, "http://localhost:1")
    assert "foresell users link" in capsys.readouterr().err


def test_it_is_over_after_fifteen_minutes(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    print_first_link(settings, database, "http://localhost:1")
    with database.connect() as con:
        [row] = con.execute("select expires_at - created_at as good, loopback_only from access.login_links").fetchall()
    assert (row["good"].total_seconds(), row["loopback_only"]) == (900, True)
    token = found(capsys)
    with database.connect() as con:
        stored = con.execute("select l::text as row from access.login_links as l").fetchall()
    assert token and token not in str(stored), "only its hash is kept"


def found(capsys: pytest.CaptureFixture[str]) -> str | None:
    """The token of the printed link."""
    match = re.search(r"http://localhost:1/sign-in#token=([\w-]{43})", capsys.readouterr().out)
    return match[1] if match else None
