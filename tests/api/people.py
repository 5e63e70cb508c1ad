"""People made for one test, and their browsers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx2
import pyotp

from foresell.access.tokens import fingerprint, new_secret
from tests.support.served import Served, superuser

PHRASE = "nine tin whistles in the garden"
_numbers = itertools.count(1)


@dataclass
class Person:
    """A user of their own, with a browser that keeps cookies."""

    user_id: int
    email: str
    link: str
    browser: httpx2.Client
    served: Served

    def new_session_cookie(self) -> str:
        """The cookie of a new session, as if just signed in with everything the account asks for."""
        token = new_secret()
        sql(
            self.served,
            "with one as (insert into access.sessions (user_id, signed_in_by, device, expires_at, second_factor_at)"
            " values (%s, 'password', 'test', now() + interval '1 day', now()) returning session_id)"
            " insert into access.refresh_tokens (token_hash, session_id) select %s, session_id from one",
            self.user_id,
            fingerprint(token),
        )
        return token

    def sign_in(self, password: str = PHRASE, browser: httpx2.Client | None = None) -> httpx2.Response:
        """Sign in; the browser then carries the access token."""
        browser = browser or self.browser
        answer = browser.post("/api/auth/sign-in", json={"email": self.email, "password": password})
        carry(browser, answer)
        return answer


def browser(served: Served) -> httpx2.Client:
    """A browser no one has used before."""
    client = served.client(None)
    client.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
    return client


def carry(browser: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
    """Send the token of an answer from now on, as the pages do."""
    if answer.status_code == 200 and "access_token" in answer.json():
        browser.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


def invite(served: Served, role: str = "analyst", *, password: str | None = PHRASE, enrolled: bool = True) -> Person:
    """A new user: added by an administrator and, with a password, in by the link.

    `enrolled`: with the second factor that the role may require, so that it is not due.
    """
    email = f"person{next(_numbers)}@foresell.example"
    added = served.client("admin").post("/api/users", json={"name": "Robin Hill", "email": email, "roles": [role]})
    assert added.status_code == 201, added.text
    person = Person(added.json()["user_id"], email, added.json()["link"].split("token=")[1], browser(served), served)
    if password:
        entered = carry(
            person.browser, person.browser.post("/api/auth/link", json={"token": person.link, "password": password})
        )
        assert entered.status_code == 200, entered.text
    if enrolled and role not in ("analyst", "marketer"):
        sql(
            served,
            "insert into access.passkeys (credential_id, user_id, public_key, sign_count, name)"
            " values (%s, %s, '', 0, 'Test')",
            email.encode(),
            person.user_id,
        )
    return person


def with_totp(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an authenticator app. Returns it and the recovery codes."""
    totp = pyotp.TOTP(person.browser.post("/api/me/totp").json()["secret"])
    confirmed = person.browser.put("/api/me/totp", json={"code": totp.now()})
    assert confirmed.status_code == 200, confirmed.text
    return totp, confirmed.json()["recovery_codes"]


def sql(served: Served, statement: str, *values: Any) -> list[Any]:
    """What is really stored, or a fact that time would bring about."""
    with superuser(served.settings) as con:
        cursor = con.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def forget_guesses(served: Served) -> None:
    """As an hour later."""
    sql(served, "delete from access.login_attempts")


def rewind_totp(served: Served, user_id: int) -> None:
    """As half a minute later: the app's current code may be used."""
    sql(served, "update access.totp set last_step = 0 where user_id = %s", user_id)
