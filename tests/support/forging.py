"""Tokens no honest library makes: any header, any claims, any signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from joserfc.jwk import ECKey


def forge(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """A token of these parts."""
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{b64(sign(signed.encode()))}"


def with_secret(secret: bytes) -> Callable[[bytes], bytes]:
    """HS256, also with what no library takes for a secret: a public key."""
    return lambda message: hmac.digest(secret, message, hashlib.sha256)


def with_pair(pair: ECKey) -> Callable[[bytes], bytes]:
    """ES256."""

    def sign(message: bytes) -> bytes:
        key = serialization.load_pem_private_key(pair.as_pem(private=True), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def empty_signature(message: bytes) -> bytes:
    """The signature of alg none."""
    return b""


def b64(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """And back."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, claims and signature, believed unseen."""
    header, claims, signature = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(claims)), unb64(signature)
