"""Signing in, as people do it, and as those do who should not get in."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pyotp
import pytest

from foresell.access.factors import STEP_SECONDS
from tests.api.people import PHRASE, browser, carry, forget_guesses, invite, rewind_totp, sql, with_totp
from tests.support.authenticator import Authenticator
from tests.support.served import Served


@pytest.fixture(autouse=True)
def _no_guesses(served: Served) -> None:
    forget_guesses(served)


def test_a_link_lets_in_once_and_sets_a_password(served: Served) -> None:
    person = invite(served, password=None)
    short = person.browser.post("/api/auth/link", json={"token": person.link, "password": "short"})
    assert (short.status_code, short.json()["error"][:18]) == (400, "password parameter")
    answer = person.browser.post("/api/auth/link", json={"token": person.link, "password": PHRASE})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == person.email
    cookie = answer.headers.get_list("set-cookie")[0]
    assert (
        cookie.startswith("foresell=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    )
    again = browser(served).post("/api/auth/link", json={"token": person.link})
    assert again.status_code == 401
    assert person.sign_in().status_code == 200


def test_wrong_and_unknown_get_the_same_words(served: Served) -> None:
    person = invite(served)
    wrong = browser(served).post("/api/auth/sign-in", json={"email": person.email, "password": "wrong"})
    unknown = browser(served).post("/api/auth/sign-in", json={"email": "unknown@foresell.example", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    known, other = wrong.json(), unknown.json()
    assert known.pop("request_id") != other.pop("request_id")
    assert known == other
    assert sql(served, "select count(*) from access.login_attempts") == [(2,)]


def test_a_token_ends_with_its_session(served: Served) -> None:
    person = invite(served)
    assert person.browser.get("/api/me").status_code == 200
    left = person.browser.cookies["foresell"]
    assert person.browser.post("/api/auth/sign-out").status_code == 204
    assert person.browser.get("/api/me").status_code == 401
    assert person.browser.post("/api/auth/refresh").status_code == 204
    person.browser.cookies.set("foresell", left)
    assert person.browser.post("/api/auth/refresh").status_code == 401


def test_a_lock_out_ends_sessions_for_good(served: Served) -> None:
    """A user who is let in again signs in again: a stolen token does not come back with them."""
    person, admin = invite(served), served.client("admin")
    for disabled in (True, False):
        answer = admin.patch(f"/api/users/{person.user_id}", json={"disabled": disabled})
        assert answer.status_code == 200
        assert person.browser.get("/api/me").status_code == 401
        assert person.browser.post("/api/auth/refresh").status_code == 401
    assert person.sign_in().status_code == 200


def test_a_refresh_token_counts_once_and_its_return_ends_the_session(served: Served) -> None:
    person = invite(served)
    stolen = person.browser.cookies["foresell"]
    assert person.browser.post("/api/auth/refresh").status_code == 200
    assert person.browser.cookies["foresell"] != stolen
    sql(served, "update access.refresh_tokens set used_at = used_at - interval '11 seconds' where used_at is not null")
    thief = browser(served)
    thief.cookies.set("foresell", stolen)
    assert thief.post("/api/auth/refresh").status_code == 401
    assert person.browser.post("/api/auth/refresh").status_code == 401
    assert sql(served, "select revoked_because from access.sessions where user_id = %s", person.user_id) == [("reuse",)]


def test_signing_in_again_ends_the_session_before(served: Served) -> None:
    person = invite(served)
    before = person.browser.headers["authorization"]
    assert person.sign_in().status_code == 200
    assert person.browser.get("/api/me").status_code == 200
    assert person.browser.get("/api/me", headers={"authorization": before}).status_code == 401
    shared, other = person.browser, invite(served)
    assert other.sign_in(browser=shared).status_code == 200, "another user at the same browser"
    rows = sql(served, "select revoked_because from access.sessions where user_id = %s", person.user_id)
    assert rows == [("signed out",)] * 2


def test_two_tabs_that_wake_together_both_stay_in(served: Served) -> None:
    person = invite(served)
    shared = person.browser.cookies["foresell"]
    tabs = [browser(served) for _ in range(4)]
    for tab in tabs:
        tab.cookies.set("foresell", shared)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda tab: tab.post("/api/auth/refresh").status_code, tabs))
    assert statuses == [200] * 4


def test_grace_is_for_the_last_token_only(served: Served) -> None:
    person = invite(served)
    first = person.browser.cookies["foresell"]
    for _ in range(2):
        assert person.browser.post("/api/auth/refresh").status_code == 200
    thief = browser(served)
    thief.cookies.set("foresell", first)
    assert thief.post("/api/auth/refresh").status_code == 401


def test_a_session_no_one_used_for_a_day_is_over(served: Served) -> None:
    person = invite(served)
    sql(
        served,
        "update access.sessions set last_seen_at = now() - interval '25 hours' where user_id = %s",
        person.user_id,
    )
    assert person.browser.post("/api/auth/refresh").status_code == 401


def test_a_code_counts_once(served: Served) -> None:
    person = invite(served)
    totp, recovery = with_totp(person)
    assert len(set(recovery)) == 10
    assert {len(code.replace("-", "")) for code in recovery} == {28}, "5 bits a letter: more than 128 in all"
    first = person.sign_in(browser=browser(served)).json()
    assert set(first["second_factor"]) == {"totp", "recovery_code"} and "access_token" not in first
    spent = _spent_code(served, person.user_id, totp)
    replay = browser(served).post("/api/auth/second-factor", json={"ticket": first["ticket"], "code": spent})
    assert replay.status_code == 401
    rewind_totp(served, person.user_id)
    assert _second(served, first["ticket"], code=totp.now()).status_code == 200
    assert _second(served, first["ticket"], code=totp.now()).status_code == 401, "the ticket is spent"
    ticket = person.sign_in(browser=browser(served)).json()["ticket"]
    assert _second(served, ticket, code=_spent_code(served, person.user_id, totp)).status_code == 401, (
        "the code is spent"
    )
    assert _second(served, ticket, recovery_code=recovery[0].upper()).status_code == 200
    ticket = person.sign_in(browser=browser(served)).json()["ticket"]
    assert _second(served, ticket, recovery_code=recovery[0]).status_code == 401
    assert _second(served, ticket, recovery_code=recovery[1]).status_code == 200


def test_replay_would_be_seen_if_the_step_were_not_kept(served: Served) -> None:
    """The control: with the memory of the last step taken away, the same code counts twice."""
    person = invite(served)
    totp, _ = with_totp(person)
    accepted = 0
    for _ in range(2):
        rewind_totp(served, person.user_id)
        ticket = person.sign_in(browser=browser(served)).json()["ticket"]
        accepted += _second(served, ticket, code=totp.now()).status_code == 200
    assert accepted == 2


def test_a_code_used_by_two_at_once_lets_one_in(served: Served) -> None:
    person = invite(served)
    totp, _ = with_totp(person)
    rewind_totp(served, person.user_id)
    tickets = [person.sign_in(browser=browser(served)).json()["ticket"] for _ in range(4)]
    code = totp.now()
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda ticket: _second(served, ticket, code=code).status_code, tickets))
    assert statuses == [200, 401, 401, 401]


def test_codes_of_the_far_past_and_future_do_not_count(served: Served) -> None:
    person = invite(served)
    totp, _ = with_totp(person)
    rewind_totp(served, person.user_id)
    ticket = person.sign_in(browser=browser(served)).json()["ticket"]
    now = int(time.time())
    for steps in (-3, 3):
        assert _second(served, ticket, code=totp.at(now + steps * STEP_SECONDS)).status_code == 401


def test_a_reset_link_does_not_pass_by_the_second_factor(served: Served) -> None:
    person = invite(served)
    totp, _ = with_totp(person)
    reset = served.client("admin").post(f"/api/users/{person.user_id}/reset").json()["link"].split("token=")[1]
    assert person.browser.get("/api/me").status_code == 401, "its sessions are over"
    answer = browser(served).post("/api/auth/link", json={"token": reset}).json()
    assert "ticket" in answer
    rewind_totp(served, person.user_id)
    assert _second(served, answer["ticket"], code=totp.now()).status_code == 200
    lost = (
        served.client("admin").post(f"/api/users/{person.user_id}/reset", json={"second_factor": True}).json()["link"]
    )
    assert "access_token" in browser(served).post("/api/auth/link", json={"token": lost.split("token=")[1]}).json()


def test_a_link_sets_no_password_before_the_second_factor(served: Served) -> None:
    person = invite(served)
    with_totp(person)
    reset = served.client("admin").post(f"/api/users/{person.user_id}/reset").json()["link"].split("token=")[1]
    found = browser(served).post("/api/auth/link", json={"token": reset, "password": "a kettle under nine bridges"})
    assert "ticket" in found.json()
    assert person.sign_in(browser=browser(served)).status_code == 200, "the password of before still counts"


def test_a_new_link_ends_the_ones_before(served: Served) -> None:
    person = invite(served)
    older, newer = (
        served.client("admin").post(f"/api/users/{person.user_id}/reset").json()["link"].split("token=")[1]
        for _ in range(2)
    )
    assert browser(served).post("/api/auth/link", json={"token": older}).status_code == 401
    assert browser(served).post("/api/auth/link", json={"token": newer}).status_code == 200
    assert browser(served).post("/api/auth/link", json={"token": older}).status_code == 401


def test_a_short_password_needs_a_second_factor_and_keeps_it(served: Served) -> None:
    person = invite(served)
    change = {"current": PHRASE, "password": "k7fox-tin"}
    assert person.browser.post("/api/me/password", json=change).status_code == 400
    with_totp(person)
    assert person.browser.post("/api/me/password", json=change).status_code == 204
    assert person.browser.delete("/api/me/totp").status_code == 409
    long = {"current": "k7fox-tin", "password": PHRASE}
    assert person.browser.post("/api/me/password", json=long).status_code == 204
    assert person.browser.delete("/api/me/totp").status_code == 204
    assert person.browser.get("/api/me").json()["recovery_codes"] == 0


def test_another_password_ends_the_other_sessions(served: Served) -> None:
    person = invite(served)
    other = browser(served)
    person.sign_in(browser=other)
    assert other.get("/api/me").status_code == 200
    sql(served, "update access.sessions set signed_in_by = 'password' where user_id = %s", person.user_id)
    wrong = person.browser.post("/api/me/password", json={"current": "wrong", "password": PHRASE + "!"})
    assert wrong.status_code == 400
    change = {"current": PHRASE, "password": "a lantern under seven bridges"}
    assert person.browser.post("/api/me/password", json=change).status_code == 204
    assert other.get("/api/me").status_code == 401
    assert person.browser.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    "password",
    ["Password12345678", "passwordpassword", "qwertyuiopasdfgh", "robinhillrobinhill", "Foresell2024Foresell"],
)
def test_what_attackers_try_first_is_refused(served: Served, password: str) -> None:
    person = invite(served, password=None)
    answer = person.browser.post("/api/auth/link", json={"token": person.link, "password": password})
    assert answer.status_code == 400 and "easy to guess" in answer.json()["detail"]


def test_step_up(served: Served) -> None:
    person = invite(served)
    _age_proof(served, person.user_id)
    refused = person.browser.post("/api/me/totp")
    assert refused.status_code == 403 and refused.json()["code"] == "second_factor_required"
    assert person.browser.post("/api/auth/step-up", json={"password": "wrong"}).status_code == 400
    assert person.browser.post("/api/auth/step-up", json={"password": PHRASE}).status_code == 200
    totp, recovery = with_totp(person)
    _age_proof(served, person.user_id)
    assert person.browser.post("/api/auth/step-up", json={"password": PHRASE}).status_code == 400, "too little now"
    rewind_totp(served, person.user_id)
    assert person.browser.post("/api/auth/step-up", json={"code": totp.now()}).status_code == 200
    assert person.browser.post("/api/auth/step-up", json={"code": recovery[3]}).status_code == 200
    assert person.browser.post("/api/me/recovery-codes").status_code == 200


def test_passkeys(served: Served) -> None:
    person = invite(served)
    device, added = _add_passkey(person.browser)
    assert added.status_code == 201 and len(added.json()["recovery_codes"]) == 10
    signed_in = _by_passkey(browser(served), device)
    assert signed_in.status_code == 200 and signed_in.json()["user"]["user_id"] == person.user_id
    assert person.sign_in(browser=browser(served)).json()["second_factor"] == ["recovery_code", "passkey"]
    [listed] = person.browser.get("/api/me/passkeys").json()["data"]
    assert person.browser.delete(f"/api/me/passkeys/{listed['passkey_id']}").status_code == 204
    assert _by_passkey(browser(served), device).status_code == 401


def test_a_passkey_cannot_be_made_for_another_user(served: Served) -> None:
    mine, theirs = invite(served), invite(served)
    started = theirs.browser.post("/api/me/passkeys/options").json()
    made = Authenticator(_origin(theirs.browser)).create(started["options"])
    stolen = mine.browser.post("/api/me/passkeys", json={"ticket": started["ticket"], "credential": made, "name": "x"})
    assert stolen.status_code == 400


def test_api_keys(served: Served) -> None:
    person = invite(served, "analyst")
    made = person.browser.post("/api/me/api-keys", json={"name": "nightly", "scopes": ["segments.read", "runs.read"]})
    assert made.status_code == 201 and made.json()["key"].startswith("fsk_")
    program = served.client(None)
    program.headers["authorization"] = f"Bearer {made.json()['key']}"
    me = program.get("/api/me").json()
    assert (me["user_id"], me["permissions"]) == (person.user_id, ["runs.read", "segments.read"])
    assert program.get("/api/customers").status_code == 403, "not in its scopes"
    assert program.post("/api/me/totp").status_code == 403, "needs a person"
    assert {program.get(f"/api/me/{what}").status_code for what in ("sessions", "passkeys", "api-keys")} == {403}
    for scopes, status in ((["users.manage"], 400), (["imports.write"], 403), (["no.such"], 403), ([], 400)):
        body = {"name": "x", "scopes": scopes}
        assert person.browser.post("/api/me/api-keys", json=body).status_code == status, scopes
    for ends in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        body = {"name": "x", "scopes": ["runs.read"], "expires_at": ends}
        assert person.browser.post("/api/me/api-keys", json=body).status_code == 400
    [listed] = person.browser.get("/api/me/api-keys").json()["data"]
    assert listed["last_used_at"] and "key" not in listed and listed["prefix"] == made.json()["key"][:8]
    assert person.browser.delete(f"/api/me/api-keys/{listed['key_id']}").status_code == 204
    assert program.get("/api/me").status_code == 401


def test_sessions_are_one_s_own(served: Served) -> None:
    mine, theirs = invite(served), invite(served)
    [row] = theirs.browser.get("/api/me/sessions").json()["data"]
    assert row["current"] and row["device"] == "Firefox on Linux" and row["network"] == "127.0.0.0/24"
    assert mine.browser.delete(f"/api/me/sessions/{row['session_id']}").status_code == 404
    elsewhere = browser(served)
    theirs.sign_in(browser=elsewhere)
    _age_proof(served, theirs.user_id)
    refused = elsewhere.delete(f"/api/me/sessions/{row['session_id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    assert theirs.browser.delete(f"/api/me/sessions/{row['session_id']}").status_code == 204
    assert theirs.browser.get("/api/me").status_code == 401


def test_a_profile_is_one_s_own(served: Served) -> None:
    person = invite(served)
    changed = person.browser.patch("/api/me", json={"name": "Robin of the Hill", "preferences": {"theme": "dark"}})
    assert changed.json()["preferences"]["theme"] == "dark"
    kept = person.browser.patch("/api/me", json={"preferences": {"locale": "de"}}).json()
    assert (kept["name"], kept["preferences"]["theme"]) == ("Robin of the Hill", "dark")
    for sly in ({"roles": ["admin"]}, {"team_id": 1}, {"user_id": 1}, {"preferences": {"admin": True}}):
        assert person.browser.patch("/api/me", json=sly).status_code == 400
    assert person.browser.get("/api/me").json()["roles"] == ["analyst"]


def _spent_code(served: Served, user_id: int, totp: pyotp.TOTP) -> str:
    """The code used last; the current one may be another by now."""
    [(step,)] = sql(served, "select last_step from access.totp where user_id = %s", user_id)
    return totp.at(step * STEP_SECONDS)


def _second(served: Served, ticket: str, **factor: str) -> httpx2.Response:
    return browser(served).post("/api/auth/second-factor", json={"ticket": ticket, **factor})


def _age_proof(served: Served, user_id: int) -> None:
    """As six minutes later."""
    sql(
        served, "update access.sessions set second_factor_at = now() - interval '6 minutes' where user_id = %s", user_id
    )
    time.sleep(1.1)  # what this process remembers of the session is at most a second old


def _origin(client: httpx2.Client) -> str:
    return f"http://localhost:{client.base_url.port}"


def _add_passkey(client: httpx2.Client) -> tuple[Authenticator, httpx2.Response]:
    started = client.post("/api/me/passkeys/options").json()
    device = Authenticator(_origin(client))
    body: dict[str, Any] = {
        "ticket": started["ticket"],
        "credential": device.create(started["options"]),
        "name": "phone",
    }
    return device, client.post("/api/me/passkeys", json=body)


def _by_passkey(client: httpx2.Client, device: Authenticator) -> httpx2.Response:
    started = client.post("/api/auth/passkey/options").json()
    body = {"ticket": started["ticket"], "credential": device.get(started["options"])}
    return carry(client, client.post("/api/auth/passkey", json=body))
