"""Passkeys that are not right: of a false origin, copied, replayed, or another user's. None signs in."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import webauthn

from foresell.access import passkeys
from tests.api.people import Person, browser, forget_guesses, invite, sql
from tests.support.authenticator import Authenticator, text
from tests.support.served import Served

pytestmark = pytest.mark.slow_proof


@pytest.fixture(autouse=True)
def _no_guesses(served: Served) -> None:
    forget_guesses(served)


@pytest.fixture(scope="module")
def victim(served: Served) -> tuple[Person, Authenticator]:
    return person_with_passkey(served)


def person_with_passkey(served: Served) -> tuple[Person, Authenticator]:
    """A user with a passkey that was used once."""
    person = invite(served)
    device = Authenticator(f"http://localhost:{person.browser.base_url.port}")
    started = person.browser.post("/api/me/passkeys/options").json()
    made = {"ticket": started["ticket"], "credential": device.create(started["options"]), "name": "phone"}
    assert person.browser.post("/api/me/passkeys", json=made).status_code == 201
    assert sign_in(browser(served), device).status_code == 200
    return person, device


def sign_in(client: httpx2.Client, device: Authenticator) -> httpx2.Response:
    started = client.post("/api/auth/passkey/options").json()
    return send(client, started["ticket"], device.get(started["options"]))


def send(client: httpx2.Client, ticket: str, credential: dict[str, Any]) -> httpx2.Response:
    return client.post("/api/auth/passkey", json={"ticket": ticket, "credential": credential})


#: What is wrong with the device that answers; the rest is the victim's.
DEVICES: dict[str, Callable[[Authenticator], dict[str, Any]]] = {
    "evil origin": lambda real: {"origin": "https://evil.example"},
    "origin that begins like ours": lambda real: {"origin": real.origin.replace("localhost", "localhost.evil.example")},
    "origin on another port": lambda real: {"origin": "http://localhost:1"},
    "made for another site": lambda real: {"rp_id": "evil.example"},
    "no user verification": lambda real: {"verifies_user": False},
    "cloned, its counter behind": lambda real: {"count": 1},
    "cloned, its counter equal": lambda real: {"count": real.count - 1},
    "another key": lambda real: {"key": Authenticator("").key},
    "unknown credential": lambda real: {"credential_id": b"unknown"},
    "an answer to a registration": lambda real: {"kind": "webauthn.create"},
    "another challenge": lambda real: {"challenge": text(bytes(64))},
}


def answer(client: httpx2.Client, device: Authenticator, what: str) -> httpx2.Response:
    """Sign in with a copy of the device that is wrong in this way."""
    return sign_in(client, Authenticator(**{**vars(device), **DEVICES[what](device)}))


def test_no_false_device_signs_in(
    served: Served, victim: tuple[Person, Authenticator], record_property: Callable[[str, object], None]
) -> None:
    client, device = browser(served), victim[1]
    accepted = {what for what in DEVICES if answer(client, device, what).status_code != 401}
    record_property("false passkeys", len(DEVICES))
    record_property("false passkeys accepted", len(accepted))
    assert accepted == set()
    assert sign_in(client, device).status_code == 200, "the real one still works"


def test_each_challenge_is_answered_once(served: Served, victim: tuple[Person, Authenticator]) -> None:
    stranger, device = browser(served), victim[1]
    started = stranger.post("/api/auth/passkey/options").json()
    credential = device.get(started["options"])
    assert send(stranger, started["ticket"], credential).status_code == 200
    assert send(stranger, started["ticket"], credential).status_code == 401, "replayed"
    other = stranger.post("/api/auth/passkey/options").json()
    assert send(stranger, other["ticket"], credential).status_code == 401, "replayed with a new ticket"
    assert send(stranger, other["ticket"], device.get(other["options"])).status_code == 401, "a second try"
    late = stranger.post("/api/auth/passkey/options").json()
    sql(served, "update access.auth_challenges set expires_at = now() where kind = 'passkey'")
    assert send(stranger, late["ticket"], device.get(late["options"])).status_code == 401, "answered too late"


def test_what_is_no_answer_is_refused(served: Served, victim: tuple[Person, Authenticator]) -> None:
    stranger, device = browser(served), victim[1]
    for change in ({"id": "x"}, {"response": {}}, {"signature": "AA"}, {"signature": ""}, {"authenticatorData": "AA"}):
        started = stranger.post("/api/auth/passkey/options").json()
        real = device.get(started["options"])
        inner = {name: value for name, value in change.items() if name in real["response"]}
        outer = {name: value for name, value in change.items() if name not in inner}
        odd = {**real, "response": {**real["response"], **inner}, **outer}
        assert send(stranger, started["ticket"], odd).status_code == 401, change


def test_another_users_passkey_confirms_nothing(served: Served, victim: tuple[Person, Authenticator]) -> None:
    """It is valid, but not for the user who is signed in."""
    thief, device = person_with_passkey(served)
    confirm = victim[0].browser
    for of, status in ((device, 400), (victim[1], 200)):
        started = confirm.post("/api/auth/passkey/options").json()
        passkey = {"ticket": started["ticket"], "credential": of.get(started["options"])}
        assert confirm.post("/api/auth/step-up", json={"passkey": passkey}).status_code == status
    [row] = sql(served, "select count(*) from access.passkeys where user_id = %s", thief.user_id)
    assert row == (1,)


def believe(**changes: Any) -> Callable[..., Any]:
    """The library's check with some of its arguments changed; None: what the client says."""
    real = webauthn.verify_authentication_response

    def verify(**given: Any) -> Any:
        if "expected_origin" in changes:
            client = webauthn.helpers.parse_client_data_json(
                webauthn.base64url_to_bytes(given["credential"]["response"]["clientDataJSON"])
            )
            changes["expected_origin"] = client.origin
        return real(**{**given, **changes})

    return verify


DEFECTS: dict[str, tuple[Callable[..., Any], str]] = {
    "origin not checked": (believe(expected_origin=None), "evil origin"),
    "user verification not required": (believe(require_user_verification=False), "no user verification"),
    "counter not compared": (believe(credential_current_sign_count=0), "cloned, its counter behind"),
    "signature not checked": (lambda **_: SimpleNamespace(new_sign_count=10_000), "another key"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_noticed(defect: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with one check left out, the device that is wrong in this way signs in."""
    check, what = DEFECTS[defect]
    _, device = person_with_passkey(served)
    monkeypatch.setattr(passkeys.webauthn, "verify_authentication_response", check)
    assert answer(browser(served), device, what).status_code == 200
