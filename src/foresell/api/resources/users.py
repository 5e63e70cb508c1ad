"""Users, roles, teams and the API keys of all users, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access import api_keys, links, users
from foresell.access.principal import Principal
from foresell.api.http.authentication import origin_of, principals_of
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.account_schemas import ApiKey, describe_api_key
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.audit import record
from foresell.db import AsyncConnection
from foresell.errors import ApiKeyNotFound

router = APIRouter(prefix="/api", tags=["users"])
KeyManager = Annotated[Principal, require("keys.manage")]
Manager = Annotated[Principal, require("users.manage")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=NOT_BLANK, examples=["Ada Lovelace"])]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@shop.example"])]
Roles = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20, examples=[["rep"]])]
TeamId = Annotated[int | None, Field(ge=1, le=2**31 - 1)]


class Team(BaseModel):
    """One team."""

    team_id: int
    name: str


class User(BaseModel):
    """One user."""

    user_id: int
    name: str
    email: str
    roles: list[str]
    team: Team | None
    disabled: bool
    second_factor: bool | None
    requires_second_factor: bool | None = Field(description="Whether one of the roles requires a second factor.")
    last_seen_at: datetime | None
    created_at: datetime


class InvitedUser(User):
    """The user, and the one-time link to hand over."""

    link: str


class UserList(BaseModel):
    """All users."""

    data: list[User]
    total: int
    page: int = 1
    next_cursor: None = None


class NewUser(Body):
    """A new user."""

    name: Name
    email: Email
    roles: Roles
    team_id: TeamId = None


class UserChange(Body):
    """What to change; what is left out stays."""

    name: Name | None = None
    email: Email | None = None
    roles: Roles | None = None
    team_id: TeamId = None
    disabled: bool | None = None


class UserReset(Body):
    """What the person has lost."""

    second_factor: bool = Field(False, description="Also forget the authenticator app, passkeys and recovery codes.")


class OneTimeLink(BaseModel):
    """Hand it over in person or by a channel you trust; it works once, within a day."""

    link: str


class Role(BaseModel):
    """One role."""

    name: str
    scope: str = Field(description="Whose customers it reaches: own, team or all.")
    description: str
    permissions: list[str]
    requires_second_factor: bool
    reveals_a_day: int | None
    contact_exports_a_day: int | None


class RoleChange(Body):
    """What to change; what is left out stays."""

    requires_second_factor: bool | None = None
    reveals_a_day: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    contact_exports_a_day: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class RoleList(BaseModel):
    """All roles."""

    data: list[Role]
    total: int


class TeamSummary(Team):
    """One team, and how many belong to it."""

    users: int


class TeamList(BaseModel):
    """All teams."""

    data: list[TeamSummary]
    total: int


class UserApiKey(ApiKey):
    """One key of a program, and whose it is."""

    user_id: int
    owner: str = Field(description="The user's name.", examples=["Ada Lovelace"])


class UserApiKeyList(BaseModel):
    """All that still count."""

    data: list[UserApiKey]
    total: int


class RevealGrant(Body):
    """Why the key has to show contact details."""

    reason: str = Field(
        min_length=1, max_length=500, pattern=NOT_BLANK, description="Kept with the key; names no customer.",
        examples=["The dialler needs phone numbers"],
    )  # fmt: skip


class NewTeam(Body):
    """A team."""

    name: Name


@router.get("/users", response_model=UserList, responses=error_responses(403))
async def list_users(web: AppStateOf, principal: Manager) -> Response:
    """List all users, disabled ones included."""
    async with web.transaction(principal.user_id) as con:
        rows = await users.list_users(con)
    return answer({"data": rows, "total": len(rows), "page": 1, "next_cursor": None})


@router.post("/users", status_code=201, response_model=InvitedUser, responses=error_responses(403))
async def add_user(request: Request, web: AppStateOf, principal: Manager, body: NewUser) -> Response:
    """Add a user. The answer holds the one-time link by which the person comes in and sets a password."""
    async with web.transaction(principal.user_id) as con:
        user = await users.create(con, name=body.name, email=body.email, roles=body.roles, team_id=body.team_id)
        token = await links.issue_link(con, user["user_id"])
        await _record(request, con, principal, "user.added", user["user_id"], {"roles": user["roles"]})
    return answer({**user, "link": links.url(origin_of(request), token)}, 201)


@router.get("/users/{user_id}", response_model=User, responses=error_responses(403, 404))
async def get_user(web: AppStateOf, principal: Manager, user_id: Number) -> Response:
    """One user."""
    async with web.transaction(principal.user_id) as con:
        return answer(await users.get(con, user_id))


@router.patch("/users/{user_id}", response_model=User, responses=error_responses(403, 404, 409))
async def change_user(
    request: Request, web: AppStateOf, principal: Manager, user_id: Number, body: UserChange
) -> Response:
    """Change name, e-mail, roles, team, or lock out (`disabled`). It counts at once, for everything under way."""
    changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if _is_given(name, value)}
    async with web.transaction(principal.user_id) as con:
        user = await users.change(con, user_id, changes, by=principal.user_id)
        shown = {name: value for name, value in changes.items() if name in ("roles", "disabled", "team_id")}
        await _record(request, con, principal, "user.changed", user_id, {"fields": sorted(changes), **shown})
    principals_of(request).forget()
    web.forget_scopes()
    return answer(user)


@router.post("/users/{user_id}/reset", response_model=OneTimeLink, responses=error_responses(403, 404))
async def reset_user(
    request: Request, web: AppStateOf, principal: Manager, user_id: Number, body: UserReset | None = None
) -> Response:
    """Create a one-time link for a user who lost the password (or, with `second_factor`, the phone). All sessions end."""
    forget = bool(body and body.second_factor)
    async with web.transaction(principal.user_id) as con:
        await users.reset(con, user_id, factors=forget)
        token = await links.issue_link(con, user_id)
        await _record(request, con, principal, "user.reset", user_id, {"second_factor": forget})
    principals_of(request).forget()
    return answer({"link": links.url(origin_of(request), token)})


@router.get("/roles", response_model=RoleList, responses=error_responses(403))
async def list_roles(web: AppStateOf, principal: Manager) -> Response:
    """Every role, what it reaches and what it permits."""
    async with web.transaction(principal.user_id) as con:
        rows = await users.list_roles(con)
    return answer({"data": rows, "total": len(rows)})


@router.patch("/roles/{role}", response_model=Role, responses=error_responses(403, 404))
async def change_role(
    request: Request,
    web: AppStateOf,
    principal: Manager,
    role: Annotated[str, Path(max_length=50, pattern=r"^[a-z_]+$", description="Its name.", examples=["rep"])],
    body: RoleChange,
) -> Response:
    """Change whether a role requires a second factor, and its limits on contact details. It counts at once.

    Needs a recent step-up. null takes a limit off.
    """
    principal.require_recent_factor()
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name != "requires_second_factor"}
    async with web.transaction(principal.user_id) as con:
        changed = await users.change_role(con, role, changes)
        await record.record(
            con, "role.changed", actor=principal.user_id, subject=f"role:{role}", detail=changes,
            request_id=getattr(request.state, "request_id", None),
        )  # fmt: skip
    principals_of(request).forget()
    return answer(changed)


@router.get("/teams", response_model=TeamList, responses=error_responses(403))
async def list_teams(web: AppStateOf, principal: Manager) -> Response:
    """Every team."""
    async with web.transaction(principal.user_id) as con:
        rows = await users.list_teams(con)
    return answer({"data": rows, "total": len(rows)})


@router.post("/teams", status_code=201, response_model=TeamSummary, responses=error_responses(403))
async def add_team(request: Request, web: AppStateOf, principal: Manager, body: NewTeam) -> Response:
    """Add a team."""
    async with web.transaction(principal.user_id) as con:
        team = await users.create_team(con, body.name)
        await _record(request, con, principal, "team.added", None, {"team_id": team["team_id"]})
    return answer(team, 201)


@router.get("/api-keys", response_model=UserApiKeyList, responses=error_responses(403))
async def list_api_keys(web: AppStateOf, principal: KeyManager) -> Response:
    """List the active API keys of all users; DELETE /api/me/api-keys/{key_id} ends one."""
    async with web.transaction(principal.user_id) as con:
        rows = await api_keys.list_all_keys(con)
    data = [{**describe_api_key(row), "user_id": row["user_id"], "owner": row["owner"]} for row in rows]
    return answer({"data": data, "total": len(data)})


@router.put("/api-keys/{key_id}/contact-reveal", status_code=204, responses=error_responses(403, 404, 409))
async def grant_contact_reveal(
    request: Request, web: AppStateOf, principal: KeyManager, key_id: Number, body: RevealGrant
) -> Response:
    """Let a key show contact details, one customer at a time, as far as its owner may. Needs a recent step-up."""
    principal.require_recent_factor()
    async with web.transaction(principal.user_id) as con:
        await api_keys.grant_reveal(con, principal, key_id, body.reason)
        await _record_key(request, con, principal, "api-key.reveal-granted", key_id)
    principals_of(request).forget()
    return Response(status_code=204)


@router.delete("/api-keys/{key_id}/contact-reveal", status_code=204, responses=error_responses(403, 404))
async def withdraw_contact_reveal(request: Request, web: AppStateOf, principal: KeyManager, key_id: Number) -> Response:
    """The key may no longer show contact details."""
    async with web.transaction(principal.user_id) as con:
        if not await api_keys.withdraw_reveal(con, key_id):
            raise ApiKeyNotFound("This key has no access to contact details.")
        await _record_key(request, con, principal, "api-key.reveal-withdrawn", key_id)
    principals_of(request).forget()
    return Response(status_code=204)


def _is_given(name: str, value: Any) -> bool:
    """null clears the team; for everything else it means: not given."""
    return value is not None or name == "team_id"


async def _record(
    request: Request,
    con: AsyncConnection,
    principal: Principal,
    action: str,
    user_id: int | None,
    detail: dict[str, object],
) -> None:
    await record.record(
        con, action, actor=principal.user_id, subject=f"user:{user_id}" if user_id else None, detail=detail,
        request_id=getattr(request.state, "request_id", None),
    )  # fmt: skip


async def _record_key(request: Request, con: AsyncConnection, principal: Principal, action: str, key_id: int) -> None:
    await record.record(
        con, action, actor=principal.user_id, subject=f"api-key:{key_id}",
        request_id=getattr(request.state, "request_id", None),
    )  # fmt: skip
