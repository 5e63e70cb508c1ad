"""Metrics of predicted probabilities, with bootstrap confidence intervals.

Each function takes weights of shape (resamples, n): a row of ones gives the value itself, a row of multinomial counts one
bootstrap resample. All resamples are computed at once, from customers sorted by probability only once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

BINS = 10


@dataclass(frozen=True)
class Sorted:
    """Customers by falling probability; `ends`: the last index of each run of equal probabilities."""

    probability: Floats
    bought: Floats
    ends: NDArray[np.intp]

    @staticmethod
    def of(probability: Floats, bought: Labels) -> Sorted:
        """Sort once; ties keep their order, and every metric treats a tie as one step."""
        order = Sorted.order(probability)
        p = probability[order]
        ends = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)
        return Sorted(p, bought[order].astype(np.float64), ends)

    @staticmethod
    def order(probability: Floats) -> NDArray[np.intp]:
        """The places of the customers by falling probability."""
        return np.argsort(-probability, kind="stable")


def resamples(n: int, count: int, seed: int) -> Floats:
    """Weights (1 + count, n): first the data as it is, then `count` bootstrap draws of n customers."""
    rng = np.random.default_rng(seed)
    draws = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(count)]
    return np.vstack([np.ones(n), *draws])


def ranking_metrics(data: Sorted, weights: Floats) -> dict[str, Floats]:
    """ROC-AUC, PR-AUC (average precision), precision among the first 100 and lift of the top decile."""
    seen = np.cumsum(weights, axis=1)
    hits = np.cumsum(weights * data.bought, axis=1)
    total, positive = seen[:, -1:], hits[:, -1:]
    steps, step_hits = seen[:, data.ends], hits[:, data.ends]
    new_hits = np.diff(step_hits, axis=1, prepend=0)
    misses = steps - step_hits
    new_misses = np.diff(misses, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (new_misses * (step_hits - new_hits / 2)).sum(axis=1) / (positive * (total - positive))[:, 0]
        average = _average_precision(step_hits, steps)
        base = (positive / total)[:, 0]
        lift = _share_bought(seen, hits, np.ceil(total[:, 0] / BINS)) / base
    return {
        "roc_auc": auc,
        "pr_auc": average,
        "precision_at_100": _share_bought(seen, hits, np.minimum(100, total[:, 0])),
        "lift_top_decile": lift,
    }


def average_precision(data: Sorted, weights: Floats) -> Floats:
    """PR-AUC of each row of weights, which follow the order of `data`."""
    hits = np.cumsum(weights * data.bought, axis=1)[:, data.ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        return _average_precision(hits, np.cumsum(weights, axis=1)[:, data.ends])


def _average_precision(hits: Floats, seen: Floats) -> Floats:
    """Buyers and customers up to each step of falling probability -> the mean precision at each buyer."""
    average: Floats = (np.diff(hits, axis=1, prepend=0) * hits / np.maximum(seen, 1e-9)).sum(axis=1) / hits[:, -1]
    return average


def _share_bought(seen: Floats, hits: Floats, first: Floats) -> Floats:
    """The share of buyers among the first `first` customers of each resample."""
    places = np.argmax(seen >= first[:, None], axis=1)
    rows = np.arange(len(seen))
    share: Floats = hits[rows, places] / seen[rows, places]
    return share


def decisions(data: Sorted, weights: Floats, threshold: float) -> dict[str, Floats]:
    """Accuracy, precision, recall, F1 and the confusion matrix of "buys" where probability >= threshold."""
    predicted = (data.probability >= threshold).astype(np.float64)
    tp = weights @ (predicted * data.bought)
    fp = weights @ (predicted * (1 - data.bought))
    fn = weights @ ((1 - predicted) * data.bought)
    tn = weights @ ((1 - predicted) * (1 - data.bought))
    return {
        "accuracy": (tp + tn) / weights.sum(axis=1),
        "precision": tp / np.maximum(tp + fp, 1),
        "recall": tp / np.maximum(tp + fn, 1),
        "f1": 2 * tp / np.maximum(2 * tp + fp + fn, 1),
        "true_positive": tp,
        "false_positive": fp,
        "false_negative": fn,
        "true_negative": tn,
    }


def calibration(data: Sorted, weights: Floats) -> dict[str, Floats]:
    """Brier score, and the calibration error: |predicted - observed| over ten equal-width bins, weighted by customers."""
    total = weights.sum(axis=1)
    inside = np.minimum((data.probability * BINS).astype(int), BINS - 1)[:, None] == np.arange(BINS)
    off = weights @ (inside * (data.probability - data.bought)[:, None])
    brier = weights @ np.square(data.probability - data.bought) / total
    return {"brier": brier, "calibration_error": np.abs(off).sum(axis=1) / total}


def baselines(data: Sorted, weights: Floats) -> dict[str, Floats]:
    """Baselines without a model: base rate, accuracy of the majority class, F1 of predicting an order for all."""
    base = weights @ data.bought / weights.sum(axis=1)
    return {"base_rate": base, "majority_accuracy": np.maximum(base, 1 - base), "f1_everyone": 2 * base / (1 + base)}


def compute_metrics(probability: Floats, bought: Labels, threshold: float, weights: Floats) -> Mapping[str, Floats]:
    """Every metric as an array with one value per row of the weights, which `resamples` draws."""
    data = Sorted.of(probability, bought)
    return {
        **ranking_metrics(data, weights),
        **decisions(data, weights, threshold),
        **calibration(data, weights),
        **baselines(data, weights),
    }


def auc(score: Floats, bought: Labels) -> float:
    """ROC-AUC of any score; NaN when only one class is there."""
    return float(ranking_metrics(Sorted.of(score, bought), np.ones((1, len(bought))))["roc_auc"][0])


def chance_bound(bought: Labels, deviations: float = 4.0) -> float:
    """How far from .5 an AUC may lie by chance: its standard deviation under the null (Mann-Whitney), times 4."""
    positive = int(bought.sum())
    negative = len(bought) - positive
    if not positive or not negative:
        return 0.5
    return float(deviations * np.sqrt((len(bought) + 1) / (12 * positive * negative)))


def best_f1_threshold(probability: Floats, bought: Labels) -> float:
    """The probability from which calling "buys" gives the best F1 on these (validation) customers."""
    data = Sorted.of(probability, bought)
    hits = np.cumsum(data.bought)[data.ends]
    f1 = 2 * hits / (data.ends + 1 + data.bought.sum())
    return float(data.probability[data.ends[int(np.argmax(f1))]])


def best_accuracy(probability: Floats, bought: Labels) -> float:
    """The highest accuracy any threshold reaches on these customers, chosen afterwards: a ceiling, not a result."""
    data = Sorted.of(probability, bought)
    hits = np.append(0, np.cumsum(data.bought)[data.ends])
    predicted = np.append(0, data.ends + 1)
    right = hits + (len(bought) - predicted) - (data.bought.sum() - hits)
    return float(right.max() / len(bought))


def deciles(probability: Floats, bought: Labels) -> list[dict[str, float]]:
    """The calibration and lift table: one row per decile of customers, the highest probability first."""
    data = Sorted.of(probability, bought)
    base = float(data.bought.mean())
    rows = []
    for place, chunk in enumerate(np.array_split(np.arange(len(bought)), BINS), start=1):
        if len(chunk):
            predicted, observed = float(data.probability[chunk].mean()), float(data.bought[chunk].mean())
            lift = observed / base if base else float("nan")
            rows.append(
                {"decile": place, "customers": len(chunk), "predicted": predicted, "observed": observed, "lift": lift}
            )
    return rows
