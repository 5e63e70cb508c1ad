"""Lifetime value: a customer's expected net revenue of the next twelve months, as value, rank, band and likely range.

Query: purchase_summary.sql. Model: BG/NBD x Gamma-Gamma, fitted anew in every run (model.py). Accuracy: backtest.py.
"""

from __future__ import annotations

import pyarrow as pa

from foresell.scores.lifetime_value import backtest
from foresell.scores.lifetime_value.model import lifetime_value
from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.outcomes import OutcomeRule
from foresell.types import ScoreColumn


def _predict(context: ScoringContext) -> pa.Table:
    """Fitted anew in each run: it takes a second, and no old fit can linger. Raises NotReady."""
    table, _ = lifetime_value(context.con, context.as_of, context.seed)
    columns = {
        "value_12m": "value",
        "value_low": "low",
        "value_high": "high",
        "value_rank": "rank",
        "value_band": "band",
    }
    return pa.table({"customer_id": table["customer_id"], **{name: table[own] for name, own in columns.items()}})


COLUMNS = (
    ScoreColumn(
        "value_12m", "number", "Lifetime value (12 months)", "Expected net revenue of the next 365 days.", "money", 1204.0,
        sort="lifetime",
    ),
    ScoreColumn("value_low", "number", "Lifetime value, low", "Lower end of the likely range (80 %).", "money", 0.0),
    ScoreColumn("value_high", "number", "Lifetime value, high", "Upper end of the likely range (80 %).", "money", 3410.0),
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
