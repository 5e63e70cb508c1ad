"""Guessing: the attacker is slowed, the owner is not, and no one learns who has an account."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.access import passwords, sessions, sign_in, throttle
from foresell.access.client_info import ClientInfo
from foresell.access.keyring import Keyring
from foresell.access.tokens import fingerprint
from foresell.errors import TooMany
from tests.api.people import PHRASE, browser, forget_guesses, invite, sql, with_totp
from tests.support.served import Served

pytestmark = pytest.mark.slow_proof

GUESSES = 10_000
ADDRESSES = 1_000


@pytest.fixture(autouse=True)
def _no_guesses(served: Served) -> None:
    forget_guesses(served)


async def guesses(served: Served, email: str, visitors: list[ClientInfo], at_once: int = 6) -> int:
    """How many guesses of these visitors would be evaluated."""
    keyring, waiting = Keyring(served.settings.home / "keys"), list(reversed(visitors))

    async def attacker() -> int:
        evaluated = 0
        async with await psycopg.AsyncConnection.connect(
            served.database.conninfo("web"), row_factory=dict_row, autocommit=True
        ) as con:
            while waiting:
                client_info = waiting.pop()
                try:
                    async with con.transaction():
                        await sign_in.open_attempt(con, keyring, email, client_info)
                    evaluated += 1
                except TooMany as error:
                    assert 0 < error.retry_after <= 900
        return evaluated

    return sum(await asyncio.gather(*(attacker() for _ in range(at_once))))


def from_everywhere(count: int, seed: int = 7) -> list[ClientInfo]:
    """Visitors from 1,000 networks all over the world, some with a device cookie they made up."""
    dice = random.Random(seed)
    addresses = [f"{dice.randint(1, 223)}.{dice.randint(0, 255)}.{dice.randint(0, 255)}.7" for _ in range(ADDRESSES)]
    cookies = [None, None, "made up"]
    return [ClientInfo(dice.choice(addresses), device_token=dice.choice(cookies)) for _ in range(count)]


def test_ten_thousand_guesses(served: Served, record_property: Callable[[str, object], None]) -> None:
    """At most 10 are evaluated in 15 minutes, from wherever they come; the owner still signs in on a known device."""
    person = invite(served)
    evaluated = asyncio.run(guesses(served, person.email, from_everywhere(GUESSES)))
    record_property("guesses", GUESSES)
    record_property("guesses evaluated", evaluated)
    assert evaluated == throttle.PER_ACCOUNT
    stranger = browser(served).post("/api/auth/sign-in", json={"email": person.email, "password": PHRASE})
    assert stranger.status_code == 429 and 0 < int(stranger.headers["retry-after"]) <= 900
    assert person.sign_in().status_code == 200, "the owner's device is known"


def test_no_fifteen_minutes_hold_more_than_ten(served: Served) -> None:
    """The window slides: guesses just before it ends do not allow ten more just after."""
    person = invite(served)
    assert asyncio.run(guesses(served, person.email, from_everywhere(100, seed=1))) == 10
    sql(served, "update access.login_attempts set attempted_at = attempted_at - interval '14 minutes'")
    assert asyncio.run(guesses(served, person.email, from_everywhere(100, seed=2))) == 0
    sql(served, "update access.login_attempts set attempted_at = attempted_at - interval '2 minutes'")
    assert asyncio.run(guesses(served, person.email, from_everywhere(100, seed=3))) == 10


@pytest.mark.parametrize("defect", ["no limit", "no account", "no queue"])
def test_a_planted_defect_is_noticed(defect: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without a limit, with guesses counted by address only, or counted all at once, more get through."""
    person = invite(served)
    if defect == "no limit":
        monkeypatch.setattr(throttle, "PER_ACCOUNT", GUESSES)
    elif defect == "no account":
        real = throttle.record_attempt

        async def by_address(con: Any, account: bytes, client_info: ClientInfo, **known: bool) -> int:
            return await real(con, client_info.network.encode(), client_info, **known)

        monkeypatch.setattr(throttle, "record_attempt", by_address)
    else:
        sql = throttle.SQL

        class Slow:
            """The statements of attempts without the queue of an account, and with time to overtake each other."""

            async def run(self, con: Any, name: str, /, **values: object) -> int:
                if name == "throttle.lock_account":
                    return 0
                done = await sql.run(con, name, **values)
                await asyncio.sleep(0.01)
                return done

            async def row(self, con: Any, name: str, /, **values: object) -> Any:
                answer = await sql.row(con, name, **values)
                await asyncio.sleep(0.01)
                return answer

        monkeypatch.setattr(throttle, "SQL", Slow())
    assert asyncio.run(guesses(served, person.email, from_everywhere(200))) > 10


def test_one_network_cannot_use_up_the_account(served: Served) -> None:
    person = invite(served)
    near = [ClientInfo(f"203.0.113.{host}") for host in range(1, 100)]
    assert asyncio.run(guesses(served, person.email, near)) == throttle.PER_ACCOUNT_AND_NETWORK
    assert person.sign_in(browser=browser(served)).status_code == 200, "from elsewhere, on a new device"


