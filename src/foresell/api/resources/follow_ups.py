"""Follow-ups: customers to call again on a day; set with a call, done by the next one or by hand."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared import customer_lists
from foresell.api.shared.paging import CustomerPaging, Listing, page_body, start_of
from foresell.api.shared.schemas import LargeNumber, UserRef
from foresell.db import AsyncConnection
from foresell.engagement import follow_ups

router = APIRouter(prefix="/api/follow-ups", tags=["engagement"])
Reader = Annotated[Principal, require("calls.read")]
Caller = Annotated[Principal, require("calls.write")]


class OpenFollowUp(BaseModel):
    """A customer to call again."""

    follow_up_id: int
    customer_id: str
    name: str | None
    due_on: date
    task: str | None = Field(description="What to do then.")
    set_by: UserRef


class FollowUpPage(Listing):
    """Open follow-ups, the first due first."""

    data: list[OpenFollowUp]


class ChangedFollowUp(BaseModel):
    """A follow-up that is done now, or open again."""

    follow_up_id: int
    customer_id: str


@router.get("", response_model=FollowUpPage, responses=error_responses())
async def list_follow_ups(web: AppStateOf, principal: Reader, which: Annotated[CustomerPaging, Query()]) -> Response:
    """Open follow-ups of the customers you may see."""
    start = start_of(which)
    async with web.transaction(principal.user_id) as con:
        total, rows = await follow_ups.list_follow_ups(
            con, web.vault, customer_id=await which.customer_filter(con), limit=which.limit, start=start
        )
    names = await customer_lists.names_of(web, principal, rows)
    named = [{**row, "name": names.get(row["customer_id"])} for row in rows]
    return answer(page_body(web, named, total, start, which.limit))


@router.post("/{follow_up_id}/done", response_model=ChangedFollowUp, responses=error_responses(404, 409, 422))
async def finish_follow_up(principal: Caller, idempotent: IdempotentOf, follow_up_id: LargeNumber) -> Response:
    """Mark a follow-up done without a call."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await follow_ups.finish_follow_up(
            con, follow_up_id, user_id=principal.user_id, request_id=idempotent.request_id
        )

    return await idempotent.run(principal, act)


@router.post("/{follow_up_id}/reopen", response_model=ChangedFollowUp, responses=error_responses(404, 409, 422))
async def reopen_follow_up(principal: Caller, idempotent: IdempotentOf, follow_up_id: LargeNumber) -> Response:
    """Undo the marking as done."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await follow_ups.reopen_follow_up(
            con, follow_up_id, user_id=principal.user_id, request_id=idempotent.request_id
        )

    return await idempotent.run(principal, act)
