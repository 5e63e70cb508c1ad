"""Lifetime value: a customer's expected net revenue of the next twelve months, as value, rank, band and likely range.

Query: training/net_orders.sql. Model: BG/NBD x Gamma-Gamma, mixed with last year and capped by the best year (model.py, blend.py). Accuracy: backtest.py.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foresell.scores.lifetime_value import backtest
from foresell.scores.lifetime_value.blend import DEFAULT_WEIGHT
from foresell.scores.lifetime_value.model import Floats, band_of, lifetime_value
from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.outcomes import OutcomeRule
from foresell.types import ScoreColumn


def _predict(context: ScoringContext) -> pa.Table:
    """Fitted anew in each run: it takes a second, and no old fit can linger. Whole currency units. Raises NotReady."""
    version = context.tested_version("lifetime_value")
    weight, ranges = backtest.read_card(version.card) if version else (DEFAULT_WEIGHT, None)
    table, _ = lifetime_value(context.con, context.as_of, weight, ranges)
    at = pa.compute.index_in(context.frame.customers, value_set=table["customer_id"].combine_chunks())
    value, low, high = (np.rint(_or_nothing(table[name], at)) for name in ("value", "low", "high"))
    if "expected_revenue" in context.computed:  # a year brings no less than its first month
        value = np.maximum(value, np.ceil(context.computed["expected_revenue"]["expected_revenue"].to_numpy()))
    rank = np.empty(len(value), dtype=np.int64)
    rank[np.lexsort((np.arange(len(value)), -value))] = np.arange(1, len(value) + 1)
    known = ranges is not None
    columns = {
        "value_12m": value,
        "value_low": np.minimum(low, value) if known else pa.nulls(len(value), pa.float64()),
        "value_high": np.maximum(high, value) if known else pa.nulls(len(value), pa.float64()),
        "value_rank": rank,
        "value_band": band_of(rank),
    }
    return pa.table({"customer_id": context.frame.customers, **columns})


def _or_nothing(column: pa.ChunkedArray, at: pa.Array) -> Floats:
    """A column in the order of `at`; 0 for a customer who kept nothing of what was ever bought."""
    taken = pa.compute.fill_null(pa.compute.take(column, at), 0.0)
    return np.asarray(taken.to_numpy(), dtype=np.float64)


COLUMNS = (
    ScoreColumn(
        "value_12m", "number", "Lifetime value (12 months)", "Expected net revenue of the next 365 days, never below expected revenue (30 days). In whole units.", "money", 1204.0,
        sort="lifetime",
    ),
    ScoreColumn("value_low", "number", "Lifetime value, low", "What 9 of 10 customers of the same decile of value exceeded, scaled to this one.", "money", 0.0),
    ScoreColumn("value_high", "number", "Lifetime value, high", "What 9 of 10 customers of the same decile of value stayed below, scaled to this one.", "money", 3410.0),
    ScoreColumn("value_rank", "integer", "Lifetime value rank", "1: the most valuable customer.", "rank", 31, best="lowest"),
    ScoreColumn(
        "value_band", "text", "Lifetime value band", "top 1 %, top 10 %, upper, middle or low, by value rank.", "name", "top 10 %"
    ),
)  # fmt: skip

LIFETIME_VALUE_SCORE = Score(
    "lifetime_value",
    COLUMNS,
    horizon_days=365,
    predict=_predict,
    train=backtest.make_version,
    outcomes=(OutcomeRule("lifetime_value", "value_12m", 365, "spends"),),
)
