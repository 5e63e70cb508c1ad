"""Selections: what a bulk action would be done to, before it is done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared.customer_lists import CustomerFilters
from foresell.api.shared.selections import Selection, find_selected, summarize
from foresell.delivery import customers

router = APIRouter(prefix="/api/selections", tags=["customers"])

#: The most customers whose ids are sent.
MOST_SENT = 20_000


class SelectionQuestion(Selection):
    """A selection, and the filters of the list it is shown with."""

    within: CustomerFilters | None = Field(None, description="Count how many of them this list shows, too.")
    ids: bool = Field(False, description=f"Send their ids, up to {MOST_SENT:,}.")


class SelectionSummary(BaseModel):
    """What is selected."""

    customers: int = Field(description="How many customers of the list.", examples=[290])
    expected_revenue: float | None = Field(
        description="Their expected revenue of the next 30 days; null where it is off."
    )
    shown: int = Field(description="How many of them the list `within` shows.", examples=[285])
    customer_ids: list[str] | None = Field(
        description="Their ids; null when not asked for, or when there are too many."
    )
    meta: Meta


@router.post("", response_model=SelectionSummary, responses=error_responses(409))
async def summarize_selection(
    web: AppStateOf, principal: Annotated[Principal, require("customers.read")], which: SelectionQuestion
) -> Response:
    """Count and sum up selected customers; nothing changes."""
    ranks = await find_selected(web, principal, which)
    shown = len(ranks) if which.within is None else len(await find_selected(web, principal, which, which.within))
    ids = None
    if which.ids and len(ranks) <= MOST_SENT:
        narrowed = which.matching.narrow(principal) if which.matching else principal
        ids = sorted(await web.ask(narrowed, customers.fetch_customer_ids, ranks))
    summary = await summarize(web, principal, which, ranks)
    return answer({**summary, "shown": shown, "customer_ids": ids, "meta": web.meta()})
