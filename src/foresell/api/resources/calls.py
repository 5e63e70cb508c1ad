"""Calls and snoozes: whom to call today, what came of it, who is put off until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import WebOf, require
from foresell.api.http.error_handlers import ParameterError, documented
from foresell.api.http.idempotency import OnceOf
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import customer_lists, desk
from foresell.api.shared.paging import Listing, Paging, listing, start_of
from foresell.api.shared.schemas import ListedCustomer
from foresell.db import AsyncConnection
from foresell.errors import NotFound, NotReady
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter

router = APIRouter(prefix="/api", tags=["desk"])
Reader = Annotated[Principal, require("calls.read")]
Caller = Annotated[Principal, require("calls.write")]
Number = Annotated[int, Path(ge=1, lt=2**63)]

#: A customer who was spoken to is left in peace so long; whoever did not answer may be tried again the next day.
REST_DAYS = 14
SNOOZE_DAYS = 366
Outcome = Literal["reached", "no_answer", "not_interested", "will_order"]


class NewCall(BaseModel):
    """What came of a call."""

    model_config = ConfigDict(extra="forbid")

    customer_id: str = Field(pattern=r"^[Cc]\d{6,18}$", examples=["C000123"])
    outcome: Outcome = Field(description="What came of it.")
    note: str | None = Field(None, min_length=1, max_length=2000, description="Shown to those who see the customer.")
    snooze_until: date | None = Field(None, description="Not on the call list before this day.")


class Logged(BaseModel):
    """A call that was logged. Its note is not repeated."""

    call_id: int
    customer_id: str
    outcome: Outcome
    called_at: datetime = Field(description="By the wall clock.")
    snooze_until: date | None


class Undone(BaseModel):
    """A call that was taken back: the customer is where it was before."""

    call_id: int
    customer_id: str
    undone_at: datetime


class By(BaseModel):
    """Who called."""

    user_id: int
    name: str | None


class Call(Logged):
    """One call."""

    note: str | None
    caller: By
    mine: bool = Field(description="Only one's own calls can be taken back.")


class CallPage(Listing):
    """Calls, newest first."""

    data: list[Call]


class Summary(BaseModel):
    """What the list comes to."""

    calls: int = Field(description="Customers listed here.")
    expected_value: float = Field(description="What they are expected to spend within 30 days of as_of.")
    already_called: int = Field(description="Calls you logged today (UTC).")


class Today(BaseModel):
    """Whom to call today, best first."""

    data: list[ListedCustomer]
    total: int = Field(description="How many could be called, listed here or not.")
    resting: int = Field(description="How many are left out: put off, or spoken to lately.")
    summary: Summary
    meta: Meta


class NewSnooze(BaseModel):
    """Customers to put off."""

    model_config = ConfigDict(extra="forbid")

    customer_ids: list[Annotated[str, Field(pattern=r"^[Cc]\d{6,18}$")]] = Field(min_length=1, max_length=1000)
    until: date = Field(description="Not on the call list before this day.", examples=["2027-01-15"])


class PutOff(BaseModel):
    """One customer put off."""

    snooze_id: int
    customer_id: str


class PutOffAll(BaseModel):
    """The customers put off."""

    data: list[PutOff]
    until: date


class Snooze(PutOff):
    """One customer put off."""

    until: date
    snoozed_at: datetime
    call_id: int | None = Field(description="The call it came with, whose undo lifts it.")


class SnoozePage(Listing):
    """Snoozes that still hold, the next to end first."""

    data: list[Snooze]


class OfCustomer(Paging):
    """Which part of the list, and of which customer."""

    customer_id: str | None = Field(None, pattern=r"^[Cc]\d{6,18}$", description="Only of this customer.")


@router.get("/calls/today", response_model=Today, responses=documented(409))
async def calls_today(
    web: WebOf, principal: Reader, limit: Annotated[int, Query(ge=1, le=1000, description="How many to list.")] = 20
) -> Response:
    """Whom to call today: by expected value, without those put off or spoken to in the last 14 days.

    Scores speak of the run's as_of; calls and snoozes happen by the wall clock, in UTC.
    """
    places = await web.places(principal, Filter(predicted=True), "value")
    async with web.transaction(principal.user_id) as con:
        resting = await desk.rows(con, "resting", today=desk.today(), rest_days=REST_DAYS)
        called = await desk.row(con, "called_today", user_id=principal.user_id, today=desk.today())
    out = await web.ask(principal, queries.places_of, [row["customer_id"] for row in resting]) if resting else None
    left = places if out is None else places[~np.isin(places, out)]
    rows = await web.ask(principal, queries.listed, left[:limit]) if len(left) else []
    people = await customer_lists.people(web, principal, rows)
    data = [{**row, "name": None, "owner": None, **people.get(row["customer_id"], {})} for row in rows]
    summary = {
        "calls": len(data),
        "expected_value": sum(row["expected_value"] for row in rows),
        "already_called": called["calls"] if called else 0,
    }
    return answer(
        {
            "data": data,
            "total": len(left),
            "resting": len(places) - len(left),
            "summary": summary,
            "meta": web.meta(),
        }
    )


@router.get("/calls", response_model=CallPage, responses=documented())
async def list_calls(web: WebOf, principal: Reader, which: Annotated[OfCustomer, Query()]) -> Response:
    """The calls in reach, newest first; those taken back are left out."""
    start = start_of(which)
    wanted = {"customer_id": which.customer_id and which.customer_id.upper()}
    async with web.transaction(principal.user_id) as con:
        count = await desk.row(con, "count_calls", **wanted)
        rows = await desk.rows(con, "calls", **wanted, user_id=principal.user_id, limit=which.limit, start=start)
    return answer(listing(web, rows, count["total"] if count else 0, start, which.limit))


@router.post("/calls", status_code=201, response_model=Logged, responses=documented(404, 409, 422))
async def log_call(principal: Caller, once: OnceOf, call: NewCall) -> Response:
    """Log what came of a call; the customer leaves today's list."""
    customer_id = call.customer_id.upper()
    if call.snooze_until:
        _check_until("snooze_until", call.snooze_until)

    async def act(con: AsyncConnection) -> dict[str, Any]:
        await desk.check_reach(con, [customer_id])
        values = {"customer_id": customer_id, "user_id": principal.user_id, "outcome": call.outcome}
        logged = await desk.row(con, "log_call", **values, note=call.note)
        assert logged
        until, call_id = call.snooze_until, logged["call_id"]
        if until:
            await desk.run(con, "snooze", ids=[customer_id], user_id=principal.user_id, call_id=call_id, until=until)
        await desk.tell(con, "call_logged", {"call_id": call_id}, permission="calls.read", customer_id=customer_id)
        return {**logged, "customer_id": customer_id, "outcome": call.outcome, "snooze_until": until}

    return await once(principal, act, status=201)


