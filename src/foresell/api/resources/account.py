"""One's own account: profile, password, second factors, sessions, passkeys, API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access import api_keys, factors, passkeys, passwords, sessions, sign_in, users
from foresell.access.principal import Principal
from foresell.api.http.authentication import client_info_of, keyring_of, principals_of, site_of
from foresell.api.http.dependencies import AppStateOf, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.account_schemas import (
    ApiKey,
    Code,
    Credential,
    CurrentUser,
    PasskeyOptions,
    Password,
    Preferences,
    Ticket,
    describe_api_key,
)
from foresell.api.shared.accounts import describe_account, require_person, set_password
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import ApiKeyNotFound, NotFound, PasskeyNotFound, SessionNotFound, UsageError

SQL = AsyncStatements("foresell.access")

router = APIRouter(prefix="/api/me", tags=["me"])
SignedInUser = Annotated[Principal, signed_in(before_set_up=True)]


class ProfileChange(Body):
    """What to change of one's profile."""

    name: str | None = Field(None, min_length=1, max_length=200, pattern=NOT_BLANK)
    email: str | None = Field(None, min_length=3, max_length=254, description="Needs a recent step-up.")
    preferences: Preferences | None = None


class PasswordChange(Body):
    """Another password. `current` may be left out where there is none, and just after a one-time link."""

    current: Password | None = None
    password: Password


class TotpEnrolment(BaseModel):
    """What an authenticator app needs; its first code puts it in service."""

    secret: str
    uri: str = Field(description="otpauth:// address.")
    qr: str = Field(description="The address as a picture (SVG).")


class TotpCode(Body):
    """The app's current code."""

    code: Code


class RecoveryCodes(BaseModel):
    """Recovery codes, each valid for one sign-in and shown only now; empty when codes exist already."""

    recovery_codes: list[str]


class UserSession(BaseModel):
    """One sign-in on one device."""

    session_id: str
    signed_in_by: str
    device: str = Field(examples=["Firefox on Linux"])
    network: str | None = Field(examples=["192.0.2.0/24"])
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class Passkey(BaseModel):
    """One passkey."""

    passkey_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class NewPasskey(Body):
    """What the browser made, and what to call it."""

    ticket: Ticket
    credential: Credential
    name: str = Field("Passkey", min_length=1, max_length=100)


class RegisteredPasskey(Passkey, RecoveryCodes):
    """The passkey, with recovery codes where it is the first second factor."""


class NewApiKey(Body):
    """What a program may do, and until when (a year at most)."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Annotated[str, Field(max_length=50)]] = Field(
        min_length=1, max_length=50, description="Permissions you hold.", examples=[["customers.read"]]
    )
    expires_at: datetime | None = Field(None, description="A year from now when left out.")


class CreatedApiKey(ApiKey):
    """The key itself, shown this once."""

    key: str


class UserSessionList(BaseModel):
    """All of them."""

    data: list[UserSession]
    total: int


class PasskeyList(BaseModel):
    """All of them."""

    data: list[Passkey]
    total: int


class ApiKeyList(BaseModel):
    """All of them."""

    data: list[ApiKey]
    total: int


@router.get("", response_model=CurrentUser, responses=error_responses())
async def get_current_user(web: AppStateOf, principal: SignedInUser) -> Response:
    """Who is signed in, and what that allows."""
    async with web.transaction(principal.user_id) as con:
        return answer(await describe_account(con, principal))


@router.patch("", response_model=CurrentUser, responses=error_responses(403))
async def change_profile(request: Request, web: AppStateOf, principal: SignedInUser, body: ProfileChange) -> Response:
    """Change name, e-mail or preferences."""
    require_person(principal)
    if body.email:
        principal.require_recent_factor()
    changes = body.model_dump(exclude_none=True)
    async with web.transaction(principal.user_id) as con:
        if "preferences" in changes:
            kept = await SQL.row(con, "users.load_own")
            changes["preferences"] = {**(kept["preferences"] if kept else {}), **changes["preferences"]}
        await users.change_own(con, principal.user_id, changes)
        if body.email:
            await _record(request, con, principal, "user.email")
        result = await describe_account(con, principal)
    principals_of(request).forget()
    return answer(result)


@router.post("/password", status_code=204, responses=error_responses(403))
async def change_password(request: Request, web: AppStateOf, principal: SignedInUser, body: PasswordChange) -> Response:
    """Set another password; all other sessions end."""
    session_id = require_person(principal)
    async with web.transaction(principal.user_id) as con:
        may_skip = bool(await SQL.run(con, "sessions.is_fresh_from_link", session_id=session_id))
        has = await factors.load_factors(con)
        guess = None
        if has.password and not may_skip:
            if body.current is None:
                raise UsageError("The current password is needed.", parameter="current")
            guess = await sign_in.open_factor_attempt(
                con, keyring_of(request), principal.user_id, client_info_of(request)
            )
    if guess:
        right, _ = await passwords.verify_password(body.current or "", guess.stored)
        if not right:
            raise UsageError("This is not the current password.", parameter="current")
    elif not may_skip:
        principal.require_recent_factor()
    async with web.transaction(principal.user_id) as con:
        if guess:
            await sign_in.confirm_attempt(con, guess)
        await set_password(con, body.password)
        await sessions.end_others(con, session_id, "password changed")
        await _record(request, con, principal, "password.set")
    principals_of(request).forget()
    return Response(status_code=204)


@router.post("/totp", response_model=TotpEnrolment, responses=error_responses(403, 409))
async def start_totp(request: Request, web: AppStateOf, principal: SignedInUser) -> Response:
    """Set up an authenticator app. Needs a recent step-up or sign-in."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        made = await factors.enrol_totp(con, keyring_of(request), principal.user_id, principal.email)
    return answer({"secret": made.secret, "uri": made.uri, "qr": made.qr_svg})


