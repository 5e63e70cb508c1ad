"""What stewards' decisions teach: how much the evidence of each comparison counts.

A logistic regression over the bits of each comparison, held near the model trained without labels: with no decisions it is
that model, and each decision moves it a little. It is served when it merges correctly on decisions that it did not learn from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from foresell.errors import UsageError
from foresell.identity import guards
from foresell.identity.comparisons import COMPARISONS
from foresell.identity.model import Calibration, Model
from foresell.identity.record import Record
from foresell.identity.scorer import Scorer
from foresell.intervals import wilson_interval

FOLDS = 5

#: With fewer decisions, or fewer of one kind, nothing is learned.
FEWEST_DECISIONS = 40
FEWEST_OF_EACH = 8

#: The share of merges that must be right on decisions held out.
LEAST_PRECISION = 0.98

#: How strongly the factors are held at 1; the strength that predicts best on decisions held out is taken.
STRENGTHS = (1.0, 4.0, 16.0, 64.0)

#: A comparison counts at least 0 and at most 3 times its bits.
MOST_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Decided:
    """A pair and the decision on it: the level of each comparison, its bits before any calibration, and the decision."""

    codes: tuple[int, ...]
    bits: tuple[float, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Precision:
    """Of `merges` pairs that a model merges, how many people decided to be the same; with its 95 % Wilson interval."""

    right: int
    merges: int

    @property
    def value(self) -> float:
        """The share of merges that are right; 1 where there are none."""
        return self.right / self.merges if self.merges else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval (Wilson 1927); from 0 to 1 where there are no merges."""
        return wilson_interval(self.right, self.merges)


@dataclass(frozen=True, slots=True)
class Learned:
    """The model to serve (the old one unless `served`), why, and the figures on decisions held out."""

    model: Model
    served: bool
    reason: str
    before: Precision
    after: Precision


def decide(model: Model, decisions: Sequence[tuple[Record, Record, bool]]) -> list[Decided]:
    """Decisions (two records, whether they are the same) as the evidence of a model before its calibration."""
    scorer = Scorer(replace(model, calibration=Calibration()))
    scored = [(scorer.score(a, b), same) for a, b, same in decisions]
    return [Decided(pair.codes, pair.bits, same) for pair, same in scored]


def learn(model: Model, decisions: Sequence[Decided], *, seed: int, learned_at: datetime) -> Learned:
    """A model that decisions have recalibrated, if it merges correctly on decisions held out; else the same model."""
    same = np.array([each.same for each in decisions], dtype=bool)
    if any(len(each.bits) != len(COMPARISONS[model.kind]) for each in decisions):
        raise UsageError("These decisions are about other comparisons than the model makes.")
    if len(same) < FEWEST_DECISIONS or min(same.sum(), (~same).sum()) < FEWEST_OF_EACH:
        reason = (
            f"{len(same):,} decisions ({int(same.sum()):,} the same): at least {FEWEST_DECISIONS} are needed,"
            f" and {FEWEST_OF_EACH} of each."
        )
        return Learned(model, False, reason, Precision(0, 0), Precision(0, 0))
    bits = np.array([each.bits for each in decisions])
    folds = _fold(same, seed)
    losses = {strength: _loss(_hold_out(model, bits, same, folds, strength), same) for strength in STRENGTHS}
    strength = min(STRENGTHS, key=lambda each: (losses[each], each))
    held_out = _hold_out(model, bits, same, folds, strength)
    old = _weigh(model, model.calibration, bits)
    before, after = (_precision(model, weights, decisions) for weights in (old, held_out))
    served, reason = _is_better(before, after, _loss(old, same), losses[strength])
    if not served:
        return Learned(model, False, reason, before, after)
    calibrated = replace(
        model,
        origin="recalibrated",
        calibration=_fit(model, bits, same, strength),
        card=_describe(model, len(same), before, after, strength, learned_at),
    )
    return Learned(calibrated, True, reason, before, after)


def _fold(same: np.ndarray, seed: int) -> np.ndarray:
    """The fold of each decision; each fold has its share of both kinds."""
    rng = np.random.default_rng(seed)
    folds = np.empty(len(same), dtype=int)
    for kind in (True, False):
        members = rng.permutation(np.flatnonzero(same == kind))
        folds[members] = np.arange(len(members)) % FOLDS
    return folds


