"""Expected money, on tables small enough to check by hand."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.scores.expected_revenue.streams import (
    is_consistent,
    scale_factor,
    scale_to_total,
    split_forecast,
)
from foresell.scores.lifetime_value.blend import blend_values
from foresell.scores.training.service_gate import Losses, log_loss, measure_skill, money_deviance
from foresell.sql import read_sql

# customer, product, day, amount: a negative amount came back
LINES = [
    ("ann", 1, "2025-01-10", 100.0),
    ("ann", 1, "2025-02-10", 50.0),
    ("ann", 1, "2025-02-20", -20.0),  # the later of the two purchases, in two lines
    ("ann", 1, "2025-02-20", -10.0),
    ("bob", 2, "2025-03-01", 168_469.60),
    ("bob", 2, "2025-03-01", -168_469.60),  # cancelled the same day
    ("bob", 3, "2025-03-05", 3.0),
    ("cid", 4, "2025-04-01", -20.0),  # bought before the data starts
    ("cid", 5, "2025-04-02", 40.0),
    ("cid", 5, "2025-04-03", -90.0),  # more came back than was bought: at most 40 is deducted
    ("dan", 6, "2025-05-01", 4.0),
    ("dan", 6, "2025-05-01", 6.0),
    ("dan", 6, "2025-06-01", -10.0),  # on the day itself: not known yet
]


def net_orders(as_of: str) -> dict[tuple[str, str], tuple[float, bool]]:
    """(customer, day) -> (net, void)."""
    con = duckdb.connect()
    con.execute("create table lines (customer_id varchar, product_id integer, day date, amount decimal(18, 4))")
    con.executemany("insert into lines values (?, ?, ?, ?)", LINES)
    con.execute(
        "alter table lines add column ordered_at timestamp; alter table lines add column order_id integer;"
        "alter table lines add column class varchar;"
        "update lines set ordered_at = day::timestamp + interval (if(amount < 0, 12, 10)) hour, order_id = rowid,"
        " class = if(amount < 0, 'returns', 'counted')"
    )
    query = read_sql("foresell.scores.training", "net_orders.sql")
    rows = con.execute(query, {"as_of": date.fromisoformat(as_of)}).fetchall()
    return {(who, str(day)): (float(net), void) for who, _, day, _, _, net, void in rows}


def test_a_return_is_deducted_from_the_purchase_it_undoes() -> None:
    assert net_orders("2025-06-01") == {
        ("ann", "2025-01-10"): (100.0, False),
        ("ann", "2025-02-10"): (20.0, False),
        ("bob", "2025-03-01"): (0.0, True),
        ("bob", "2025-03-05"): (3.0, False),
        ("cid", "2025-04-02"): (0.0, True),
        ("dan", "2025-05-01"): (10.0, False),
    }


def test_a_return_on_or_after_the_day_is_not_known() -> None:
    assert net_orders("2025-02-20")["ann", "2025-02-10"] == (50.0, False)
    assert net_orders("2025-06-02")["dan", "2025-05-01"] == (0.0, True)


def test_the_customers_share_what_known_customers_will_spend() -> None:
    # forecast 1,000, of it 150 anonymous and 70 from new customers: 780 for three estimates of 120, 200 and 50
    split = split_forecast(1000, 150, 780 / 850)
    assert (split.forecast, split.known, split.new, split.anonymous) == (100_000, 78_000, 7_000, 15_000)
    assert scale_to_total(np.array([120.0, 200.0, 50.0]), split.known).tolist() == [252.97, 421.62, 105.41]


@pytest.mark.parametrize(
    ("forecast", "anonymous", "share", "streams"),
    [
        (0, 0, 0.8, (0, 0, 0, 0)),
        (10, 20, 0.8, (1000, 0, 0, 1000)),  # anonymous is at most all of it
        (10, -1, 0.8, (1000, 800, 200, 0)),
        (-5, 0, 0.8, (0, 0, 0, 0)),
        (0.01, 0, 0.5, (1, 0, 1, 0)),
    ],
)
def test_the_streams_add_up(forecast: float, anonymous: float, share: float, streams: tuple[int, ...]) -> None:
    split = split_forecast(forecast, anonymous, share)
    assert (split.forecast, split.known, split.new, split.anonymous) == streams
    assert split.known + split.new + split.anonymous == split.forecast


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60), st.integers(0, 10**9))
def test_shares_sum_to_the_penny(estimates: list[float], pennies: int) -> None:
    amounts = scale_to_total(np.array(estimates), pennies)
    assert np.rint(amounts * 100).astype(np.int64).sum() == (pennies if sum(estimates) > 0 else 0)
    assert (amounts >= 0).all()


def test_the_penny_left_over_goes_to_the_largest_remainder() -> None:
    assert scale_to_total(np.array([1.1, 10.9]), 12).tolist() == [0.01, 0.11]
    assert scale_to_total(np.array([1.0, 1.0, 1.0]), 2).tolist() == [0.01, 0.01, 0.0], "ties in their order"


@pytest.mark.parametrize(
    ("estimate", "known", "agrees"),
    [(100, 200, True), (100, 201, False), (100, 50, True), (100, 49, False), (0, 5, False)],
)
def test_forecast_and_estimates_that_contradict_each_other_are_not_published(
    estimate: float, known: float, agrees: bool
) -> None:
    factor = scale_factor(np.array([estimate], dtype=float), split_forecast(known, 0, 1.0))
    assert is_consistent(factor) is agrees


def test_a_value_is_pulled_towards_last_year_and_capped_by_the_best_year() -> None:
    # model, last year, best year: a cancelled giant order, a regular customer, one who was silent last year
    model = np.array([82_920.0, 600.0, 300.0])
    values = blend_values(model, np.array([3.0, 500.0, 0.0]), np.array([3.0, 550.0, 400.0]), weight=0.5)
    assert np.round(values, 2).tolist() == [4.50, 707.14, 192.86]
    assert values.sum() == pytest.approx(904.50)


def test_the_deviance_of_money() -> None:
    assert money_deviance(np.array([100.0, 25.0, -5.0]), np.array([25.0, 25.0, 25.0])).tolist() == [20.0, 0.0, 20.0]


def test_log_loss_is_finite_at_certainty() -> None:
    assert log_loss(np.array([0.5, 1.0]), np.array([True, False])) == pytest.approx(
        [np.log(2), -np.log(1e-6)], rel=1e-3
    )


def losses(model: float, baseline: float, noise: float, seed: int = 0) -> list[Losses]:
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    names = pa.array([f"c{n}" for n in range(200)])
    return [
        Losses(
            names, np.abs(model + noise * rng.standard_normal(200)), np.abs(baseline + noise * rng.standard_normal(200))
        )
        for _ in range(6)
    ]


def test_a_model_that_is_clearly_better_passes() -> None:
    skill = measure_skill(losses(0.5, 1.0, 0.1))
    assert skill.is_better and skill.value == pytest.approx(0.5, abs=0.03) and skill.cutoffs == 6


def test_equal_models_do_not_pass_more_often_than_one_in_twenty() -> None:
    passed = sum(measure_skill(losses(1.0, 1.0, 0.3, seed), draws=60).is_better for seed in range(40))
    assert passed <= 5


def test_without_a_cutoff_nothing_passes() -> None:
    assert not measure_skill([]).is_better
