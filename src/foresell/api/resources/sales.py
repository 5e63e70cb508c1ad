"""Sales: KPIs compared with the previous period, sales by period, segment, category and country, and line classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, answer
from foresell.api.shared import calculation, customer_lists
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, RowsBehind
from foresell.errors import MissingParameter, ParameterError
from foresell.metrics import catalogue
from foresell.metrics.catalogue import KPIS
from foresell.metrics.metric import Kpi, Metric
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter
from foresell.sql import named_queries

router = APIRouter(prefix="/api", tags=["sales"])
Reader = Annotated[Principal, require("sales.read")]

By = Literal["month", "week", "segment", "category", "country"]
KpiName = Literal["revenue", "orders", "customers", "average_order_value", "expected_revenue", "at_risk_revenue"]
#: So that the period before one, however long, is still a date.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
PERIOD_DAYS = 30


class KpiValue(BaseModel):
    """One KPI."""

    name: str = Field(description="Which one.", examples=["revenue"])
    label: str = Field(description="What to call it on a page.", examples=["Net revenue"])
    value: float | None = Field(description="The value; null where there is no data.")
    unit: Literal["money", "count"] = Field(description="What it is counted in.")
    definition: str = Field(description="What it means, in a sentence.")
    first_day: date | None = Field(description="First day of its period; null: it has none.")
    last_day: date | None = Field(description="Last day of its period.")
    previous: float | None = Field(description="The same over as many days just before.")
    previous_first_day: date | None = Field(description="First day of the period before.")
    previous_last_day: date | None = Field(description="Last day of the period before.")
    sentence: str | None = Field(description="The period in words.")


class KpiList(BaseModel):
    """KPIs over the visible customers."""

    data: list[KpiValue] = Field(description="One per KPI.")
    meta: Meta = Field(description="Where the figures come from.")


class SalesRow(BaseModel):
    """Sales of one period, segment, category or country."""

    name: str = Field(description="The first day of the period, or the name.", examples=["2011-11-01"])
    revenue: float = Field(description="Net revenue of goods: sold less returned.", examples=[27349.8])
    orders: int = Field(description="Orders in which something was really sold.", examples=[259])
    customers: int = Field(description="Different known customers who ordered.", examples=[146])


class SalesReport(BaseModel):
    """Sales, in time or the most revenue first."""

    data: list[SalesRow] = Field(description="One per period or name.")
    meta: Meta = Field(description="Where the figures come from.")


class LineClass(BaseModel):
    """Order lines of one class."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(alias="class", description="counted, returns, cancelled, non_product, anonymous or later.")
    lines: int = Field(description="How many.", examples=[36905])
    amount: float = Field(description="Their money.", examples=[1139634.73])


class LineClassList(BaseModel):
    """Order lines by class; together they are all visible lines."""

    data: list[LineClass] = Field(description="One per class, the most lines first.")
    meta: Meta = Field(description="Where the figures come from.")


class SalesFilters(ExplainOptions):
    """Which goods: of which order days, both included, and of which category."""

    first_day: Day | None = Field(None, alias="from", description="Orders on or after this day.")
    last_day: Day | None = Field(None, alias="to", description="Orders on or before this day.")
    category: str | None = Field(
        None, max_length=200, description="Only goods of this category; orders count with these goods alone."
    )

    def in_order(self) -> None:
        """Raises ParameterError when the range ends before it starts."""
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ParameterError("to", "to: is before from", remedy="Swap the two.")


class KpiOptions(SalesFilters):
    """Which KPIs, and the period and category. KPIs without a period have no category."""

    name: KpiName | None = Field(None, description="Only this one; an explanation is of one.")


class SalesOptions(SalesFilters):
    """Sales by what, of which days and goods."""

    by: By = Field("month", description="What to group by; weeks begin on Monday.")


