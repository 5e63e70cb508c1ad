"""Intrusion detection: alarms, the detectors that raise them, and canary customers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared import customer_lists
from foresell.api.shared.paging import Listing, Paging, page_body, start_of
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.detection import alarms
from foresell.detection.alarms import MOST_FACTOR, MOST_MINUTES, MOST_THRESHOLD, Answer, Mode
from foresell.errors import CustomerNotFound

router = APIRouter(prefix="/api", tags=["audit"])
Auditor = Annotated[Principal, require("audit.read")]
Manager = Annotated[Principal, require("users.manage")]
State = Literal["open", "acknowledged"]


class AlarmPaging(Paging):
    """Which alarms."""

    state: State | None = Field(None, description="Only alarms in this state.")


class Alarm(BaseModel):
    """What a detector found about one subject, from its first sign until the alarm is acknowledged."""

    alarm_id: int = Field(description="Its number.", examples=[5])
    detector: str = Field(description="Which detector raised it.", examples=["password_spray"])
    title: str = Field(description="The detector's name.", examples=["Password spraying"])
    subject: str = Field(
        description="Whom or what it is about: user, session, api-key, network or account (a keyed hash) and which; sign-in; or audit.",
        examples=["network:203.0.113.0/24"],
    )
    user_id: int | None = Field(description="The user it is about, if one is known.")
    user: str | None = Field(description="Their name today.")
    api_key: str | None = Field(description="The name of the API key it is about, if it is about one.")
    first_seen: datetime = Field(description="When the threshold was first reached.")
    last_seen: datetime = Field(description="When it was last reached.")
    count: int = Field(description="The most that was counted within the window.", examples=[14])
    counts: str = Field(description="What was counted.", examples=["accounts"])
    evidence: dict[str, Any] = Field(description="Counts and ids.", examples=[{"accounts": 14, "failed_sign_ins": 31}])
    mode: Literal["watch", "answer"] = Field(description="The detector's mode when it was last seen.")
    answered_at: datetime | None = Field(description="When it was last answered; null if it was only recorded.")
    sessions_answered: int = Field(description="How many sessions were ended, or have to confirm a second factor.")
    state: State = Field(description="open or acknowledged.")
    acknowledged_at: datetime | None = Field(description="When it was acknowledged.")
    acknowledged_by: str | None = Field(description="By whom; null on the command line.")
    reason: str | None = Field(description="What the person who acknowledged it found.")


class AlarmPage(Listing):
    """A page of alarms, the last seen first."""

    data: list[Alarm]


class Acknowledgement(Body):
    """Why the alarm needs no more attention."""

    reason: str = Field(
        description="What it was.",
        min_length=1,
        max_length=500,
        pattern=NOT_BLANK,
        examples=["A test by our own team."],
    )


class Detector(BaseModel):
    """A detector and its thresholds."""

    detector: str = Field(description="Its stable name.", examples=["password_spray"])
    title: str = Field(description="Its name.", examples=["Password spraying"])
    finds: str = Field(description="What it finds, in a sentence.")
    counts: str = Field(description="What it counts.", examples=["accounts"])
    threshold: int = Field(description="It raises an alarm at this many.", examples=[10])
    factor: int | None = Field(description="And above this multiple of what is usual; null where it does not compare.")
    window_minutes: int = Field(description="Within this many minutes.", examples=[15])
    mode: Mode = Field(description="watch: raise alarms only. answer: also answer them. off: do not look.")
    can_answer: bool = Field(description="Whether it knows who acts, so that an answer meets no one else.")
    answer: Answer = Field(description="What mode answer does besides the alarm.")
    checked_until: datetime | None = Field(description="Up to when the worker has looked.")
    failing_since: datetime | None = Field(description="Its query fails since then; null while it works.")
    open_alarms: int = Field(description="How many of its alarms are open.")


class DetectorList(BaseModel):
    """All detectors."""

    data: list[Detector]


class DetectorChange(Body):
    """What to change; the rest stays."""

    threshold: int | None = Field(None, ge=1, le=MOST_THRESHOLD, description="Raise an alarm at this many.")
    factor: int | None = Field(None, ge=1, le=MOST_FACTOR, description="And above this multiple of what is usual.")
    window_minutes: int | None = Field(None, ge=1, le=MOST_MINUTES, description="Within this many minutes.")
    mode: Mode | None = Field(None, description="watch, answer or off.")
    answer: Answer | None = Field(None, description="record, step-up or end session.")


class CanaryCustomer(BaseModel):
    """A customer that no one has a reason to open."""

    customer_id: str
    marked_at: datetime = Field(description="Since when opening it raises an alarm.")
    marked_by: str | None = Field(description="Who marked it.")


class CanaryCustomerList(BaseModel):
    """All canary customers."""

    data: list[CanaryCustomer]


DetectorName = Annotated[str, Path(pattern=r"^[a-z_]{1,50}$", examples=["password_spray"])]


@router.get("/alarms", response_model=AlarmPage, responses=error_responses())
async def list_alarms(web: AppStateOf, principal: Auditor, paging: Annotated[AlarmPaging, Query()]) -> Response:
    """List the alarms of intrusion detection, the last seen first."""
    start = start_of(paging)
    async with web.transaction(principal.user_id) as con:
        total, rows = await alarms.list_alarms(con, state=paging.state, limit=paging.limit, start=start)
    return answer(page_body(web, rows, total, start, paging.limit))


@router.post("/alarms/{alarm_id}/acknowledge", response_model=Alarm, responses=error_responses(404))
async def acknowledge_alarm(
    request: Request, web: AppStateOf, principal: Manager, alarm_id: Number, body: Acknowledgement
) -> Response:
    """Acknowledge an open alarm, with a reason. The same subject then raises a new one. Audited."""
    async with web.transaction(principal.user_id) as con:
        row = await alarms.acknowledge(
            con, alarm_id, body.reason.strip(), user_id=principal.user_id, request_id=request.state.request_id
        )
    return answer(row)


@router.get("/detectors", response_model=DetectorList, responses=error_responses())
async def list_detectors(web: AppStateOf, principal: Auditor) -> Response:
    """List the detectors with their thresholds and modes."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await alarms.list_detectors(con)})


