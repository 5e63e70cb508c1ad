"""Saved views: filters and sort of the customer list under a name, one's own or shared with everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import WebOf, require
from foresell.api.http.error_handlers import documented
from foresell.api.http.idempotency import OnceOf
from foresell.api.http.responses import answer
from foresell.api.shared import desk
from foresell.api.shared.customer_lists import Sort, Which
from foresell.db import AsyncConnection
from foresell.errors import NotFound, NotReady

router = APIRouter(prefix="/api/views", tags=["desk"])
Viewer = Annotated[Principal, require("views.write")]
Number = Annotated[int, Path(ge=1, lt=2**31)]


class ViewBody(BaseModel):
    """A way of looking at the customer list."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["Champions in France"])
    filters: Which = Field(description="Which customers.", examples=[{"segment": "Champions", "country": "France"}])
    sort: Sort = Field("probability", description="Best first.")
    shared: bool = Field(False, description="Whether everybody may use it; only the owner changes it.")


class View(BaseModel):
    """A saved view."""

    view_id: int
    name: str
    filters: dict[str, Any] = Field(description="The filters of the list, by the names of its parameters.")
    sort: str
    shared: bool
    changed_at: datetime
    mine: bool
    owner: str | None = Field(description="The owner's name, where you may know it.")


class Views(BaseModel):
    """The views one may use, one's own first."""

    data: list[View]


@router.get("", response_model=Views, responses=documented())
async def list_views(web: WebOf, principal: Viewer) -> Response:
    """One's own views and those others share."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await desk.rows(con, "views", user_id=principal.user_id, view_id=None)})


@router.post("", status_code=201, response_model=View, responses=documented(409, 422))
async def save_view(principal: Viewer, once: OnceOf, view: ViewBody) -> Response:
    """Save a view."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        saved = await desk.row(con, "add_view", **_columns(principal, view))
        if saved is None:
            raise _taken()
        return await _view(con, principal, saved["view_id"])

    return await once(principal, act, status=201)


@router.put("/{view_id}", response_model=View, responses=documented(404, 409))
async def change_view(web: WebOf, principal: Viewer, view_id: Number, view: ViewBody) -> Response:
    """Change one's own view."""
    async with web.transaction(principal.user_id) as con:
        try:
            changed = await desk.row(con, "change_view", **_columns(principal, view), view_id=view_id)
        except UniqueViolation:
            raise _taken() from None
        if changed is None:
            raise _not_found()
        return answer(await _view(con, principal, view_id))


@router.delete("/{view_id}", response_model=View, responses=documented(404))
async def delete_view(web: WebOf, principal: Viewer, view_id: Number) -> Response:
    """Delete one's own view; the answer is what it was, to save it again."""
    async with web.transaction(principal.user_id) as con:
        view = await _view(con, principal, view_id)
        if not await desk.run(con, "drop_view", view_id=view_id, user_id=principal.user_id):
            raise _not_found()
    return answer(view)


def _columns(principal: Principal, view: ViewBody) -> dict[str, Any]:
    filters = view.filters.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        "user_id": principal.user_id,
        "name": view.name.strip(),
        "filters": Jsonb(filters),
        "sort": view.sort,
        "shared": view.shared,
    }


async def _view(con: AsyncConnection, principal: Principal, view_id: int) -> dict[str, Any]:
    view = await desk.row(con, "views", user_id=principal.user_id, view_id=view_id)
    if view is None:
        raise _not_found()
    return view


def _taken() -> NotReady:
    return NotReady("You have a view of this name already.", remedy="Choose another name, or change that view.")


def _not_found() -> NotFound:
    return NotFound("View not found", remedy="Only one's own views can be changed: GET /api/views")
