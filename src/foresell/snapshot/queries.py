"""Questions to a published snapshot; the answers are dicts, one per row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from foresell.db import DuckStatements
from foresell.errors import NotFound, UsageError

SQL = DuckStatements("foresell.snapshot")
Ranks = NDArray[np.int32]

#: What each part of a filter means.
_CONDITIONS = {
    "segment": "segment = $segment",
    "first_day": "last_purchase_day >= $first_day",
    "last_day": "last_purchase_day <= $last_day",
    "category": "get_bit(bought, (select category_no from categories where category = $category)) = 1",
    "country": "country = $country",
    "state": "churn_state = $state",
    "min_probability": "probability >= $min_probability",
    "max_probability": "probability <= $max_probability",
    "min_value": "expected_revenue >= $min_value",
    "r": "r = $r",
    "f": "f = $f",
    "min_recency": "recency_days >= $min_recency",
    "below_recency": "recency_days < $below_recency",
    "min_orders": "frequency >= $min_orders",
    "below_orders": "frequency < $below_orders",
    "min_revenue": "monetary >= $min_revenue",
    "below_revenue": "monetary < $below_revenue",
    "below_probability": "probability < $below_probability",
    "ordered": "customer_id in (select customer_id from orders where is_counted and day between $ordered[1] and $ordered[2])",
    "predicted": "(probability is not null) = $predicted",
    "customers": "customer_id in (select unnest($customers::varchar[]))",
    "without": "customer_id not in (select unnest($without::varchar[]))",
}

#: Ordered goods of a category on some days: their sum in an order, returns subtracted, is more than zero.
_ORDERED_OF_CATEGORY = (
    "customer_id in (select l.customer_id from lines as l join products as p using (product_id)"
    " where l.class in ('counted', 'returns') and p.category = $category and l.day between $ordered[1] and $ordered[2]"
    " group by l.customer_id, l.order_id having sum(l.amount) > 0)"
)

#: Where the names come from that a filter may name, each in the spelling that is stored.
_NAMES = {
    "segment": "select name from segment_rules order by position",
    "category": "select category from categories order by 1",
    "country": "select distinct country from customer_list where country is not null order by 1",
    "state": "select unnest(['likely to stay', 'unsure', 'at risk'])",
}

_LOOKED_UP = 1_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which customers: every part that is not None must hold. Days are those of the last purchase, both included.

    category: bought something of it (counted lines). ordered: has a counted order from the first day to the second; with a
    category, of goods of it. r, f: scores. min_ values are included, below_ values are not. Probabilities are of an order within 30 days. customers: only these.
    without: not these.
    """

    segment: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    category: str | None = None
    country: str | None = None
    state: str | None = None
    min_probability: float | None = None
    max_probability: float | None = None
    min_value: float | None = None
    r: int | None = None
    f: int | None = None
    min_recency: float | None = None
    below_recency: float | None = None
    min_orders: float | None = None
    below_orders: float | None = None
    min_revenue: float | None = None
    below_revenue: float | None = None
    below_probability: float | None = None
    ordered: tuple[date, date] | None = None
    predicted: bool | None = None
    customers: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None

    def parts(self) -> dict[str, Any]:
        """The parts that filter, by name."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values if v is not None}


def list_customers(
    con: duckdb.DuckDBPyConnection, which: Filter | None = None, *, sort: str = "value", limit: int | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """How many customers match, and the first `limit` of them in order.

    Raises UsageError for a segment, category, country, state or sort that does not exist, naming those that do.
    """
    ranks = select_ranks(con, which or Filter(), sort)
    return len(ranks), list_rows(con, ranks[:limit])


def select_ranks(con: duckdb.DuckDBPyConnection, which: Filter, sort: str = "value") -> Ranks:
    """The ranks of all customers that match, in order: what a list is cut from. Raises UsageError like `list_customers`."""
    sorts = dict(con.execute(SQL.text("queries.sorts")).fetchall())
    if sort not in sorts:
        raise UsageError(f"Cannot sort by {sort!r}.", remedy=f"Choose one of: {', '.join(sorts)}")
    holds, parts = filter_conditions(con, which)
    query = SQL.text("queries.selection").replace("{conditions}", holds).replace("{order}", sorts[sort])
    return con.execute(query, parts or None).fetchnumpy()["rank"]


def place_after(con: duckdb.DuckDBPyConnection, which: Filter, sort: str, rank: int) -> int:
    """How many of the customers that match come before the one at `rank`, who no longer has to match or be visible."""
    holds, parts = filter_conditions(con, which)
    order = dict(con.execute(SQL.text("queries.sorts")).fetchall())[sort]
    query = SQL.text("queries.with_row").replace("{conditions}", holds).replace("{order}", order)
    found = con.execute(query, {**parts, "rank": rank}).fetchnumpy()["rank"]
    return int(np.flatnonzero(found == rank)[0]) if rank in found else 0


def place_owners(con: duckdb.DuckDBPyConnection, owners: Sequence[Sequence[str]]) -> Ranks:
    """By rank of the list, the place of its owner in `owners`, which holds the customers of each; len(owners): none."""
    ids = [customer for customers in owners for customer in customers]
    places = [place for place, customers in enumerate(owners) for _ in customers]
    [(last,)] = con.execute("select coalesce(max(rank), 0) from customer_list").fetchall()
    place_of = np.full(last + 1, len(owners), dtype=np.int32)
    found = con.execute(SQL.text("queries.owner_of_rank"), {"ids": ids, "places": places}).fetchnumpy()
    place_of[found["rank"]] = found["place"]
    return place_of


def filter_conditions(con: duckdb.DuckDBPyConnection, which: Filter) -> tuple[str, dict[str, Any]]:
    """A filter as an expression over customer_list, and the values it binds. Raises UsageError for an unknown name."""
    parts = {name: _stored_spelling(con, name, value) for name, value in which.parts().items()}
    conditions = {name: _CONDITIONS[name] for name in parts}
    if {"ordered", "category"} <= parts.keys():
        conditions |= {"ordered": _ORDERED_OF_CATEGORY}
        del conditions["category"]
    return " and ".join(conditions.values()) or "true", parts


def ranks_of(con: duckdb.DuckDBPyConnection, customer_ids: Sequence[str]) -> Ranks:
    """The ranks of these customers, of those that are listed."""
    found = con.execute(SQL.text("queries.ranks_of"), {"ids": list(customer_ids)}).fetchnumpy()
    return np.asarray(found["rank"], dtype=np.int32)


def list_rows(
    con: duckdb.DuckDBPyConnection, ranks: Sequence[int] | Ranks, columns: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The rows of the list at these ranks, in their order; some columns only are found faster."""
    if not len(ranks):
        return []
    wanted = np.asarray(ranks, dtype=np.int32)
    few = len(wanted) <= _LOOKED_UP  # found by the index when written out, by one scan otherwise
    query = SQL.text("queries.listed").replace(
        "{ranks}", ", ".join(map(str, wanted)) if few else "select unnest($ranks)"
    )
    query = query.replace("{columns}", ", ".join(columns) or "* exclude (rank, name_order, bought)")
    rows = rows_of(con, query, None if few else {"ranks": wanted})
    for row in rows:
        if "reasons" in row:
            row["reasons"] = row["reasons"].splitlines()
    found = {row.pop("rank"): row for row in rows}
    return [found[int(rank)] for rank in ranks]


