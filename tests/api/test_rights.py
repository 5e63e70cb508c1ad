"""Every operation x every role x own and other x anonymous, expired, revoked: nothing answers that should not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt

from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.api.http.authentication import REMEMBERED_SECONDS
from tests.api.operations import OPERATIONS, fill_path
from tests.support.served import STAFF, Served


def status(served: Served, method: str, path: str, authorization: str | None) -> int:
    """What a request without a body is answered with; a stream is not read."""
    headers = {"authorization": authorization} if authorization else {}
    with served.client(None).stream(method, path, headers=headers) as answer:
        return answer.status_code


@pytest.fixture(scope="module")
def read_permissions(served: Served) -> dict[str, set[str]]:
    """The permissions of each role, as the database has them."""
    with served.database.connect("app") as con:
        rows = con.execute("select role, permission from access.role_permissions").fetchall()
    roles: dict[str, set[str]] = {}
    for row in rows:
        roles.setdefault(row["role"], set()).add(row["permission"])
    return roles


def has_right(right: str, permissions: set[str]) -> bool:
    return right in ("public", "signed in") or right in permissions


def test_there_is_something_to_walk() -> None:
    assert len(OPERATIONS) > 40
    assert {right for _, _, right in OPERATIONS if right == "public"} == {"public"}


def test_rights_that_are_declared_exist(read_permissions: dict[str, set[str]]) -> None:
    declared = {right for _, _, right in OPERATIONS} - {"public", "signed in"}
    assert declared <= read_permissions["admin"]


@pytest.mark.parametrize("who", STAFF)
def test_each_role_gets_what_it_may_and_nothing_else(
    served: Served, read_permissions: dict[str, set[str]], who: str, record_property: Callable[[str, object], None]
) -> None:
    permissions = read_permissions[STAFF[who][0]]
    wrong = []
    for method, path, right in OPERATIONS:
        if right == "public":
            continue
        got = status(served, method, fill_path(path, served), f"Bearer {served.token(who, second_factor=False)}")
        refused = got in (401, 403)
        if refused and has_right(right, permissions) and not asks_again(got, path):
            wrong.append(f"{method} {path} ({right}) refused {who}: {got}")
        if not refused and not has_right(right, permissions):
            wrong.append(f"{method} {path} ({right}) answered {who}: {got}")
    record_property("operations asked by a role", len(OPERATIONS))
    record_property("unexpected answers", len(wrong))
    assert wrong == []


def asks_again(got: int, path: str) -> bool:
    """Operations that ask for a second factor of the last minutes, which this walk does not have."""
    return got == 403 and any(
        part in path
        for part in (
            "/erase",
            "/export",
            "/api-keys",
            "/totp",
            "/passkeys",
            "/recovery",
            "/sessions/",
            "/password",
            "/reset",
            "/users",
        )
    )


def tokens_that_do_not_count(served: Served) -> dict[str, str]:
    """Authorizations of a user who was admin, or never was."""
    keyring = Keyring(served.settings.home / "keys")
    admin = served.users["admin"]
    kid, pair = keyring.signing_key()
    past = int(time.time()) - 3600
    claims: dict[str, Any] = {
        "iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": str(admin), "sid": served.session("admin"), "iat": past,
        "nbf": past, "exp": past + 600, "jti": "x",
    }  # fmt: skip
    header = {"alg": "ES256", "typ": tokens.TYPE, "kid": kid}
    revoked = served.session("admin")
    with served.database.connect("app") as con:
        con.execute(
            "update access.sessions set revoked_at = now(), revoked_because = 'signed out' where session_id = %s",
            [revoked],
        )
    return {
        "expired": "Bearer " + jwt.encode(header, claims, pair, algorithms=["ES256"]),
        "revoked": "Bearer " + tokens.sign(keyring, admin, revoked),
        "another user's session": "Bearer " + tokens.sign(keyring, served.users["rep"], served.session("admin")),
        "no session": "Bearer " + tokens.sign(keyring, admin, str(uuid.uuid4())),
        "nonsense": "Bearer nonsense",
        "basic": "Basic YWRtaW46YWRtaW4=",
    }


def test_no_one_gets_in_without_a_session_that_counts(
    served: Served, record_property: Callable[[str, object], None]
) -> None:
    wrong, ways = [], [("anonymous", None), *tokens_that_do_not_count(served).items()]
    for name, authorization in ways:
        for method, path, right in OPERATIONS:
            if right == "public":
                continue
            got = status(served, method, fill_path(path, served), authorization)
            if got != 401:
                wrong.append(f"{method} {path} answered {name}: {got}")
    record_property("operations asked without a valid session", len(OPERATIONS) * len(ways))
    record_property("unexpected answers", len(wrong))
    assert wrong == []


def test_a_disabled_user_is_out_at_once(served: Served) -> None:
    bearer = f"Bearer {served.token('marketer')}"
    assert status(served, "GET", "/api/customers/segments", bearer) == 200
    with served.database.connect("app") as con:
        con.execute("update access.users set disabled_at = now() where user_id = %s", [served.users["marketer"]])
    try:
        assert REMEMBERED_SECONDS <= 1
        time.sleep(REMEMBERED_SECONDS + 0.1)
        assert status(served, "GET", "/api/customers/segments", bearer) == 401
    finally:
        with served.database.connect("app") as con:
            con.execute("update access.users set disabled_at = null where user_id = %s", [served.users["marketer"]])


def test_other_peoples_customers_are_not_there(served: Served) -> None:
    theirs = served.customers["other_rep"][0]
    of_customers = [(m, p) for m, p, right in OPERATIONS if "{customer_id}" in p and right != "public"]
    assert len(of_customers) >= 6
    for who in ("rep", "manager"):
        for method, path in of_customers:
            got = status(served, method, fill_path(path, served, customer_id=theirs), f"Bearer {served.token(who)}")
            assert got in (400, 403, 404), f"{method} {path} answered {who}: {got}"
    for path in ("/api/customers/{customer_id}", "/api/customers/{customer_id}/details"):
        unassigned = fill_path(path, served, customer_id=served.customers["unassigned"][0])
        assert status(served, "GET", unassigned, f"Bearer {served.token('rep')}") == 404


def test_the_walk_finds_an_operation_left_open(served: Served, read_permissions: dict[str, set[str]]) -> None:
    """The control: had /api/customers/segments been public, the walk would have found it."""
    got = status(served, "GET", "/api/health", None)
    assert got == 200 and not has_right("segments.read", set()), "an open operation answers 200 where 401 is expected"


def test_an_operation_that_declares_nothing_keeps_the_app_from_starting() -> None:
    from fastapi import APIRouter

    from foresell.api.http.dependencies import check_declared

    router = APIRouter()

    @router.get("/api/forgotten")
    async def undeclared() -> None: ...

    with pytest.raises(RuntimeError, match="must declare exactly one right"):
        check_declared([router])
