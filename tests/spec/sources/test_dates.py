"""How written dates are read: one reading per column, decided from all its values."""

from __future__ import annotations

from datetime import date

import pytest

from foresell.errors import BadInput
from foresell.sources.files.mapping import Mapping
from tests.spec.sources.conftest import Stage

BAD = None


def file(values: list[str]) -> str:
    return "order\tcustomer\tdate\tprice\n" + "".join(f"{i}\tA\t{value}\t1\n" for i, value in enumerate(values))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["2024-01-05", "2024-01-05 10:30", "2024-01-05T10:30:15"], ["01-05 00:00", "01-05 10:30", "01-05 10:30"]),
        (["2024/1/5", "2024-1-5 8:26"], ["01-05 00:00", "01-05 08:26"]),
        # the shop's local time is what the shop wrote
        (["2024-01-05T10:00:00+02:00", "2024-01-05T10:00:00Z"], ["01-05 10:00", "01-05 10:00"]),
        (["25/01/2024", "05/01/2024 10:30"], ["01-25 00:00", "01-05 10:30"]),
        (["01/25/2024", "01/05/2024 3:04 PM"], ["01-25 00:00", "01-05 15:04"]),
        (["12/13/24 8:26", "1/5/24 8:26"], ["12-13 08:26", "01-05 08:26"]),
        (["05.01.2024", "5.1.24"], ["01-05 00:00", "01-05 00:00"]),  # with dots the day is first
        (["05/05/2024"], ["05-05 00:00"]),  # day and month are the same
        (["25-01-2024 10:30:00"], ["01-25 10:30"]),
        (["5 Jan 2024", "12-Feb-2024"], ["01-05 00:00", "02-12 00:00"]),
        (["January 5, 2024"], ["01-05 00:00"]),
        (["20240105"], ["01-05 00:00"]),
        (["45296.5"], ["01-05 12:00"]),  # Excel
        (["1704412800"], ["01-05 00:00"]),  # Unix
        (["1704412800000"], ["01-05 00:00"]),
        (["2024-01-05", "", "soon", "31/12"], ["01-05 00:00", BAD, BAD, BAD]),
        (["2024-02-30", "2024-01-05", "2024-01-06"], [BAD, "01-05 00:00", "01-06 00:00"]),
    ],
)
def test_dates(stage: Stage, written: list[str], read: list[str | None]) -> None:
    result = stage(file(written), "strftime(ordered_at, '%m-%d %H:%M')")
    assert result.lines == [(time,) for time in read if time is not BAD]
    assert [line for line, *_ in result.rejects] == [i + 2 for i, time in enumerate(read) if time is BAD]


def test_day_or_month_is_never_guessed(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"'05/01/2024' may be day/month or month/day") as caught:
        stage(file(["05/01/2024", "06/01/2024"]))
    assert "--dates dmy or --dates mdy" in (caught.value.remedy or "")


@pytest.mark.parametrize(("order", "day"), [("dmy", date(2024, 1, 5)), ("mdy", date(2024, 5, 1))])
def test_a_stated_order_settles_it(stage: Stage, order: str, day: date) -> None:
    columns = {"order_key": "order", "customer_key": "customer", "ordered_at": "date", "unit_price": "price"}
    mapping = Mapping(columns=columns, date_order=order)
    assert stage(file(["05/01/2024"]), "ordered_at::date", mapping=mapping).lines == [(day,)]


def test_decimal_commas_say_that_the_day_is_first(stage: Stage) -> None:
    text = "order;customer;date;price\n1;A;05/01/2024;2,50\n"
    assert stage(text, "ordered_at::date").lines == [(date(2024, 1, 5),)]


def test_both_orders_in_one_column_are_refused(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"'25/01/2024' \(line 2\) has the day first, '01/25/2024' \(line 3\)"):
        stage(file(["25/01/2024", "01/25/2024"]))


def test_one_odd_value_among_many_is_a_reject(stage: Stage) -> None:
    result = stage(file(["25/01/2024"] * 200 + ["01/25/2024"]))
    assert result.rejects == [
        (202, "date", "01/25/2024", "not a date in the format of this column (DD/MM/YYYY)"),
    ]


def test_dates_outside_history_are_typing_errors(stage: Stage) -> None:
    result = stage(file(["2024-01-05", "1024-01-05", "2024-01-06", "2024-01-07"]), load_day=date(2024, 1, 5))
    assert len(result.lines) == 2  # the day after the load is tolerated: shops east of us
    assert result.rejects == [
        (3, "date", "1024-01-05", "date before 1900"),
        (5, "date", "2024-01-07", "date after 2024-01-06"),
    ]
