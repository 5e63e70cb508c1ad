"""Reasons in the customer's own numbers that add up, and when it is time to train again."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import expit

from foresell.scores.churn.score import CHURN, STATES, score_churn, states
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training import drift, reasons
from foresell.scores.training.features import SEASON, Frame, features, frame_of
from foresell.scores.training.models import Boosted, log_odds, trainers
from foresell.scores.training.train_task import TrainingContext
from tests.spec.scores.shop import believable_shop, shop

KINDS = ["lightgbm", "blend", "bgnbd", "log_rfm"]


@pytest.fixture(scope="module")
def learnt() -> TrainingContext:
    con, as_of = believable_shop()
    return TrainingContext(con, as_of, seed=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [PURCHASE, CHURN], ids=["purchase", "churn"])
def test_up_to_three_different_themes_in_order_of_weight(learnt: TrainingContext, kind: str, task: object) -> None:
    now = learnt.panel.now
    model = learnt.trainers[kind](learnt.panel, now, PURCHASE.horizon)
    assert model is not None
    table = reasons.reasons(model, now, PURCHASE if task is PURCHASE else CHURN).to_pylist()
    for customer in now.customers.to_pylist()[:50]:
        own = [row for row in table if row["customer_id"] == customer and row["rank"] <= 3]
        assert 1 <= len(own) == len({row["theme"] for row in own}) == len({row["sentence"] for row in own})
        assert not any(row["theme"] == "season" for row in own)
        assert all((row["points"] > 0) == (row["direction"] == "raises") for row in own)


def test_the_sentence_holds_the_customers_own_numbers() -> None:
    con = shop(
        [("anna", "2021-01-01", 50), ("anna", "2021-01-31", 70), ("anna", "2021-03-02", 90), ("ben", "2021-03-13", 5)]
    )
    table = features(con, date(2021, 3, 14))
    rows = [{name: table[name][place].as_py() or 0.0 for name in table.column_names[1:]} for place in (0, 1)]
    predicted = {theme.name: theme.sentence(rows[0]) for theme in reasons.THEMES}
    assert predicted["rhythm"] == "Usually orders every 30 days; last order 12 days ago"
    assert predicted["frequency"] == "3 orders in the last 180 days, 3 in total"
    assert predicted["spend"] == "Spent 210 in the last 180 days, 210 in total"
    assert predicted["returns"] == "No returns so far"
    assert reasons.THEMES[0].sentence(rows[1]) == "Ordered on one day only, 1 day ago"


SENTENCES = [
    ("rhythm", {"gap_median": 1.0, "recency_days": 1.0}, "Usually orders every day; last order 1 day ago"),
    ("rhythm", {"gap_median": 2.0, "recency_days": 2.0}, "Usually orders every 2 days; last order 2 days ago"),
    ("loyalty", {"tenure_days": 30.0, "months_active": 1.0}, "New customer: first order 30 days ago"),
    ("loyalty", {"tenure_days": 31.0, "months_active": 1.0}, "Customer for 31 days, with orders in 1 month"),
    ("returns", {"return_share": 0.005}, "Returned less than 1 % of purchases by value"),
    ("returns", {"return_share": 0.006}, "Returned 1 % of purchases by value"),
    ("returns", {"return_share": 0.25}, "Returned 25 % of purchases by value"),
    ("habits", {"order_hour": 9.6}, "Usually orders around 10:00"),
    ("order value", {"last_amount": 1234.4, "order_value_mean": 99.6}, "Last purchase 1,234, average order 100"),
    (
        "last year", {"orders_same_month_last_year": 1.0, "nov_dec_share": 0.25},
        "1 order in the same weeks last year; 25 % of all orders in November and December",
    ),
    (
        "range", {"skus_total": 2.0, "skus_180": 1.0},
        "2 different products so far, 1 of them in the last 180 days",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("theme", "row", "sentence"), SENTENCES)
def test_sentences_of_reasons(theme: str, row: dict[str, float], sentence: str) -> None:
    [made] = [each.sentence(row) for each in reasons.THEMES if each.name == theme]
    assert made == sentence


def test_the_themes_cover_every_feature_once(learnt: TrainingContext) -> None:
    covered = [name for theme in (*reasons.THEMES, reasons.SEASON_THEME) for name in theme.features]
    assert sorted(covered) == sorted(learnt.panel.now.names)


def test_the_contributions_add_up_to_the_probability(learnt: TrainingContext) -> None:
    now = learnt.panel.now
    model = learnt.trainers["lightgbm"](learnt.panel, now, 30)
    assert isinstance(model, Boosted)
    pull = reasons.contributions(model, now, now, (*reasons.THEMES, reasons.SEASON_THEME))
    mean = model.booster.predict(model.matrix(now), pred_contrib=True)[:, -1]
    assert expit(pull.sum(axis=1) + mean) == pytest.approx(model.probability(now))


@pytest.mark.parametrize("kind", KINDS)
def test_a_reason_takes_no_more_than_the_probability_has(learnt: TrainingContext, kind: str) -> None:
    now = learnt.panel.now
    model = learnt.trainers[kind](learnt.panel, now, PURCHASE.horizon)
    assert model is not None
    points = dict(zip(now.customers.to_pylist(), 100 * model.probability(now), strict=True))
    for row in reasons.reasons(model, now, PURCHASE).to_pylist():
        assert points[row["customer_id"]] - 100 <= row["points"] <= points[row["customer_id"]]


def test_a_longer_silence_than_usual_lowers_the_probability_of_an_order(learnt: TrainingContext) -> None:
    model = learnt.trainers["bgnbd"](learnt.panel, learnt.panel.now, 30)
    assert model is not None
    names = learnt.panel.now.names
    values = np.zeros((2, len(names)), dtype=np.float32)
    for name, pair in {"purchase_days": (9, 9), "tenure_days": (300, 300), "recency_days": (5, 150)}.items():
        values[:, names.index(name)] = pair
    pair = Frame(learnt.panel.as_of, learnt.panel.now.customers.slice(0, 2), names, values)
    fresh, silent = log_odds(model.probability(pair))
    assert fresh > silent


def test_three_states_by_distance_from_one_half() -> None:
    found = states(np.array([0.1, 0.25, 0.5, 0.74, 0.75, 1.0]), 0.25)
    assert [STATES[index] for index in found] == [
        "likely to stay", "likely to stay", "unsure", "unsure", "at risk", "at risk",
    ]  # fmt: skip


def test_without_a_model_for_180_days_churn_180_is_null(learnt: TrainingContext) -> None:
    model = learnt.trainers["bgnbd"](learnt.panel, learnt.panel.now, 90)
    assert model is not None
    table = score_churn(model, None, learnt.panel.now, 0.2)
    assert table["churn_180"].null_count == table.num_rows


CARD = {"as_of": "2021-06-01", "metrics": {"calibration_error": 0.02}}

DECISIONS = [
    # days later, features moved (of 10), calibration error of the last window, retrain?, words
    (0, 0, None, False, "no training needed"),
    (29, 0, 0.03, False, "no training needed"),
    (30, 0, None, True, "the outcomes of another 30 days are now known"),
    (10, 3, None, True, "3 of 10 features have changed"),
    (10, 2, None, False, "2 of 10 features have changed"),
    (10, 0, 0.07, True, "differed by 0.070"),
    (-5, 9, 0.50, False, "trained on data later"),
]


@pytest.mark.parametrize(("days", "moved", "error", "retrain", "words"), DECISIONS)
def test_when_to_train_again(days: int, moved: int, error: float | None, retrain: bool, words: str) -> None:
    stability = {f"f{i}": 0.9 if i < moved else 0.01 for i in range(10)}
    decision = drift.should_retrain(CARD, date(2021, 6, 1) + timedelta(days=days), stability, error)
    assert (decision.retrain, words in decision.sentence) == (retrain, True), decision.sentence


def test_the_same_customers_have_not_moved_and_others_have(learnt: TrainingContext) -> None:
    now = learnt.panel.now
    seen = drift.reference([now])
    assert max(drift.stability(seen, now).values()) < 0.01
    assert not set(SEASON) & set(seen)
    half = np.flatnonzero(now.column("spend_total") > np.median(now.column("spend_total")))
    spenders = Frame(now.as_of, now.customers.take(half), now.names, now.values[half])
    assert drift.stability(seen, spenders)["spend_total"] > drift.STABILITY_LIMIT


def test_a_feature_without_any_value_is_left_out_of_the_trees() -> None:
    con, as_of = believable_shop()
    con.execute("update lines set quantity = 0")
    shop_of = TrainingContext(con, as_of)
    model = trainers(0)["lightgbm"](shop_of.panel, shop_of.panel.now, 30)
    assert isinstance(model, Boosted) and "price_mean" not in model.names and "return_recency" not in model.names
    assert np.isfinite(model.probability(frame_of(features(con, as_of), as_of))).all()
