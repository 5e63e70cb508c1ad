"""The arithmetic of the repeat-purchase model: stable, monotone, equal to the paper's formula, indifferent to grouping."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from foresell.scores.training import bgnbd

MODEL = bgnbd.BgNbd(r=0.6, alpha=40.0, a=0.7, b=3.0, log_likelihood=0.0, customers=1, converged=True)
AT_THE_POLE = bgnbd.BgNbd(r=1.2, alpha=60.0, a=1.0, b=5.0, log_likelihood=0.0, customers=1, converged=True)
SUM_OF_ONE = bgnbd.BgNbd(r=0.4, alpha=9.0, a=0.4, b=0.6, log_likelihood=0.0, customers=1, converged=True)
NO_CHURN = bgnbd.BgNbd(r=2.0, alpha=50.0, a=1e-4, b=8e3, log_likelihood=0.0, customers=1, converged=True)


def simulate_customers(n: int, seed: int, r: float, alpha: float, a: float, b: float, days: int = 740):
    """Customers of a shop that obeys the model: (x, t_x, T) in days."""
    rng = np.random.default_rng(seed)
    T = rng.integers(1, days, n).astype(float)
    rate, leaving = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, now, alive = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    while alive.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-12))
        bought = alive & (now < T)
        x[bought] += 1
        t_x[bought] = now[bought]
        alive = bought & (rng.random(n) > leaving)
    return x, t_x, T


def parameters(model: bgnbd.BgNbd) -> list[float]:
    return [model.r, model.alpha, model.a, model.b]


def test_the_expectation_is_the_papers_formula():
    x, t_x, T = simulate_customers(2_000, 1, 0.6, 40, 0.7, 3.0)
    r, alpha, a, b = parameters(MODEL)
    for horizon in (1, 30, 365):
        gauss = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + T + horizon))
        paper = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x) * gauss)
        ours = MODEL.expected_purchases(x, t_x, T, horizon)
        assert ours == pytest.approx(paper * MODEL.p_alive(x, t_x, T), rel=1e-9)


def test_where_the_papers_formula_is_nought_by_nought():
    """At a = 1, and where a + b = 1, the answer is the one of the neighbouring parameters."""
    for model in (AT_THE_POLE, SUM_OF_ONE):
        near = dataclasses.replace(model, a=model.a + 1e-7)
        exact, neighbour = (m.expected_purchases([0, 1, 9], [0, 9, 80], 90, 180) for m in (model, near))
        assert exact == pytest.approx(neighbour, rel=1e-5)


@settings(max_examples=200, deadline=None)
@given(
    model=st.sampled_from([MODEL, AT_THE_POLE, SUM_OF_ONE, NO_CHURN]),
    x=st.integers(0, 5000),
    share=st.floats(0, 1),
    T=st.floats(1, 4000),
    horizon=st.floats(0, 730),
)
def test_answers_stay_finite_bounded_and_ordered(model, x, share, T, horizon):
    t_x = T * share if x else 0.0
    alive = float(model.p_alive(x, t_x, T))
    any_, later = (float(model.probability_any(x, t_x, T, h)) for h in (horizon, horizon + 30))
    expected, more = (float(model.expected_purchases(x, t_x, T, h)) for h in (horizon, horizon + 30))
    ceiling = (model.r + x) / (model.alpha + T) * horizon * alive
    assert 0 <= any_ <= later <= alive <= 1
    assert any_ <= expected * (1 + 1e-6) + 1e-12
    assert expected <= more * (1 + 1e-9)
    assert expected <= ceiling * (1 + 1e-6) + 1e-12
    assert float(model.p_alive(x, t_x, T + 30)) <= alive + 1e-12


def test_arrays_and_single_customers_agree():
    x, t_x, T = simulate_customers(300, 2, 0.6, 40, 0.7, 3.0)
    together = MODEL.expected_purchases(x, t_x, T, 90)
    alone = [float(MODEL.expected_purchases(*row, 90)) for row in zip(x, t_x, T, strict=True)]
    assert together == pytest.approx(alone, rel=1e-12)
    assert MODEL.expected_purchases([], [], [], 90).shape == (0,)


def test_a_shop_that_obeys_the_model_gives_its_parameters_back():
    model = bgnbd.fit(*simulate_customers(60_000, 3, 0.6, 40, 0.7, 3.0))
    assert model.converged
    assert parameters(model) == pytest.approx([0.6, 40, 0.7, 3.0], rel=0.06)


@pytest.mark.parametrize("simulate_with", [(0.5, 40, 0.6, 3.0), (3.0, 60, 0.3, 6.0), (0.25, 4, 0.6, 3.0)])
def test_grouping_moves_the_parameters_by_less_than_one_percent(simulate_with):
    customers = simulate_customers(80_000, 5, *simulate_with)
    assert len(bgnbd.group_customers(*customers, np.ones(80_000), 25_000)[0]) <= 25_000
    binned, exact = bgnbd.fit(*customers, most_rows=25_000), bgnbd.fit(*customers, most_rows=200_000)
    assert parameters(binned) == pytest.approx(parameters(exact), rel=0.01)
