"""An OpenID Connect provider on this machine: honest, or faulty as the test configures it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import ECKey

from tests.support.forging import empty_signature, forge, with_secret

_ANY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


@dataclass
class FakeProvider:
    """`email` is the user at the browser; `claims`, `header` and `key` change the next ID token; `verified` the e-mail.

    With `moved_to` it redirects every request there. `requested` are the paths of all requests.
    """

    issuer: str = ""
    client_id: str = "foresell"
    client_secret: str = "the client's secret"
    subject: str = "subject-1"
    email: str = "user@foresell.example"
    verified: Any = True
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    says_issuer: str | None = None
    moved_to: str | None = None
    requested: list[str] = field(default_factory=list)
    pair: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> tuple[str, str]:
        """The browser's part: returns (code, state)."""
        request = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert request["response_type"] == "code" and request["code_challenge_method"] == "S256"
        assert request["client_id"] == self.client_id and "openid" in request["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = request
        return code, request["state"]

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint: a code works once, with the verifier and the address of its request."""
        request = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if request is None or challenge.decode().rstrip("=") != request["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != request["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(request["nonce"])}

    def id_token(self, nonce: str) -> str:
        """An ID token, signed as the test configures it."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": self.client_id, "sub": self.subject, "nonce": nonce, "iat": now,
            "exp": now + 300, "email": self.email, "email_verified": self.verified, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not ...}
        header = {"alg": "ES256", "kid": self.pair.kid, **self.header}
        if header["alg"] == "none":
            return forge(header, claims, empty_signature)
        if header["alg"] == "HS256":  # the classic attack: the public key as the secret
            return forge(header, claims, with_secret(self.pair.as_pem(private=False)))
        return str(jwt.encode(header, claims, self.key or self.pair, algorithms=["ES256"], registry=_ANY))


@contextmanager
def serve_provider(provider: FakeProvider) -> Iterator[FakeProvider]:
    """The provider on a free port; `issuer` is set to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_redirected():
                return
            if self.path == "/.well-known/openid-configuration":
                self._respond(200, {
                    "issuer": provider.says_issuer or provider.issuer, "authorization_endpoint": f"{provider.issuer}/authorize",
                    "token_endpoint": f"{provider.issuer}/token", "jwks_uri": f"{provider.issuer}/keys",
                })  # fmt: skip
            else:
                self._respond(200, {"keys": [provider.pair.as_dict(private=False)]})

        def _is_redirected(self) -> bool:
            provider.requested.append(self.path)
            if provider.moved_to:
                self.send_response(307)
                self.send_header("location", f"{provider.moved_to}{self.path}")
                self.send_header("content-length", "0")
                self.end_headers()
            return provider.moved_to is not None

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            if self._is_redirected():
                return
            basic = base64.b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()
            if self.headers.get("authorization") != f"Basic {basic}":
                self._respond(401, {"error": "invalid_client"})
            else:
                self._respond(*provider.token({name: values[0] for name, values in parse_qs(text).items()}))

        def _respond(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
