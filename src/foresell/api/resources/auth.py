"""Sign in, sign out, and re-authenticate (step-up)."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access import factors, links, passkeys, passwords, sessions, sign_in, tokens
from foresell.access.principal import Principal, load_principal
from foresell.api.http.app_state import AppState
from foresell.api.http.authentication import (
    authenticate,
    client_info_of,
    drop_cookie,
    end_replaced_session,
    keyring_of,
    principals_of,
    refresh_token_of,
    set_cookies,
    site_of,
)
from foresell.api.http.dependencies import AppStateOf, public, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.account_schemas import Code, Credential, CurrentUser, PasskeyOptions, Password, Ticket
from foresell.api.shared.accounts import describe_account, require_person, set_password
from foresell.api.shared.schemas import Body
from foresell.audit import record
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import LinkExpired, NotSignedIn, SessionEnded, UsageError, WrongCredentials

SQL = AsyncStatements("foresell.access")

router = APIRouter(prefix="/api/auth", tags=["sign-in"])
SignedInUser = Annotated[Principal, signed_in(before_set_up=True)]


class SignInResult(BaseModel):
    """Signed in. The refresh token is in an httpOnly cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.", examples=[600])
    user: CurrentUser


class SecondFactorRequired(BaseModel):
    """The first factor was right; one of these has to follow, with the ticket."""

    second_factor: list[Literal["totp", "recovery_code", "passkey"]]
    ticket: str


class AccessToken(BaseModel):
    """A token of the same session."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int


class SignInRequest(Body):
    """E-mail and password."""

    email: str = Field(min_length=1, max_length=254, examples=["ada@shop.example"])
    password: Password


class SecondFactorRequest(Body):
    """A code of the authenticator app, or a recovery code."""

    ticket: Ticket
    code: Code | None = None
    recovery_code: Code | None = None


class OneTimeLinkRequest(Body):
    """The token of a one-time link, and a password to set on the way in."""

    token: str = Field(min_length=1, max_length=100)
    password: Password | None = None


class PasskeyAssertion(Body):
    """A passkey's answer."""

    ticket: Ticket
    credential: Credential


class StepUpRequest(Body):
    """One of: a code (of the app, or a recovery code), a passkey, the password where the account has no second factor."""

    code: Code | None = None
    password: Password | None = None
    passkey: PasskeyAssertion | None = None


@router.post(
    "/sign-in", response_model=SignInResult | SecondFactorRequired, responses=error_responses(), dependencies=[public()]
)
async def sign_in_by_password(request: Request, web: AppStateOf, body: SignInRequest) -> Response:
    """Sign in with e-mail and password. Slow to guess: 429 after a few wrong ones from a device not seen before."""
    request.state.attempted_account = sign_in.hash_account(keyring_of(request), body.email)
    async with web.sign_ins:
        result = await _check_password(request, web, body)
    if result is None:
        raise WrongCredentials(sign_in.WRONG, remedy="Try again, or ask an administrator for a one-time link.")
    return result


async def _check_password(request: Request, web: AppState, body: SignInRequest) -> Response | None:
    """The answer to a right password; None for a wrong one, or without an account."""
    client_info = client_info_of(request)
    async with web.transaction(None) as con:
        guess = await sign_in.open_attempt(con, keyring_of(request), body.email, client_info)
    request.state.attempted_user_id = guess.user_id
    right, rehashed = await passwords.verify_password(body.password, guess.stored)
    async with web.transaction(guess.user_id) as con:
        if right and guess.user_id:
            await sign_in.confirm_attempt(con, guess)
            if rehashed:
                await SQL.run(con, "factors.rehash_password", hash=rehashed)
            result = await sign_in.begin_session(con, guess.user_id, "password", client_info)
            return await _answer(request, con, result, "password")
        await _record_refusal(request, con, guess.user_id, "password")
    return None


