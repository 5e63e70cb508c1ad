"""The arithmetic behind lifetime value: the season's clock, the spend model, the ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.scores.lifetime_value.ranges import measure_ranges
from foresell.scores.lifetime_value.season import FLAT, YEAR, Season, season_of
from foresell.scores.training import gamma_gamma

SPENDS = gamma_gamma.GammaGamma(
    p=3.0, q=4.0, v=60.0, cap=None, correlation=0.0, log_likelihood=0.0, customers=1, converged=True
)
WEEKS = st.lists(st.floats(0.1, 5), min_size=52, max_size=52).map(lambda weeks: Season(tuple(weeks)))


@given(season=WEEKS, days=st.floats(0, 3000), more=st.floats(0, 500))
def test_a_season_clock_never_runs_backwards_and_repeats_each_year(season: Season, days: float, more: float) -> None:
    for clock in (season.back, season.ahead):
        assert clock(days + more) >= clock(days) - 1e-9
        assert clock(days + YEAR) == pytest.approx(clock(days) + clock(YEAR))
    assert season.back(YEAR) == pytest.approx(season.ahead(YEAR)) == pytest.approx(7 * sum(season.weeks))


def test_a_busy_december_counts_for_more() -> None:
    daily = np.ones(YEAR)
    daily[-28:] = 3.0
    season = season_of(daily)
    assert float(season.back(28)) > 28 * 1.8, "the past weeks were busy"
    assert float(season.ahead(28)) < 28 * 1.3, "the coming ones are not"
    assert float(season.back(YEAR)) == pytest.approx(YEAR)
    assert season_of(daily[:300]) == season_of(np.zeros(500)) == FLAT, "no year, no season"


@given(x=st.integers(1, 2000), mean=st.floats(0.01, 1e6))
def test_the_expected_order_value_lies_between_the_customers_mean_and_the_shops(x: int, mean: float) -> None:
    expected = float(SPENDS.expected_order_value(x, mean))
    low, high = sorted((mean, SPENDS.mean_value))
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


def spenders(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.3, n).astype(float)
    return x, rng.gamma(3.0 * x) / rng.gamma(4.0, 1 / 60.0, n) / x


def test_a_shop_that_obeys_the_model_gives_its_parameters_back() -> None:
    model = gamma_gamma.fit(*spenders(40_000, 1), cap=None)
    assert (model.p, model.q, model.v) == pytest.approx((3.0, 4.0, 60.0), rel=0.05)
    assert abs(model.correlation) < 0.02


def test_grouping_moves_the_parameters_by_less_than_one_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    customers = spenders(80_000, 2)
    grouped = gamma_gamma.fit(*customers)
    monkeypatch.setattr(gamma_gamma, "MOST_ROWS", 100_000)
    exact = gamma_gamma.fit(*customers)
    assert (grouped.p, grouped.q, grouped.v) == pytest.approx((exact.p, exact.q, exact.v), rel=0.01)


def test_a_range_holds_eight_of_ten_customers_of_the_period_it_was_learned_from() -> None:
    rng = np.random.default_rng(3)
    predicted = rng.gamma(1.0, 100.0, 5_000)
    actual = predicted * rng.gamma(0.7, 1.4, 5_000)
    ranges = measure_ranges(predicted, actual)
    low, high = ranges.around(predicted)
    assert ((actual >= low) & (actual <= high)).mean() == pytest.approx(0.8, abs=0.02)
    assert (low <= predicted).all() and (predicted <= high).all()


def test_customers_who_spent_nothing_have_a_range_from_nothing_to_the_value() -> None:
    low, high = measure_ranges(np.arange(1.0, 101.0), np.full(100, -5.0)).around(np.arange(1.0, 101.0))
    assert (low == 0).all() and (high == np.arange(1.0, 101.0)).all()
