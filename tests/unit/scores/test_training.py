"""Training as a whole on a small shop: what is served, the card, the store, and the same result twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from foresell.errors import BadInput
from foresell.scores.churn.score import CHURN, CHURN_180
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training.backtest import predict_past, validations
from foresell.scores.training.models import load, trainers
from foresell.scores.training.targets import targets
from foresell.scores.training.train_task import Trained, TrainingContext, load_model, train_task
from tests.spec.scores.shop import believable_shop


@pytest.fixture(scope="module")
def trained_models() -> dict[str, Trained]:
    con, as_of = believable_shop()
    shop = TrainingContext(con, as_of, seed=1)
    return {task.name: train_task(shop, task) for task in (PURCHASE, CHURN, CHURN_180)}


@pytest.mark.parametrize("task", ["purchase", "churn", "churn_180"])
def test_a_stored_model_gives_the_same_probabilities(trained_models: dict[str, Trained], task: str) -> None:
    one = trained_models[task]
    con, as_of = believable_shop()
    frame = TrainingContext(con, as_of, seed=1).panel.now
    again = load_model(one.text, json.loads(json.dumps(one.card, allow_nan=False)))
    assert np.array_equal(again.probability(frame), one.model.probability(frame))


def test_the_same_data_and_seed_give_the_same_model(trained_models: dict[str, Trained]) -> None:
    con, as_of = believable_shop()
    again = train_task(TrainingContext(con, as_of, seed=1), PURCHASE)
    assert again.text == trained_models["purchase"].text
    assert json.dumps(again.card) == json.dumps(trained_models["purchase"].card)


def test_the_card_says_what_was_learnt_from_and_what_was_checked(trained_models: dict[str, Trained]) -> None:
    card = trained_models["purchase"].card
    assert {"kind", "as_of", "cutoffs", "rows", "customers", "features", "versions", "seed", "metrics", "thresholds",
            "baselines", "gate", "leak_guard", "readiness", "targets", "served_because", "reference"} <= set(card)  # fmt: skip
    assert all(check["passed"] for check in card["leak_guard"])


def test_there_are_six_tests_the_latest_with_its_window_just_closed(trained_models: dict[str, Trained]) -> None:
    for one in trained_models.values():
        as_of = date.fromisoformat(one.card["as_of"])
        assert len(one.backtest.tests) == 6
        assert (as_of - one.backtest.tests[-1]).days == one.task.horizon


def test_thresholds_come_from_cutoffs_whose_outcome_was_known_by_then() -> None:
    con, as_of = believable_shop()
    shop = TrainingContext(con, as_of, seed=1)
    past = predict_past(shop.panel, CHURN, shop.trainers["bgnbd"])
    for one in past[-6:]:
        known = validations(past, CHURN, one.frame.as_of)
        assert 1 <= len(known) <= 3
        assert all((one.frame.as_of - other.frame.as_of).days >= CHURN.horizon for other in known)


def test_a_model_at_a_cutoff_is_blind_to_every_label_after_it() -> None:
    con, as_of = believable_shop()
    panel = TrainingContext(con, as_of, seed=1).panel
    frame = panel.closed_frames(90)[-1]
    turned = replace(
        panel, label_orders=lambda f, h: panel.label_orders(f, h) ^ (f.as_of + timedelta(days=h) > frame.as_of)
    )
    first, second = (trainers(1)["lightgbm"](p, frame, 90) for p in (panel, replace(turned, _labels={})))
    assert first is not None and second is not None and first.text() == second.text()


def test_every_model_stands_next_to_what_needs_no_model(trained_models: dict[str, Trained]) -> None:
    result = trained_models["purchase"].backtest
    for model in ("lightgbm", "bgnbd", "log_rfm", "cells"):
        for name in ("base_rate", "majority_accuracy", "f1_everyone", "f1", "roc_auc", "brier"):
            metric = result.metric(model, name)
            assert metric is not None and metric.low < metric.high
            assert metric.low - 0.05 <= metric.value <= metric.high + 0.05


def test_a_goal_is_met_only_above_what_needs_no_model(trained_models: dict[str, Trained]) -> None:
    result = trained_models["purchase"].backtest
    for f1, everyone, best, verdict in (
        (0.75, 0.70, 0.76, "met"), (0.705, 0.60, 0.72, "not met"), (0.75, 0.76, 0.77, "not met"), (0.60, 0.50, 0.65, "not reachable"),
        (0.60, 0.50, 0.72, "not met"),
    ):  # fmt: skip
        put = {"f1": f1, "f1_everyone": everyone, "f1_best_afterwards": best}
        changed = tuple(
            replace(f, value=put[f.metric], low=put[f.metric] - 0.01) if f.metric in put else f for f in result.metrics
        )
        assert targets(replace(result, metrics=changed), "lightgbm")[0].verdict == verdict


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(BadInput, match="'forest'"):
        load("forest", "", ())


def test_side_by_side_nothing_asks_for_more_threads_than_training_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """LightGBM's thread count is the process's: predicting with two while another thread trained with one crashed it."""
    import lightgbm

    requested: list[object] = []
    real = lightgbm.Booster.predict

    def record_threads(self: lightgbm.Booster, *args: object, **options: object) -> object:
        requested.append(options["num_threads"])
        return real(self, *args, **options)

    monkeypatch.setattr(lightgbm.Booster, "predict", record_threads)
    con, as_of = believable_shop()
    train_task(TrainingContext(con, as_of, seed=1), PURCHASE)
    assert requested and set(requested) == {1}
