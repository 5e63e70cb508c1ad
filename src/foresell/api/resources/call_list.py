"""Today's call list, and customers snoozed until a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import call_list_rows, customer_lists, todays_list
from foresell.api.shared.paging import CustomerPaging, Listing, page_body, start_of
from foresell.api.shared.schemas import Body, LargeNumber, ListedCustomer, UserRef
from foresell.api.shared.selections import MOST_CHANGED, Selection, read_selected_ids
from foresell.db import AsyncConnection
from foresell.engagement import calls, follow_ups, snoozes
from foresell.snapshot.queries import Filter

router = APIRouter(prefix="/api", tags=["engagement"])
Reader = Annotated[Principal, require("calls.read")]
Caller = Annotated[Principal, require("calls.write")]


class DueFollowUp(BaseModel):
    """Why a customer is to be called again."""

    follow_up_id: int
    due_on: date = Field(description="Due since this day.")
    task: str | None = Field(description="What to do then.")
    set_by: UserRef


class CallListEntry(ListedCustomer):
    """One customer to call."""

    has_phone: bool = Field(
        description="Whether a phone number is stored: POST /api/customers/{customer_id}/contact/reveal"
    )
    follow_up: DueFollowUp | None = Field(
        description="Then call_reason is follow-up, and why_call is its task; null: no follow-up is due."
    )


class CallListSummary(BaseModel):
    """Totals of today's call list."""

    calls: int = Field(description="Customers listed here.")
    value_at_risk: float | None = Field(
        description="Sum of the value at risk of the customers listed here, to the penny; null where there is none to show."
    )
    expected_revenue: float = Field(description="Their expected revenue within 30 days of as_of.")
    already_called: int = Field(description="Calls logged today (UTC): yours or, for a manager, the team's.")


class FrozenList(BaseModel):
    """When and from what a call list was made. It stays the same for the day."""

    call_list_id: int = Field(description="The number of the list.")
    day: date = Field(description="The day it is for (UTC).")
    produced_at: datetime = Field(description="When it was first asked for.")
    run_id: int = Field(description="The run whose scores chose the customers.")
    as_of: date
    policy: str = Field(
        description="The rule that chose the customers, with its version.", examples=["reason quotas 1"]
    )
    settings_id: int = Field(description="The settings it follows: capacity and quotas.")


class CallList(BaseModel):
    """Customers to call today: follow-ups, the longest due first; then overdue, win-back, second order, due, within each
    reason by call priority."""

    data: list[CallListEntry]
    total: int = Field(description="How many customers are still to be called, listed here or not.")
    customers: int = Field(
        description="How many customers you look after, with or without a prediction; 0: none is assigned."
    )
    resting: int = Field(description="How many customers of the list were called or snoozed since.")
    summary: CallListSummary
    call_list: FrozenList | None = Field(description="null: no customer has a reason to be called but a follow-up.")
    meta: Meta


class NewSnooze(Selection):
    """Customers to snooze."""

    until: date = Field(description="Leave them off the call list before this day.", examples=["2027-01-15"])


class SnoozedCustomer(BaseModel):
    """One snoozed customer."""

    snooze_id: int
    customer_id: str


class SnoozedCustomers(BaseModel):
    """The snoozed customers."""

    data: list[SnoozedCustomer]
    until: date


class SnoozesToLift(Body):
    """Snoozes to lift together."""

    snooze_ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(min_length=1, max_length=MOST_CHANGED)


class LiftedSnoozes(BaseModel):
    """The snoozes that were lifted."""

    customers: int = Field(description="How many were still in force.")


class Snooze(SnoozedCustomer):
    """One snooze in force."""

    until: date
    snoozed_at: datetime
    call_id: int | None = Field(description="The call that caused it; undoing the call lifts the snooze.")


class SnoozePage(Listing):
    """Snoozes in force, the next to end first."""

    data: list[Snooze]


