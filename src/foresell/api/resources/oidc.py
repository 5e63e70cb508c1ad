"""Signing in at a company's own provider (OpenID Connect)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from foresell.access import oidc, sign_in, users
from foresell.api.http.app_state import AppState
from foresell.api.http.authentication import (
    LOOPBACK_NAMES,
    binder_of,
    client_info_of,
    end_replaced_session,
    origin_of,
    set_binder,
    set_cookies,
)
from foresell.api.http.dependencies import AppStateOf, app_state_of, public
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.audit import record
from foresell.errors import NotSignedIn, ProviderNotFound, ProviderTrouble

router = APIRouter(prefix="/api/auth/oidc", tags=["sign-in"])
ProviderName = Annotated[str, Path(max_length=30, pattern="^[a-z][a-z0-9]*$", description="Of the list.")]


class SignInProvider(BaseModel):
    """One provider."""

    name: str
    label: str


class SignInProviderList(BaseModel):
    """Those set up here."""

    data: list[SignInProvider]
    total: int
    first_start: bool = Field(
        description="Whether no user can sign in yet: the first link is printed where Foresell runs."
    )


@router.get("", response_model=SignInProviderList, responses=error_responses(), dependencies=[public()])
async def list_providers(web: AppStateOf) -> Response:
    """The identity providers for signing in, and whether this is a new installation."""
    async with web.transaction(None) as con:
        is_new = not await users.has_active_user(con)
    data = [{"name": each.name, "label": each.label} for each in web.settings.providers]
    return answer({"data": data, "total": len(data), "first_start": is_new})


@router.get(
    "/{provider}/start",
    status_code=303,
    response_class=RedirectResponse,
    responses=error_responses(404),
    dependencies=[public()],
)
async def start_provider_sign_in(
    request: Request,
    web: AppStateOf,
    provider: ProviderName,
    onward: Annotated[str, Query(alias="next", max_length=1000, description="A path of ours to end at.")] = "/",
) -> Response:
    """Off to the provider; from a page of another site first to the sign-in page, because no one else starts a session."""
    client = _client(request, provider)
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return RedirectResponse(f"/sign-in?next={quote(onward, safe='')}", 303)
    login = await client.begin(_redirect_uri(request, provider), onward)
    async with web.transaction(None) as con:
        await oidc.store_request(con, login)
    response = RedirectResponse(login.url, 303)
    set_binder(request, response, login.binder)
    return response


@router.get(
    "/{provider}/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses=error_responses(404),
    dependencies=[public()],
)
async def finish_provider_sign_in(
    request: Request,
    web: AppStateOf,
    provider: ProviderName,
    state: Annotated[str, Query(min_length=1, max_length=200)],
    code: Annotated[str | None, Query(max_length=4000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Back from the provider: signed in and onward, on to the second factor, or to the sign-in page with the reason."""
    try:
        return await _finish_sign_in(request, web, _client(request, provider), state, code if not error else None)
    except ProviderTrouble:
        return RedirectResponse("/sign-in?refused=provider", 303)
    except NotSignedIn:
        return RedirectResponse("/sign-in?refused=again", 303)


async def _finish_sign_in(
    request: Request, web: AppState, client: oidc.Client, state: str, code: str | None
) -> Response:
    name, request_id = client.provider.name, getattr(request.state, "request_id", None)
    async with web.transaction(None) as con:
        returned = await oidc.complete_request(con, client, state, binder_of(request))
    if not code:
        raise NotSignedIn("The provider did not sign you in.")
    identity = await client.identity(_redirect_uri(request, name), code, returned)
    async with web.transaction(None) as con:
        user_id = await oidc.find_user(con, client.provider, identity)
        if user_id is None:
            detail = {"by": "oidc", "provider": name}
            await record.record(con, "sign-in.refused", actor=None, detail=detail, request_id=request_id)
            return RedirectResponse("/sign-in?refused=stranger", 303)
        result = await sign_in.begin_session(con, user_id, "oidc", client_info_of(request))
        if isinstance(result, sign_in.NextStep):
            return RedirectResponse(f"/sign-in?next={quote(returned.onward)}#ticket={quote(result.ticket)}", 303)
        await end_replaced_session(request, con, user_id)
        detail = {"by": "oidc", "provider": name, "session_id": result.session.session_id}
        await record.record(con, "sign-in", actor=user_id, detail=detail, request_id=request_id)
    response = RedirectResponse(returned.onward, 303)
    set_cookies(request, response, result.session.refresh_token, result.device_token)
    return response


def _client(request: Request, name: str) -> oidc.Client:
    clients: dict[str, oidc.Client] = request.app.state.oidc
    if name not in clients:
        raise ProviderNotFound(remedy="List them: GET /api/auth/oidc")
    return clients[name]


def _redirect_uri(request: Request, provider: str) -> str:
    """Registered with the provider; it names the host the browser is at, or its cookie would not come back."""
    here = f"{request.url.scheme}://{request.url.netloc}" if request.url.hostname in LOOPBACK_NAMES else None
    origin = app_state_of(request).settings.public_url or here or origin_of(request)
    return f"{origin}/api/auth/oidc/{provider}/callback"
