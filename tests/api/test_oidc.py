"""Sign-in at a company's provider: an honest one works, a lying or hijacked one does not."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from foresell.access import oidc
from foresell.errors import NotSignedIn, ProviderTrouble
from foresell.settings import Provider
from tests.api.people import browser, invite, rewind_totp, sql, with_totp
from tests.support.forging import parts
from tests.support.provider import FakeProvider, serve_provider
from tests.support.served import Served, running

_subjects = itertools.count(1)


@pytest.fixture(scope="module")
def company(served: Served) -> Iterator[tuple[Served, FakeProvider]]:
    """A second process of the same Foresell, with a provider."""
    with serve_provider(FakeProvider()) as fake:
        provider = Provider("company", "Company", fake.issuer, fake.client_id, fake.client_secret)
        settings = replace(served.settings, providers=(provider,))
        with running(settings) as url:
            yield replace(served, settings=settings, url=url, clients=[]), fake


@pytest.fixture
def fake(company: tuple[Served, FakeProvider]) -> Iterator[FakeProvider]:
    """The provider, honest again for each test, with a new user at the browser."""
    _, fake = company
    fresh = FakeProvider()
    for name in ("claims", "header", "key", "verified", "says_issuer"):
        setattr(fake, name, getattr(fresh, name))
    fake.subject = f"subject-{next(_subjects)}"
    yield fake


def go(there: Served, fake: FakeProvider, client: httpx2.Client, onward: str = "/customers") -> httpx2.Response:
    """The whole way: off to the provider, and back."""
    away = client.get("/api/auth/oidc/company/start", params={"next": onward})
    assert away.status_code == 303, away.text
    code, state = fake.authorize(away.headers["location"])
    return client.get("/api/auth/oidc/company/callback", params={"code": code, "state": state})


def is_refused(answer: httpx2.Response) -> bool:
    """Whether the way back ends at the sign-in page, with nothing to stay signed in by."""
    assert answer.status_code == 303, answer.text
    cookies = [cookie.split("=")[0] for cookie in answer.headers.get_list("set-cookie")]
    turned_away = answer.headers["location"].startswith("/sign-in?refused=")
    assert turned_away != ("foresell" in cookies)
    return turned_away


def test_an_honest_provider_signs_in(served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider) -> None:
    there, _ = company
    assert there.client(None).get("/api/auth/oidc").json()["data"] == [{"name": "company", "label": "Company"}]
    person = invite(served)
    fake.email = person.email.upper()
    client = browser(there)
    back = go(there, fake, client)
    assert (back.status_code, back.headers["location"]) == (303, "/customers")
    assert client.post("/api/auth/refresh").json()["user"]["user_id"] == person.user_id
    fake.email = "renamed@foresell.example"
    assert not is_refused(go(there, fake, browser(there))), "known by subject from now on"


def test_the_second_factor_is_still_required(
    served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider
) -> None:
    there, _ = company
    person = invite(served)
    totp, _ = with_totp(person)
    fake.email = person.email
    client = browser(there)
    back = go(there, fake, client)
    assert back.headers["location"].startswith("/sign-in?next=/customers#ticket=") and "foresell" not in client.cookies
    rewind_totp(served, person.user_id)
    ticket = back.headers["location"].split("#ticket=")[1]
    assert client.post("/api/auth/second-factor", json={"ticket": ticket, "code": totp.now()}).status_code == 200


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "no issuer": {"claims": {"iss": ...}},
    "meant for another client": {"claims": {"aud": "other-client"}},
    "meant for two, authorized for another": {"claims": {"aud": ["foresell", "other"], "azp": "other"}},
    "meant for two, authorized for neither": {"claims": {"aud": ["foresell", "other"]}},
    "no audience": {"claims": {"aud": ...}},
    "another nonce": {"claims": {"nonce": "replayed"}},
    "no nonce": {"claims": {"nonce": ...}},
    "expired": {"claims": {"exp": int(time.time()) - 3600}},
    "no expiry": {"claims": {"exp": ...}},
    "issued long ago": {"claims": {"iat": int(time.time()) - 7200}},
    "issued tomorrow": {"claims": {"iat": int(time.time()) + 86_400}},
    "no subject": {"claims": {"sub": ...}},
    "empty subject": {"claims": {"sub": ""}},
    "subject a list": {"claims": {"sub": ["subject-1"]}},
    "unsigned": {"header": {"alg": "none"}},
    "signed with the public key as a secret": {"header": {"alg": "HS256"}},
    "signed with another key": {"key": ECKey.generate_key("P-256")},
    "signed with another key brought along": {"key": "brought along"},
    "e-mail not verified": {"verified": False},
    "e-mail verified, says a text": {"verified": "true"},
    "verification not mentioned": {"claims": {"email_verified": ...}},
}


def lie(fake: FakeProvider, how: dict[str, Any]) -> None:
    """Make the provider's next answer wrong in this way."""
    for name, value in how.items():
        setattr(fake, name, value)
    if fake.key == "brought along":
        fake.key = ECKey.generate_key("P-256")
        fake.header = {"jwk": fake.key.as_dict(private=False)}


@pytest.mark.parametrize("what", LIES)
def test_a_lie_is_not_believed(
    what: str, served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider
) -> None:
    there, _ = company
    fake.email = f"{next(_subjects)}-believer@foresell.example"
    sql(served, "insert into access.users (name, email) values ('Believer', %s)", fake.email)
    sql(
        served,
        "insert into access.user_roles select user_id, 'rep' from access.users where email = %s",
        fake.email,
    )
    lie(fake, LIES[what])
    client = browser(there)
    assert is_refused(go(there, fake, client))
    assert "foresell" not in client.cookies


