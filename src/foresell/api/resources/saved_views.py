"""Saved views: filters and sort of the customer list under a name, private or shared with the team or everyone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.customer_lists import CustomerFilters, Sort
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.db import AsyncConnection
from foresell.engagement import saved_views
from foresell.errors import Forbidden

router = APIRouter(prefix="/api/views", tags=["engagement"])
Viewer = Annotated[Principal, require("views.write")]


class SavedViewInput(Body):
    """A view of the customer list to save."""

    name: str = Field(min_length=1, max_length=100, pattern=NOT_BLANK, examples=["Champions in France"])
    filters: CustomerFilters = Field(
        description="Which customers.", examples=[{"segment": "Champions", "country": "France"}]
    )
    sort: Sort = Field("probability", description="Best first, texts from A to Z; with _reversed, the other way round.")
    description: str | None = Field(None, max_length=500, description="What it is for.", examples=["Before the fair"])
    shared_with: saved_views.SharedWith = Field(
        "private",
        description="Who else may use it: no one (private); the team, for managers; everyone, for administrators. Only its owner"
        " changes it.",
    )

    def columns(self) -> dict[str, Any]:
        """What is stored of it."""
        filters = self.filters.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {
            "name": self.name.strip(), "description": (self.description or "").strip() or None, "filters": filters,
            "sort": self.sort, "shared_with": self.shared_with,
        }  # fmt: skip

    def require_right_to_share(self, principal: Principal) -> None:
        """Raises Forbidden when the user may not share it so."""
        if self.shared_with == "everyone" and not principal.may("users.manage"):
            raise Forbidden("Only administrators share views with everyone.", remedy="Ask an administrator.")
        if self.shared_with == "team" and (principal.team_id is None or not principal.may("customers.assign")):
            raise Forbidden("Only managers share views with their team.", remedy="Ask your manager.")


class SavedView(BaseModel):
    """A saved view of the customer list."""

    view_id: int
    name: str
    filters: dict[str, Any] = Field(description="The filters of the list, by the names of its parameters.")
    sort: str
    description: str | None
    shared_with: saved_views.SharedWith
    changed_at: datetime
    mine: bool
    owner: str | None = Field(description="The owner's name, if you may see it.")


class SavedViewList(BaseModel):
    """The views you may use, your own first."""

    data: list[SavedView]


@router.get("", response_model=SavedViewList, responses=error_responses())
async def list_views(web: AppStateOf, principal: Viewer) -> Response:
    """Your own views and those other users share."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await saved_views.list_views(con, user_id=principal.user_id)})


@router.post("", status_code=201, response_model=SavedView, responses=error_responses(403, 409, 422))
async def save_view(principal: Viewer, idempotent: IdempotentOf, view: SavedViewInput) -> Response:
    """Save a view."""
    view.require_right_to_share(principal)

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await saved_views.save_view(
            con, **view.columns(), user_id=principal.user_id, request_id=idempotent.request_id
        )

    return await idempotent.run(principal, act, status=201)


@router.put("/{view_id}", response_model=SavedView, responses=error_responses(403, 404, 409))
async def change_view(
    request: Request, web: AppStateOf, principal: Viewer, view_id: Number, view: SavedViewInput
) -> Response:
    """Change one of your own views."""
    view.require_right_to_share(principal)
    async with web.transaction(principal.user_id) as con:
        return answer(
            await saved_views.change_view(
                con, view_id, **view.columns(), user_id=principal.user_id, request_id=request.state.request_id
            )
        )


@router.delete("/{view_id}", response_model=SavedView, responses=error_responses(404))
async def delete_view(request: Request, web: AppStateOf, principal: Viewer, view_id: Number) -> Response:
    """Delete one of your own views. The answer is the view as it was, so that it can be saved again."""
    async with web.transaction(principal.user_id) as con:
        return answer(
            await saved_views.delete_view(con, view_id, user_id=principal.user_id, request_id=request.state.request_id)
        )
