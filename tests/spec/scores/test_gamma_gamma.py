"""What the spend model promises: the paper's numbers, and an expectation that leans towards the shop's mean."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from foresell.errors import BadInput, NotReady
from foresell.scores.training import gamma_gamma

#: Fader & Hardie (2013), CDNOW: 946 customers with repeat purchases in the first 39 weeks.
PAPER = gamma_gamma.GammaGamma(
    p=6.25, q=3.74, v=15.44, cap=None, correlation=0.11, log_likelihood=-4055.9, customers=946, converged=True
)

REPEAT_SPEND = """
with purchases as (
    select customer_id, date, sum(amount) as amount from read_parquet($file) where date < '1997-10-01' group by all
), repeats as (
    select *, row_number() over (partition by customer_id order by date) > 1 as again from purchases
)
select count(*) filter (again) as x, coalesce(avg(amount) filter (again), 0) as mean_value
from repeats group by customer_id order by customer_id
"""


@pytest.mark.real_data
def test_cdnow_gives_the_published_parameters(data_dir: Path) -> None:
    spend = duckdb.execute(REPEAT_SPEND, {"file": str(data_dir / "cdnow/cdnow_sample.parquet")}).fetchnumpy()
    model = gamma_gamma.fit(spend["x"], spend["mean_value"], cap=None)
    for name in ("p", "q", "v"):
        assert getattr(model, name) == pytest.approx(getattr(PAPER, name), rel=2e-3), name
    assert (model.customers, model.converged) == (946, True)
    assert model.correlation == pytest.approx(0.11, abs=0.01), "the paper's check of independence"


# Purchases, their mean, and what the next one should be worth: the shop's mean is 35.2
CUSTOMERS = [(0, 0, 35.2), (1, 100, 80.3), (3, 100, 91.7), (50, 100, 99.4), (1, 35.2, 35.2), (2, 5, 10.4)]


@pytest.mark.parametrize(("x", "mean_value", "expected"), CUSTOMERS)
def test_few_purchases_lean_towards_the_shops_mean(x: int, mean_value: float, expected: float) -> None:
    assert PAPER.expected_order_value(x, mean_value) == pytest.approx(expected, abs=0.1)


def test_one_giant_order_does_not_bend_the_curve() -> None:
    x, mean = [2] * 400, [20.0 + n % 40 for n in range(400)]
    usual, bent = gamma_gamma.fit(x, mean), gamma_gamma.fit(x, [*mean[:-1], 168_470.0])
    assert bent.mean_value == pytest.approx(usual.mean_value, rel=0.02)


REFUSED = [
    ("one customer", [3], [20.0]),
    ("no one bought", [0] * 100, [0.0] * 100),
    ("everything was free", [2] * 100, [0.0] * 100),
    ("everything came back", [2] * 100, [-5.0] * 100),
    ("no customers", [], []),
]


@pytest.mark.parametrize(("what", "x", "mean"), REFUSED, ids=[row[0] for row in REFUSED])
def test_too_little_to_learn_from_is_refused_in_a_sentence(what: str, x: list[int], mean: list[float]) -> None:
    with pytest.raises(NotReady, match="at least 30 are needed"):
        gamma_gamma.fit(x, mean)


def test_a_single_price_is_the_price() -> None:
    model = gamma_gamma.fit([2] * 100, [9.99] * 100)
    assert model.expected_order_value([0, 1, 50], 9.99) == pytest.approx([9.99] * 3)


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadInput, match="not a number"):
        gamma_gamma.fit([1, 2], [3.0, float("nan")])


def test_json_round_trip_is_exact() -> None:
    assert gamma_gamma.GammaGamma.from_json(PAPER.to_json()) == PAPER
