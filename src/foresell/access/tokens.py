"""Tokens: short-lived signed access tokens, and long random secrets of which only the hash is stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from foresell.access.keyring import Keyring

ISSUER = "foresell"
AUDIENCE = "foresell-api"
TYPE = "at+jwt"
ACCESS_SECONDS = 600
LONGEST = 2048
_USER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_SHAPE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a valid access token: user, session and expiry (seconds since 1970)."""

    user_id: int
    session_id: str
    ends: int


def new_secret(prefix: str = "") -> str:
    """A random secret of 256 bits, as text."""
    return prefix + secrets.token_urlsafe(32)


def fingerprint(secret: str) -> bytes:
    """SHA-256 of a secret of full strength: as the database stores it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def sign(keyring: Keyring, user_id: int, session_id: str) -> str:
    """An access token, valid for ACCESS_SECONDS while its session lasts."""
    kid, pair = keyring.signing_key()
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(user_id), "sid": session_id,
        "iat": now, "nbf": now, "exp": now + ACCESS_SECONDS, "jti": secrets.token_urlsafe(12),
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "typ": TYPE, "kid": kid}, claims, pair, algorithms=["ES256"])


def read(keyring: Keyring, token: str) -> AccessToken | None:
    """The claims of a token; None unless every part is exactly as `sign` makes it and it is valid now."""
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        return None
    header = _read_header(token)
    if header is None or set(header) != {"alg", "typ", "kid"} or (header["alg"], header["typ"]) != ("ES256", TYPE):
        return None
    pair = keyring.verifying_key(header["kid"]) if isinstance(header["kid"], str) else None
    if pair is None:
        return None
    try:
        claims = jwt.decode(token, pair, algorithms=["ES256"]).claims
    except (JoseError, ValueError):
        return None
    return _check_claims(claims)


def _read_header(token: str) -> dict[str, Any] | None:
    part = token.split(".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _check_claims(claims: dict[str, Any]) -> AccessToken | None:
    """The claims, when they are complete, of the right types and of this moment."""
    if set(claims) != {"iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"}:
        return None
    if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
        return None
    times = [claims["iat"], claims["nbf"], claims["exp"]]
    if any(type(moment) is not int for moment in times):
        return None
    issued, starts, ends = times
    now = time.time()
    if not (issued <= now + 1 and starts <= now + 1 and now < ends <= issued + ACCESS_SECONDS):
        return None
    if not isinstance(claims["sub"], str) or not _USER.fullmatch(claims["sub"]):
        return None
    try:
        return AccessToken(user_id=int(claims["sub"]), session_id=str(UUID(claims["sid"])), ends=ends)
    except (ValueError, TypeError, AttributeError):
        return None
