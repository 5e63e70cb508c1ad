"""Our vectorised measures against scikit-learn's, ties included, and what their intervals mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from foresell.scores.training import metrics


def _sample(seed: int, n: int = 400, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = rng.random(n)
    bought = rng.random(n) < probability
    return (np.round(probability, 1) if ties else probability), bought


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_every_metric_equals_scikit_learns(seed: int, ties: bool) -> None:
    probability, bought = _sample(seed, ties=ties)
    found = metrics.compute_metrics(probability, bought, 0.45, metrics.resamples(len(bought), 0, seed=0))
    ours = {name: float(values[0]) for name, values in found.items()}
    predicted = probability >= 0.45
    tn, fp, fn, tp = reference.confusion_matrix(bought, predicted).ravel()
    expected = {
        "roc_auc": reference.roc_auc_score(bought, probability),
        "pr_auc": reference.average_precision_score(bought, probability),
        "accuracy": reference.accuracy_score(bought, predicted),
        "precision": reference.precision_score(bought, predicted),
        "recall": reference.recall_score(bought, predicted),
        "f1": reference.f1_score(bought, predicted),
        "brier": reference.brier_score_loss(bought, probability),
        "f1_everyone": reference.f1_score(bought, np.ones(len(bought))),
        "true_positive": tp,
        "false_positive": fp,
        "false_negative": fn,
        "true_negative": tn,
    }
    assert {name: ours[name] for name in expected} == pytest.approx(expected)


def test_a_bootstrap_row_is_the_measure_of_the_drawn_customers() -> None:
    probability, bought = _sample(1, n=200)
    data = metrics.Sorted.of(probability, bought)
    weights = metrics.resamples(200, 1, seed=3)
    drawn = np.repeat(np.arange(200), weights[1].astype(int))
    auc = reference.roc_auc_score(data.bought[drawn], data.probability[drawn])
    assert metrics.ranking_metrics(data, weights)["roc_auc"][1] == pytest.approx(auc)


def test_the_threshold_chosen_is_the_best_there_is() -> None:
    probability, bought = _sample(2)
    chosen = metrics.best_f1_threshold(probability, bought)
    every = [reference.f1_score(bought, probability >= limit) for limit in np.unique(probability)]
    assert reference.f1_score(bought, probability >= chosen) == pytest.approx(max(every))
    right = [reference.accuracy_score(bought, probability >= limit) for limit in (*np.unique(probability), 2)]
    assert metrics.best_accuracy(probability, bought) == pytest.approx(max(right))


def test_predicted_and_observed_agree_for_a_calibrated_forecast_and_not_for_a_bold_one() -> None:
    probability, bought = _sample(4, n=20_000, ties=False)
    bold = np.where(probability > 0.5, 0.99, 0.01)
    once = metrics.resamples(20_000, 0, seed=0)
    assert metrics.compute_metrics(probability, bought, 0.5, once)["calibration_error"][0] < 0.02
    assert metrics.compute_metrics(bold, bought, 0.5, once)["calibration_error"][0] > 0.2


@given(st.integers(0, 10_000))
def test_chance_stays_within_the_bound_of_chance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, bought = rng.random(300), rng.random(300) < 0.3
    assert abs(metrics.auc(score, bought) - 0.5) <= metrics.chance_bound(bought, deviations=5)


@given(st.integers(0, 10_000), st.integers(20, 500))
def test_deciles_hold_everyone_once(seed: int, n: int) -> None:
    probability, bought = _sample(seed, n=n)
    rows = metrics.deciles(probability, bought)
    assert sum(row["customers"] for row in rows) == n
    assert sum(row["customers"] * row["observed"] for row in rows) == pytest.approx(bought.sum())


def test_one_class_or_one_customer_gives_no_figure_but_no_crash() -> None:
    for bought in (np.zeros(1, dtype=bool), np.ones(30, dtype=bool)):
        weights = metrics.resamples(len(bought), 2, seed=0)
        values = metrics.compute_metrics(np.full(len(bought), 0.3), bought, 0.5, weights)
        assert np.isnan(values["roc_auc"]).all()
