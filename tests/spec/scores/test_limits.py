"""Limits that decide what is shown, each on the smallest table that tells it from its neighbour."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from foresell.errors import NotReady
from foresell.scores.expected_revenue.company import forecast_company
from foresell.scores.expected_revenue.model import expected_order_values
from foresell.scores.forecast.backtest import measure_accuracy
from foresell.scores.forecast.model import errors, known_sales
from foresell.scores.forecast.trading_days import open_days
from foresell.scores.lifetime_value.blend import best_year_factor
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training import drift, leak_guard
from foresell.scores.training.features import Frame, features, frame_of
from foresell.scores.training.leak_guard import Finding
from foresell.scores.training.models import log_odds
from foresell.scores.training.panel import cutoffs
from foresell.scores.training.train_task import TrainingContext, fit_for_replay, train_task
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


@pytest.mark.parametrize(
    ("purchases", "tenure_days", "factor"),
    [
        (2, 100, 1.0),  # two purchases are no rhythm
        (3, 30, 3.0),
        (3, 100, 3.0),  # at most threefold
        (3, 146, 2.5),
        (3, 365, 1.0),
        (3, 900, 1.0),
    ],
)
def test_a_regular_customer_of_less_than_a_year_is_annualised(
    purchases: float, tenure_days: float, factor: float
) -> None:
    factors = best_year_factor(np.array([purchases, 1.0]), np.array([tenure_days, 1000.0]))
    assert factors.tolist() == pytest.approx([factor, 1.0])


def test_a_history_of_half_a_year_is_annualised_for_everyone() -> None:
    factors = best_year_factor(np.array([1.0, 5.0, 5.0]), np.array([10.0, 100.0, 182.5]))
    assert factors.tolist() == pytest.approx([2.0, 3.0, 2.0])


@pytest.mark.parametrize(
    ("saturdays", "is_open"),
    [(1.9, False), (2.0, True)],  # 10 % of the 20 orders of other days
)
def test_a_weekday_with_hardly_any_orders_is_closed(saturdays: float, is_open: bool) -> None:
    first = date(2025, 1, 6)  # a Monday
    orders = np.array([saturdays if day % 7 == 5 else 20.0 for day in range(140)])
    assert open_days(orders, first, first + timedelta(days=147), None)[145] == is_open


@pytest.mark.parametrize(("per_day", "known_as_closed"), [(3.0, False), (3.4, True)])
def test_a_silence_closes_the_shop_from_ten_missed_orders_on(per_day: float, known_as_closed: bool) -> None:
    first = date(2025, 1, 6)
    orders = np.full(200, per_day)
    orders[100:103] = 0
    assert open_days(orders, first, first + timedelta(days=200), None)[101] != known_as_closed


@pytest.mark.parametrize(("length", "counted"), [(10, 1), (11, 0)])
def test_a_past_forecast_is_compared_only_with_days_that_are_known(length: int, counted: int) -> None:
    shop = known_sales(date(2025, 1, 6), np.full(200, 60.0), np.full(200, 2.0), None)
    past = [shop.until(date(2025, 1, 6) + timedelta(days=185))]
    assert len(errors(shop, past, lead=5, length=length, target="revenue")) == counted


@pytest.mark.parametrize(
    ("values", "ordered", "limit", "rising"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 3, True),
        ([1, 2, 3, 4], [1, 1, 0, 0], 3, False),
        ([5, 1, 5, 2], [1, 0, 1, 0], 5, True),
    ],
)
def test_the_rule_found_in_one_feature_is_the_limit_that_repeats_the_labels(
    values: list[float], ordered: list[int], limit: float, rising: bool
) -> None:
    found = leak_guard.find_rule(np.array(values, dtype=float), np.array(ordered, dtype=bool))
    assert found == (limit, rising)


@pytest.mark.parametrize(
    ("expected", "actual", "accuracy"),
    [(90, 100, 0.9), (110, 100, 0.9), (250, 100, 0.0), (0, 0, 1.0), (5, 0, 0.0)],
)
def test_accuracy_is_one_less_the_relative_error(expected: float, actual: float, accuracy: float) -> None:
    assert measure_accuracy(expected, actual) == pytest.approx(accuracy)


def test_history_is_replayed_with_the_model_its_data_allowed_then() -> None:
    con, as_of = believable_shop(customers=300)
    assert fit_for_replay(TrainingContext(con, as_of), PURCHASE).kind == "bgnbd", (
        "too few customers for machine learning"
    )


def test_a_customer_who_kept_nothing_has_no_expected_order_value() -> None:
    con, as_of = believable_shop(customers=300)
    frame = frame_of(features(con, as_of), as_of)
    nothing = frame.customers[0].as_py()
    con.execute("delete from orders where customer_id = ?", [nothing])
    con.execute("delete from lines where customer_id = ?", [nothing])
    values = expected_order_values(con, frame)
    assert values[0] == 0 and (values[1:] > 0).all()


def test_the_interval_of_the_company_forecast_lies_around_it() -> None:
    con, as_of = believable_shop(days=600)
    found = forecast_company(con, as_of)
    assert found.low is not None and found.high is not None
    assert 0 < found.low < found.high and 0 < found.streams.new < found.streams.known
    assert (found.low + found.high) / 2 == pytest.approx(found.streams.forecast / 100, rel=1e-4)
    assert forecast_company(con, as_of, interval=False).low is None


def test_returns_that_undo_no_known_purchase_lower_every_expected_order_value() -> None:
    con, as_of = believable_shop(customers=300)
    frame = frame_of(features(con, as_of), as_of)
    before = expected_order_values(con, frame)
    [(total,)] = con.execute("select sum(amount) from lines where class = 'counted'").fetchall()
    con.execute(
        "insert into lines select 'returner' as customer_id, order_id, line_no, ordered_at, day, -1 as product_id, quantity,"
        " (-0.1 * ?::decimal(18, 4))::decimal(18, 4) as amount, 'returns' as class from lines limit 1",
        [total],
    )
    assert expected_order_values(con, frame) == pytest.approx(0.9 * before, rel=1e-4)


def test_log_odds_stay_finite_at_certainty() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == pytest.approx([-13.8155, 0, 13.8155], abs=1e-3)
