"""Purchase: the chance that a customer orders in the next 30 days.

Features: training/features.sql. Label: at least one counted order in the 30 days (training/panel.py). Model: LightGBM, or
BG/NBD where LightGBM ranks worse (training/models.py, chosen in training/train_task.py). Reasons: training/reasons.py.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training import reasons
from foresell.scores.training.features import Floats, Frame, batches
from foresell.scores.training.models import Model
from foresell.scores.training.outcomes import OutcomeRule
from foresell.scores.training.tasks import Task
from foresell.types import ScoreColumn

PURCHASE = Task("purchase", 30, "buys", "lightgbm")


def score_purchase(model: Model, frame: Frame) -> pa.Table:
    """Grain: one row per customer of the frame, in its order. Columns: customer_id and COLUMNS."""
    probability = np.concatenate([model.probability(batch) for batch in batches(frame)])
    columns = {"probability": probability, "decile": deciles(probability)}
    return pa.table({"customer_id": frame.customers, **columns})


def deciles(probability: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """1 for the decile of customers most likely to order, 10 for the least likely; ties in the order of the frame."""
    rank = np.empty(len(probability), dtype=np.int64)
    rank[np.argsort(-probability, kind="stable")] = np.arange(1, len(probability) + 1)
    return (10 * rank + len(rank) - 1) // max(1, len(rank))


def _predict(context: ScoringContext) -> pa.Table:
    return score_purchase(context.model(PURCHASE.name), context.frame)


def _explain(context: ScoringContext, scored: pa.Table) -> pa.Table:
    """Reasons for the customers of the highest value."""
    worth = scored["probability"].to_numpy() * np.nan_to_num(context.frame.column("order_value_mean"))
    best = reasons.frame_of_best(context.frame, worth)
    return reasons.reasons(context.model(PURCHASE.name), best, PURCHASE)


COLUMNS = (
    ScoreColumn(
        "probability", "number", "Chance to order (30 days)", "Probability of an order within 30 days of as_of.",
        "probability", 0.42, sort="probability", export_name="purchase_probability",
    ),
    ScoreColumn(
        "decile", "integer", "Decile", "1: the decile of customers most likely to order within 30 days.", "rank", 1,
        best="lowest", saved=False,
    ),
)  # fmt: skip

PURCHASE_SCORE = Score(
    "purchase",
    COLUMNS,
    horizon_days=30,
    tasks=(PURCHASE,),
    predict=_predict,
    explain=_explain,
    outcomes=(OutcomeRule("purchase", "probability", 30, "buys"),),
)
