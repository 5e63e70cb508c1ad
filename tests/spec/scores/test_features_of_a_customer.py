"""Three customers, eleven orders, and what is known about them on 1 June 2021."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import NotReady
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.panel import cutoffs, first_order_day, label, read_panel, sample_snapshot
from tests.spec.scores.shop import shop

AS_OF = date(2021, 6, 1)

ORDERS = [
    ("anna", "2020-06-10", 100, 3),
    ("anna", "2020-12-01", 50, 1),
    ("anna", "2021-05-02", 150, 2),
    ("anna", "2021-05-02", 40, 1),
    ("anna", "2021-05-12", -30),
    ("ben", "2021-05-31", 80),
    ("carl", "2021-01-01", 10),
    ("carl", "2021-01-11", 10),
    ("carl", "2021-01-31", 10),
    ("dora", "2021-06-01", 99),
    ("emil", "2021-03-01", -5),
]

EXPECTED = {
    #                 anna    ben     carl
    "recency_days":   (30,    1,      121),
    "tenure_days":    (356,   1,      151),
    "purchase_days":  (3,     1,      3),
    "orders_total":   (4,     1,      3),
    "orders_30":      (2,     1,      0),
    "orders_180":     (2,     1,      3),
    "spend_total":    (310,   80,     30),
    "spend_30":       (160,   80,     0),
    "order_value_mean": (85,  80,     10),
    "last_amount":    (190,   80,     10),
    "gap_median":     (163,   None,   15),
    "gap_last":       (152,   None,   20),
    "gap_max":        (174,   None,   20),
    "overdue_max":    (30 / 174, None, 121 / 20),
    "orders_same_month_last_year": (1, 0, 0),
    "months_active":  (3,     1,      1),
    "skus_total":     (3,     1,      1),
    "skus_180":       (2,     1,      1),
    "lines_per_order": (7 / 4, 1,     1),
    "return_share":   (30 / 340, 0,   0),
    "returned_180":   (30,    0,      0),
    "return_recency": (20,    None,   None),
    "nov_dec_share":  (1 / 4, 0,      0),
    "home_share":     (1,     1,      1),
    "order_hour":     (10,    10,     10),
    "orders_365":     (4,     1,      3),
    "spend_365":      (310,   80,     30),
    "order_value_sd": ((7700 / 3) ** 0.5, None, 0),  # of 100, 50, 150, 40
    "order_value_max": (150,  80,     10),
    "last_to_mean":   (190 / 85, 1,   1),
    "gap_mean":       (163,   None,   15),
    "gap_sd":         (242 ** 0.5, None, 50 ** 0.5),
    "gap_min":        (152,   None,   10),
    "overdue_median": (30 / 163, None, 121 / 15),
    "overdue_mean":   (30 / 163, None, 121 / 15),
    "orders_per_month": (120 / 386, 30 / 31, 90 / 181),
    "price_mean":     (340 / 7, 80,   10),
    "month_sin":      (0,     0,      0),  # June
    "month_cos":      (-1,    -1,     -1),
    "season_index":   (None,  None,   None),  # less than a year is known
}  # fmt: skip

#: Days before as_of of an order of 10 each, on both sides of every window.
AGES = (1, 30, 31, 60, 61, 90, 91, 180, 181, 305, 306, 335, 336, 365, 366, 395, 396)
MONTHS_OF_LAST_YEAR = {
    "orders_same_month_last_year": (336, 365),
    "orders_month_before_last_year": (366, 395),
    "orders_month_after_last_year": (306, 335),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_features_of_three_customers(name: str) -> None:
    table = features(shop(ORDERS), AS_OF)
    assert table["customer_id"].to_pylist() == ["anna", "ben", "carl"]
    assert table[name].to_pylist() == pytest.approx(EXPECTED[name], nan_ok=True, abs=1e-4)


def orders_aged(*ages: int, amount: float = 10) -> list[tuple[str, str, float]]:
    """One order per age, each of a customer of its own."""
    return [(f"c{age:03}", (AS_OF - timedelta(days=age)).isoformat(), amount) for age in ages]


def test_an_order_counts_in_the_windows_it_lies_in() -> None:
    rows = features(shop(orders_aged(*AGES)), AS_OF).to_pylist()
    for age, row in zip(AGES, rows, strict=True):
        for days in (30, 60, 90, 180, 365):
            assert row[f"orders_{days}"] == (age <= days), (age, days)
            assert row[f"spend_{days}"] == 10 * (age <= days), (age, days)
        for name, (first, last) in MONTHS_OF_LAST_YEAR.items():
            assert row[name] == (first <= age <= last), (age, name)
        assert row["skus_180"] == (age <= 180)


def test_returns_of_half_a_year() -> None:
    orders = [("anna", "2020-06-10", 100), *(("anna", day, -amount) for _, day, amount in orders_aged(180, 181))]
    [row] = features(shop(orders), AS_OF).to_pylist()
    assert (row["returned_180"], row["return_share"], row["return_recency"]) == pytest.approx((10, 0.2, 180))


@pytest.mark.parametrize(
    ("ages", "index"),
    [
        ((*AGES,), 2 / (14 * 30 / 365)),  # two orders in this month a year ago, and fourteen in the year
        ((365,), 365 / 30),  # exactly a year is known
        ((364,), None),
        ((400,), None),  # no order in a year: no usual month
    ],
)
def test_how_busy_this_month_was_a_year_ago(ages: tuple[int, ...], index: float | None) -> None:
    found = features(shop(orders_aged(*ages)), AS_OF)["season_index"].to_pylist()
    assert found == [None if index is None else pytest.approx(index)] * len(ages)


def test_there_are_forty_seven_features_and_all_are_numbers() -> None:
    table = features(shop(ORDERS), AS_OF)
    assert table.num_columns == 48
    assert {str(column.type) for column in table.columns[1:]} == {"float"}


BEFORE = features(shop(ORDERS), AS_OF)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["anna", "ben", "carl", "new"]), st.integers(0, 400), st.integers(-50, 500))))
def test_rows_dated_on_or_after_the_day_move_not_one_feature(later: list[tuple[str, int, int]]) -> None:
    future = [(who, (AS_OF + timedelta(days=days)).isoformat(), amount) for who, days, amount in later]
    assert features(shop([*ORDERS, *future]), AS_OF).equals(BEFORE)


def test_the_label_window_begins_on_the_day_and_ends_before_its_last() -> None:
    con = shop([("first", "2021-06-01", 1), ("last", "2021-06-30", 1), ("late", "2021-07-01", 1), ("early", "2021-05-31", 1),
                ("back", "2021-06-10", -1)])  # fmt: skip
    assert label(con, AS_OF, 30).to_pylist() == ["first", "last"]


def test_cutoffs_lie_thirty_days_apart_with_ninety_days_of_past() -> None:
    assert cutoffs(date(2021, 1, 1), AS_OF) == (date(2021, 4, 2), date(2021, 5, 2))
    assert cutoffs(date(2021, 5, 1), AS_OF) == ()


def test_no_counted_order_is_explained_and_not_thrown_as_a_traceback() -> None:
    with pytest.raises(NotReady, match="before 2021-06-01"):
        first_order_day(shop([("anna", "2021-06-01", 5), ("ben", "2021-05-01", -5)]), AS_OF)


def test_a_panel_labels_only_windows_that_have_closed() -> None:
    panel = read_panel(shop(ORDERS), AS_OF)
    assert panel.closed_frames(30)[-1].as_of == date(2021, 5, 2)
    assert panel.closed_frames(90)[-1].as_of == date(2021, 3, 3)
    last = panel.closed_frames(30)[-1]
    assert dict(zip(last.customers.to_pylist(), panel.labels(last, 30).tolist(), strict=True)) == {
        "anna": True,
        "carl": False,
    }


def test_a_sample_keeps_whole_customers_and_the_same_ones_each_time() -> None:
    con = shop([(f"c{i}", f"2021-0{month}-15", 10) for i in range(200) for month in range(1, 6)])
    kept, share = sample_snapshot(con, AS_OF, seed=1, rows=50)
    again, _ = sample_snapshot(con, AS_OF, seed=1, rows=50)
    counts = kept.execute("select customer_id, count(*) from orders group by 1 order by 1").fetchall()
    assert share == 0.25 and len(counts) == 50 and {count for _, count in counts} == {5}
    assert again.execute("select customer_id, count(*) from orders group by 1 order by 1").fetchall() == counts


def test_the_order_of_rows_does_not_matter() -> None:
    assert features(shop(reversed(ORDERS)), AS_OF).equals(features(shop(ORDERS), AS_OF))


def test_a_missing_gap_is_unknown_and_not_zero() -> None:
    frame = frame_of(features(shop(ORDERS), AS_OF), AS_OF)
    assert np.isnan(frame.column("gap_mean")[1]) and isinstance(frame.customers, pa.Array)
