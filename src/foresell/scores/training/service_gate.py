"""Is a model good enough to be shown? Only if it beats a constant and the naive rule, beyond what chance explains.

The statistic is the skill 1 - loss(model) / loss(baseline), averaged over past cutoffs. Its lower bound is the 5 % quantile of
200 bootstrap draws: each customer gets one Poisson(1) weight, the same at all cutoffs (a customer's months are not independent of each
other), and the cutoffs are drawn with replacement. A bound above 0 means: better than the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 200
QUANTILE = 0.05


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses at one cutoff, one entry per customer: of the model, and of the baseline it is compared with."""

    customers: pa.StringArray
    model: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True)
class Skill:
    """Mean skill over the cutoffs and its 5 % bound; NaN without a cutoff."""

    value: float
    bound: float
    cutoffs: int

    @property
    def is_better(self) -> bool:
        """Whether the model beats the baseline beyond chance."""
        return self.bound > 0


def log_loss(chance: Floats, observed: NDArray[np.bool_]) -> Floats:
    """Minus the log-likelihood of each outcome, kept finite."""
    inside = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(-np.where(observed, np.log(inside), np.log1p(-inside)), dtype=np.float64)


def money_deviance(actual: Floats, expected: Floats) -> Floats:
    """The Tweedie deviance of power 1.5 for amounts: 4 (sqrt(y) - sqrt(m))^2 / sqrt(m). Negative amounts count as 0.

    An expectation of nothing is taken as a penny, so that a sale where none was expected costs much, not everything.
    """
    y, m = np.maximum(actual, 0.0), np.maximum(expected, 0.01)
    return np.asarray(4 * np.square(np.sqrt(y) - np.sqrt(m)) / np.sqrt(m), dtype=np.float64)


def measure_skill(cutoffs: Sequence[Losses], *, draws: int = DRAWS, seed: int = 0) -> Skill:
    """The skill of a model against a baseline over cutoffs, with its bound."""
    if not cutoffs:
        return Skill(float("nan"), float("nan"), 0)
    everyone = pa.chunked_array([each.customers for each in cutoffs]).unique()
    places = [
        pa.compute.index_in(each.customers, value_set=everyone).to_numpy(zero_copy_only=False) for each in cutoffs
    ]
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(draws):
        weight = rng.poisson(1.0, len(everyone)).astype(np.float64)
        drawn = rng.integers(0, len(cutoffs), len(cutoffs))
        means.append(float(np.mean([_skill(cutoffs[at], weight[places[at]]) for at in drawn])))
    value = float(np.mean([_skill(each, np.ones(len(each.model))) for each in cutoffs]))
    return Skill(value, float(np.nanquantile(means, QUANTILE)), len(cutoffs))


def _skill(losses: Losses, weight: Floats) -> float:
    base = float(weight @ losses.baseline)
    return 1 - float(weight @ losses.model) / base if base > 0 else float("nan")
