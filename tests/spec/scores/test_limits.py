"""Limits that decide what is shown, each on the smallest table that tells it from its neighbour."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from foresell.errors import NotReady
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training import drift, leak_guard
from foresell.scores.training.features import Frame
from foresell.scores.training.leak_guard import Finding
from foresell.scores.training.panel import cutoffs
from foresell.scores.training.train_task import TrainingContext, train_task
from tests.spec.scores.shop import believable_shop

DAY = date(2025, 7, 1)


def test_a_model_with_a_leak_is_refused_by_training_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding a leak is not enough: training must stop at it."""
    con, as_of = believable_shop(customers=900)
    context = TrainingContext(con, as_of, seed=1)
    leak = Finding("single features", False, 0.99, 0.9, "recency_days alone nearly determines the outcome.")
    monkeypatch.setattr(leak_guard, "inspect", lambda *_, **__: (leak,))
    with pytest.raises(NotReady, match="recency_days alone"):
        train_task(context, PURCHASE)


@pytest.mark.parametrize(
    ("days_known", "first_cutoffs"),
    [
        (119, []),  # 90 days of past and 30 to look ahead: one day is missing
        (120, [DAY - timedelta(days=30)]),
        (149, [DAY - timedelta(days=30)]),
        (150, [DAY - timedelta(days=60), DAY - timedelta(days=30)]),
    ],
)
def test_a_cutoff_needs_ninety_days_of_history(days_known: int, first_cutoffs: list[date]) -> None:
    assert list(cutoffs(DAY - timedelta(days=days_known), DAY)) == first_cutoffs


@pytest.mark.parametrize(
    ("expected", "observed", "retrains"),
    [
        (0.01, 0.060, False),  # small errors are tolerated up to .06 ...
        (0.01, 0.061, True),
        (0.04, 0.080, False),  # ... larger ones up to twice what the backtest expected
        (0.04, 0.081, True),
    ],
)
def test_poor_outcomes_retrain_beyond_twice_the_expected_error(
    expected: float, observed: float, retrains: bool
) -> None:
    card = {"as_of": DAY.isoformat(), "metrics": {"calibration_error": expected}}
    assert drift.should_retrain(card, DAY + timedelta(days=10), {}, observed).retrain is retrains


@pytest.mark.parametrize(("days", "retrains"), [(29, False), (30, True)])
def test_a_closed_month_retrains(days: int, retrains: bool) -> None:
    card = {"as_of": DAY.isoformat(), "metrics": {}}
    assert drift.should_retrain(card, DAY + timedelta(days=days), {}).retrain is retrains


@pytest.mark.parametrize(
    ("moved", "retrains"),
    [({"a": 0.26, **dict.fromkeys("bcde", 0.0)}, False), ({"a": 0.26, **dict.fromkeys("bcd", 0.0)}, True)],
)
def test_more_than_a_fifth_of_the_features_must_have_moved(moved: dict[str, float], retrains: bool) -> None:
    card = {"as_of": DAY.isoformat(), "metrics": {}}
    assert drift.should_retrain(card, DAY + timedelta(days=1), moved).retrain is retrains


def test_the_stability_index_of_a_shift_worked_out_by_hand() -> None:
    """Half below and half above then; a quarter and three quarters now: (.25) ln(.5) negated + (.25) ln(1.5)."""
    seen = {"x": {"edges": [0.5], "shares": [0.5, 0.5, 1e-9]}}
    now = Frame(DAY, None, ("x",), np.array([[0.0]] * 25_000 + [[1.0]] * 75_000, dtype=np.float32))  # type: ignore[arg-type]
    assert drift.stability(seen, now)["x"] == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5), abs=1e-3)