@router.get("/calls/today", response_model=CallList, responses=error_responses(409))
async def list_calls_for_today(
    web: AppStateOf,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many to list.")] = 500,
) -> Response:
    """Which customers to call today, and why: those with a true reason, by the quotas of the team.

    The list is made from the published run when first asked for, and stays the same for the day (UTC); a later run gives a new
    list the next day. Customers who were called or snoozed leave it; undoing that brings them back. Above it stand customers with
    a follow-up that is due, until it is done.
    """
    async with web.transaction(principal.user_id) as con:
        due = {row["customer_id"]: row for row in await follow_ups.list_due_follow_ups(con, web.vault)}
        resting = await calls.find_resting_customers(con, due)
        already_called = await calls.count_calls_today(con)
        frozen, settings = await todays_list.read_todays_list(con, principal)
    frozen = frozen or await todays_list.produce_todays_list(web, principal, settings, resting)
    listed = await todays_list.rows_of_list(web, principal, frozen)
    left_out = set(resting)
    waiting = [row for row in listed if row["customer_id"] not in left_out]
    open_rows = await call_list_rows.put_follow_ups_first(web, principal, waiting, due)
    rows = open_rows[:limit]
    data = await customer_lists.add_names_and_owners(web, principal, rows)
    data = await call_list_rows.add_phones(web, principal, data)
    summary = {
        "calls": len(data),
        "value_at_risk": todays_list.total_at_risk(rows),
        "expected_revenue": sum(row["expected_revenue"] or 0 for row in rows),
        "already_called": already_called,
    }
    return answer(
        {
            "data": data,
            "total": len(open_rows),
            "customers": len(await web.ranks(principal, Filter(), "value")),
            "resting": len(listed) - len(waiting),
            "summary": summary,
            "call_list": frozen,
            "meta": web.meta(),
        }
    )


@router.get("/snoozes", response_model=SnoozePage, responses=error_responses())
async def list_snoozes(web: AppStateOf, principal: Reader, which: Annotated[CustomerPaging, Query()]) -> Response:
    """Snoozed customers among those you may see."""
    start = start_of(which)
    async with web.transaction(principal.user_id) as con:
        total, rows = await snoozes.list_snoozes(
            con, customer_id=await which.customer_filter(con), limit=which.limit, start=start
        )
    return answer(page_body(web, rows, total, start, which.limit))


@router.post("/snoozes", status_code=201, response_model=SnoozedCustomers, responses=error_responses(404, 409, 422))
async def snooze_customers(web: AppStateOf, principal: Caller, idempotent: IdempotentOf, wanted: NewSnooze) -> Response:
    """Leave customers off every call list until a day."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        ids = await read_selected_ids(web, principal, con, wanted)
        rows = await snoozes.snooze_customers(
            con, ids, until=wanted.until, user_id=principal.user_id, request_id=idempotent.request_id
        )
        return {"data": rows, "until": wanted.until}

    return await idempotent.run(principal, act, status=201)


@router.delete("/snoozes/{snooze_id}", response_model=SnoozedCustomer, responses=error_responses(404))
async def lift_snooze(request: Request, web: AppStateOf, principal: Caller, snooze_id: LargeNumber) -> Response:
    """Put a snoozed customer back on the call list."""
    async with web.transaction(principal.user_id) as con:
        return answer(
            await snoozes.lift_snooze(con, snooze_id, user_id=principal.user_id, request_id=request.state.request_id)
        )


@router.post("/snoozes/lift", response_model=LiftedSnoozes, responses=error_responses(409, 422))
async def lift_snoozes(principal: Caller, idempotent: IdempotentOf, wanted: SnoozesToLift) -> Response:
    """Put customers who were snoozed together back on the call list."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        lifted = await snoozes.lift_snoozes(
            con, wanted.snooze_ids, user_id=principal.user_id, request_id=idempotent.request_id
        )
        return {"customers": len(lifted)}

    return await idempotent.run(principal, act)
