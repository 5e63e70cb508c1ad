"""Sign-in at an OpenID Connect provider: code with PKCE, state bound to the browser, and every claim of the ID token checked."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from foresell.access import challenges
from foresell.access.email import normalise_email
from foresell.access.principal import act_for
from foresell.access.tokens import fingerprint, new_secret
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotSignedIn, ProviderTrouble
from foresell.settings import Provider

SQL = AsyncStatements("foresell.access")

ALGORITHMS = ("RS256", "PS256", "ES256")
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600
TIMEOUT_SECONDS = 5.0
CACHE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class StartedSignIn:
    """A started sign-in: the URL to redirect to, the secret for the browser's cookie, and the data to store under `state`."""

    url: str
    binder: str
    state: str
    stored: dict[str, str]


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """The stored data of a sign-in whose browser returns from the provider."""

    nonce: str
    verifier: str
    onward: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The account a provider signed in; `email` only when the provider verified it."""

    subject: str
    email: str | None


class Client:
    """One provider. Its endpoints and keys are fetched when needed and cached for ten minutes."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._endpoints: dict[str, Any] | None = None
        self._endpoints_at = 0.0
        self._keys: KeySet | None = None

    async def begin(self, redirect_uri: str, onward: str) -> StartedSignIn:
        """Start a sign-in; `onward` is the path on this site to open afterwards."""
        endpoint = (await self._fetch_endpoints())["authorization_endpoint"]
        state, nonce, verifier, binder = new_secret(), new_secret(), new_secret(), new_secret()
        async with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                endpoint, state=state, nonce=nonce, code_verifier=verifier, scope="openid email"
            )
        stored = {
            "provider": self.provider.name, "nonce": nonce, "verifier": verifier,
            "binder": fingerprint(binder).hex(), "onward": onward if _is_ours(onward) else "/",
        }  # fmt: skip
        return StartedSignIn(str(url), binder, state, stored)

    async def identity(self, redirect_uri: str, code: str, request: StoredRequest) -> Identity:
        """Exchange a code for an ID token and check all its claims. Raises NotSignedIn, ProviderTrouble."""
        endpoint = (await self._fetch_endpoints())["token_endpoint"]
        try:
            async with self._session(redirect_uri) as session:
                answer = await session.fetch_token(endpoint, code=code, code_verifier=request.verifier)
        except OAuthError:
            raise NotSignedIn("The provider rejected this sign-in.", remedy="Start again.") from None
        except (httpx2.HTTPError, ValueError, TypeError):
            raise ProviderTrouble from None
        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise ProviderTrouble
        return self._check_claims(await self._claims(token), request.nonce)

    async def _claims(self, token: str) -> dict[str, Any]:
        """The claims of an ID token signed by one of the provider's keys; unknown keys are fetched again once."""
        for again in (False, True):
            try:
                return jwt.decode(token, await self._key_set(again=again), algorithms=ALGORITHMS).claims
            except (JoseError, ValueError):
                if again:
                    break
        raise NotSignedIn("The provider's response has no valid signature.", remedy="Start again.")

    def _check_claims(self, claims: dict[str, Any], nonce: str) -> Identity:
        """The identity of an ID token. Raises NotSignedIn unless it was issued for this sign-in."""
        mine, now = self.provider.client_id, time.time()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        subject, issued, ends = claims.get("sub"), _to_seconds(claims.get("iat")), _to_seconds(claims.get("exp"))
        right = (
            claims.get("iss") == self.provider.issuer
            and mine in audiences
            and claims.get("azp", mine if len(audiences) == 1 else None) == mine
            and isinstance(subject, str)
            and 0 < len(subject) <= 255
            and now - OLDEST_SECONDS < issued < now + LEEWAY_SECONDS
            and now - LEEWAY_SECONDS < ends
            and isinstance(claims.get("nonce"), str)
            and secrets.compare_digest(claims["nonce"].encode(), nonce.encode())
        )
        if not right:
            raise NotSignedIn("The provider's response is for another sign-in.", remedy="Start again.")
        email = claims.get("email")
        verified = claims.get("email_verified") is True and isinstance(email, str)
        return Identity(str(subject), str(email) if verified else None)

    async def _fetch_endpoints(self) -> dict[str, Any]:
        if self._endpoints is None or time.monotonic() - self._endpoints_at > CACHE_SECONDS:
            found = await self._fetch_json(f"{self.provider.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self.provider.issuer:
                raise ProviderTrouble(f"The provider {self.provider.name} identifies itself as another issuer.")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check_safe(found.get(name))
            self._endpoints, self._endpoints_at, self._keys = found, time.monotonic(), None
        return self._endpoints

    async def _key_set(self, *, again: bool) -> KeySet:
        if self._keys is None or again:
            found = await self._fetch_json((await self._fetch_endpoints())["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError):
                raise ProviderTrouble from None
        return self._keys

    async def _fetch_json(self, url: str) -> dict[str, Any]:
        _check_safe(url)
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as http:
                content = (await http.get(url)).raise_for_status().json()
        except (httpx2.HTTPError, ValueError):
            raise ProviderTrouble(remedy=f"Check FORESELL_OIDC_{self.provider.name.upper()}_ISSUER.") from None
        if not isinstance(content, dict):
            raise ProviderTrouble
        return content

    def _session(self, redirect_uri: str) -> Any:
        return AsyncOAuth2Client(
            self.provider.client_id,
            self.provider.client_secret,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )


async def store_request(con: AsyncConnection, started: StartedSignIn) -> None:
    """Store the data that is needed when the browser returns, for five minutes."""
    await challenges.issue_challenge(con, "oidc", None, dict(started.stored), ticket=started.state)


async def complete_request(con: AsyncConnection, client: Client, state: str, binder: str | None) -> StoredRequest:
    """The data stored under `state`; it works once. Raises NotSignedIn unless this browser started the sign-in within five minutes."""
    challenge = await challenges.consume_challenge(con, "oidc", state)
    data = challenge["data"] if challenge else {}
    expected = data.get("binder", "")
    if (
        data.get("provider") != client.provider.name
        or not binder
        or not secrets.compare_digest(fingerprint(binder).hex(), expected)
    ):
        raise NotSignedIn("This sign-in was started in another browser.", remedy="Start again.")
    return StoredRequest(data["nonce"], data["verifier"], data["onward"])


async def find_user(con: AsyncConnection, provider: Provider, identity: Identity) -> int | None:
    """The user an identity signs in: the one it is linked to, else the one with its verified e-mail, who is linked to it.

    None for an unknown person (administrators create users), and for a second account at the same provider: a company may
    give an e-mail address to a new employee. The transaction acts for that user afterwards.
    """
    known = await SQL.row(con, "users.find_by_oidc_account", provider=provider.name, subject=identity.subject)
    if known and known["user_id"] is not None:
        await act_for(con, known["user_id"])
        return int(known["user_id"])
    address = normalise_email(identity.email or "")
    found = await SQL.row(con, "users.find_by_email", email=address) if address else None
    if not found or found["user_id"] is None:
        return None
    await act_for(con, found["user_id"])
    linked = await SQL.run(
        con, "users.link_oidc_account", provider=provider.name, subject=identity.subject, user_id=found["user_id"]
    )
    return int(found["user_id"]) if linked else None


def _to_seconds(value: object) -> float:
    """Seconds since 1970; 0 for a value that is not a number."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def _is_ours(path: str) -> bool:
    """Whether a path stays on this site in every browser."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path


def _check_safe(url: object) -> None:
    """Raises ProviderTrouble for an address that is not https, unless it is on this machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))
    ):
        raise ProviderTrouble("The sign-in provider must be reached by https.")
