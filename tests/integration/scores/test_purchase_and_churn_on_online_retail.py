"""The floors of the models on Online Retail II: means over six rolling test cutoffs, seed fixed. Lower is a defect."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresell.scores.churn.score import CHURN, CHURN_180
from foresell.scores.purchase.score import PURCHASE, score_purchase
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.readiness import readiness
from foresell.scores.training.train_task import Trained, TrainingContext, train_task
from tests.support.snapshot_of_retail import as_of_of, retail_snapshot

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def trained_models(data_dir: Path) -> dict[str, Trained]:
    con = retail_snapshot("ii", data_dir)
    shop = TrainingContext(con, as_of_of(con), seed=7)
    return {task.name: train_task(shop, task) for task in (PURCHASE, CHURN, CHURN_180)}


FLOORS = [
    ("purchase", "all", "roc_auc", 0.80),
    ("purchase", "all", "f1", 0.52),
    ("purchase", "all", "precision_at_100", 0.90),
    ("purchase", "all", "lift_top_decile", 3.3),
    ("purchase", "key_accounts", "f1", 0.76),
    ("churn", "key_accounts", "accuracy", 0.85),
    ("churn", "all", "sure_accuracy", 0.87),
    ("churn", "all", "sure_coverage", 0.40),
    ("churn_180", "key_accounts", "accuracy", 0.90),
]


@pytest.mark.parametrize(("task", "population", "metric", "floor"), FLOORS)
def test_a_measure_does_not_fall_below_its_floor(
    trained_models: dict[str, Trained], task: str, population: str, metric: str, floor: float
) -> None:
    one = trained_models[task]
    assert one.backtest.value(one.model.kind, metric, population) >= floor


def test_probabilities_mean_what_they_say(trained_models: dict[str, Trained]) -> None:
    assert trained_models["purchase"].backtest.value("lightgbm", "calibration_error") <= 0.04


def test_the_models_are_served_and_beat_the_baselines(trained_models: dict[str, Trained]) -> None:
    purchase, churn = trained_models["purchase"], trained_models["churn"]
    assert (purchase.model.kind, churn.model.kind) == ("lightgbm", "blend")
    for population in ("all", "active_180d", "two_orders_180d", "key_accounts"):
        value = purchase.backtest.value
        assert value("lightgbm", "f1", population) > value("lightgbm", "f1_everyone", population)
    value = churn.backtest.value
    assert value("blend", "accuracy", "key_accounts") > value("blend", "majority_accuracy", "key_accounts")


def test_goals_that_are_met_are_reported_as_met(trained_models: dict[str, Trained]) -> None:
    verdicts = {goal.population: goal.verdict for goal in trained_models["purchase"].targets}
    assert verdicts == {
        "all": "not reachable",
        "active_180d": "not reachable",
        "two_orders_180d": "not reachable",
        "key_accounts": "met",
    }


def test_one_year_alone_works_and_says_what_it_lacks(data_dir: Path) -> None:
    con = retail_snapshot("i", data_dir)
    as_of = as_of_of(con)
    assert readiness(con, as_of, PURCHASE).level == "ml"
    churn = train_task(TrainingContext(con, as_of), CHURN)
    assert churn.model.kind == "bgnbd"
    assert "Only 7 past test dates have a known outcome" in churn.card["served_because"]
    assert len(score_purchase(churn.model, frame_of(features(con, as_of), as_of))) == 4334


def test_the_snapshot_used_here_is_the_one_the_notes_describe(data_dir: Path) -> None:
    rows = retail_snapshot("ii", data_dir).execute(
        "select count(*), count(distinct customer_id), sum(net_amount) from orders where is_counted"
    ).fetchall()  # fmt: skip
    assert rows[0][:2] == (36_594, 5_852)
