"""Behind a TLS proxy on the same machine: what browsers are told, and whom the limits count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest

from tests.api.people import PHRASE, invite
from tests.support.served import NO_TLS, Served, running


@pytest.fixture(scope="module")
def proxied(served: Served) -> Iterator[Served]:
    """A second process of the same Foresell, as its proxy reaches it."""
    settings = replace(served.settings, public_url="https://sales.shop.example")
    with running(settings) as url:
        yield replace(served, settings=settings, url=url)


def sign_in(url: str, email: str, **headers: str) -> httpx2.Response:
    with httpx2.Client(base_url=url, headers=headers, verify=NO_TLS) as client:
        return client.post("/api/auth/sign-in", json={"email": email, "password": PHRASE})


def test_cookies_and_headers_are_for_https_only(served: Served, proxied: Served) -> None:
    answer = sign_in(proxied.url, invite(served).email, host="sales.shop.example")
    assert answer.status_code == 200
    cookies = dict(cookie.split("=", 1) for cookie in answer.headers.get_list("set-cookie"))
    assert set(cookies) == {"__Host-foresell", "__Host-foresell-device"}
    for cookie in cookies.values():
        assert {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"} <= set(cookie.split("; ")) and "Domain" not in cookie
    secret = cookies["__Host-foresell"].split(";")[0]
    assert len(secret) == 43 and secret not in answer.text, "the refresh token is in the cookie only"
    for path in ("/api/health", "/api/customers", "/api/nothing", "/"):
        answer = httpx2.get(f"{proxied.url}{path}", headers={"host": "sales.shop.example"}, verify=NO_TLS)
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains", path
        assert not answer.is_redirect
    assert "strict-transport-security" not in served.client(None).get("/api/health").headers, "plain http here"


def test_only_the_proxy_says_where_a_request_comes_from(served: Served, proxied: Served) -> None:
    """The last address is the proxy's word; what stands before it was sent by the client. Without a proxy none counts."""
    seen = {}
    for where, url in (("proxied", proxied.url), ("direct", served.url)):
        person = invite(served)
        answer = sign_in(
            url, person.email, **{"x-forwarded-for": "198.51.100.1, 203.0.113.7", "x-real-ip": "198.51.100.2"}
        )
        token = answer.json()["access_token"]
        found = served.client(None).get("/api/me/sessions", headers={"authorization": f"Bearer {token}"}).json()["data"]
        [seen[where]] = [each["network"] for each in found if each["current"]]
    assert seen == {"proxied": "203.0.113.0/24", "direct": "127.0.0.0/24"}