@router.post("/second-factor", response_model=SignInResult, responses=error_responses(), dependencies=[public()])
async def confirm_second_factor(request: Request, web: AppStateOf, body: SecondFactorRequest) -> Response:
    """Finish a sign-in with a code of the authenticator app or a recovery code. Each code works once."""
    client_info, keyring = client_info_of(request), keyring_of(request)
    if bool(body.code) == bool(body.recovery_code):
        raise UsageError("Give either a code or a recovery code.", parameter="code")
    async with web.transaction(None) as con:
        user_id, by = await sign_in.load_pending(con, body.ticket)
        guess = await sign_in.open_factor_attempt(con, keyring, user_id, client_info)
    async with web.transaction(user_id) as con:
        if await sign_in.check_factor(con, keyring, user_id, code=body.code, recovery_code=body.recovery_code):
            await sign_in.confirm_attempt(con, guess)
            return await _answer(request, con, await sign_in.complete(con, body.ticket, client_info), by)
        await _record_refusal(request, con, user_id, "second factor")
    raise WrongCredentials("The code is wrong, or was used before.", remedy="Wait for the next code and try again.")


@router.post(
    "/link", response_model=SignInResult | SecondFactorRequired, responses=error_responses(), dependencies=[public()]
)
async def sign_in_by_link(request: Request, web: AppStateOf, body: OneTimeLinkRequest) -> Response:
    """Sign in with a one-time link, setting a password on the way where one is given. A refused password spends nothing.

    Where a second factor is asked for, the password given here is not set: set it once signed in, at `/api/me/password`.
    """
    client_info = client_info_of(request)
    async with web.transaction(None) as con:
        user_id = await links.consume_link(con, body.token, client_info)
        if user_id is not None:
            result = await sign_in.begin_session(con, user_id, "link", client_info)
            if body.password is not None and isinstance(result, sign_in.SignedIn):
                await set_password(con, body.password)
                await record.record(
                    con, "password.set", actor=user_id, subject=f"user:{user_id}", request_id=_id(request)
                )
            return await _answer(request, con, result, "link")
        await _record_refusal(request, con, None, "link")
    raise LinkExpired(remedy="Ask your administrator for a new one.")


@router.post("/passkey/options", response_model=PasskeyOptions, responses=error_responses(), dependencies=[public()])
async def create_passkey_sign_in(request: Request, web: AppStateOf) -> Response:
    """What the browser needs to sign in with a passkey."""
    async with web.transaction(None) as con:
        ticket, options = await passkeys.sign_in_options(con, site_of(request))
    return answer({"ticket": ticket, "options": options})


@router.post("/passkey", response_model=SignInResult, responses=error_responses(), dependencies=[public()])
async def sign_in_by_passkey(request: Request, web: AppStateOf, body: PasskeyAssertion) -> Response:
    """Sign in with a passkey; nothing else is asked."""
    client_info = client_info_of(request)
    async with web.transaction(None) as con:
        user_id = await passkeys.verify_assertion(con, site_of(request), body.ticket, body.credential)
        if user_id is not None:
            return await _answer(
                request, con, await sign_in.begin_session(con, user_id, "passkey", client_info), "passkey"
            )
        await _record_refusal(request, con, None, "passkey")
    raise WrongCredentials("This passkey was not accepted.", remedy="Try again, or sign in another way.")


@router.post(
    "/refresh", response_model=SignInResult, responses={**error_responses(), 204: {"description": "There is no cookie"}},
    dependencies=[public()],
)  # fmt: skip
async def refresh_access_token(request: Request, web: AppStateOf) -> Response:
    """Trade the cookie's refresh token for a new access token. A token that comes back a second time ends its session."""
    token = refresh_token_of(request)
    if not token:
        return Response(status_code=204)
    async with web.transaction(None) as con:
        result = await sessions.refresh(con, token[:200])
        if isinstance(result, sessions.Started):
            body = await _session(request, con, result)
            response = answer(body)
            set_cookies(request, response, result.refresh_token)
            return response
        if result.reused:
            await record.record(
                con, "session.reuse", actor=None, subject=f"user:{result.user_id}",
                detail={"session_id": result.session_id}, request_id=_id(request),
            )  # fmt: skip
    principals_of(request).forget()
    raise SessionEnded(remedy="Sign in again.")


@router.post("/sign-out", status_code=204, responses=error_responses(), dependencies=[public()])
async def sign_out(request: Request, web: AppStateOf) -> Response:
    """End this session, here and now. Safe to repeat."""
    session = await _session_of(request, web)
    if session:
        user_id, session_id = session
        async with web.transaction(user_id) as con:
            if await sessions.end(con, session_id, "signed out"):
                await record.record(con, "sign-out", actor=user_id, request_id=_id(request))
        principals_of(request).forget()
    response = Response(status_code=204)
    drop_cookie(request, response)
    return response


