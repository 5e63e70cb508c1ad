"""Questions to a published snapshot; the answers are dicts, one per row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from foresell.errors import NotFound, UsageError
from foresell.sql import named_queries

#: What the list can be sorted by, best first.
SORTS = {
    "recency": "recency_days, customer_id",
    "frequency": "frequency desc, customer_id",
    "monetary": "monetary desc, customer_id",
    "score": "rfm_score desc, monetary desc, customer_id",
}

#: What the call list can be sorted by, best first.
CALL_SORTS = {
    "value": "expected_value desc, customer_id",
    "probability": "probability desc, customer_id",
    "lifetime": "value_12m desc, customer_id",
    "risk": "churn_90 * value_12m desc, customer_id",
}


def customers(
    con: duckdb.DuckDBPyConnection,
    *,
    segment: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    category: str | None = None,
    sort: str = "monetary",
    limit: int | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """How many customers match, and the first `limit` of them in order (days are those of the last purchase).

    Raises UsageError for a segment, category or sort that does not exist, naming those that do.
    """
    values = {"segment": segment, "first_day": first_day, "last_day": last_day, "category": category}
    return _listed(con, "customers", values, SORTS, sort, limit)


def call_list(
    con: duckdb.DuckDBPyConnection,
    *,
    segment: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    category: str | None = None,
    state: str | None = None,
    least: float | None = None,
    sort: str = "value",
    limit: int | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Who to call: how many customers match, and the first `limit` of them. Probabilities are of the next 30 days.

    `least` is a probability, `state` one of the churn states. Raises UsageError for names that do not exist.
    """
    values = {
        "segment": segment, "first_day": first_day, "last_day": last_day, "category": category, "state": state, "least": least,
    }  # fmt: skip
    return _listed(con, "call_list", values, CALL_SORTS, sort, limit)


def forecast(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The forecast of the run: one row per period and target."""
    return _rows(con, _sql("forecast"))


def segments(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every segment with its customers, net revenue, typical recency and advice."""
    return _rows(con, _sql("segments"))


def customer(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, Any]:
    """One customer's scores with the orders and the cut points they came from. Raises NotFound."""
    found = _rows(con, _sql("customer"), {"customer_id": customer_id})
    if not found:
        raise NotFound("Customer not found", remedy="List them: foresell customers")
    has_predictions = _rows(con, "select 1 as there from information_schema.tables where table_name = 'predictions'")
    predicted = _rows(con, _sql("prediction"), {"customer_id": customer_id}) if has_predictions else []
    return {
        **found[0],
        "prediction": predicted[0] if predicted else None,
        "reasons": _rows(con, _sql("reasons"), {"customer_id": customer_id}) if predicted else [],
        "orders": _rows(con, _sql("orders_of_customer"), {"customer_id": customer_id}),
        "cut_points": _rows(con, _sql("cut_points")),
    }


def _listed(
    con: duckdb.DuckDBPyConnection,
    name: str,
    values: dict[str, Any],
    sorts: Mapping[str, str],
    sort: str,
    limit: int | None,
) -> tuple[int, list[dict[str, Any]]]:
    """How many rows a filtered list has, and the first of them in order."""
    if sort not in sorts:
        raise UsageError(f"Cannot sort by {sort!r}.", remedy=f"Choose one of: {', '.join(sorts)}")
    _known(con, "segment", values["segment"], "select name from segment_rules order by position")
    _known(
        con, "category", values["category"], "select distinct category from products where kind = 'product' order by 1"
    )
    query = _sql(name)
    [total] = _rows(con, f"select count(*) as total from ({query})", values)
    cut = "" if limit is None else f" limit {int(limit)}"
    return total["total"], _rows(con, f"select * from ({query}) order by {sorts[sort]}{cut}", values)


def _known(con: duckdb.DuckDBPyConnection, what: str, value: str | None, query: str) -> None:
    if value is None:
        return
    names = [row[0] for row in con.execute(query).fetchall()]
    if value.lower() not in {name.lower() for name in names}:
        raise UsageError(f"There is no {what} {value!r}.", remedy=f"Choose one of: {', '.join(names)}")


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    cursor = con.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _sql(name: str) -> str:
    return named_queries("foresell.snapshot", "questions.sql")[name]
