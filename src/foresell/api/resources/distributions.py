"""Distributions: how recency, frequency, monetary value and probability spread over the customers, with the cut points."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import duckdb
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from foresell.access.principal import Principal
from foresell.api.http.dependencies import AppStateOf, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.responses import Meta, body
from foresell.api.shared import calculation, customer_lists
from foresell.api.shared.calculation import ExplainOptions, Explanation, MetricQuery, ResultRows, RowsBehind
from foresell.errors import ModelUnavailable
from foresell.metrics import catalogue, edges
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter

router = APIRouter(prefix="/api/distributions", tags=["distributions"])

#: The column of the customer list behind each name.
COLUMNS = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary", "probability": "probability"}


class HistogramBin(BaseModel):
    """Customers whose value lies from low on and below high; in the last bin also at high."""

    low: float = Field(description="The smallest value in it.", examples=[100])
    high: float = Field(description="Where the next one begins.", examples=[200])
    customers: int = Field(description="How many.", examples=[1204])


class Distribution(BaseModel):
    """A histogram."""

    bins: list[HistogramBin] = Field(description="Every bin, also empty ones; together they hold all n customers.")
    cut_points: list[float] = Field(
        description="The lowest values (recency: the highest) of the scores 2 to 5, over all customers; for probability:"
        " from where on the model says that an order comes."
    )
    n: int = Field(description="How many customers the filter holds that have a value.", examples=[4338])
    median: float | None = Field(description="Half of them have less; null when there are none.")
    meta: Meta = Field(description="Where the figures come from.")


class DistributionOptions(customer_lists.CustomerFilters, ExplainOptions):
    """Of which customers, in how many bins."""

    bins: int = Field(20, ge=2, le=60, description="The maximum number of bins; edges are round numbers.")


@router.get("/{axis}", response_model=Distribution | Explanation | RowsBehind, responses=error_responses(409))
async def get_distribution(
    web: AppStateOf,
    principal: Annotated[Principal, require("customers.read")],
    axis: Annotated[Literal["recency", "frequency", "monetary", "probability"], Path(description="Of what.")],
    how: Annotated[DistributionOptions, Query()],
) -> Response:
    """How one value spreads over the customers a filter holds. Bins do not change with the filter."""
    principal = how.narrow(principal)
    which = await customer_lists.filter_of(web, principal, how)
    with customer_lists.by_parameter():
        holds, values, within, cut_points = await calculation.get_cached(
            web,
            principal,
            ("distribution of", body([axis, which])),
            lambda: web.ask(principal, _prepare_bins, axis, which),
        )
    if axis == "probability":
        try:
            cut_points = [(await web.model("purchase"))["metrics"]["threshold"]]
        except (ModelUnavailable, KeyError):
            cut_points = []
    query = MetricQuery(
        catalogue.DISTRIBUTION,
        {**values, "edges": edges.of(axis, *within, how.bins)},
        {"axis": COLUMNS[axis], "conditions": holds},
    )

    def shape(found: ResultRows) -> dict[str, Any]:
        bins = [{key: row[key] for key in ("low", "high", "customers")} for row in found]
        return {"bins": bins, "cut_points": cut_points, "n": found[0]["n"], "median": found[0]["median"]}

    return await calculation.answer_query(web, principal, query, how, shape)


def _prepare_bins(
    con: duckdb.DuckDBPyConnection, axis: str, which: Filter
) -> tuple[str, dict[str, Any], tuple[float, float], list[float]]:
    """The filter as an expression with its values, the range over all visible customers, and the cut points."""
    column = COLUMNS[axis]
    holds, values = queries.filter_conditions(con, which)
    [row] = queries.rows_of(con, f"select min({column}) as low, max({column}) as high from customer_list")
    end = "highest" if axis == "recency" else "lowest"
    cuts = [
        float(cut[end]) for cut in queries.run_query(con, "cut_points") if cut["axis"] == column and cut["score"] > 1
    ]
    return holds, values, (float(row["low"] or 0), float(row["high"] or 0)), sorted(cuts)
