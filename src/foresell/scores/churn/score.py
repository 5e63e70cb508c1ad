"""churn: how likely a customer orders nothing in the next 90 days, said in three states, and in the next 180."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.scores.training.features import Floats, Frame, batches
from foresell.scores.training.models import Model

STATES = ("likely to stay", "unsure", "at risk")


def score(model: Model, law: Model | None, frame: Frame, margin: float) -> pa.Table:
    """Who leaves. Grain: one row per customer of the frame, in its order.

    Columns: customer_id, probability_90 (of no order within 90 days), state, probability_180 (by BG/NBD; null without
    a law). `margin` is the distance from one half beyond which validation was right often enough to commit to a state.
    """
    leaves = np.concatenate([1 - model.probability(batch) for batch in batches(frame)])
    later = None if law is None else np.concatenate([1 - law.probability(batch) for batch in batches(frame)])
    state = pa.DictionaryArray.from_arrays(states(leaves, margin), pa.array(STATES)).cast(pa.string())
    return pa.table(
        {
            "customer_id": frame.customers,
            "probability_90": leaves,
            "state": state,
            "probability_180": pa.nulls(len(frame), pa.float64()) if later is None else pa.array(later),
        }
    )


def states(leaves: Floats, margin: float) -> NDArray[np.int8]:
    """0, 1 or 2 (places in STATES) per customer: unsure is everyone closer to one half than the margin."""
    return np.where(np.abs(leaves - 0.5) < margin, 1, np.where(leaves >= 0.5, 2, 0)).astype(np.int8)