@router.put("/totp", response_model=RecoveryCodes, responses=error_responses(403))
async def confirm_totp(request: Request, web: AppStateOf, principal: SignedInUser, body: TotpCode) -> Response:
    """The app's first code puts it in service. With the first second factor come recovery codes, and all other sessions end."""
    session_id = _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        before = await factors.load_factors(con)
        codes = await factors.confirm_totp(con, keyring_of(request), principal.user_id, body.code)
        await _end_sessions_without_factor(con, before, session_id)
        await _record(request, con, principal, "factor.added", {"factor": "totp"})
    principals_of(request).forget()
    return answer({"recovery_codes": codes})


@router.delete("/totp", status_code=204, responses=error_responses(403, 404, 409))
async def remove_totp(request: Request, web: AppStateOf, principal: SignedInUser) -> Response:
    """Forget the authenticator app. Not the last second factor where a role requires one, or the password is short."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        if not await factors.remove_totp(con):
            raise NotFound("There is no authenticator app.")
        await _record(request, con, principal, "factor.removed", {"factor": "totp"})
    return Response(status_code=204)


@router.post("/recovery-codes", response_model=RecoveryCodes, responses=error_responses(403, 409))
async def renew_recovery_codes(request: Request, web: AppStateOf, principal: SignedInUser) -> Response:
    """Ten new recovery codes; the old ones count no more."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        codes = await factors.renew_recovery_codes(con, principal.user_id)
        await _record(request, con, principal, "factor.added", {"factor": "recovery codes"})
    return answer({"recovery_codes": codes})


@router.get("/sessions", response_model=UserSessionList, responses=error_responses(403))
async def list_own_sessions(web: AppStateOf, principal: SignedInUser) -> Response:
    """Where one is signed in."""
    require_person(principal)
    async with web.transaction(principal.user_id) as con:
        rows = await sessions.list_sessions(con)
    data = [{**row, "current": row["session_id"] == principal.session_id} for row in rows]
    return answer({"data": data, "total": len(data)})


@router.delete("/sessions/{session_id}", status_code=204, responses=error_responses(403, 404))
async def end_session(
    request: Request,
    web: AppStateOf,
    principal: SignedInUser,
    session_id: Annotated[UUID, Path(description="Of the list.")],
) -> Response:
    """Sign out a device. Needs a recent second factor (or sign-in), but for one's own session."""
    require_person(principal)
    if str(session_id) != principal.session_id:
        principal.require_recent_factor()
    async with web.transaction(principal.user_id) as con:
        if not await sessions.end(con, str(session_id), "by user"):
            raise SessionNotFound()
        await _record(request, con, principal, "session.ended", {"session_id": str(session_id)})
    principals_of(request).forget()
    return Response(status_code=204)


