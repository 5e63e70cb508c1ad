"""Which model serves: machine learning, the statistical model, the naive rule, or none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from foresell.errors import NotReady
from foresell.scores.churn.score import CHURN
from foresell.scores.lifetime_value import backtest as lifetime_value
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.train import train_scores
from foresell.scores.training.backtest import Backtest, MetricValue, Predicted
from foresell.scores.training.cells import cells_of
from foresell.scores.training.choice import choose
from foresell.scores.training.features import Frame
from foresell.scores.training.service_gate import NoBetter, Skill, refuse
from tests.support.gate_shops import memoryless_shop
from tests.support.snapshot_of_retail import as_of_of

CUSTOMERS, DAYS = 400, 6


def frame(day: date, orders_365: np.ndarray, orders_90: np.ndarray) -> Frame:
    names = ("orders_365", "orders_90")
    customers = pa.array([f"c{n}" for n in range(len(orders_365))])
    return Frame(day, customers, names, np.column_stack([orders_365, orders_90]).astype(np.float32))


def test_the_cells_of_customers() -> None:
    orders = np.array([0, 1, 2, 3, 4, 5, 8, 9, 40, 1])
    recent = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert cells_of(frame(date(2026, 1, 1), orders, recent)).tolist() == [0, 2, 4, 6, 6, 8, 8, 10, 10, 3]


def blurred_backtest(**noise: float) -> Backtest:
    """Models whose log-odds are the true ones, blurred by so much noise; `cells` and the statistical models where they are named."""
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-1, 1.5, (DAYS, CUSTOMERS))
    observed = rng.random((DAYS, CUSTOMERS)) < 1 / (1 + np.exp(-log_odds))
    frames = [
        frame(date(2026, 1, 1) + timedelta(days=30 * n), np.zeros(CUSTOMERS), np.zeros(CUSTOMERS)) for n in range(DAYS)
    ]
    predicted = {
        name: tuple(
            Predicted(one, 1 / (1 + np.exp(-(log_odds[n] / (1 + blur) + rng.normal(0, blur, CUSTOMERS)))), observed[n])
            for n, one in enumerate(frames)
        )
        for name, blur in noise.items()
    }
    ranks = [
        MetricValue("purchase", 30, name, "all", None, CUSTOMERS, "pr_auc", 1 - blur, 0, 1)
        for name, blur in noise.items()
    ]
    return Backtest(PURCHASE, tuple(one.as_of for one in frames), tuple(ranks), (), {}, {}, predicted)


SERVED = [
    ({"lightgbm": 0.1, "bgnbd": 1.5, "log_rfm": 2.0, "cells": 2.0}, "lightgbm", "lightgbm"),
    ({"lightgbm": 1.5, "bgnbd": 0.1, "log_rfm": 2.0, "cells": 2.0}, "lightgbm", "bgnbd"),
    ({"lightgbm": 1.5, "bgnbd": 2.0, "log_rfm": 0.1, "cells": 2.0}, "lightgbm", "log_rfm"),
    ({"bgnbd": 0.1, "cells": 2.0}, "", "bgnbd"),
    ({"bgnbd": 0.6, "cells": 0.1}, "", "cells"),
    ({"bgnbd": 0.1}, "", "bgnbd"),
]


@pytest.mark.parametrize(("noise", "challenger", "kind"), SERVED)
def test_what_is_better_beyond_chance_is_served(noise: dict[str, float], challenger: str, kind: str) -> None:
    result = blurred_backtest(**noise)
    rate = dict.fromkeys(result.tests, 0.3)
    found = choose(result, challenger, "Too few customers.", rate)
    assert found.kind == kind
    assert found.skills["constant"].is_better and found.because


def test_no_better_than_a_constant_is_off_with_the_figure_and_its_bound() -> None:
    result = blurred_backtest(bgnbd=40.0, cells=40.0)
    with pytest.raises(
        NoBetter, match=r"Off: no better than .the same for every customer.*error \(5 % bound (below )?-"
    ):
        choose(result, "", "", dict.fromkeys(result.tests, 0.3))


def test_without_a_tested_period_nothing_is_served() -> None:
    with pytest.raises(NotReady, match="no period has ended"):
        choose(Backtest(CHURN, (), (), (), {}, {}), "blend", "", {})


@pytest.mark.parametrize(("bound", "served"), [(0.001, True), (0.0, False), (-0.1, False), (float("nan"), False)])
def test_only_a_bound_above_nothing_serves(bound: float, served: bool) -> None:
    if served:
        return refuse("last_year", Skill(0.05, bound, 4), 180)
    with pytest.raises(
        NoBetter, match=r"Off: no better than .as much as last year.*5.0% lower error.*4 tested periods of 180 days"
    ):
        refuse("last_year", Skill(0.05, bound, 4), 180)


def test_one_tested_period_is_too_few_for_values() -> None:
    with pytest.raises(NotReady, match="about eleven months"):
        lifetime_value.refuse_if_no_better([])


def test_customers_without_memory_get_no_prediction() -> None:
    con = memoryless_shop(seed=1)
    versions, refused = train_scores(con, as_of_of(con), ("purchase", "expected_revenue", "lifetime_value"), seed=7)
    assert [version.task for version in versions] == []
    assert all(error.message.startswith("Off: no better than") for error in refused.values()), refused
