"""Is a model good enough to be shown? Only if it beats a constant and the naive rule, beyond what chance explains.

Two statistics, each averaged over past cutoffs: the skill 1 - loss(model) / loss(baseline), and the gain in average precision. Their
lower bound is the 5 % quantile of 200 bootstrap draws: each customer gets one Poisson(1) weight, the same at all cutoffs (a
customer's months are not independent of each other), and the cutoffs are drawn with replacement. A bound above 0 means: better
than the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.errors import NotReady
from foresell.scores.training.metrics import Sorted, average_precision

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

DRAWS = 200
QUANTILE = 0.05

#: The baselines by name, as the reader knows them.
WORDS: Mapping[str, str] = {
    "constant": "the same for every customer",
    "cells": "how often customers with as many orders ordered",
    "last_year": "as much as last year",
    "seasonal_naive": "the same month a year ago",
}


class NoBetter(NotReady):
    """A model that does no better than a baseline: it is not shown, and neither is the one before it."""


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses at one cutoff, one entry per customer: of the model, and of the baseline it is compared with."""

    customers: pa.StringArray
    model: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True)
class Rankings:
    """The probabilities at one cutoff, one entry per customer: of the model and of the baseline, and what was observed."""

    customers: pa.StringArray
    model: Floats
    baseline: Floats
    observed: Labels

    def losses(self) -> Losses:
        """The log loss of both."""
        return Losses(self.customers, log_loss(self.model, self.observed), log_loss(self.baseline, self.observed))


@dataclass(frozen=True, slots=True)
class Skill:
    """Mean over the cutoffs and its 5 % bound; NaN without a cutoff."""

    value: float
    bound: float
    cutoffs: int

    @property
    def is_better(self) -> bool:
        """Whether the model beats the baseline beyond chance."""
        return self.bound > 0

    def sentence(self) -> str:
        """The skill in words, such as "3.9% lower error (5 % bound +0.8%)"."""
        bound = "below -100%" if self.bound < -1 else f"{self.bound:+.1%}"
        word = "lower" if self.value >= 0 else "higher"
        error = "more than twice the" if self.value < -1 else f"{abs(self.value):.1%} {word}"
        return f"{error} error (5 % bound {bound})"

    def as_card(self) -> dict[str, float]:
        """What a model card keeps."""
        return {"value": self.value, "bound": self.bound, "cutoffs": self.cutoffs}


def refuse(baseline: str, skill: Skill, horizon_days: int) -> None:
    """Raises NoBetter naming the baseline, the figure and its bound, unless the skill is beyond chance."""
    if skill.is_better:
        return
    periods = "period" if skill.cutoffs == 1 else "periods"
    raise NoBetter(
        f"Off: no better than “{WORDS[baseline]}”. {skill.sentence()[0].upper()}{skill.sentence()[1:]} over {skill.cutoffs} tested "
        f"{periods} of {horizon_days} days; it is shown once the bound is above 0.",
        remedy="See last year's revenue of each customer instead.",
    )


def log_loss(chance: Floats, observed: Labels) -> Floats:
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

    def skill(each: Losses, weights: Floats) -> Floats:
        base = weights @ each.baseline
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(base > 0, 1 - weights @ each.model / base, np.nan), dtype=np.float64)

    return _bootstrap([(each.customers, partial(skill, each)) for each in cutoffs], draws, seed)


def measure_precision_gain(cutoffs: Sequence[Rankings], *, draws: int = DRAWS, seed: int = 0) -> Skill:
    """By how much the average precision of a model exceeds a baseline's, over cutoffs, with its bound."""

    def precision(chance: Floats, observed: Labels, weights: Floats) -> Floats:
        return average_precision(Sorted.of(chance, observed), weights[:, Sorted.order(chance)])

    def gain(each: Rankings, weights: Floats) -> Floats:
        return precision(each.model, each.observed, weights) - precision(each.baseline, each.observed, weights)

    return _bootstrap([(each.customers, partial(gain, each)) for each in cutoffs], draws, seed)


def _bootstrap(cutoffs: Sequence[tuple[pa.StringArray, Callable[[Floats], Floats]]], draws: int, seed: int) -> Skill:
    """The mean of a statistic over cutoffs and its bound. It takes weights (1 + draws, customers), of which the first are ones."""
    if not cutoffs:
        return Skill(float("nan"), float("nan"), 0)
    everyone = pa.chunked_array([customers for customers, _ in cutoffs]).unique()
    rng = np.random.default_rng(seed)
    weights = np.vstack([np.ones(len(everyone)), rng.poisson(1.0, (draws, len(everyone)))])
    values = []
    for customers, statistic in cutoffs:
        places = pa.compute.index_in(customers, value_set=everyone).to_numpy(zero_copy_only=False)
        values.append(statistic(weights[:, places]))
    table = np.array([row for row in values if not np.isnan(row[0])])
    if not len(table):
        return Skill(float("nan"), float("nan"), 0)
    drawn = rng.integers(0, len(table), (draws, len(table)))
    means = table[drawn, np.arange(1, draws + 1)[:, None]].mean(axis=1)
    bound = float(np.nanquantile(means, QUANTILE)) if not np.isnan(means).all() else float("nan")
    return Skill(float(table[:, 0].mean()), bound, len(table))
