"""The forecast: the coming weeks, months and quarters, and how right it was."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta
from foresell.api.shared import calculation
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, RowsBehind
from foresell.db import AsyncStatements
from foresell.metrics import catalogue
from foresell.snapshot import queries

SQL = AsyncStatements("foresell.store", "queries/")
router = APIRouter(prefix="/api", tags=["sales"])


class Forecast(BaseModel):
    """One period and target, of the shop as a whole."""

    grain: str = Field(description="week, month or quarter.", examples=["month"])
    starts: date = Field(description="Its first day.", examples=["2011-12-01"])
    ends: date = Field(description="The first day after it.", examples=["2012-01-01"])
    target: str = Field(description="revenue or orders.", examples=["revenue"])
    known: float = Field(description="The part before as_of, which is known.")
    expected: float = Field(description="The whole period, the known part included.")
    low: float | None = Field(description="Lower end of the 80 % interval; null where history is too short for one.")
    high: float | None = Field(description="Upper end of it.")
    method: str = Field(description="How it was forecast.", examples=["year_on_year"])
    note: str = Field(description="What to keep in mind; may be empty.")


class ForecastAccuracy(BaseModel):
    """How right forecasts of past months were, each from what was known before it began."""

    months: int = Field(description="How many months were judged.", examples=[9])
    value: float = Field(description="Mean of 1 - |expected - actual| / actual.", examples=[0.918])
    sentence: str = Field(description="The verdict in words.")


class ExpectedRevenue(BaseModel):
    """The next 30 days. For a user who sees all customers: known + new + anonymous = forecast, to the penny."""

    starts: date = Field(description="Its first day.", examples=["2011-12-10"])
    ends: date = Field(description="The first day after it.", examples=["2012-01-09"])
    customers: float | None = Field(
        description="Expected from the customers you see; the sum of their `expected_revenue`."
    )
    forecast: float | None = Field(
        description="Forecast of the company's net revenue; null unless you see all customers."
    )
    known: float | None = Field(description="The part of it that customers known today are expected to spend.")
    new: float | None = Field(description="The part that new customers are expected to spend.")
    anonymous: float | None = Field(description="The part of sales without a customer.")
    low: float | None = Field(description="Lower end of the forecast's 80 % interval; null with too little history.")
    high: float | None = Field(description="Upper end of it.")


class ForecastList(BaseModel):
    """The forecast of the run. Company figures are shown to users who see all customers."""

    data: list[Forecast] = Field(
        description="One per period and target, in time; empty for a user who sees only some of the customers."
    )
    next_30_days: ExpectedRevenue = Field(description="What the coming 30 days are expected to bring, and from whom.")
    accuracy: ForecastAccuracy | None = Field(description="null where there were no months to judge.")
    meta: Meta = Field(description="Where the figures come from.")


@router.get("/forecast", response_model=ForecastList | Explanation | RowsBehind, responses=error_responses(409))
async def get_forecast(
    web: AppStateOf, principal: Annotated[Principal, require("sales.read")], how: Annotated[ExplainOptions, Query()]
) -> Response:
    """Revenue and orders of the coming periods with 80 % intervals, and how right the method was in the past."""
    accuracy = await _accuracy(web, principal)
    ahead = await web.ask(principal, queries.expected_revenue)
    return await calculation.answer_query(
        web,
        principal,
        MetricQuery(catalogue.FORECAST),
        how,
        lambda found: {"data": found, "next_30_days": ahead, "accuracy": accuracy},
    )


async def _accuracy(web: AppState, principal: Principal) -> dict[str, Any] | None:
    async with web.transaction(principal.user_id) as con:
        return await SQL.row(con, "analytics.forecast_accuracy", run_id=web.snapshot().run_id)
