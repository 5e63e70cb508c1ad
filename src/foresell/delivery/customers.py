"""Which columns of the customer list can leave, and their values for some of its rows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from foresell.delivery.tabular_writers import Cell
from foresell.sql import read_sql

#: Of the snapshot: the exported name, and what it is there.
SCORES = {
    "customer_id": "customer_id",
    "country": "country",
    "segment": "segment",
    "rfm_score": "rfm_score",
    "r": "r",
    "f": "f",
    "m": "m",
    "recency_days": "recency_days",
    "frequency": "frequency",
    "monetary": "monetary",
    "last_purchase_day": "last_purchase_day",
    "purchase_probability": "probability",
    "tenth": "tenth",
    "expected_order_value": "expected_order_value",
    "expected_value": "expected_value",
    "churn_state": "churn_state",
    "churn_90": "churn_90",
    "churn_180": "churn_180",
    "value_12m": "value_12m",
    "value_low": "value_low",
    "value_high": "value_high",
    "value_rank": "value_rank",
    "value_band": "value_band",
    "reasons": "replace(reasons, chr(10), '; ')",
}
#: Of the truth, because the snapshot knows no persons.
PERSON = ("name", "city", "owner")
CONTACT = ("email", "phone", "address")
#: What the purchase, churn and value models said.
PREDICTIONS = tuple(SCORES)[list(SCORES).index("purchase_probability") :]
#: What an export holds when nothing else is asked for.
USUAL = ("customer_id", "name", "email", "segment", "rfm_score", "purchase_probability")


def scores_at(
    con: duckdb.DuckDBPyConnection, places: NDArray[np.int32], columns: Sequence[str]
) -> list[dict[str, Cell]]:
    """The rows of the list at these places, in their order: `columns` of SCORES, and customer_id in any case."""
    names = list(dict.fromkeys(("customer_id", *columns)))
    query = read_sql("foresell.delivery", "customers.sql").replace(
        "{columns}", ", ".join(f"{SCORES[name]} as {name}" for name in names)
    )
    found = {row[0]: row[1:] for row in con.execute(query, {"places": places}).fetchall()}
    return [dict(zip(names, found[place], strict=True)) for place in places.tolist()]