@pytest.mark.parametrize(
    "what", ["another nonce", "meant for another client", "expired", "signed with another key", "e-mail not verified"]
)
def test_a_planted_defect_is_noticed(
    what: str, served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a client that believes everything is let in by every lie."""

    async def trust_token(client: oidc.Client, token: str) -> dict[str, Any]:
        return parts(token)[1]

    def accept_any(client: oidc.Client, claims: dict[str, Any], nonce: str) -> oidc.Identity:
        return oidc.Identity(claims["sub"], claims["email"])

    there, _ = company
    fake.email = invite(served).email
    lie(fake, LIES[what])
    monkeypatch.setattr(oidc.Client, "_claims", trust_token)
    monkeypatch.setattr(oidc.Client, "_check_claims", accept_any)
    assert not is_refused(go(there, fake, browser(there)))


def test_what_began_in_another_browser_does_not_end_here(
    served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider
) -> None:
    there, _ = company
    fake.email = invite(served).email
    victim, attacker = browser(there), browser(there)
    away = attacker.get("/api/auth/oidc/company/start")
    code, state = fake.authorize(away.headers["location"])
    for client in (victim, browser(there)):
        assert is_refused(client.get("/api/auth/oidc/company/callback", params={"code": code, "state": state}))
    victim.get("/api/auth/oidc/company/start")
    assert is_refused(victim.get("/api/auth/oidc/company/callback", params={"code": code, "state": state}))
    assert is_refused(victim.get("/api/auth/oidc/company/callback", params={"code": "x", "state": "made-up"}))


def test_no_page_of_another_site_starts_a_session(company: tuple[Served, FakeProvider], fake: FakeProvider) -> None:
    there, _ = company
    for site, goes_to in (("cross-site", "/sign-in?next=%2Ftoday"), ("same-site", "/sign-in?next=%2Ftoday"),
                          ("same-origin", fake.issuer), ("none", fake.issuer)):  # fmt: skip
        started = browser(there).get(
            "/api/auth/oidc/company/start", params={"next": "/today"}, headers={"sec-fetch-site": site}
        )
        assert started.status_code == 303 and started.headers["location"].startswith(goes_to), site


def test_each_way_back_counts_once(served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider) -> None:
    there, _ = company
    fake.email = invite(served).email
    client = browser(there)
    code, state = fake.authorize(client.get("/api/auth/oidc/company/start").headers["location"])
    params = {"code": code, "state": state}
    assert not is_refused(client.get("/api/auth/oidc/company/callback", params=params))
    assert is_refused(client.get("/api/auth/oidc/company/callback", params=params))


def test_a_code_of_another_sign_in_is_refused(
    served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attacker's own code, put into the victim's way back: the provider sees another verifier; and a provider that does
    not look, another nonce."""
    there, _ = company
    fake.email = invite(served).email
    for looks in (True, False):
        victim, attacker = browser(there), browser(there)
        stolen, _ = fake.authorize(attacker.get("/api/auth/oidc/company/start").headers["location"])
        _, state = fake.authorize(victim.get("/api/auth/oidc/company/start").headers["location"])
        if not looks:
            monkeypatch.setattr(
                fake,
                "token",
                lambda form: (
                    200,
                    {"token_type": "Bearer", "id_token": fake.id_token(fake.codes[form["code"]]["nonce"])},
                ),
            )
        assert is_refused(victim.get("/api/auth/oidc/company/callback", params={"code": stolen, "state": state}))


def test_a_stranger_and_a_second_account_are_refused(
    served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider
) -> None:
    there, _ = company
    fake.email = "stranger@elsewhere.example"
    assert is_refused(go(there, fake, browser(there)))
    fake.email = invite(served).email
    assert not is_refused(go(there, fake, browser(there)))
    fake.subject += "-new"
    assert is_refused(go(there, fake, browser(there))), "the e-mail went to another person"


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_the_way_onward_stays_here(
    onward: str, served: Served, company: tuple[Served, FakeProvider], fake: FakeProvider
) -> None:
    there, _ = company
    fake.email = invite(served).email
    assert go(there, fake, browser(there), onward).headers["location"] == "/"


def test_a_redirect_of_the_provider_is_not_followed() -> None:
    """Neither for what it says of itself nor with a code and the client's secret."""

    async def ask(client: oidc.Client, fake: FakeProvider, elsewhere: str) -> None:
        started = await client.begin("http://localhost/back", "/")
        code, _ = fake.authorize(started.url)
        request = oidc.StoredRequest(started.stored["nonce"], started.stored["verifier"], "/")
        fake.moved_to = elsewhere
        with pytest.raises((ProviderTrouble, NotSignedIn)):
            await client.identity("http://localhost/back", code, request)
        with pytest.raises(ProviderTrouble):
            await oidc.Client(client.provider).begin("http://localhost/back", "/")

    with serve_provider(FakeProvider()) as fake, serve_provider(FakeProvider()) as other:
        provider = Provider("company", "Company", fake.issuer, fake.client_id, fake.client_secret)
        asyncio.run(ask(oidc.Client(provider), fake, other.issuer))
        assert (len(fake.requested), other.requested) == (3, [])


def test_a_provider_that_says_it_is_another_is_not_called(served: Served) -> None:
    with serve_provider(FakeProvider(says_issuer="https://evil.example")) as fake:
        provider = Provider("company", "Company", fake.issuer, fake.client_id, fake.client_secret)
        with running(replace(served.settings, providers=(provider,))) as url:
            answer = httpx2.get(f"{url}/api/auth/oidc/company/start")
            assert answer.status_code == 503 and "error" in answer.json()
            assert httpx2.get(f"{url}/api/auth/oidc/unknown/start").status_code == 404
