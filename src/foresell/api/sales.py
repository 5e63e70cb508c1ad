"""Sales: key figures beside the period before, sales by period, segment, category and country, and what lines count as."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api import passport
from foresell.api.answers import Meta, answer
from foresell.api.deps import WebOf, require
from foresell.api.passport import Asked, Explain, Made, RowsBehind
from foresell.api.problems import ParameterError, documented
from foresell.api.web import Web
from foresell.metrics import catalogue
from foresell.metrics.kpis import KPIS, Kpi

router = APIRouter(prefix="/api", tags=["sales"])
Reader = Annotated[Principal, require("sales.read")]

By = Literal["month", "week", "segment", "category", "country"]
KpiName = Literal["revenue", "orders", "customers", "average_order_value", "expected_value", "at_risk_revenue"]
#: So that the period before one, however long, is still a date.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
PERIOD_DAYS = 30


class KeyFigure(BaseModel):
    """One key figure."""

    name: str = Field(description="Which one.", examples=["revenue"])
    label: str = Field(description="What to call it on a page.", examples=["Net revenue"])
    value: float | None = Field(description="The figure; null where there is nothing to compute it from.")
    unit: Literal["money", "count"] = Field(description="What it is counted in.")
    definition: str = Field(description="What it means, in a sentence.")
    first_day: date | None = Field(description="First day of its period; null: it has none.")
    last_day: date | None = Field(description="Last day of its period.")
    previous: float | None = Field(description="The same over as many days just before.")
    previous_first_day: date | None = Field(description="First day of the period before.")
    previous_last_day: date | None = Field(description="Last day of the period before.")
    sentence: str | None = Field(description="The period in words.")


class KeyFigures(BaseModel):
    """The key figures of the customers in reach."""

    data: list[KeyFigure] = Field(description="One per figure.")
    meta: Meta = Field(description="Where the figures come from.")


class Sale(BaseModel):
    """Sales of one period, segment, category or country."""

    name: str = Field(description="The first day of the period, or the name.", examples=["2011-11-01"])
    revenue: float = Field(description="Net revenue of goods: sold less returned.", examples=[27349.8])
    orders: int = Field(description="Orders in which something was really sold.", examples=[259])
    customers: int = Field(description="Different known customers who ordered.", examples=[146])


class Sales(BaseModel):
    """Sales, in time or the most revenue first."""

    data: list[Sale] = Field(description="One per period or name.")
    meta: Meta = Field(description="Where the figures come from.")


class LineClass(BaseModel):
    """Order lines of one class."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(alias="class", description="counted, returns, cancelled, non_product, anonymous or later.")
    lines: int = Field(description="How many.", examples=[36905])
    amount: float = Field(description="Their money.", examples=[1139634.73])


class LineClasses(BaseModel):
    """What order lines count as; together they are all lines in reach."""

    data: list[LineClass] = Field(description="One per class, the most lines first.")
    meta: Meta = Field(description="Where the figures come from.")


class Days(Explain):
    """Order days, both included."""

    first_day: Day | None = Field(None, alias="from", description="Orders on or after this day.")
    last_day: Day | None = Field(None, alias="to", description="Orders on or before this day.")

    def in_order(self) -> None:
        """Raises ParameterError when the range ends before it starts."""
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ParameterError("to", "to: is before from", remedy="Swap the two.")


class KpisAsked(Days):
    """Which key figures, of which period."""

    name: KpiName | None = Field(None, description="Only this one; an explanation is of one.")


class SalesAsked(Days):
    """Sales by what, of which days."""

    by: By = Field("month", description="What to group by; weeks begin on Monday.")


@router.get("/kpis", response_model=KeyFigures | Made | RowsBehind, responses=documented(409))
async def key_figures(web: WebOf, principal: Reader, how: Annotated[KpisAsked, Query()]) -> Response:
    """Key figures of the 30 days before as_of, or of the days asked for, beside as many days just before."""
    how.in_order()
    last = how.last_day or web.door().as_of - timedelta(days=1)
    first = how.first_day or last - timedelta(days=PERIOD_DAYS - 1)
    if first > last:
        raise ParameterError("from", "from: is after the period's last day", remedy=f"Choose a day up to {last}.")
    chosen = [kpi for kpi in KPIS if how.name in (None, kpi.name)]
    if how.explain:
        if how.name is None:
            raise ParameterError("name", "name: says which figure to explain", missing=True)
        return await passport.answered(web, principal, _asked(chosen[0], first, last), how)
    data = [await _figure(web, principal, kpi, first, last) for kpi in chosen]
    return answer({"data": data, "meta": web.meta()})


@router.get("/sales", response_model=Sales | Made | RowsBehind, responses=documented(409))
async def list_sales(web: WebOf, principal: Reader, how: Annotated[SalesAsked, Query()]) -> Response:
    """Net revenue, orders and customers by month, week, segment, category or country."""
    how.in_order()
    values = {"first_day": how.first_day, "last_day": how.last_day}
    if how.by in ("month", "week"):
        asked = Asked(catalogue.SALES["time"], {**values, "grain": how.by})
    else:
        asked = Asked(catalogue.SALES[how.by], values)
    return await passport.answered(web, principal, asked, how)


@router.get("/lines/classes", response_model=LineClasses | Made | RowsBehind, responses=documented(409))
async def line_classes(web: WebOf, principal: Reader, how: Annotated[Explain, Query()]) -> Response:
    """What the order lines count as, in number and in money."""
    return await passport.answered(web, principal, Asked(catalogue.LINE_CLASSES), how)


async def _figure(web: Web, principal: Principal, kpi: Kpi, first: date, last: date) -> dict[str, Any]:
    """One key figure with its period, and the period before where it has one."""
    value = await _value(web, principal, kpi, first, last)
    shown = {"name": kpi.name, "label": kpi.label, "value": value, "unit": kpi.unit, "definition": kpi.definition}
    if not kpi.has_period:
        ends: dict[str, Any] = dict.fromkeys(
            ("first_day", "last_day", "previous", "previous_first_day", "previous_last_day")
        )
        return {**shown, **ends, "sentence": kpi.sentence}
    days = last - first + timedelta(days=1)
    before = {"previous_first_day": first - days, "previous_last_day": first - timedelta(days=1)}
    previous = await _value(web, principal, kpi, *before.values())
    words = f"{days.days} days to {last}, beside the {days.days} days before"
    return {**shown, "first_day": first, "last_day": last, "previous": previous, **before, "sentence": words}


async def _value(web: Web, principal: Principal, kpi: Kpi, first: date, last: date) -> Any:
    [row] = await passport.figures(web, principal, _asked(kpi, first, last))
    return row[kpi.figure]


def _asked(kpi: Kpi, first: date, last: date) -> Asked:
    return Asked(kpi.metric, {"first_day": first, "last_day": last} if kpi.has_period else {})
