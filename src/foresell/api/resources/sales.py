"""Sales: KPIs compared with the previous period or last year, sales by period, segment, category and country, and line classes."""

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
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
from foresell.errors import MissingParameter, ParameterError
from foresell.metrics import catalogue
from foresell.metrics.catalogue import KPIS
from foresell.metrics.metric import Kpi, Metric
from foresell.metrics.periods import Comparison, Period, PeriodName, bucket, resolve
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
#: A row without a period to compare it with.
NOT_COMPARED: dict[str, Any] = {"compared": None, "compared_orders": None}


class KpiValue(BaseModel):
    """One KPI."""

    name: str = Field(description="Which one.", examples=["revenue"])
    label: str = Field(description="What to call it on a page.", examples=["Net revenue"])
    value: float | None = Field(description="The value; null where there is no data.")
    unit: Literal["money", "count"] = Field(description="What it is counted in.")
    definition: str = Field(description="What it means, in a sentence.")
    first_day: date | None = Field(description="First day of its period; null: it has none.")
    last_day: date | None = Field(description="Last day of its period.")
    complete: bool | None = Field(description="False: the month, quarter or year of the period has not ended.")
    previous: float | None = Field(description="The same over the period it is compared with.")
    previous_first_day: date | None = Field(description="First day of the period it is compared with.")
    previous_last_day: date | None = Field(description="Last day of the period it is compared with.")
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
    first_day: date | None = Field(None, description="Its first day; null: not by month or week.")
    last_day: date | None = Field(None, description="Its last day, that of the data or the filter at most.")
    complete: bool | None = Field(None, description="False: not the whole month or week.")
    compared: float | None = Field(
        None,
        description="Net revenue of the period it is compared with, over as many days; null: not asked, or no sales.",
    )
    compared_orders: int | None = Field(None, description="The orders of that period, or null likewise.")


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
    period: PeriodName | None = Field(
        None,
        description="A named period up to the last day of data, or the year before, instead of `from` and `to`. Quarters and"
        " years are those of the fiscal year.",
        examples=["month"],
    )
    category: str | None = Field(
        None, max_length=200, description="Only goods of this category; orders count with these goods alone."
    )

    def in_order(self) -> None:
        """Raises ParameterError when the range ends before it starts, or is said twice."""
        if self.period and (self.first_day or self.last_day):
            raise ParameterError(
                "period", "period: the days are given twice", remedy="Leave out period, or from and to."
            )
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ParameterError("to", "to: is before from", remedy="Swap the two.")

    def days(self, web: AppState) -> Period | None:
        """The days asked for, up to the last day of data; None: all of them. Raises ParameterError like `in_order`."""
        self.in_order()
        if self.period:
            return resolve(self.period, web.snapshot().as_of, web.fiscal_year_start)
        if self.first_day is None and self.last_day is None:
            return None
        return Period(self.first_day or date.min, self.last_day or web.snapshot().as_of - timedelta(days=1))


class KpiOptions(SalesFilters):
    """Which KPIs, and the period and category. KPIs without a period have no category."""

    name: KpiName | None = Field(None, description="Only this one; an explanation is of one.")
    compare: Comparison = Field(
        "previous",
        description="previous: the period just before. last_year: the same period a year before. A month, quarter or year"
        " that has not ended is compared with the same number of days.",
    )


class SalesOptions(SalesFilters):
    """Sales by what, of which days and goods."""

    by: By = Field("month", description="What to group by; weeks begin on Monday.")
    compare: Comparison | None = Field(
        None,
        description="Add the revenue of the period before, or of the same period a year before. Only months and weeks a year"
        " before need no days: a month or week of the days asked for is compared with the days at its place in the period"
        " before.",
    )


@router.get("/kpis", response_model=KpiList | Explanation | RowsBehind, responses=error_responses(409))
async def list_kpis(web: AppStateOf, principal: Reader, how: Annotated[KpiOptions, Query()]) -> Response:
    """List KPIs of the 30 days before as_of, or of the given days, compared with an earlier period."""
    period = _kpi_period(web, how)
    category = await _category(web, principal, how)
    chosen = [kpi for kpi in KPIS if how.name in (None, kpi.name) and (kpi.has_period or category is None)]
    if not chosen:
        raise ParameterError(
            "category", f"category: {how.name} is not of a category", remedy="Leave one of the two out."
        )
    if how.explain:
        if how.name is None:
            raise MissingParameter("name", "name: choose the KPI to explain")
        return await calculation.answer_query(web, principal, _kpi_query(chosen[0], period, category), how)
    data = [await _figure(web, principal, kpi, period, how.compare, category) for kpi in chosen]
    return answer({"data": data, "meta": web.meta()})


@router.get("/sales", response_model=SalesReport | Explanation | RowsBehind, responses=error_responses(409))
async def list_sales(web: AppStateOf, principal: Reader, how: Annotated[SalesOptions, Query()]) -> Response:
    """Net revenue, orders and customers by month, week, segment, category or country."""
    period = how.days(web)
    category = await _category(web, principal, how)
    first, last = (period.first, period.last) if period else (None, None)
    query = sales_by(how.by, first, last, category)
    if how.explain:
        return await calculation.answer_query(web, principal, query, how)
    rows = await calculation.compute(web, principal, query)
    if how.by in ("month", "week"):
        rows = await _bars(web, principal, how, rows, period, category)
    elif how.compare and period and period.first > date.min:
        rows = await _compare_names(web, principal, how.by, rows, period.compared(how.compare), category)
    return answer({"data": rows, "meta": web.meta()})


