"""Lifetime value that stays within what a customer has shown: a model mixed with the last year, capped by the best year.

Small one-time buyers are overvalued by the model alone: their value is pulled towards what they spent in the last 365 days, and
no value exceeds 1.5 times the customer's best 12 months. The total stays that of the capped model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: No value is more than this many times the customer's best 12 months.
CAP = 1.5
#: The weight of the model against the last year, where no earlier period can choose it.
DEFAULT_WEIGHT = 0.5
#: The total is matched by scaling and capping in turn; thirty turns are far more than it takes.
ROUNDS = 30


def best_year_factor(purchases: Floats, tenure_days: Floats) -> Floats:
    """What the best year so far is multiplied by: a regular customer of less than a year has not shown a whole year yet.

    With three purchases or more it is annualised, at most threefold; a history shorter than a year of the whole data is
    annualised for every customer.
    """
    known = float(tenure_days.max()) if len(tenure_days) else 365.0
    factor = np.where(purchases >= 3, np.clip(365 / np.maximum(tenure_days, 90.0), 1.0, 3.0), 1.0)
    return np.asarray(np.maximum(factor, 365 / known if known < 365 else 1.0), dtype=np.float64)


def blend_values(model: Floats, last_year: Floats, best_year: Floats, weight: float = DEFAULT_WEIGHT) -> Floats:
    """One value per customer, in currency units of the horizon.

    `model` is the model's expectation, `last_year` the net revenue of the last 365 days and `best_year` that of the best 365
    days, both scaled to the horizon. Negative revenue counts as 0.
    """
    cap = CAP * np.maximum(best_year, 0.0)
    target = float(np.minimum(model, cap).sum())
    values = weight * np.maximum(model, 0.0) + (1 - weight) * np.maximum(last_year, 0.0)
    for _ in range(ROUNDS):
        total = float(values.sum())
        if total <= 0:
            break
        values = np.minimum(values * (target / total), cap)
    return np.asarray(values, dtype=np.float64)
