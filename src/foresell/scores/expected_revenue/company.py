"""The company's side of expected revenue: the forecast of the next 30 days and of its anonymous part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from foresell.scores.expected_revenue.model import HORIZON_DAYS, forecast_streams
from foresell.scores.expected_revenue.streams import Streams
from foresell.scores.forecast import model as forecast
from foresell.sql import read_sql


@dataclass(frozen=True, slots=True)
class CompanyForecast:
    """Net revenue of [as_of, as_of + HORIZON_DAYS) with its 80 % interval (None with too little history), and its streams."""

    streams: Streams
    low: float | None
    high: float | None


def forecast_company(con: duckdb.DuckDBPyConnection, as_of: date, *, interval: bool = True) -> CompanyForecast:
    """The forecast from what was known before a day. Raises NotReady where there is no forecast or no known customer to split it by."""
    sales = forecast.read_sales(con, as_of)
    ends = as_of + timedelta(days=HORIZON_DAYS)
    total = forecast.expected_total(sales, as_of, ends)
    rows = con.execute(
        read_sql("foresell.scores.expected_revenue", "anonymous_sales.sql"), {"as_of": as_of}
    ).fetchnumpy()
    revenue = rows["revenue"][-sales.days :]
    without = forecast.known_sales(sales.first, revenue, (revenue > 0).astype(float), sales.country)
    streams = forecast_streams(con, as_of, total, forecast.expected_total(without, as_of, ends))
    width = (
        forecast.half_width(forecast.errors(sales, forecast.origins(sales), 0, HORIZON_DAYS, "revenue"))
        if interval
        else None
    )
    if width is None:
        return CompanyForecast(streams, None, None)
    return CompanyForecast(streams, total * max(0.0, 1 - width), total * (1 + width))