@router.get("/passkeys", response_model=PasskeyList, responses=error_responses(403))
async def list_own_passkeys(web: AppStateOf, principal: SignedInUser) -> Response:
    """One's passkeys."""
    require_person(principal)
    async with web.transaction(principal.user_id) as con:
        rows = await passkeys.list_passkeys(con)
    return answer({"data": rows, "total": len(rows)})


@router.post("/passkeys/options", response_model=PasskeyOptions, responses=error_responses(403))
async def create_passkey_registration(request: Request, web: AppStateOf, principal: SignedInUser) -> Response:
    """What the browser needs to make a passkey. Needs a recent step-up or sign-in."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        ticket, options = await passkeys.registration_options(
            con, site_of(request), principal.user_id, principal.email, principal.name
        )
    return answer({"ticket": ticket, "options": options})


@router.post("/passkeys", status_code=201, response_model=RegisteredPasskey, responses=error_responses(403, 409))
async def add_passkey(request: Request, web: AppStateOf, principal: SignedInUser, body: NewPasskey) -> Response:
    """Keep a passkey the browser made."""
    session_id = _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        before = await factors.load_factors(con)
        row, codes = await passkeys.register(
            con, site_of(request), principal.user_id, body.ticket, body.credential, body.name
        )
        await _end_sessions_without_factor(con, before, session_id)
        await _record(request, con, principal, "factor.added", {"factor": "passkey"})
    principals_of(request).forget()
    return answer({**row, "recovery_codes": codes}, 201)


@router.delete("/passkeys/{passkey_id}", status_code=204, responses=error_responses(403, 404, 409))
async def remove_passkey(
    request: Request,
    web: AppStateOf,
    principal: SignedInUser,
    passkey_id: Annotated[str, Path(max_length=1400, pattern=r"^[\w-]+$", description="Of the list.")],
) -> Response:
    """Forget a passkey. Not the last second factor where a role requires one, or the password is short."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        if not await passkeys.remove(con, passkey_id):
            raise PasskeyNotFound()
        await _record(request, con, principal, "factor.removed", {"factor": "passkey"})
    return Response(status_code=204)


@router.get("/api-keys", response_model=ApiKeyList, responses=error_responses(403))
async def list_own_api_keys(web: AppStateOf, principal: SignedInUser) -> Response:
    """One's keys that still count."""
    require_person(principal)
    async with web.transaction(principal.user_id) as con:
        rows = await api_keys.list_own_keys(con)
    return answer({"data": [describe_api_key(row) for row in rows], "total": len(rows)})


@router.post("/api-keys", status_code=201, response_model=CreatedApiKey, responses=error_responses(403, 409))
async def create_api_key(request: Request, web: AppStateOf, principal: SignedInUser, body: NewApiKey) -> Response:
    """A key for a program: never more than you may yourself, for a year at most. It is shown this once."""
    _require_reauthenticated_person(principal)
    async with web.transaction(principal.user_id) as con:
        key, row = await api_keys.create(con, principal, body.name, body.scopes, body.expires_at)
        await _record(
            request, con, principal, "api-key.created", {"key_id": row["api_key_id"], "scopes": row["permissions"]}
        )
    return answer({**describe_api_key(row), "key": key}, 201)


@router.delete("/api-keys/{key_id}", status_code=204, responses=error_responses(403, 404))
async def revoke_api_key(request: Request, web: AppStateOf, principal: SignedInUser, key_id: Number) -> Response:
    """Revoke a key at once: your own, or any user's with the permission to manage keys."""
    require_person(principal)
    async with web.transaction(principal.user_id) as con:
        if not await api_keys.revoke(con, key_id):
            raise ApiKeyNotFound()
        await _record(request, con, principal, "api-key.revoked", {"key_id": key_id})
    principals_of(request).forget()
    return Response(status_code=204)


def _require_reauthenticated_person(principal: Principal) -> str:
    session_id = require_person(principal)
    principal.require_recent_factor()
    return session_id


async def _end_sessions_without_factor(con: AsyncConnection, before: factors.Factors, session_id: str) -> None:
    """With the first second factor, all other sessions end: none of them has proved it."""
    if not before.second:
        await sessions.end_others(con, session_id, "second factor added")


async def _record(
    request: Request, con: AsyncConnection, principal: Principal, action: str, detail: dict[str, object] | None = None
) -> None:
    await record.record(
        con, action, actor=principal.user_id, subject=f"user:{principal.user_id}", detail=detail or {},
        request_id=getattr(request.state, "request_id", None),
    )  # fmt: skip
