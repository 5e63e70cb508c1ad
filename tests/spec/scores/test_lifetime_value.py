"""What a customer is worth: the summary it is read from, the bands, what is refused, and how right it was."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from foresell.errors import NotReady
from foresell.scores.lifetime_value import backtest as lifetime_value_backtest
from foresell.scores.lifetime_value import model as lifetime_value
from tests.support.generated_shop import orders_table, regulars
from tests.support.small_snapshot import parse, snapshot
from tests.support.snapshot_of_retail import as_of_of, retail_snapshot

DAY = date(2026, 3, 1)
YESTERDAY = DAY - timedelta(days=1)


def test_the_purchase_summary() -> None:
    con = snapshot(
        parse(
            """
            # order customer day        status    sku     quantity price
            1       anna     2026-01-01 ok        mug      2       5
            2       anna     2026-01-11 ok        mug      1       5
            3       anna     2026-01-11 ok        bowl     1       15
            4       anna     2026-02-20 returned  bowl    -1       15
            5       bob      2026-02-28 ok        mug      1       5
            6       cleo     2026-02-28 returned  mug     -1       5
            7       dora     2026-03-01 ok        mug      1       5
            8       -        2026-02-01 ok        mug      9       5
            """
        ),
        "2026-03-01",
    )
    rows = lifetime_value.read_purchases(con, DAY)
    table = zip(rows.customer_id, rows.x, rows.t_x, rows.T, rows.value, rows.last_year, rows.best_year, strict=True)
    assert list(table) == [
        ("anna", 1, 10, 59, pytest.approx(7.475), 15.0, 15.0),  # two purchase days, of 10 and of 5; the bowl came back
        ("bob", 0, 0, 1, 5.0, 5.0, 5.0),  # bought yesterday
    ], "returns alone make no customer; today is not past; an anonymous sale is no customer"


BANDS = [
    (1, ["top 1 %"]),
    (5, ["top 1 %", "upper", "middle", "low", "low"]),
    (10, ["top 1 %", "upper", "upper", "middle", "middle", "middle", "low", "low", "low", "low"]),
]


@pytest.mark.parametrize(("customers", "bands"), BANDS)
def test_bands_by_rank(customers: int, bands: list[str]) -> None:
    assert lifetime_value.band_of(np.arange(1, customers + 1)) == bands


def test_two_hundred_customers_fill_every_band() -> None:
    bands = lifetime_value.band_of(np.arange(1, 201))
    assert [bands.count(name) for name, _ in lifetime_value.BANDS] == [2, 18, 40, 60, 80]


def test_every_customer_has_a_value_a_rank_and_a_range() -> None:
    con = orders_table(regulars(600, DAY - timedelta(days=500), 500, seed=5))
    table, model = lifetime_value.lifetime_value(con, DAY)
    rows = table.to_pylist()
    assert [row["rank"] for row in rows] == list(range(1, 601))
    assert all(rows[n]["value"] >= rows[n + 1]["value"] >= 0 for n in range(599)), "best first"
    assert all(row["low"] is None and 0 <= row["alive"] <= 1 for row in rows), "no range before a period has ended"
    assert lifetime_value.ValueModel.from_json(model.to_json()) == model
    assert lifetime_value.lifetime_value(con, DAY)[0].equals(table), "the same data, the same values"


def test_orders_on_or_after_the_day_change_nothing() -> None:
    past = regulars(400, DAY - timedelta(days=400), 400, seed=6)
    later = [*past, ("C00001", DAY, 9_999.0), ("NEW", DAY + timedelta(days=3), 50.0)]
    values = [lifetime_value.lifetime_value(orders_table(orders), DAY)[0] for orders in (past, later)]
    assert values[0].equals(values[1])


REFUSED = [
    ("nothing at all", [], "no customer to value"),
    ("one customer", [("a", YESTERDAY, 5.0)], "Only 0 customers bought on more than one day"),
    ("one order each", [(f"c{n}", DAY - timedelta(days=1 + n % 300), 5.0 + n) for n in range(500)], "Only 0 customers"),
    ("all bought yesterday", [(f"c{n}", YESTERDAY, 5.0 + n) for n in range(500)], "Only 0 customers"),
    ("no order in the last year", regulars(300, DAY - timedelta(days=800), 400, seed=1), "last counted order is 4"),
    ("a year of zeros", [(f"c{n % 50}", DAY - timedelta(days=n), 0.0) for n in range(1, 365)], "no customer to value"),
    (
        "everything came back",
        [(f"c{n % 50}", DAY - timedelta(days=n), -5.0) for n in range(1, 365)],
        "no customer to value",
    ),
    ("only the future", [(f"c{n % 50}", DAY + timedelta(days=n), 5.0) for n in range(365)], "no customer to value"),
]


@pytest.mark.parametrize(("what", "orders", "sentence"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_valued_is_refused_in_a_sentence(what: str, orders: list, sentence: str) -> None:
    with pytest.raises(NotReady, match=sentence) as refused:
        lifetime_value.lifetime_value(orders_table(orders), DAY)
    assert refused.value.remedy


def test_one_product_at_one_price_is_valued_by_how_often_it_is_bought() -> None:
    orders = [(f"c{n % 50:02}", DAY - timedelta(days=n), 5.0) for n in range(1, 365)]
    rows = lifetime_value.lifetime_value(orders_table(orders), DAY)[0].to_pylist()
    assert all(row["order_value"] == pytest.approx(5.0) for row in rows)
    assert sum(row["value"] for row in rows) == pytest.approx(365 * 5.0, rel=0.15)


def test_a_record_needs_a_closed_horizon() -> None:
    con = orders_table(regulars(300, DAY - timedelta(days=100), 100, seed=2))
    with pytest.raises(NotReady, match="cannot be tested"):
        lifetime_value_backtest.backtest(con, DAY)


@pytest.mark.real_data
def test_online_retail_ii_180_days_ahead(data_dir: Path) -> None:
    """The floors of the requirements, on the mean of three dates; "as much as last time" is the baseline."""
    con = retail_snapshot("ii", data_dir)
    record = lifetime_value_backtest.backtest(con, as_of_of(con))
    assert [past.as_of for past in record] == [
        date(2011, 6, 13),
        date(2011, 5, 14),
        date(2011, 4, 14),
        date(2011, 3, 15),
    ]
    mean = {
        name: np.mean([getattr(past, name).value for past in record[:3]])
        for name in ("accuracy", "spearman", "capture")
    }
    assert mean["accuracy"] >= 0.84
    assert mean["spearman"] >= 0.60
    assert mean["capture"] >= 0.62
    for past in record:
        assert past.accuracy.value > past.last_accuracy
        assert past.spearman.value > past.last_spearman
        assert past.capture_perfect > past.capture.value > past.last_capture
        assert past.in_range is not None and past.in_range >= 0.80, "the range holds what it promises"
        assert past.accuracy.low <= past.accuracy.value <= past.accuracy.high


@pytest.mark.real_data
def test_online_retail_ii_a_year_ahead(data_dir: Path) -> None:
    """The promise itself: twelve months, from the one date that has a year on both sides."""
    con = retail_snapshot("ii", data_dir)
    [past] = lifetime_value_backtest.backtest(con, as_of_of(con), [date(2010, 12, 9)], horizon_days=365)
    assert past.accuracy.value >= 0.94
    assert past.spearman.value >= 0.61
    assert past.in_range is None, "no year had ended by then"


@pytest.mark.real_data
def test_one_year_of_history_still_gives_values(data_dir: Path) -> None:
    con = retail_snapshot("i", data_dir)
    table, model = lifetime_value.lifetime_value(con, as_of_of(con))
    assert table.num_rows > 4_000
    assert np.isfinite(table["value"].to_numpy()).all()
    assert model.purchases.converged
    assert model.spend.converged