def _weigh(model: Model, calibration: Calibration, bits: np.ndarray) -> np.ndarray:
    """The weight of each pair under a calibration."""
    factors = np.array([calibration.factors.get(each.name, 1.0) for each in COMPARISONS[model.kind]])
    uncalibrated = replace(model, calibration=Calibration())
    weights: np.ndarray = uncalibrated.prior_bits + calibration.bias + bits @ factors
    return weights


def _hold_out(model: Model, bits: np.ndarray, same: np.ndarray, folds: np.ndarray, strength: float) -> np.ndarray:
    """The weight of each decision under a calibration that did not learn from it."""
    weights = np.empty(len(same))
    for fold in range(FOLDS):
        held = folds == fold
        weights[held] = _weigh(model, _fit(model, bits[~held], same[~held], strength), bits[held])
    return weights


def _fit(model: Model, bits: np.ndarray, same: np.ndarray, strength: float) -> Calibration:
    """Logistic regression with each factor held at 1 and the bias at 0 by a quadratic penalty."""
    prior = replace(model, calibration=Calibration()).prior_bits
    natural, sign = math.log(2) * bits, np.where(same, 1.0, -1.0)

    def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        odds = sign * (math.log(2) * (prior + parameters[0]) + natural @ parameters[1:])
        slope = -sign * expit(-odds)
        off = parameters - anchor
        value = np.logaddexp(0, -odds).sum() + strength * (off**2 @ scale)
        gradient = np.concatenate([[math.log(2) * slope.sum()], natural.T @ slope]) + 2 * strength * off * scale
        return float(value), gradient

    anchor = np.concatenate([[0.0], np.ones(bits.shape[1])])
    scale = np.concatenate([[0.05], np.ones(bits.shape[1])])
    bounds = [(None, None), *[(0.0, MOST_FACTOR)] * bits.shape[1]]
    found = minimize(cost, anchor, jac=True, method="L-BFGS-B", bounds=bounds).x
    names = [each.name for each in COMPARISONS[model.kind]]
    return Calibration(float(found[0]), dict(zip(names, map(float, found[1:]), strict=True)))


def _loss(weights: np.ndarray, same: np.ndarray) -> float:
    """The mean logarithmic loss of weights in bits."""
    return float(np.logaddexp(0, -math.log(2) * weights * np.where(same, 1.0, -1.0)).mean())


def _precision(model: Model, weights: np.ndarray, decisions: Sequence[Decided]) -> Precision:
    verdicts = [
        guards.judge(model.kind, model.thresholds, weight, each.codes).verdict
        for weight, each in zip(weights.tolist(), decisions, strict=True)
    ]
    merged = [each.same for each, verdict in zip(decisions, verdicts, strict=True) if verdict == "merge"]
    return Precision(sum(merged), len(merged))


def _is_better(before: Precision, after: Precision, old_loss: float, new_loss: float) -> tuple[bool, str]:
    """Whether the recalibrated model is served, and why."""
    low, high = after.interval
    figures = f"On decisions held out, {after.right} of {after.merges} merges are right (95 % interval {low:.1%} to {high:.1%})"
    if new_loss > old_loss:
        return False, f"{figures}, but the model before predicts the decisions better."
    if after.merges and after.value >= LEAST_PRECISION:
        return True, f"{figures}: at least {LEAST_PRECISION:.0%}."
    if after.merges and before.merges and low > before.value:
        return True, f"{figures}: better than the {before.value:.1%} of the model before."
    return (
        False,
        f"{figures}: fewer than {LEAST_PRECISION:.0%}, and not certainly better than before ({before.value:.1%}).",
    )


def _describe(
    model: Model, decisions: int, before: Precision, after: Precision, strength: float, learned_at: datetime
) -> dict[str, Any]:
    """The card with what the decisions taught."""
    learning = {
        "decisions": decisions,
        "learned_at": learned_at.isoformat(),
        "strength": strength,
        "held_out_precision": round(after.value, 4),
        "held_out_interval": [round(end, 4) for end in after.interval],
        "held_out_merges": after.merges,
        "precision_before": round(before.value, 4),
    }
    return {**model.card, "learning": learning}