def list_rows_of(con: duckdb.DuckDBPyConnection, customer_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the list for these customers, of those that are listed, in no particular order."""
    return list_rows(con, ranks_of(con, customer_ids)) if customer_ids else []


def list_call_candidates(
    con: duckdb.DuckDBPyConnection, capacity: int, left_out: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The customers with a reason to call, of each reason the first `capacity`, best first: call_reason, why_call, value_at_risk."""
    values = {"capacity": capacity, "left_out": list(left_out)}
    return rows_of(con, SQL.text("queries.call_candidates"), values)


def join_customers(
    con: duckdb.DuckDBPyConnection, customer_ids: Sequence[str], position: str, values: dict[str, Any]
) -> dict[str, Any] | None:
    """What customers would be as one, by the run's cut points: last_purchase_day, recency_days, rfm_score, segment,
    expected_revenue; None when none of them is in the list.

    `position`, `values`: the segment rules as `position_sql` writes them.
    """
    query = SQL.text("queries.customers_as_one").replace("{position}", position)
    found = rows_of(con, query, {"ids": list(customer_ids), **values})
    return found[0] if found else None


def sum_expected(con: duckdb.DuckDBPyConnection, ranks: Ranks) -> dict[str, Any]:
    """How many customers are at these ranks, and their expected revenue of the next 30 days (None where it is off)."""
    return rows_of(con, SQL.text("queries.expected_of"), {"ranks": ranks})[0]


def expected_revenue(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The next 30 days: what the visible customers are expected to spend, and the company's forecast in its streams.

    `forecast`, `known`, `new`, `anonymous` (which add up to it), `low` and `high` are None for a user who does not see all customers.
    """
    return rows_of(con, SQL.text("queries.expected_revenue"))[0]


def list_forecast(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The forecast of the run: one row per period and target."""
    return rows_of(con, SQL.text("queries.forecast"))


def list_segments(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every segment with its customers, net revenue, typical recency and advice."""
    return rows_of(con, SQL.text("queries.segments"))


def get_customer(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, Any]:
    """One customer's scores with the orders and the cut points they came from. Raises NotFound."""
    values = {"customer_id": customer_id}
    found = rows_of(con, SQL.text("queries.customer"), values)
    if not found:
        raise NotFound("Customer not found", remedy="List them: foresell customers")
    predicted = rows_of(con, SQL.text("queries.prediction"), values)
    return {
        **found[0],
        "prediction": predicted[0] if predicted else None,
        "reasons": rows_of(con, SQL.text("queries.reasons"), values) if predicted else [],
        "orders": rows_of(con, SQL.text("queries.orders_of_customer"), values),
        "cut_points": rows_of(con, SQL.text("queries.cut_points")),
    }


def list_transactions(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[dict[str, Any]]:
    """The customer's orders that contain products, newest first: date, amount (net, of the products), product names.

    Put together here: for one customer's few lines, planning the join and the grouping takes longer than both.
    """
    lines = run_query(con, "product_lines_of_customer", {"customer_id": customer_id})
    named = run_query(con, "product_names", {"products": list({line["product_id"] for line in lines})})
    names = {row["product_id"]: row["name"] for row in named}
    orders: dict[int, dict[str, Any]] = {}
    for line in lines:
        order = orders.setdefault(line["order_id"], {"date": line["day"], "amount": 0, "products": []})
        order["amount"] += line["amount"]
        order["products"].append(names[line["product_id"]])
    return list(orders.values())[::-1]


def run_query(con: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows one named question of questions.sql answers with."""
    return rows_of(con, SQL.text(f"queries.{name}"), values)


def rows_of(con: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """A query's rows as dicts."""
    cursor = con.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def list_names(con: duckdb.DuckDBPyConnection, what: str) -> list[str]:
    """The segments, categories, countries or churn states a filter may name."""
    return [row[0] for row in con.execute(_NAMES[what]).fetchall()]


def _stored_spelling(con: duckdb.DuckDBPyConnection, what: str, value: Any) -> Any:
    """A name in its stored case; other values unchanged. Raises UsageError for an unknown name."""
    return value if what not in _NAMES else _find(what, value, list_names(con, what))


def _find(what: str, value: str, known: Iterable[str]) -> str:
    known = list(known)
    for name in known:
        if name.lower() == value.lower():
            return name
    shown = ", ".join(known[:30]) + (" ..." if len(known) > 30 else "")
    raise UsageError(f"There is no {what} {value!r}.", remedy=f"Choose one of: {shown}")
