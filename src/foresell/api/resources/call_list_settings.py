"""Settings of call lists: how many calls a user makes a day, and which share of them each call reason gets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import Body, UserRef
from foresell.engagement import call_lists
from foresell.engagement.call_quotas import ListSettings
from foresell.errors import Forbidden

router = APIRouter(prefix="/api/call-list", tags=["engagement"])
Reader = Annotated[Principal, require("calls.read")]
Editor = Annotated[Principal, require("calls.configure")]
Percent = Annotated[int, Field(ge=0, le=100, description="Percent of the list.")]


class CallQuotas(Body):
    """Percent of the list by call reason; they add up to 100. Places that are not filled go to overdue, then due."""

    overdue: Percent = 50
    win_back: Percent = 20
    second_order: Percent = 15
    due: Percent = 15


class CallListSettingsInput(Body):
    """New settings. They apply to lists that are produced from now on: for most users, tomorrow's."""

    capacity: int = Field(ge=1, le=500, description="Calls per user and day.", examples=[50])
    quotas: CallQuotas = Field(description="Percent of the list by call reason.")
    team_id: int | None = Field(
        None, ge=1, lt=2**31, description="Of this team; null: of the company or, for a manager, of the own team."
    )


class CallListSettings(BaseModel):
    """The settings that a team's call lists follow."""

    team_id: int | None = Field(description="null: the company's settings, which apply to teams without their own.")
    team: str | None
    capacity: int = Field(description="Calls per user and day.")
    quotas: CallQuotas = Field(description="Percent of the list by call reason.")
    changed_by: UserRef | None = Field(description="null: the settings Foresell comes with.")
    changed_at: datetime | None = Field(description="Since when they apply; null: since the start.")


@router.get("/settings", response_model=CallListSettings, responses=error_responses())
async def get_call_list_settings(
    web: AppStateOf,
    principal: Reader,
    team_id: Annotated[
        int | None, Query(ge=1, lt=2**31, description="Of this team, if you may see it; by default your own.")
    ] = None,
) -> Response:
    """The capacity and the quotas of call lists: the team's own, or the company's."""
    async with web.transaction(principal.user_id) as con:
        found = await call_lists.find_settings(con, team_id if team_id is not None else principal.team_id)
    return answer(_describe(found))


@router.put("/settings", response_model=CallListSettings, responses=error_responses(403))
async def change_call_list_settings(
    request: Request, web: AppStateOf, principal: Editor, wanted: CallListSettingsInput
) -> Response:
    """Change the settings: a manager those of the own team, an administrator those of any team or of the company."""
    team_id = wanted.team_id
    if principal.scope != "all":
        if principal.team_id is None or team_id not in (None, principal.team_id):
            raise Forbidden(
                "You can change only the call list settings of your own team.", remedy="Ask an administrator."
            )
        team_id = principal.team_id
    settings = ListSettings(capacity=wanted.capacity, **wanted.quotas.model_dump())
    async with web.transaction(principal.user_id) as con:
        changed = await call_lists.change_settings(
            con, settings, team_id=team_id, user_id=principal.user_id, request_id=request.state.request_id
        )
    return answer(_describe(changed))


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    quotas = {name: row[name] for name in CallQuotas.model_fields}
    by = row["changed_by"] if row["changed_by"]["user_id"] is not None else None
    columns = ("team_id", "team", "capacity", "changed_at")
    return {**{name: row[name] for name in columns}, "quotas": quotas, "changed_by": by}