@router.patch("/detectors/{detector}", response_model=Detector, responses=error_responses(404))
async def change_detector(
    request: Request, web: AppStateOf, principal: Manager, detector: DetectorName, body: DetectorChange
) -> Response:
    """Change a detector's threshold, window, mode or answer; it looks so from its next time on. Audited."""
    values = {name: value for name, value in body.model_dump().items() if value is not None}
    async with web.transaction(principal.user_id) as con:
        row = await alarms.change_detector(
            con, detector, values, user_id=principal.user_id, request_id=request.state.request_id
        )
    return answer(row)


@router.get("/canary-customers", response_model=CanaryCustomerList, responses=error_responses())
async def list_canary_customers(web: AppStateOf, principal: Auditor) -> Response:
    """List the customers whose opening raises an alarm."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await alarms.list_canaries(con)})


@router.put("/canary-customers/{customer_id}", response_model=CanaryCustomerList, responses=error_responses(404))
async def mark_canary_customer(
    request: Request, web: AppStateOf, principal: Manager, customer_id: CurrentCustomer
) -> Response:
    """Mark a customer as a canary: from now on, opening it raises an alarm. Audited."""
    return await _mark(request, web, principal, customer_id, True)


@router.delete("/canary-customers/{customer_id}", response_model=CanaryCustomerList, responses=error_responses())
async def unmark_canary_customer(
    request: Request, web: AppStateOf, principal: Manager, customer_id: CurrentCustomer
) -> Response:
    """Opening the customer raises no alarm any more. Safe to repeat. Audited."""
    return await _mark(request, web, principal, customer_id, False)


async def _mark(request: Request, web: AppStateOf, principal: Principal, customer_id: str, is_canary: bool) -> Response:
    async with web.transaction(principal.user_id) as con:
        if is_canary and await customer_lists.SQL.row(con, "web.person_in_clear", customer_id=customer_id) is None:
            raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
        rows = await alarms.mark_canary(
            con, customer_id, is_canary, user_id=principal.user_id, request_id=request.state.request_id
        )
    return answer({"data": rows})
