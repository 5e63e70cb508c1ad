"""What customers' purchases were worth once returns are deducted from the purchase they undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.sql import read_sql

Floats = NDArray[np.float64]

#: Amounts above this quantile of all purchases are capped before they are averaged: one order of 77,000 must not decide what
#: every purchase is worth. From this number of purchases on, a customer's cap is a multiple of the own median if that is higher.
CAP_QUANTILE, CAP_PURCHASES = 0.995, 3


@dataclass(frozen=True, slots=True)
class NetPurchases:
    """One row per customer and day on which something was bought and kept, by customer and day; arrays of equal length."""

    customer: pa.StringArray
    day: NDArray[np.int64]  # days before as_of, >= 1
    amount: Floats
    unmatched_returns: float  # returned amounts that undo no known purchase, of all customers


def read_net_purchases(con: duckdb.DuckDBPyConnection, as_of: date) -> NetPurchases:
    """The purchases strictly before a day. A purchase is a day: two orders of one day are one occasion."""
    orders = read_sql("foresell.scores.training", "net_orders.sql")
    rows = con.sql(
        f"""select customer_id, $as_of::date - day as age, sum(net)::double as amount from ({orders})
        where not is_void group by customer_id, age having sum(net) > 0 order by customer_id, age desc""",
        params={"as_of": as_of},
    ).to_arrow_table()
    [(matched,)] = con.execute(
        f"select coalesce(sum(returned), 0)::double from ({orders})", {"as_of": as_of}
    ).fetchall()
    [(returned,)] = con.execute(
        "select coalesce(-sum(amount), 0)::double from lines where class = 'returns' and day < $as_of::date",
        {"as_of": as_of},
    ).fetchall()
    return NetPurchases(
        rows["customer_id"].combine_chunks(),
        rows["age"].to_numpy().astype(np.int64),
        rows["amount"].to_numpy().astype(np.float64),
        max(0.0, returned - matched),
    )


def capped_means(group: NDArray[np.int64], amount: Floats, groups: int, medians: float) -> tuple[Floats, Floats]:
    """(number of purchases, mean of their capped amounts) per group; the mean is 0 for a group without purchases.

    `group` numbers the customer of each amount from 0; `medians` is the multiple of the own median for regular customers.
    """
    count = np.bincount(group, minlength=groups).astype(np.float64)
    if not len(amount):
        return count, np.zeros(groups)
    limit = np.full(groups, float(np.quantile(amount, CAP_QUANTILE)))
    regular = count >= CAP_PURCHASES
    limit[regular] = np.maximum(limit[regular], medians * _group_medians(group, amount, groups)[regular])
    total = np.bincount(group, weights=np.minimum(amount, limit[group]), minlength=groups)
    return count, np.divide(total, count, out=np.zeros(groups), where=count > 0)


def _group_medians(group: NDArray[np.int64], values: Floats, groups: int) -> Floats:
    """The median of each group's values; 0 for a group without any."""
    ordered = values[np.lexsort((values, group))]
    sizes = np.bincount(group, minlength=groups)
    first, last = np.cumsum(sizes) - sizes, len(ordered) - 1
    low = np.minimum(first + (np.maximum(sizes, 1) - 1) // 2, last)
    high = np.minimum(first + np.maximum(sizes, 1) // 2, last)
    return np.asarray(np.where(sizes > 0, (ordered[low] + ordered[high]) / 2, 0.0), dtype=np.float64)