@router.post("/calls/{call_id}/undo", response_model=Undone, responses=documented(404, 409, 422))
async def undo_call(principal: Caller, once: OnceOf, call_id: Number) -> Response:
    """Take one's own call back, with the snooze it came with."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        undone = await desk.row(con, "undo_call", call_id=call_id)
        if undone is None:
            known = await desk.row(con, "undone_call", call_id=call_id, user_id=principal.user_id)
            if known is None:
                raise NotFound("Call not found", remedy="Only one's own calls can be taken back.")
            raise NotReady("This call was taken back already.")
        await desk.run(con, "undo_snooze_of_call", call_id=call_id)
        of = {"permission": "calls.read", "customer_id": undone["customer_id"]}
        await desk.tell(con, "call_undone", {"call_id": call_id}, **of)
        return undone

    return await once(principal, act)


@router.get("/snoozes", response_model=SnoozePage, responses=documented())
async def list_snoozes(web: WebOf, principal: Reader, which: Annotated[OfCustomer, Query()]) -> Response:
    """The customers in reach who are put off."""
    start = start_of(which)
    wanted = {"customer_id": which.customer_id and which.customer_id.upper(), "today": desk.today()}
    async with web.transaction(principal.user_id) as con:
        count = await desk.row(con, "count_snoozes", **wanted)
        rows = await desk.rows(con, "snoozes", **wanted, limit=which.limit, start=start)
    return answer(listing(web, rows, count["total"] if count else 0, start, which.limit))


@router.post("/snoozes", status_code=201, response_model=PutOffAll, responses=documented(404, 409, 422))
async def snooze(principal: Caller, once: OnceOf, wanted: NewSnooze) -> Response:
    """Put customers off until a day: they are not on anybody's list before it."""
    _check_until("until", wanted.until)
    ids = sorted({each.upper() for each in wanted.customer_ids})

    async def act(con: AsyncConnection) -> dict[str, Any]:
        await desk.check_reach(con, ids)
        rows = await desk.rows(con, "snooze", ids=ids, user_id=principal.user_id, call_id=None, until=wanted.until)
        await _tell_snooze(con, principal, ids)
        return {"data": rows, "until": wanted.until}

    return await once(principal, act, status=201)


@router.delete("/snoozes/{snooze_id}", response_model=PutOff, responses=documented(404))
async def lift_snooze(web: WebOf, principal: Caller, snooze_id: Number) -> Response:
    """Take a snooze back."""
    async with web.transaction(principal.user_id) as con:
        lifted = await desk.row(con, "lift_snooze", snooze_id=snooze_id)
        if lifted is None:
            raise NotFound("Snooze not found", remedy="It may have been taken back already: GET /api/snoozes")
        await _tell_snooze(con, principal, [lifted["customer_id"]])
    return answer(lifted)


async def _tell_snooze(con: AsyncConnection, principal: Principal, ids: list[str]) -> None:
    """One customer: to all who see it; more: to whoever did it, whose other screens are to follow."""
    if len(ids) == 1:
        await desk.tell(con, "snooze", {"customers": 1}, permission="calls.read", customer_id=ids[0])
    else:
        await desk.tell(con, "snooze", {"customers": len(ids)}, user_id=principal.user_id)


def _check_until(parameter: str, until: date) -> None:
    if not desk.today() < until <= desk.today() + timedelta(days=SNOOZE_DAYS):
        raise ParameterError(
            parameter, f"{parameter}: must be after today and within a year", remedy="Choose a day after today (UTC)."
        )