def test_one_network_cannot_try_every_account(served: Served) -> None:
    async def spray() -> int:
        one = [ClientInfo("203.0.113.9")]
        return sum([await guesses(served, f"{number}@foresell.example", one, at_once=1) for number in range(200)])

    assert asyncio.run(spray()) == throttle.PER_NETWORK


def test_a_stolen_device_cookie_has_ten_guesses(served: Served) -> None:
    person = invite(served)
    thief = browser(served)
    thief.cookies.set("foresell-device", person.browser.cookies["foresell-device"])
    statuses = [person.sign_in("wrong", browser=thief).status_code for _ in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    other = browser(served)
    assert person.sign_in(browser=other).status_code == 200, "it is counted apart"


def test_another_users_device_is_not_known(served: Served) -> None:
    mine, theirs = invite(served), invite(served)
    asyncio.run(guesses(served, theirs.email, from_everywhere(100)))
    assert theirs.sign_in(browser=mine.browser).status_code == 429


def test_right_guesses_are_not_held_against_anyone(served: Served) -> None:
    person = invite(served)
    assert {person.sign_in(browser=browser(served)).status_code for _ in range(12)} == {200}


def test_codes_cannot_be_guessed_either(served: Served) -> None:
    person = invite(served)
    with_totp(person)
    stranger = browser(served)
    ticket = person.sign_in(browser=stranger).json()["ticket"]
    bodies = [{"ticket": ticket, "code": f"{number:06}"} for number in range(15)]
    statuses = [stranger.post("/api/auth/second-factor", json=body).status_code for body in bodies]
    assert statuses.count(429) == 15 - throttle.PER_ACCOUNT_AND_NETWORK
    assert "ticket" in person.sign_in(browser=browser(served)).json(), "the password is counted apart"


def test_the_count_outlives_a_crash(served: Served) -> None:
    [row] = sql(served, "select relpersistence from pg_class where oid = 'access.login_attempts'::regclass")
    assert row == ("p",)


def evaluated_hashes(served: Served, monkeypatch: pytest.MonkeyPatch, email: str) -> list[str]:
    """The parameters of each password hash that a wrong sign-in evaluates."""
    evaluated: list[str] = []
    real = passwords._hash

    class Counting:
        def verify_and_update(self, given: str, stored: str) -> tuple[bool, str | None]:
            evaluated.append(stored.rsplit("$", 2)[0])
            return real.verify_and_update(given, stored)

    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_hash", Counting())
        body = {"email": email, "password": "wrong"}
        assert browser(served).post("/api/auth/sign-in", json=body).status_code == 401
    return evaluated


def test_an_unknown_user_costs_the_same_hash(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    known = evaluated_hashes(served, monkeypatch, invite(served).email)
    assert known == ["$argon2id$v=19$m=19456,t=2,p=1"]
    passwords._dummy_hash()  # made once per process
    assert evaluated_hashes(served, monkeypatch, "unknown@foresell.example") == known


def cpu_ratio(served: Served, known: str, unknown: str, rounds: int = 15) -> float:
    """The processor time of a wrong sign-in of a known user, divided by that of an unknown one.

    Processor time of this process, in which the API runs, and the least of several rounds: other programs do not count.
    """
    client, least = browser(served), {known: float("inf"), unknown: float("inf")}
    for _ in range(rounds):
        forget_guesses(served)
        for email in least:
            started = time.process_time()
            assert client.post("/api/auth/sign-in", json={"email": email, "password": "wrong"}).status_code == 401
            least[email] = min(least[email], time.process_time() - started)
    return least[known] / least[unknown]


def test_an_unknown_user_takes_as_long(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    known, unknown = invite(served).email, "unknown@foresell.example"
    assert 0.7 < cpu_ratio(served, known, unknown) < 1.4
    real = passwords._verify_hash
    monkeypatch.setattr(
        passwords, "_verify_hash", lambda given, stored: real(given, stored) if stored else (False, None)
    )
    assert cpu_ratio(served, known, unknown) > 1.8, "the control: without the hash for an unknown user it shows"


def test_only_hashes_are_kept(served: Served) -> None:
    person = invite(served)
    totp, recovery = with_totp(invite(served))
    cookies = person.browser.cookies
    stored = sql(served, "select token_hash from access.refresh_tokens") + sql(
        served, "select token_hash from access.devices"
    )
    hashes = {bytes(row[0]) for row in stored}
    assert fingerprint(cookies["foresell"]) in hashes and fingerprint(cookies["foresell-device"]) in hashes
    whole = "".join(
        str(sql(served, f"select t::text from access.{table} as t"))
        for table in ("login_links", "login_attempts", "sessions", "passwords", "totp", "recovery_codes")
    )
    for secret in (person.link, person.email, PHRASE, totp.secret, *recovery):
        assert secret not in whole and secret.encode().hex() not in whole
    assert sessions.SESSION_DAYS == 14
