"""Who is behind a request: bearer tokens and API keys, the cookies of browsers, and where the request came from."""

from __future__ import annotations

import math
import time
from ipaddress import ip_address

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import Scope

from foresell.access import bearer, sessions
from foresell.access.client_info import ClientInfo
from foresell.access.keyring import Keyring
from foresell.access.passkeys import Site
from foresell.access.principal import Principal, act_for
from foresell.access.sessions import SESSION_DAYS
from foresell.access.tokens import AccessToken, fingerprint
from foresell.api.http.dependencies import app_state_of
from foresell.db import AsyncConnection
from foresell.errors import NotSignedIn, SessionEnded

#: How long at most a revocation made by another process goes unseen here; one made here is seen at once.
REMEMBERED_SECONDS = 1.0
REMEMBERED = 10_000
DEVICE_DAYS = 400
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Principals:
    """Who was behind an Authorization header a moment ago. A step-up comes with a new token, so it is never too late."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, Principal]] = {}

    def get(self, header: str) -> Principal | None:
        """The principal, if it was looked up within a second."""
        known = self._known.get(fingerprint(header))
        return known[1] if known and known[0] > time.time() else None

    def put(self, header: str, principal: Principal, ends: float) -> None:
        """Remember for a second, and not beyond the token's end (seconds since 1970)."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[fingerprint(header)] = (min(time.time() + REMEMBERED_SECONDS, ends), principal)

    def forget(self) -> None:
        """Clear the cached principals after a revocation, a grant or a step-up."""
        self._known.clear()


async def authenticate(request: Request) -> Principal:
    """Who is asking. Raises NotSignedIn."""
    header = request.headers.get("authorization", "")
    principals = principals_of(request)
    principal = principals.get(header)
    if principal:
        return principal
    brought = bearer.parse_authorization(keyring_of(request), header)
    if brought is None:
        raise NotSignedIn(remedy="Send an access token or an API key as Authorization: Bearer ...")
    async with app_state_of(request).transaction(None) as con:
        principal = await bearer.principal_of(con, brought)
    if principal is None:
        raise SessionEnded(remedy="Sign in again.")
    principals.put(header, principal, brought.ends if isinstance(brought, AccessToken) else math.inf)
    return principal


def is_credible(scope: Scope) -> bool:
    """Whether an Authorization header is not made up: it was known a moment ago, or is a token that we signed.

    An API key is credible once it was looked up.
    """
    state, header = scope["app"].state, Headers(scope=scope).get("authorization", "")
    known = state.principals.get(header) is not None
    return known or isinstance(bearer.parse_authorization(state.keyring, header), AccessToken)


def token_end_of(request: Request) -> float:
    """When the access token of a request ends, in seconds since 1970; infinity for an API key."""
    brought = bearer.parse_authorization(keyring_of(request), request.headers.get("authorization", ""))
    return brought.ends if isinstance(brought, AccessToken) else math.inf


def keyring_of(request: Request) -> Keyring:
    """The keys of this home."""
    keyring: Keyring = request.app.state.keyring
    return keyring


def principals_of(request: Request) -> Principals:
    """The principals this process remembers."""
    principals: Principals = request.app.state.principals
    return principals


def client_info_of(request: Request) -> ClientInfo:
    """Where the request comes from."""
    try:
        address = str(ip_address(request.client.host if request.client else ""))
    except ValueError:
        address = "0.0.0.0"  # noqa: S104  (a placeholder for requests without an address)
    proxied = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return ClientInfo(
        address,
        request.headers.get("user-agent", "")[:500],
        request.cookies.get(_cookie(request, "foresell-device")),
        is_here=ip_address(address).is_loopback and not proxied and request.url.hostname in LOOPBACK_NAMES,
    )


def site_of(request: Request) -> Site:
    """What passkeys are bound to: the public address, or localhost with the port asked at."""
    return Site(origin_of(request))


def origin_of(request: Request) -> str:
    """Where browsers reach this Foresell."""
    port = f":{request.url.port}" if request.url.port else ""
    return app_state_of(request).settings.public_url or f"http://localhost{port}"


def refresh_token_of(request: Request) -> str | None:
    """The refresh token of the browser's cookie."""
    return request.cookies.get(_cookie(request, "foresell"))


async def end_replaced_session(request: Request, con: AsyncConnection, user_id: int) -> None:
    """End the session whose cookie this browser brings: a new one takes its place. Acts for the user from here on."""
    token = refresh_token_of(request)
    replaced = await sessions.find_by_token(con, token[:200]) if token else None
    if replaced:
        await sessions.end(con, replaced[1], "signed out")
        principals_of(request).forget()
    await act_for(con, user_id)


def set_cookies(request: Request, response: Response, refresh_token: str, device_token: str | None = None) -> None:
    """Give the browser the session's refresh token, and the device's where it is new."""
    _set(request, response, "foresell", refresh_token, SESSION_DAYS * 86_400)
    if device_token:
        _set(request, response, "foresell-device", device_token, DEVICE_DAYS * 86_400)


def drop_cookie(request: Request, response: Response) -> None:
    """Take the refresh token back."""
    _set(request, response, "foresell", "", 0)


def binder_of(request: Request) -> str | None:
    """What binds a sign-in at a provider to this browser."""
    return request.cookies.get(_cookie(request, "foresell-oidc"))


def set_binder(request: Request, response: Response, binder: str) -> None:
    """For five minutes, and Lax: the browser comes back from another site."""
    _set(request, response, "foresell-oidc", binder, 300, same_site="lax")


def _set(
    request: Request, response: Response, name: str, value: str, seconds: int, *, same_site: str = "strict"
) -> None:
    flags = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site.capitalize()}"
    secure = "; Secure" if _is_secure(request) else ""
    response.headers.append("set-cookie", f"{_cookie(request, name)}={value}; {flags}{secure}")


def _cookie(request: Request, name: str) -> str:
    """The cookie's name: `__Host-` binds it to this host and to https; plain http on this machine has no such thing."""
    return f"__Host-{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https" or (app_state_of(request).settings.public_url or "").startswith("https:")
