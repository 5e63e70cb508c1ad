"""Last year's revenue: what each customer spent, net of returns, in the 365 days before as_of. A fact, not a prediction.

Query: training/features.sql (spend_365). It is the naive rule that expected revenue and lifetime value must beat.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foresell.scores.protocol import Score, ScoringContext
from foresell.types import ScoreColumn


def _predict(context: ScoringContext) -> pa.Table:
    """Grain: one row per customer of the frame."""
    spent = np.nan_to_num(context.frame.column("spend_365").astype(np.float64))
    return pa.table({"customer_id": context.frame.customers, "revenue_365": np.round(spent, 2)})


COLUMNS = (
    ScoreColumn(
        "revenue_365", "number", "Last year's revenue (365 days)",
        "Net revenue of the 365 days before as_of: a fact, shown also where no prediction is.",
        "money", 1180.5, sort="last_year", saved=False,
    ),
)  # fmt: skip

LAST_YEAR_SCORE = Score("last_year", COLUMNS, predict=_predict)