@router.get("/lines/classes", response_model=LineClassList | Explanation | RowsBehind, responses=error_responses(409))
async def list_line_classes(web: AppStateOf, principal: Reader, how: Annotated[SalesFilters, Query()]) -> Response:
    """What the order lines of these days and goods count as, in number and in money."""
    period = how.days(web)
    category = await _category(web, principal, how)
    values = {
        "first_day": period and period.first, "last_day": period and period.last, "category": category,
    }  # fmt: skip
    return await calculation.answer_query(web, principal, MetricQuery(catalogue.LINE_CLASSES, values), how)


def sales_by(
    by: By | Literal["day"], first: date | None = None, last: date | None = None, category: str | None = None
) -> MetricQuery:
    """The question for sales by day, week, month, segment, category or country."""
    if by in ("day", "month", "week"):
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


def _kpi_period(web: AppState, how: KpiOptions) -> Period:
    """The period of the KPIs: as asked, or the last 30 days. Raises ParameterError when it ends before it starts."""
    if how.period:
        how.in_order()
        return resolve(how.period, web.snapshot().as_of, web.fiscal_year_start)
    how.in_order()
    last = how.last_day or web.snapshot().as_of - timedelta(days=1)
    first = how.first_day or last - timedelta(days=PERIOD_DAYS - 1)
    if first > last:
        raise ParameterError("from", "from: is after the period's last day", remedy=f"Choose a day up to {last}.")
    return Period(first, last)


async def _figure(
    web: AppState, principal: Principal, kpi: Kpi, period: Period, comparison: Comparison, category: str | None
) -> dict[str, Any]:
    """One KPI with its period and, where it has one, the period it is compared with."""
    value = await _value(web, principal, kpi, period, category)
    shown = {"name": kpi.name, "label": kpi.label, "value": value, "unit": kpi.unit, "definition": kpi.definition}
    if not kpi.has_period:
        ends: dict[str, Any] = dict.fromkeys(
            ("first_day", "last_day", "complete", "previous", "previous_first_day", "previous_last_day")
        )
        return {**shown, **ends, "sentence": kpi.sentence}
    before = period.compared(comparison)
    return {
        **shown,
        "first_day": period.first,
        "last_day": period.last,
        "complete": period.is_complete,
        "previous": await _value(web, principal, kpi, before, category),
        "previous_first_day": before.first,
        "previous_last_day": before.last,
        "sentence": f"{period.days} days to {period.last}, compared with {before.days} days from {before.first}",
    }


async def _bars(
    web: AppState,
    principal: Principal,
    how: SalesOptions,
    rows: ResultRows,
    period: Period | None,
    category: str | None,
) -> ResultRows:
    """Sales by month or week with the days of each bar and, where asked, the sales of the days it is compared with."""
    unit: Literal["month", "week"] = "week" if how.by == "week" else "month"
    shown = period or Period(date.min, web.snapshot().as_of - timedelta(days=1))
    bars = [bucket(row["name"], unit, shown) for row in rows]
    compared = [NOT_COMPARED] * len(rows)
    if rows and how.compare == "last_year":
        compared = await _sales_of(web, principal, [bar.compared("last_year") for bar in bars], category)
    elif rows and how.compare and shown.first > date.min:
        compared = await _sales_of(web, principal, [shown.counterpart(bar) for bar in bars], category)
    return [
        {
            **row, **sales, "first_day": bar.first, "last_day": bar.last,
            "complete": bar.unit is not None and bar.is_complete,
        }
        for row, bar, sales in zip(rows, bars, compared, strict=True)
    ]  # fmt: skip


async def _sales_of(
    web: AppState, principal: Principal, periods: list[Period], category: str | None
) -> list[dict[str, Any]]:
    """The net revenue and the orders of each of these periods, as compared; both None before the first sale."""
    days = sales_by("day", min(each.first for each in periods), max(each.last for each in periods), category)
    rows = await calculation.compute(web, principal, days)
    first = min((row["name"] for row in rows), default=date.max)
    return [
        _compared([row for row in rows if each.first <= row["name"] <= each.last])
        if each.last >= first
        else NOT_COMPARED
        for each in periods
    ]


def _compared(rows: ResultRows) -> dict[str, Any]:
    return {"compared": sum(row["revenue"] for row in rows), "compared_orders": sum(row["orders"] for row in rows)}


async def _compare_names(
    web: AppState, principal: Principal, by: By, rows: ResultRows, before: Period, category: str | None
) -> ResultRows:
    """Sales by name, with the net revenue and the orders of each name in the period before."""
    query = sales_by(by, before.first, before.last, category)
    known = {row["name"]: _compared([row]) for row in await calculation.compute(web, principal, query)}
    return [{**row, **known.get(row["name"], NOT_COMPARED)} for row in rows]


async def _value(web: AppState, principal: Principal, kpi: Kpi, period: Period, category: str | None) -> Any:
    [row] = await calculation.compute(web, principal, _kpi_query(kpi, period, category))
    return row[kpi.column]


def _kpi_query(kpi: Kpi, period: Period, category: str | None) -> MetricQuery:
    return kpi_of_sales(period.first, period.last, category) if kpi.has_period else MetricQuery(kpi.metric)
