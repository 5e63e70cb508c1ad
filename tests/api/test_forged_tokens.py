"""Forged and stale tokens: none is accepted. The controls break one check each and show that the table notices."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import utils
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from foresell.access import bearer, tokens
from foresell.access.keyring import Keyring
from foresell.access.principal import load_principal
from tests.api.people import Person, invite, sql
from tests.support.forging import b64, forge, parts, unb64, with_pair, with_secret
from tests.support.served import Served

pytestmark = pytest.mark.slow_proof

EVERYTHING = ["none", "HS256", "ES256", "ES384", "RS256", "EdDSA", "Ed25519"]
_REGISTRY = jws.JWSRegistry(algorithms=EVERYTHING, strict_check_header=False)


@dataclass
class Mint:
    """What an attacker has (a token of their own, the public key) and, for stale tokens, what we have."""

    keyring: Keyring
    user_id: int
    session_id: str
    other_user: int
    other_session: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": str(self.user_id), "sid": self.session_id,
            "iat": now, "nbf": now, "exp": now + tokens.ACCESS_SECONDS, "jti": "x",
        }  # fmt: skip
        return {name: value for name, value in {**claims, **changes}.items() if value is not ...}

    def ours(self, claims: dict[str, Any] | None = None, **header: Any) -> str:
        """Signed with our own key: what a fault of ours might once have signed."""
        kid, pair = self.keyring.signing_key()
        head = {"alg": "ES256", "typ": tokens.TYPE, "kid": kid, **header}
        head = {name: value for name, value in head.items() if value is not ...}
        return forge(head, claims or self.claims(), with_pair(pair))

    def by(self, key: Any, header: dict[str, Any]) -> str:
        """Signed with another key."""
        if header["alg"] == "ES256":
            return forge(header, self.claims(), with_pair(key))
        return jwt.encode(header, self.claims(), key, algorithms=[header["alg"]], registry=_REGISTRY)

    def raw(self, header: dict[str, Any], payload: Any, signature: bytes = b"") -> str:
        return forge(header, payload, lambda _: signature)


def forgeries(mint: Mint) -> dict[str, str]:
    """Every forged or stale token by what is wrong with it."""
    kid, pair = mint.keyring.signing_key()
    public = pair.as_pem(private=False)
    head = {"alg": "ES256", "typ": tokens.TYPE, "kid": kid}
    hs256 = {**head, "alg": "HS256"}
    good = mint.ours()
    h, p, s = good.split(".")
    mine = ECKey.generate_key("P-256")
    now = int(time.time())
    made = {
        "alg none": mint.raw({**head, "alg": "none"}, mint.claims()),
        "alg nOnE": mint.raw({**head, "alg": "nOnE"}, mint.claims()),
        "alg none, signature kept": mint.raw({**head, "alg": "none"}, mint.claims(), unb64(s)),
        "alg empty": mint.raw({**head, "alg": ""}, mint.claims()),
        "alg missing": mint.raw({"typ": tokens.TYPE, "kid": kid}, mint.claims(), unb64(s)),
        "HS256 with the public key": forge(hs256, mint.claims(), with_secret(public)),
        "HS256 with the public key as JWK": forge(
            hs256, mint.claims(), with_secret(json.dumps(pair.as_dict(private=False)).encode())
        ),
        "HS256 with the key id": forge(hs256, mint.claims(), with_secret(kid.encode())),
        "HS256 with nothing": forge(hs256, mint.claims(), with_secret(b"")),
        "another key under our id": mint.by(mine, head),
        "another key under its own id": mint.by(mine, {**head, "kid": "mine"}),
        "another key brought along": mint.by(mine, {**head, "jwk": mine.as_dict(private=False)}),
        "another key to be fetched": mint.by(mine, {**head, "jku": "https://evil.example/keys"}),
        "another certificate brought along": mint.by(mine, {**head, "x5c": ["AAAA"]}),
        "another curve": mint.by(ECKey.generate_key("P-384"), {**head, "alg": "ES384"}),
        "RS256": mint.by(RSAKey.generate_key(2048), {**head, "alg": "RS256"}),
        "Ed25519": mint.by(OKPKey.generate_key("Ed25519"), {**head, "alg": "Ed25519"}),
        "no signature": f"{h}.{p}.",
        "half a signature": f"{h}.{p}.{s[:40]}",
        "signature of nothing": mint.raw(head, mint.claims(), bytes(64)),
        "signature of the group's order": mint.raw(head, mint.claims(), bytes.fromhex(ORDER * 2)),
        "signature as DER": f"{h}.{p}.{b64(_der(unb64(s)))}",
        "signature of another token": f"{h}.{p}.{mint.ours(mint.claims(jti='y')).split('.')[2]}",
        "signature of a signature by us over other bytes": f"{h}.{p}.{b64(with_pair(pair)(b'other'))}",
        "another payload": f"{h}.{b64(json.dumps(mint.claims(sub=str(mint.other_user))).encode())}.{s}",
        "critical header": mint.ours(crit=["exp"]),
        "kid missing": mint.ours(kid=...),
        "kid null": mint.raw({**head, "kid": None}, mint.claims(), unb64(s)),
        "kid a list": mint.raw({**head, "kid": [kid]}, mint.claims(), unb64(s)),
        "kid a path": mint.by(mine, {**head, "kid": "../../access"}),
        "kid SQL": mint.by(mine, {**head, "kid": "x' or '1'='1"}),
        "typ JWT": mint.ours(typ="JWT"),
        "typ missing": mint.ours(typ=...),
        "expired a second ago": mint.ours(mint.claims(iat=now - 601, nbf=now - 601, exp=now - 1)),
        "expired last year": mint.ours(mint.claims(iat=now - 31_536_600, nbf=now - 31_536_600, exp=now - 31_536_000)),
        "not yet": mint.ours(mint.claims(nbf=now + 60)),
        "issued tomorrow": mint.ours(mint.claims(iat=now + 86_400, exp=now + 86_500)),
        "good for a year": mint.ours(mint.claims(exp=now + 31_536_000)),
        "exp missing": mint.ours(mint.claims(exp=...)),
        "exp as text": mint.ours(mint.claims(exp=str(now + 600))),
        "exp as a fraction": mint.ours(mint.claims(exp=now + 600.5)),
        "exp true": mint.ours(mint.claims(exp=True)),
        "exp null": mint.ours(mint.claims(exp=None)),
        "iss another": mint.ours(mint.claims(iss="https://evil.example")),
        "iss missing": mint.ours(mint.claims(iss=...)),
        "aud another": mint.ours(mint.claims(aud="another-api")),
        "aud a list": mint.ours(mint.claims(aud=[tokens.AUDIENCE, "x"])),
        "aud missing": mint.ours(mint.claims(aud=...)),
        "sub missing": mint.ours(mint.claims(sub=...)),
        "sub a number": mint.ours(mint.claims(sub=[mint.user_id])),
        "sub SQL": mint.ours(mint.claims(sub=f"{mint.user_id} or 1=1")),
        "sub of another user": mint.ours(mint.claims(sub=str(mint.other_user))),
        "unknown sub": mint.ours(mint.claims(sub="2000000000")),
        "sub too large": mint.ours(mint.claims(sub="9" * 30)),
        "sid of another user": mint.ours(mint.claims(sid=mint.other_session)),
        "unknown sid": mint.ours(mint.claims(sid=str(uuid.uuid4()))),
        "sid no uuid": mint.ours(mint.claims(sid="1")),
        "sid missing": mint.ours(mint.claims(sid=...)),
        "one claim more": mint.ours(mint.claims(role="admin")),
        "claims a list": f"{h}.{b64(b'[]')}.{s}",
        "two parts": f"{h}.{p}",
        "five parts": f"{h}.{p}.{s}.{p}.{s}",
        "padded": good + "==",
        "another token behind it": f"{good} {good}",
        "enormous": "a" * 3000,
        "unknown API key": tokens.new_secret("fsk_"),
        "API key that is only a prefix": "fsk_",
    }
    return made


ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"


@pytest.fixture(scope="module")
def person(served: Served) -> Person:
    return invite(served, "analyst")


@pytest.fixture
def mint(served: Served, person: Person) -> Mint:
    return Mint(
        Keyring(served.settings.home / "keys"), person.user_id, served_session(served, person), served.users["admin"],
        served.session("admin"),
    )  # fmt: skip


def served_session(served: Served, person: Person) -> str:
    [row] = sql(
        served,
        "insert into access.sessions (user_id, signed_in_by, device, expires_at) values (%s, 'password', 't', now() + interval '1 day')"
        " returning session_id::text",
        person.user_id,
    )
    return str(row[0])


def list_accepted(served: Served, made: dict[str, str]) -> set[str]:
    """Those the API lets in."""
    client = served.client(None)
    answers = {
        name: client.get("/api/me", headers={"authorization": f"Bearer {token}"}) for name, token in made.items()
    }
    assert {answer.status_code for answer in answers.values()} <= {200, 401}, answers
    return {name for name, answer in answers.items() if answer.status_code == 200}


def test_the_real_one_is_accepted(served: Served, mint: Mint) -> None:
    assert list_accepted(served, {"real": mint.ours()}) == {"real"}


def test_no_forged_token_is_accepted(
    served: Served, mint: Mint, record_property: Callable[[str, object], None]
) -> None:
    made = forgeries(mint)
    accepted = list_accepted(served, made)
    record_property("forged tokens", len(made))
    record_property("forged tokens accepted", len(accepted))
    assert len(made) >= 60
    assert accepted == set()


def test_no_stale_sign_in_is_accepted(served: Served) -> None:
    stale: dict[str, str] = {}
    for name, change in {
        "session ended": "update access.sessions set revoked_at = now(), revoked_because = 'by admin' where user_id = %s",
        "session expired": "update access.sessions set expires_at = now() where user_id = %s",
        "user disabled": "update access.users set disabled_at = now() where user_id = %s",
        "user without a role": "delete from access.user_roles where user_id = %s",
        "API key revoked": "update access.api_keys set revoked_at = now() where user_id = %s",
        "API key expired": "update access.api_keys set expires_at = now() where user_id = %s",
        "API key of a disabled user": "update access.users set disabled_at = now() where user_id = %s",
    }.items():
        person = invite(served)
        token = person.browser.headers["authorization"].removeprefix("Bearer ")
        if name.startswith("API key"):
            token = person.browser.post("/api/me/api-keys", json={"name": "k", "scopes": ["runs.read"]}).json()["key"]
        else:
            stale[f"refresh token, {name}"] = person.browser.cookies["foresell"]
        assert list_accepted(served, {name: token}) == {name}
        sql(served, change, person.user_id)
        stale[name] = token
    time.sleep(1.1)  # another process than ours did it: seen within a second
    assert list_accepted(served, stale) == set()


def test_a_retired_key_no_longer_counts(served: Served, mint: Mint, tmp_path: Path) -> None:
    elsewhere = Keyring(tmp_path / "keys")
    foreign = Mint(elsewhere, mint.user_id, mint.session_id, mint.other_user, mint.other_session).ours()
    assert list_accepted(served, {"of another home": foreign}) == set()


def test_other_ways_to_write_the_header(served: Served, mint: Mint) -> None:
    token = mint.ours()
    client = served.client(None)
    for header in (
        token,
        f"Basic {token}",
        f"Bearer  {token}",
        f"Bearer\t{token}",
        "Bearer",
        f"Token {token}",
    ):
        assert client.get("/api/me", headers={"authorization": header}).status_code == 401, header
    assert client.get(f"/api/me?access_token={token}").status_code in (400, 401)
    client.cookies.set("foresell", token)
    assert client.get("/api/me").status_code == 401
    assert client.post("/api/auth/refresh").status_code == 401


Break = Callable[[pytest.MonkeyPatch, Mint], None]


def _skip_signature(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    patch.setattr(tokens.jwt, "decode", lambda token, *_, **__: jwt.Token(*parts(token)[:2]))


def _timeless(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    real = tokens._check_claims
    patch.setattr(
        tokens,
        "_check_claims",
        lambda claims: real({**claims, **{k: v for k, v in mint.claims().items() if k in TIMES}}),
    )


def _any_audience(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    real = tokens._check_claims
    patch.setattr(tokens, "_check_claims", lambda claims: real({**claims, "aud": tokens.AUDIENCE}))


def _any_header(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    kid = mint.keyring.signing_key()[0]
    patch.setattr(tokens, "_read_header", lambda token: {"alg": "ES256", "typ": tokens.TYPE, "kid": kid})


def _key_from_header(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    def decode(token: str, *_: Any, **__: Any) -> Any:
        header = parts(token)[0]
        key = ECKey.import_key(header["jwk"]) if "jwk" in header else mint.keyring.signing_key()[1]
        return jwt.decode(token, key, algorithms=["ES256"], registry=_REGISTRY)

    patch.setattr(tokens, "jwt", type("lax", (), {"decode": staticmethod(decode)}))
    _any_header(patch, mint)


def _session_not_requested(patch: pytest.MonkeyPatch, mint: Mint) -> None:
    async def lax(con: Any, brought: Any) -> Any:
        if isinstance(brought, str):
            return None
        return await load_principal(con, mint.user_id, session_id=mint.session_id)

    patch.setattr(bearer, "principal_of", lax)


TIMES = {"iat", "nbf", "exp"}
DEFECTS: dict[str, tuple[Break, str]] = {
    "signature not checked": (_skip_signature, "another key under our id"),
    "time not checked": (_timeless, "expired last year"),
    "audience not checked": (_any_audience, "aud another"),
    "header not checked": (_any_header, "typ JWT"),
    "key taken from the header": (_key_from_header, "another key brought along"),
    "session not looked up": (_session_not_requested, "unknown sid"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_noticed(defect: str, served: Served, mint: Mint, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, noticed = DEFECTS[defect]
    made = forgeries(mint)
    with monkeypatch.context() as patch:
        plant(patch, mint)
        assert noticed in list_accepted(served, made)


def _der(signature: bytes) -> bytes:
    return utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