@router.post("/step-up", response_model=AccessToken, responses=error_responses(403))
async def reauthenticate(request: Request, web: AppStateOf, body: StepUpRequest, principal: SignedInUser) -> Response:
    """Confirm that it is you, for operations that ask for it: with the second factor, or the password where there is none.

    Where a role requires a second factor, there is one: without it, the account can only set one up.
    """
    session_id = require_person(principal)
    if [body.code, body.password, body.passkey].count(None) != 2:
        raise UsageError("Give exactly one of code, password and passkey.", parameter="code")
    right = await _verify_factor(request, web, principal, body)
    async with web.transaction(principal.user_id) as con:
        if right:
            await sessions.record_step_up(con, session_id)
            await record.record(con, "step-up", actor=principal.user_id, request_id=_id(request))
        else:
            await _record_refusal(request, con, principal.user_id, "step-up")
    if not right:
        raise UsageError("This did not prove who you are.", remedy="Try again with a new code.")
    principals_of(request).forget()
    return answer(_token(request, principal.user_id, session_id))


async def _verify_factor(request: Request, web: AppStateOf, principal: Principal, body: StepUpRequest) -> bool:
    client_info, keyring, user_id = client_info_of(request), keyring_of(request), principal.user_id
    if body.passkey:
        async with web.transaction(None) as con:
            return (
                await passkeys.verify_assertion(con, site_of(request), body.passkey.ticket, body.passkey.credential)
                == user_id
            )
    async with web.transaction(user_id) as con:
        has = await factors.load_factors(con)
        if body.password and has.second:
            raise UsageError("There is a second factor.", remedy="Give its code.", parameter="code")
        guess = await sign_in.open_factor_attempt(con, keyring, user_id, client_info)
    if body.password:
        right, _ = await passwords.verify_password(body.password, guess.stored)
    async with web.transaction(user_id) as con:
        if body.code:
            right = await sign_in.check_factor(con, keyring, user_id, code=body.code, recovery_code=None)
            right = right or await sign_in.check_factor(con, keyring, user_id, code=None, recovery_code=body.code)
        if right:
            await sign_in.confirm_attempt(con, guess)
        return right


async def _session_of(request: Request, web: AppStateOf) -> tuple[int, str] | None:
    """The session of the bearer token, else of the cookie."""
    with suppress(NotSignedIn):
        principal = await authenticate(request)
        return (principal.user_id, principal.session_id) if principal.session_id else None
    token = refresh_token_of(request)
    if not token:
        return None
    async with web.transaction(None) as con:
        return await sessions.find_by_token(con, token[:200])


async def _answer(
    request: Request, con: AsyncConnection, result: sign_in.SignedIn | sign_in.NextStep, by: sessions.By
) -> Response:
    if isinstance(result, sign_in.NextStep):
        return answer({"second_factor": result.factors, "ticket": result.ticket})
    started = result.session
    await end_replaced_session(request, con, started.user_id)
    await record.record(
        con, "sign-in", actor=started.user_id,
        detail={"by": by, "session_id": started.session_id}, request_id=_id(request),
    )  # fmt: skip
    response = answer(await _session(request, con, started))
    set_cookies(request, response, started.refresh_token, result.device_token)
    return response


async def _session(request: Request, con: AsyncConnection, started: sessions.Started) -> dict[str, Any]:
    principal = await load_principal(con, started.user_id, session_id=started.session_id)
    if principal is None:
        raise SessionEnded(remedy="Sign in again.")
    return {**_token(request, started.user_id, started.session_id), "user": await describe_account(con, principal)}


def _token(request: Request, user_id: int, session_id: str) -> dict[str, Any]:
    token = tokens.sign(keyring_of(request), user_id, session_id)
    return {"access_token": token, "token_type": "Bearer", "expires_in": tokens.ACCESS_SECONDS}


async def _record_refusal(request: Request, con: AsyncConnection, user_id: int | None, by: str) -> None:
    subject = f"user:{user_id}" if user_id else None
    await record.record(con, "sign-in.refused", actor=None, subject=subject, detail={"by": by}, request_id=_id(request))


def _id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)
