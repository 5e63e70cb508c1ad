"""What the repeat-purchase model promises: the paper's numbers, and answers that make sense customer by customer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from foresell.errors import BadInput, NotReady
from foresell.scores.training import bgnbd

#: Fader, Hardie & Lee (2005), table 2: CDNOW, in weeks.
PAPER = bgnbd.BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, customers=2357, converged=True)


@pytest.fixture(scope="module")
def cdnow(data_dir: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = pq.read_table(data_dir / "cdnow/cdnow_summary_39w.parquet")
    return tuple(table[column].to_numpy().astype(float) for column in ("frequency", "recency", "T"))  # type: ignore[return-value]


@pytest.mark.real_data
def test_cdnow_gives_the_published_parameters(cdnow):
    model = bgnbd.fit(*cdnow, unit="week")
    for name in ("r", "alpha", "a", "b"):
        assert getattr(model, name) == pytest.approx(getattr(PAPER, name), rel=2e-3), name
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    assert (model.converged, model.customers, model.unit) == (True, 2357, "week")


@pytest.mark.real_data
def test_cdnow_holdout_shows_the_known_shortfall(cdnow):
    """39 weeks ahead the model says 1,653 purchases; 1,882 happened. The paper reports the same shortfall."""
    assert bgnbd.fit(*cdnow).expected_purchases(*cdnow, 39).sum() == pytest.approx(1653, abs=2)


def test_the_papers_example_customer():
    """Section 4 of Fader & Hardie's notes: x = 2, t_x = 30.43, T = 38.86 weeks: 1.226 purchases in the next 39 weeks."""
    assert PAPER.expected_purchases(2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=1e-3)


# Four customers of equal age (52 weeks), seen from the CDNOW model: repeats, last one at week, alive, buys in 4 weeks
CUSTOMERS = [
    ("came once, a year ago", 0, 0, 1.00, 0.02),
    ("came back ten times, last week", 10, 51, 0.92, 0.47),
    ("came back ten times, silent for half a year", 10, 26, 0.03, 0.01),
    ("came back once, long ago", 1, 4, 0.22, 0.02),
]


@pytest.mark.parametrize(("who", "x", "t_x", "alive", "buys"), CUSTOMERS, ids=[row[0] for row in CUSTOMERS])
def test_a_few_customers(who, x, t_x, alive, buys):
    assert PAPER.p_alive(x, t_x, 52) == pytest.approx(alive, abs=0.01)
    assert PAPER.probability_any(x, t_x, 52, 4) == pytest.approx(buys, abs=0.01)


def test_weights_count_equal_customers():
    rng = np.random.default_rng(4)
    x = rng.integers(0, 4, 80).astype(float)
    t_x = np.where(x > 0, rng.integers(1, 50, 80), 0)
    apart = bgnbd.fit(np.repeat(x, 3), np.repeat(t_x, 3), np.full(240, 60))
    together = bgnbd.fit(x, t_x, np.full(80, 60), weights=np.full(80, 3))
    assert together.customers == apart.customers == 240
    assert together.expected_purchases(x, t_x, 60, 30) == pytest.approx(
        apart.expected_purchases(x, t_x, 60, 30), rel=1e-4
    )


REFUSED = [
    ("one customer", [0], [0], [10]),
    ("one order each", [0] * 500, [0] * 500, [90] * 500),
    ("all bought yesterday", [0] * 500, [0] * 500, [1] * 500),
    ("29 came back", [1] * 29 + [0] * 900, [5] * 29 + [0] * 900, [30] * 929),
    ("no customers", [], [], []),
]


@pytest.mark.parametrize(("what", "x", "t_x", "T"), REFUSED, ids=[row[0] for row in REFUSED])
def test_too_little_to_learn_from_is_refused_in_a_sentence(what, x, t_x, T):
    with pytest.raises(NotReady, match="at least 30 are needed"):
        bgnbd.fit(x, t_x, T)


def test_thirty_returning_customers_are_enough():
    rng = np.random.default_rng(7)
    x = np.r_[rng.integers(1, 6, 30), np.zeros(100)].astype(float)
    t_x = np.where(x > 0, rng.integers(20, 90, 130), 0)
    assert bgnbd.fit(x, t_x, np.full(130, 100)).customers == 130


def test_a_summary_that_contradicts_itself_is_named():
    with pytest.raises(BadInput, match=r"summary 2 contradicts itself: x=1, t_x=9, T=8"):
        bgnbd.fit([1, 1], [3, 9], [8, 8])


def test_json_round_trip_is_exact():
    assert bgnbd.BgNbd.from_json(PAPER.to_json()) == PAPER