@router.get("/kpis", response_model=KpiList | Explanation | RowsBehind, responses=error_responses(409))
async def list_kpis(web: AppStateOf, principal: Reader, how: Annotated[KpiOptions, Query()]) -> Response:
    """List KPIs of the 30 days before as_of, or of the given days, compared with the same number of days before."""
    how.in_order()
    last = how.last_day or web.snapshot().as_of - timedelta(days=1)
    first = how.first_day or last - timedelta(days=PERIOD_DAYS - 1)
    if first > last:
        raise ParameterError("from", "from: is after the period's last day", remedy=f"Choose a day up to {last}.")
    category = await _category(web, principal, how)
    chosen = [kpi for kpi in KPIS if how.name in (None, kpi.name) and (kpi.has_period or category is None)]
    if not chosen:
        raise ParameterError(
            "category", f"category: {how.name} is not of a category", remedy="Leave one of the two out."
        )
    if how.explain:
        if how.name is None:
            raise MissingParameter("name", "name: choose the KPI to explain")
        return await calculation.answer_query(web, principal, _kpi_query(chosen[0], first, last, category), how)
    data = [await _figure(web, principal, kpi, first, last, category) for kpi in chosen]
    return answer({"data": data, "meta": web.meta()})


@router.get("/sales", response_model=SalesReport | Explanation | RowsBehind, responses=error_responses(409))
async def list_sales(web: AppStateOf, principal: Reader, how: Annotated[SalesOptions, Query()]) -> Response:
    """Net revenue, orders and customers by month, week, segment, category or country."""
    how.in_order()
    category = await _category(web, principal, how)
    return await calculation.answer_query(web, principal, sales_by(how.by, how.first_day, how.last_day, category), how)


@router.get("/lines/classes", response_model=LineClassList | Explanation | RowsBehind, responses=error_responses(409))
async def list_line_classes(web: AppStateOf, principal: Reader, how: Annotated[ExplainOptions, Query()]) -> Response:
    """What the order lines count as, in number and in money."""
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.LINE_CLASSES), how)


def sales_by(by: By, first: date | None = None, last: date | None = None, category: str | None = None) -> MetricQuery:
    """The question for sales by month, week, segment, category or country."""
    if by in ("month", "week"):
        return _category_query(catalogue.SALES["time"], {"first_day": first, "last_day": last, "grain": by}, category)
    return _category_query(catalogue.SALES[by], {"first_day": first, "last_day": last}, category)


def kpi_of_sales(first: date, last: date, category: str | None = None) -> MetricQuery:
    """The query for the sales KPIs of a period."""
    return _category_query(catalogue.KPI_SALES, {"first_day": first, "last_day": last}, category)


def _category_query(metric: Metric, values: Mapping[str, Any], category: str | None) -> MetricQuery:
    return MetricQuery(metric, {**values, "category": category}, {"orders": orders_of(category)})


def orders_of(category: str | None) -> str:
    """What a statement reads where it says {orders}: all of them, or those of a category, given as $category."""
    if category is None:
        return "orders"
    return f"({named_queries('foresell.metrics', 'orders_of_category.sql')['orders']})"


async def _category(web: AppState, principal: Principal, how: SalesFilters) -> str | None:
    """The category as it is stored. Raises ParameterError for one that does not exist."""
    if how.category is None:
        return None
    with customer_lists.by_parameter():
        _, found = await web.ask(principal, queries.filter_conditions, Filter(category=how.category))
    return str(found["category"])


async def _figure(
    web: AppState, principal: Principal, kpi: Kpi, first: date, last: date, category: str | None
) -> dict[str, Any]:
    """One KPI with its period, and the previous period where it has one."""
    value = await _value(web, principal, kpi, first, last, category)
    shown = {"name": kpi.name, "label": kpi.label, "value": value, "unit": kpi.unit, "definition": kpi.definition}
    if not kpi.has_period:
        ends: dict[str, Any] = dict.fromkeys(
            ("first_day", "last_day", "previous", "previous_first_day", "previous_last_day")
        )
        return {**shown, **ends, "sentence": kpi.sentence}
    days = last - first + timedelta(days=1)
    before = {"previous_first_day": first - days, "previous_last_day": first - timedelta(days=1)}
    previous = await _value(web, principal, kpi, before["previous_first_day"], before["previous_last_day"], category)
    words = f"{days.days} days to {last}, compared with the {days.days} days before"
    return {**shown, "first_day": first, "last_day": last, "previous": previous, **before, "sentence": words}


async def _value(web: AppState, principal: Principal, kpi: Kpi, first: date, last: date, category: str | None) -> Any:
    [row] = await calculation.compute(web, principal, _kpi_query(kpi, first, last, category))
    return row[kpi.column]


def _kpi_query(kpi: Kpi, first: date, last: date, category: str | None) -> MetricQuery:
    return kpi_of_sales(first, last, category) if kpi.has_period else MetricQuery(kpi.metric)
