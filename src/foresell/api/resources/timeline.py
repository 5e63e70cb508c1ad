"""The timeline of a customer: everything recorded about them, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import UserRef
from foresell.engagement import timeline
from foresell.engagement.timeline import TimelineKind
from foresell.errors import ParameterError

router = APIRouter(prefix="/api/customers", tags=["customers"])
Reader = Annotated[Principal, require("customers.read")]


class TimelinePart(BaseModel):
    """Which part of the timeline."""

    model_config = ConfigDict(extra="forbid")

    kinds: str | None = Field(
        None, max_length=200, description="Only of these kinds, separated by commas.", examples=["order,call"]
    )
    before: str | None = Field(None, max_length=200, description="`next_before` of the answer before.")
    limit: int = Field(50, ge=1, le=200, description="How many.")


class TimelineEntry(BaseModel):
    """One thing that happened."""

    kind: TimelineKind
    at: datetime = Field(description="Orders: the shop's local time.")
    id: int = Field(description="Of the order, call, move, record and so on.")
    sentence: str = Field(examples=["Order 536365: 139.12, 7 lines."])
    amount: float | None = Field(description="Net revenue of orders and returns; null otherwise.")
    source: str | None = Field(description="The source of orders, records and events.")
    user: UserRef | None = Field(description="Who did it; null where no one or no known user did.")
    undone_at: datetime | None = Field(description="When it was undone or removed.")
    note: str | None = Field(description="The note of a call or the task of a follow-up; needs calls.read.")
    detail: dict[str, Any] = Field(
        description="By kind: order_key, lines; outcome; due_on, done_at; other_ids, record_ids, reason; source_key, fields"
        " that changed; customer_id, relation kind; type, via and data of an event."
    )


class Timeline(BaseModel):
    """A part of the timeline."""

    customer_id: str
    data: list[TimelineEntry]
    next_before: str | None = Field(description="Give it as `before` for what is older; null at the end.")
    kinds: list[TimelineKind] = Field(description="The kinds that you may filter by.")


@router.get("/{customer_id}/timeline", response_model=Timeline, responses=error_responses(404))
async def get_timeline(
    web: AppStateOf, principal: Reader, customer_id: CurrentCustomer, part: Annotated[TimelinePart, Query()]
) -> Response:
    """Everything recorded about a customer, newest first. Calls, follow-ups and snoozes only with calls.read, events only with events.read."""
    kinds = [kind for kind in timeline.KINDS if principal.may(timeline.PERMISSIONS.get(kind, "customers.read"))]
    before = _read_place(part.before)
    async with web.transaction(principal.user_id) as con:
        entries, last = await timeline.list_timeline(
            con, web.vault, customer_id, _choose_kinds(part.kinds, kinds), before=before, limit=part.limit
        )
    following = timeline.write_place(last) if last else None
    return answer({"customer_id": customer_id, "data": entries, "next_before": following, "kinds": kinds})


def _choose_kinds(text: str | None, allowed: list[TimelineKind]) -> list[str]:
    """Raises ParameterError for a kind that there is not; kinds that the user may not see are left out."""
    wanted = [each.strip() for each in (text or "").split(",") if each.strip()]
    for each in wanted:
        if each not in timeline.KINDS:
            raise ParameterError(
                "kinds", f"kinds: there is no kind {each[:50]}", remedy=f"Choose from: {', '.join(allowed)}"
            )
    return [kind for kind in allowed if not wanted or kind in wanted]


def _read_place(text: str | None) -> timeline.Place:
    if text is None:
        return timeline.END
    try:
        return timeline.read_place(text)
    except ValueError:
        raise ParameterError(
            "before", "before: is no place in a timeline", remedy="Take it from next_before."
        ) from None
