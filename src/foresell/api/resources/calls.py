"""The call log: who called whom, when, with what outcome, and the orders that followed; edited and undone at any time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared.logged_calls import CallFilters, Outcome, add_names_and_orders
from foresell.api.shared.paging import CustomerPaging, Listing, page_body, start_of
from foresell.api.shared.schemas import Body, CustomerKey, LargeNumber, UserRef
from foresell.db import AsyncConnection
from foresell.engagement import calls
from foresell.engagement.follow_ups import FollowUp
from foresell.errors import CallNotFound
from foresell.identity.customers import map_current

router = APIRouter(prefix="/api/calls", tags=["engagement"])
Reader = Annotated[Principal, require("calls.read")]
Caller = Annotated[Principal, require("calls.write")]

Note = Annotated[str, Field(min_length=1, max_length=2000)]


class NewFollowUp(Body):
    """When to call the customer again."""

    due_on: date = Field(description="On the call list from this day on, until it is done.", examples=["2027-01-15"])
    task: str | None = Field(None, min_length=1, max_length=200, description="What to do then.")

    def value(self) -> FollowUp:
        """As the engagement package takes it."""
        return FollowUp(self.due_on, self.task)


class NewCall(Body):
    """The outcome of a call."""

    customer_id: CustomerKey
    outcome: Outcome = Field(description="The outcome.")
    note: Note | None = Field(None, description="Shown to users who may see the customer.")
    snooze_until: date | None = Field(None, description="Leave the customer off the call list before this day.")
    follow_up: NewFollowUp | None = Field(None, description="When to call again; with it, the list shows the task.")
    called_at: datetime | None = Field(
        None, description="When the call took place, with its zone, within the last 31 days; now when left out."
    )


class CallChanges(Body):
    """What to change of a call; what is left out stays. null removes a note or a follow-up."""

    outcome: Outcome = Field("reached", description="The outcome.")
    note: Note | None = None
    follow_up: NewFollowUp | None = None


class LoggedCall(BaseModel):
    """A call that was logged. Its note is not repeated."""

    call_id: int
    customer_id: str
    outcome: Outcome
    called_at: datetime = Field(description="When the call took place.")
    snooze_until: date | None
    follow_up_on: date | None = Field(description="The day of the follow-up.")


class EditedCall(BaseModel):
    """A call that was changed."""

    call_id: int
    customer_id: str
    edited_at: datetime


class UndoneCall(BaseModel):
    """A call that was undone: the customer is back on the call list."""

    call_id: int
    customer_id: str
    undone_at: datetime


class FollowUpOfCall(BaseModel):
    """The follow-up that was set with a call."""

    follow_up_id: int
    due_on: date
    task: str | None = Field(description="What to do then.")
    is_done: bool


class OrdersAfterCall(BaseModel):
    """Counted orders of the customer in the 30 days from the call on, as far as the published run knows them."""

    orders: int
    net_amount: float = Field(description="Their net amount.")
    is_complete: bool = Field(description="Whether the 30 days end before as_of; otherwise more may follow.")


class Call(BaseModel):
    """One call."""

    call_id: int
    customer_id: str
    name: str | None = Field(description="The customer's name.")
    outcome: Outcome
    called_at: datetime = Field(description="When the call took place.")
    edited_at: datetime | None = Field(description="When the outcome or the note was last changed.")
    note: str | None
    snooze_until: date | None
    follow_up: FollowUpOfCall | None
    caller: UserRef
    mine: bool = Field(description="Whether the call is your own.")
    can_change: bool = Field(description="Whether you may edit and undo it: your own, or with calls.manage the team's.")
    orders: OrdersAfterCall | None = Field(description="null when the data of the published run ends before the call.")


class CallPage(Listing):
    """Calls, newest first."""

    data: list[Call]
    callers: list[UserRef] = Field(description="Who has logged calls that you may see.")


class CallPaging(CallFilters, CustomerPaging):
    """Which calls, and which part of the list."""


@router.get("", response_model=CallPage, responses=error_responses())
async def list_calls(web: AppStateOf, principal: Reader, which: Annotated[CallPaging, Query()]) -> Response:
    """Calls of the customers you may see, newest first, with the orders that followed; undone calls are left out."""
    start = start_of(which)
    async with web.transaction(principal.user_id) as con:
        matching = await which.filter(con, principal.user_id)
        total, found = await calls.find_calls(con, matching, limit=which.limit, start=start)
        rows = await calls.read_calls(con, web.vault, [row["call_id"] for row in found], user_id=principal.user_id)
        callers = await calls.list_callers(con)
    rows = await add_names_and_orders(web, principal, rows)
    return answer(page_body(web, rows, total, start, which.limit) | {"callers": callers})


@router.post("", status_code=201, response_model=LoggedCall, responses=error_responses(404, 409, 422))
async def log_call(principal: Caller, idempotent: IdempotentOf, call: NewCall) -> Response:
    """Log the outcome of a call; the customer leaves today's list, until the follow-up if there is one."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        [customer_id] = (await map_current(con, [call.customer_id.upper()])).values()
        return await calls.log_call(
            con,
            idempotent.web.vault,
            customer_id,
            outcome=call.outcome,
            note=call.note,
            snooze_until=call.snooze_until,
            follow_up=call.follow_up.value() if call.follow_up else None,
            called_at=call.called_at,
            user_id=principal.user_id,
            request_id=idempotent.request_id,
        )

    return await idempotent.run(principal, act, status=201)


@router.get("/{call_id}", response_model=Call, responses=error_responses(404))
async def get_call(web: AppStateOf, principal: Reader, call_id: LargeNumber) -> Response:
    """One call of a customer you may see."""
    async with web.transaction(principal.user_id) as con:
        rows = await calls.read_calls(con, web.vault, [call_id], user_id=principal.user_id)
    if not rows:
        raise CallNotFound(remedy="It may have been undone: GET /api/calls")
    return answer((await add_names_and_orders(web, principal, rows))[0])


@router.patch("/{call_id}", response_model=EditedCall, responses=error_responses(404, 409, 422))
async def edit_call(
    principal: Caller, idempotent: IdempotentOf, call_id: LargeNumber, changes: CallChanges
) -> Response:
    """Change the outcome, the note or the follow-up of your own call; with calls.manage also of your team's."""
    wanted: dict[str, Any] = {name: getattr(changes, name) for name in changes.model_fields_set}
    if changes.follow_up:
        wanted["follow_up"] = changes.follow_up.value()

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await calls.edit_call(
            con,
            idempotent.web.vault,
            call_id,
            changes=wanted,
            user_id=principal.user_id,
            request_id=idempotent.request_id,
        )

    return await idempotent.run(principal, act)


@router.post("/{call_id}/undo", response_model=UndoneCall, responses=error_responses(404, 409, 422))
async def undo_call(principal: Caller, idempotent: IdempotentOf, call_id: LargeNumber) -> Response:
    """Undo your own call, with its snooze and follow-up; with calls.manage also one of your team's."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        return await calls.undo_call(con, call_id, user_id=principal.user_id, request_id=idempotent.request_id)

    return await idempotent.run(principal, act)
