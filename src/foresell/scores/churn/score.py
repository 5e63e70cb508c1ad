"""Churn: the chance that a customer orders nothing in the next 90 days, as a probability and a state, and in the next 180.

Features: training/features.sql. Label: no counted order in the period (training/panel.py). Models: over 90 days the mean of
LightGBM and BG/NBD ("blend"), over 180 days BG/NBD (training/models.py). Why: beyond 60 days trees lag behind the season
they were trained in; BG/NBD, which knows no season, drifts least. Where BG/NBD ranks better over 90 days it is used
there too (training/train_task.py).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.features import Floats, Frame, batches
from foresell.scores.training.models import Model
from foresell.scores.training.outcomes import OutcomeRule
from foresell.scores.training.tasks import Task
from foresell.types import ScoreColumn

CHURN = Task("churn", 90, "leaves", "blend", fixed_threshold=0.5)
CHURN_180 = Task("churn_180", 180, "leaves", "", fixed_threshold=0.5)
STATES = ("likely to stay", "unsure", "at risk")


def score_churn(model: Model, model_180: Model | None, frame: Frame, margin: float) -> pa.Table:
    """Grain: one row per customer of the frame, in its order. Columns: customer_id and COLUMNS.

    churn_180 is null without a model for 180 days. `margin` is the distance from one half beyond which validation was
    right often enough to commit to a state.
    """
    churn_90 = _churn_probability(model, frame)
    churn_180 = pa.nulls(len(frame), pa.float64()) if model_180 is None else _churn_probability(model_180, frame)
    state = pa.DictionaryArray.from_arrays(states(churn_90, margin), pa.array(STATES)).cast(pa.string())
    return pa.table(
        {"customer_id": frame.customers, "churn_state": state, "churn_90": churn_90, "churn_180": churn_180}
    )


def states(churn: Floats, margin: float) -> NDArray[np.int8]:
    """An index into STATES per customer: unsure where the probability is closer to one half than the margin."""
    return np.where(np.abs(churn - 0.5) < margin, 1, np.where(churn >= 0.5, 2, 0)).astype(np.int8)


def _churn_probability(model: Model, frame: Frame) -> Floats:
    return np.concatenate([1 - model.probability(batch) for batch in batches(frame)])


def _predict(context: ScoringContext) -> pa.Table:
    model = context.model(CHURN.name)
    model_180 = context.model(CHURN_180.name) if CHURN_180.name in context.versions else None
    return score_churn(model, model_180, context.frame, float(context.versions[CHURN.name].card["margin"]))


COLUMNS = (
    ScoreColumn(
        "churn_state", "text", "Churn risk",
        "likely to stay, unsure or at risk: at risk where an order within 90 days is clearly less likely than none.",
        "name", "at risk",
    ),
    ScoreColumn(
        "churn_90", "number", "Churn (90 days)", "Probability of no order within 90 days of as_of.", "probability", 0.23,
        sort="churn",
    ),
    ScoreColumn(
        "churn_180", "number", "Churn (180 days)", "Probability of no order within 180 days of as_of.", "probability", 0.12,
    ),
)  # fmt: skip

CHURN_SCORE = Score(
    "churn",
    COLUMNS,
    horizon_days=90,
    tasks=(CHURN, CHURN_180),
    predict=_predict,
    outcomes=(OutcomeRule("churn", "churn_90", 90, "leaves"), OutcomeRule("churn_180", "churn_180", 180, "leaves")),
    sorts={"risk": "churn_90 * value_12m desc nulls last, rank"},
)
