"""What the forecast promises: last year's trading days times growth, an honest range, and its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from foresell.errors import NotReady
from foresell.scores.forecast import backtest as forecast_backtest
from foresell.scores.forecast import model as forecast
from foresell.scores.training.service_gate import NoBetter
from tests.support.generated_shop import every_day, orders_table
from tests.support.snapshot_of_retail import as_of_of, retail_snapshot

DAY = date(2026, 1, 1)
TWO_YEARS = DAY - timedelta(days=730)


def total(rows: list[dict], grain: str, starts: date, target: str = "revenue") -> dict:
    [row] = [row for row in rows if (row["grain"], row["starts"], row["target"]) == (grain, starts, target)]
    return row


def test_a_steady_shop_goes_on_steadily() -> None:
    """100 a day on every day of two years, seven days a week."""
    con = orders_table(every_day(TWO_YEARS, 730, lambda day: 100.0), country="nowhere")
    rows = forecast.forecast(con, DAY).to_pylist()
    assert [(row["grain"], row["starts"].isoformat()) for row in rows[::2]] == [
        ("week", "2025-12-29"),
        ("week", "2026-01-05"),
        ("week", "2026-01-12"),
        ("week", "2026-01-19"),
        ("month", "2026-01-01"),
        ("month", "2026-02-01"),
        ("month", "2026-03-01"),
        ("month", "2026-04-01"),
        ("quarter", "2026-01-01"),
        ("quarter", "2026-04-01"),
    ]
    month = total(rows, "month", DAY)
    assert (month["expected"], month["low"], month["high"]) == pytest.approx((3100, 3100, 3100)), "it was never wrong"
    assert (month["known"], month["method"], month["note"]) == (0, "year_on_year", "")
    assert total(rows, "month", DAY, "orders")["expected"] == pytest.approx(124)
    week = total(rows, "week", date(2025, 12, 29))
    assert (week["known"], week["expected"]) == pytest.approx((300, 700)), "three days of it are past"
    assert week["note"] == "Weeks are less exact than months."


def test_last_years_season_returns_with_half_of_this_years_growth() -> None:
    """January doubles every year; in the last eight weeks the shop took 44 % more than the year before: 1.2 lasts."""
    january = {1: 200.0}
    con = orders_table(
        every_day(
            TWO_YEARS, 730, lambda day: january.get(day.month, 100.0) * (1.44 if day >= date(2025, 10, 1) else 1)
        ),
        country="nowhere",
    )
    rows = forecast.forecast(con, DAY).to_pylist()
    assert total(rows, "month", date(2026, 3, 1))["expected"] == pytest.approx(31 * 100 * 1.2, rel=0.01)
    assert total(rows, "month", DAY)["expected"] == pytest.approx(31 * 200 * 1.2, rel=0.2), "smoothed at its ends"


def test_returns_come_off_revenue_and_are_no_orders() -> None:
    sold = every_day(TWO_YEARS, 730, lambda day: 100.0)
    back = [("anna", day, -10.0) for _, day, _ in sold[::4]]
    rows = forecast.forecast(orders_table([*sold, *back], "nowhere"), DAY).to_pylist()
    assert total(rows, "month", DAY)["expected"] == pytest.approx(31 * 90)
    assert total(rows, "month", DAY, "orders")["expected"] == pytest.approx(31 * 4)


def test_orders_on_or_after_the_day_change_nothing() -> None:
    past = every_day(TWO_YEARS, 730, lambda day: 100.0)
    later = [*past, *every_day(DAY, 10, lambda day: 999.0)]
    tables = [forecast.forecast(orders_table(orders), DAY) for orders in (past, later)]
    assert tables[0].equals(tables[1])


HISTORY = [  # days known, months it says are missing
    (120, 12),
    (365, 3),
    (454, 1),
]


@pytest.mark.parametrize(("days", "months"), HISTORY)
def test_short_history_gives_the_level_and_says_what_is_missing(days: int, months: int) -> None:
    con = orders_table(every_day(DAY - timedelta(days=days), days, lambda day: 100.0), country="nowhere")
    month = total(forecast.forecast(con, DAY).to_pylist(), "month", DAY)
    assert (month["method"], month["expected"]) == ("level", pytest.approx(3100))
    assert month["note"].startswith(f"Needs {months} more month{'s' if months > 1 else ''} of history")


REFUSED = [
    ("nothing at all", [], "at least 3 months"),
    ("one order", [("a", DAY - timedelta(days=1), 5.0)], "there are 1 days"),
    ("two months", every_day(DAY - timedelta(days=60), 60, lambda day: 9.0), "there are 60 days"),
    ("only the future", every_day(DAY, 400, lambda day: 9.0), "there are 0 days"),
    ("no order in the last year", every_day(TWO_YEARS, 300, lambda day: 9.0), "no orders in the last 430 days"),
    ("a year of zeros", [("a", DAY - timedelta(days=n), 0.0) for n in range(1, 366)], "no orders in the last 365 days"),
    ("everything came back", [("a", DAY - timedelta(days=n), -3.0) for n in range(1, 366)], "no orders in the last"),
]


@pytest.mark.parametrize(("what", "orders", "sentence"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_forecast_is_refused_in_a_sentence(what: str, orders: list, sentence: str) -> None:
    with pytest.raises(NotReady, match=sentence) as refused:
        forecast.forecast(orders_table(orders), DAY)
    assert refused.value.remedy


def test_fifty_six_days_without_an_order_are_the_end_of_a_shop() -> None:
    sold = every_day(TWO_YEARS, 730 - 55, lambda day: 9.0)
    assert forecast.forecast(orders_table(sold), DAY).num_rows, "55 silent days may be a holiday"
    with pytest.raises(NotReady, match="no orders in the last 56 days"):
        forecast.forecast(orders_table(sold[:-4]), DAY)


def test_the_range_is_wide_enough_for_four_of_five_past_errors() -> None:
    assert forecast.half_width(np.array([0.1, 0.3, 0.2, 0.05, 0.4, 0.15, 0.25, 0.35, 0.45])) == 0.40
    assert forecast.half_width(np.array([0.1, 0.2, 0.3])) is None, "three errors promise nothing"


def test_no_verdict_without_a_month_to_judge() -> None:
    con = orders_table(every_day(DAY - timedelta(days=460), 460, lambda day: 100.0), country="nowhere")
    verdict = forecast_backtest.verdict(forecast_backtest.backtest(con, DAY))
    assert (verdict.state, verdict.months) == ("not reachable", 0)


@pytest.fixture(scope="module")
def record(data_dir: Path) -> forecast_backtest.pa.Table:
    con = retail_snapshot("ii", data_dir)
    return forecast_backtest.backtest(con, as_of_of(con))


#: Every month's accuracy, as published in docs and benchmark: a change of any of them should be noticed.
MONTHS = [0.943, 0.793, 0.822, 0.913, 0.994, 0.986, 0.871, 0.889, 0.986]


def test_a_forecast_that_the_year_before_beats_is_off() -> None:
    worse = forecast_backtest.Verdict(
        "revenue", 0.9, "not met", "", 6, 0, accuracy=0.8, naive_accuracy=0.81, gain_at_most=-0.001
    )
    with pytest.raises(NoBetter, match=r"Off: no better than .the same month a year ago.. Accuracy 80.0%, and 81.0%"):
        forecast_backtest.refuse_if_worse(worse)
    for fine in (replace(worse, gain_at_most=0.01), replace(worse, months=5), replace(worse, gain_at_most=None)):
        forecast_backtest.refuse_if_worse(fine)


@pytest.mark.real_data
def test_online_retail_ii_reaches_ninety_percent_on_average(record: forecast_backtest.pa.Table) -> None:
    revenue, orders = (forecast_backtest.verdict(record, target) for target in forecast.TARGETS)
    assert revenue.months == 9 and revenue.accuracy == pytest.approx(np.mean(MONTHS), abs=0.001), (
        "one figure everywhere"
    )
    assert revenue.accuracy >= 0.90
    assert revenue.low < 0.90 and revenue.state == "not met", "nine months are too few to be certain"
    assert revenue.accuracy > revenue.naive_accuracy, "better than the same month a year ago"
    assert revenue.because.endswith(f"The same month a year ago: {revenue.naive_accuracy:.1%}.")
    assert orders.accuracy >= 0.92
    assert orders.accuracy > orders.naive_accuracy


@pytest.mark.real_data
def test_every_month_is_shown(record: forecast_backtest.pa.Table) -> None:
    rows = [row for row in record.to_pylist() if row["target"] == "revenue"]
    assert [row["month"].month for row in rows] == list(range(3, 12))
    assert [row["accuracy"] for row in rows] == pytest.approx(MONTHS, abs=0.003)


@pytest.mark.real_data
def test_the_interval_of_a_month_lies_evenly_around_its_forecast(record: forecast_backtest.pa.Table) -> None:
    rows = [row for row in record.to_pylist() if row["low"] is not None]
    assert rows
    for row in rows:
        width = row["high"] / row["expected"] - 1
        assert width > 0
        assert row["low"] == pytest.approx(row["expected"] * max(0.0, 1 - width))


@pytest.mark.real_data
def test_one_year_of_history_gives_a_level_and_says_so(data_dir: Path) -> None:
    con = retail_snapshot("i", data_dir)
    rows = forecast.forecast(con, as_of_of(con)).to_pylist()
    assert {row["method"] for row in rows} == {"level"}
    assert all(row["note"].startswith("Needs 3 more months of history") for row in rows)
