"""Drift: whether the data have changed since a model was trained, and whether to train again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from foresell.scores.training.features import SEASON, Floats, Frame
from foresell.scores.training.panel import STEP_DAYS

BINS = 10
STABILITY_LIMIT = 0.25  # the usual reading of the index: below .1 stable, above .25 another population
MOVED_SHARE = 0.20
CALIBRATION_LIMIT = 0.06
CALIBRATION_WORSE = 2.0


@dataclass(frozen=True)
class Decision:
    """Whether to train again, and the sentence that says why."""

    retrain: bool
    sentence: str


def reference(frames: Sequence[Frame]) -> dict[str, dict[str, list[float]]]:
    """The distribution of each feature in training, for the model card: inner bin edges (deciles) and the share in each bin.

    The last bin counts customers without a value. The latest three frames stand for training: over the whole of it
    tenure and totals grow by themselves.
    """
    names = [name for name in frames[-1].names if name not in SEASON]
    seen: dict[str, dict[str, list[float]]] = {}
    for name in names:
        value = np.concatenate([frame.column(name) for frame in frames[-3:]])
        known = value[~np.isnan(value)]
        if len(known):
            edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
            seen[name] = {"edges": edges.tolist(), "shares": _shares(value, edges).tolist()}
    return seen


def stability(seen: Mapping[str, Mapping[str, Sequence[float]]], now: Frame) -> dict[str, float]:
    """The population stability index of each feature: sum of (now - then) x ln(now / then) over the bins."""
    result = {}
    for name, then in seen.items():
        shares = np.asarray(then["shares"])
        current = _shares(now.column(name), np.asarray(then["edges"]))
        result[name] = float(((current - shares) * np.log(current / shares)).sum())
    return result


def _shares(value: Floats, edges: Floats) -> Floats:
    """Shares by bin, unknown last; half a customer is added to each so that no logarithm meets zero."""
    unknown = np.isnan(value)
    counts = np.bincount(np.searchsorted(edges, value[~unknown], side="left"), minlength=len(edges) + 1)
    full = np.append(counts, unknown.sum()) + 0.5
    shares: Floats = full / full.sum()
    return shares


def should_retrain(
    card: Mapping[str, Any], as_of: date, moved: Mapping[str, float], calibration_error: float | None = None
) -> Decision:
    """Train again when a new 30-day period has ended, when features have changed, or when the last outcomes were off.

    `moved` is `stability` today; `calibration_error` is that of the last period with outcomes, None when there is none yet.
    """
    days = (as_of - date.fromisoformat(card["as_of"])).days
    if days < 0:
        return Decision(False, f"The model was trained on data later than {as_of} and is kept.")
    far = sorted((name for name in moved if moved[name] > STABILITY_LIMIT), key=lambda name: -moved[name])
    expected = float(card["metrics"].get("calibration_error") or 0.0)
    limit = max(CALIBRATION_LIMIT, CALIBRATION_WORSE * expected)
    if days >= STEP_DAYS:
        return Decision(True, f"Trained {days} days ago; the outcomes of another 30 days are now known.")
    if len(far) > MOVED_SHARE * max(1, len(moved)):
        listed = ", ".join(f"{name} {moved[name]:.2f}" for name in far[:3])
        return Decision(
            True, f"{len(far)} of {len(moved)} features have changed since training (stability index: {listed})."
        )
    if calibration_error is not None and calibration_error > limit:
        return Decision(
            True,
            f"In the last period, predicted and observed differed by {calibration_error:.3f} on average; the backtest"
            f" expected {expected:.3f}.",
        )
    return Decision(
        False, f"Trained {days} days ago; {len(far)} of {len(moved)} features have changed; no training needed."
    )
