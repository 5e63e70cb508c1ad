"""How written dates are read: one reading per column, decided from all its values."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from foresell.errors import BadInput
from foresell.sources.files import dates
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
        # names of months: any language, case, full or short, with or without a dot
        (["3. März 2024", "14. Januar 2024"], ["03-03 00:00", "01-14 00:00"]),
        (["3. Mär. 2024", "14. jän 2024", "1. DEZEMBER 2024"], ["03-03 00:00", "01-14 00:00", "12-01 00:00"]),
        (["3 janv. 2024", "1er août 2024", "5 févr. 2024 à 14h30"], ["01-03 00:00", "08-01 00:00", "02-05 14:30"]),
        (["14 de enero de 2024", "3 dic. 2024, 2:30 p. m."], ["01-14 00:00", "12-03 14:30"]),
        (["3 gennaio 2024", "14 mag 2024", "mar 5 mar 2024"], ["01-03 00:00", "05-14 00:00", "03-05 00:00"]),
        (["3 de março de 2024", "14 out. 2024"], ["03-03 00:00", "10-14 00:00"]),
        (["3 maart 2024", "ma 14 mei 2024", "1 mrt. 2024"], ["03-03 00:00", "05-14 00:00", "03-01 00:00"]),
        (["3 stycznia 2024 r.", "14 paź 2024", "1 września 2024"], ["01-03 00:00", "10-14 00:00", "09-01 00:00"]),
        (["den 3 januari 2024", "14 maj 2024"], ["01-03 00:00", "05-14 00:00"]),
        (["3. marts 2024 kl. 14.30", "14. oktober 2024"], ["03-03 14:30", "10-14 00:00"]),
        (["3. desember 2024", "14. des. 2024"], ["12-03 00:00", "12-14 00:00"]),
        (["3rd March 2024", "14th of Sept. 2024", "03JAN2024"], ["03-03 00:00", "09-14 00:00", "01-03 00:00"]),
        (["Jan-03-24", "Jan-14-24"], ["01-03 00:00", "01-14 00:00"]),
        (
            ["3 January 2024", "3. März 2024", "2024-01-05", "Jan 14, 2024"],
            ["01-03 00:00", "03-03 00:00", "01-05 00:00", "01-14 00:00"],
        ),
        # AM and PM
        (["Jan 3, 2024 3:04:05 PM", "Jan 3, 2024 12:00 AM"], ["01-03 15:04", "01-03 00:00"]),
        (["2024-01-03 3:04 PM", "2024-01-04 11:30 am"], ["01-03 15:04", "01-04 11:30"]),
        (["2024-01-03 13:04 PM", "2024-01-04 11:30 AM"], ["01-03 13:04", "01-04 11:30"]),
        # an offset never moves the day
        (["2024-01-03T23:30:00-05:00", "2024-01-03 23:30:00 -0500"], ["01-03 23:30", "01-03 23:30"]),
        (["2024-01-03T23:30:00Z", "2024-01-03 23:30:00.123456+00"], ["01-03 23:30", "01-03 23:30"]),
        (["2024-01-03 23:30 Europe/Berlin", "2024-01-03 23:30 EST", "2024-01-03 23:30"], ["01-03 23:30"] * 3),
        (["Jan 3, 2024 11:30 PM EST", "Jan 14, 2024 11:30 PM"], ["01-03 23:30", "01-14 23:30"]),
        (["Wed Jan 03 2024 23:30:00 GMT-0500 (Eastern Standard Time)"], ["01-03 23:30"]),
        (["Wed, 03 Jan 2024 23:30:00 +0100", "Wed Jan 03 23:30:00 EST 2024"], ["01-03 23:30", "01-03 23:30"]),
        (["20:12:59 Jan 13, 2024 PST"], ["01-13 20:12"]),
        (
            ["25/01/2024 10:00 +0100", "05/01/2024 23:30 UTC", "05/01/2024"],
            ["01-25 10:00", "01-05 23:30", "01-05 00:00"],
        ),
        (["01/25/2024 11:30 PM EST", "01/05/2024 11:30 PM PDT"], ["01-25 23:30", "01-05 23:30"]),
        (["25.01.2024, 14:30 Uhr", "5. 1. 2024"], ["01-25 14:30", "01-05 00:00"]),
        # weeks and months
        (["2024-W03", "2024-W03-2", "2024-W60"], ["01-15 00:00", "01-16 00:00", BAD]),
        (
            ["2024-01", "Feb 2024", "03/2024", "październik 2024"],
            ["01-01 00:00", "02-01 00:00", "03-01 00:00", "10-01 00:00"],
        ),
        (["45296,5", "45297"], ["01-05 12:00", "01-06 00:00"]),
        # what is no date
        (["3. März 2024", "32. März 2024", "3. Foo 2024", "Jan-24"], ["03-03 00:00", BAD, BAD, BAD]),
        (["25/01/2024"] * 3 + ["3 March"], ["01-25 00:00"] * 3 + [BAD]),
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


def test_the_order_is_a_question_for_times_with_a_zone_too(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"'05/01/2024 10:00 \+0100' may be day/month or month/day"):
        stage(file(["05/01/2024 10:00 +0100"]))


@pytest.mark.parametrize("written", ["2024-01", "2024-W03", "Jan 2024"])
def test_a_month_or_week_is_read_as_its_first_day_with_a_note(stage: Stage, written: str) -> None:
    note = "Column 'date': 1 values name only a month or a week and were read as its first day."
    assert stage(file([written])).staging.warnings == (note,)


def test_a_reject_names_the_form_of_the_column(stage: Stage) -> None:
    result = stage(file(["3. März 2024", "soon"]))
    assert [reason for *_, reason in result.rejects] == [
        "not a date in the format of this column (dates like '3. März 2024')"
    ]


@pytest.mark.parametrize(
    ("format_", "value"),
    [("%Y-%m-%d %H:%M:%S%z", "2024-01-03 23:30:00-0500"), ("%b %d, %Y %I:%M %p %Z", "Jan 3, 2024 11:30 PM EST")],
)
def test_a_stated_format_with_a_zone_keeps_the_day(stage: Stage, format_: str, value: str) -> None:
    columns = {"order_key": "order", "customer_key": "customer", "ordered_at": "date", "unit_price": "price"}
    result = stage(file([value]), "ordered_at::varchar", mapping=Mapping(columns=columns, date_format=format_))
    assert result.lines == [("2024-01-03 23:30:00",)]


@pytest.mark.parametrize(
    ("written", "in_berlin"),
    [
        ("2024-01-03T23:30:00-05:00", "2024-01-04 05:30"),
        ("2024-01-03T23:30:00Z", "2024-01-04 00:30"),
        ("2024-07-03T23:30:00Z", "2024-07-04 01:30"),  # in summer two hours
        ("2024-01-03T23:30:00", "2024-01-03 23:30"),  # without an offset: kept
        ("2024-01-03 23:30:00 America/New_York", "2024-01-04 05:30"),
        ("2024-01-03 23:30:00 Europe/Berlin", "2024-01-03 23:30"),
        ("Jan 3, 2024 11:30 PM EST", "2024-01-04 05:30"),
        ("Jan 3, 2024 11:30 PM", "2024-01-03 23:30"),
        ("Wed Jan 03 2024 23:30:00 GMT-0500 (Eastern Standard Time)", "2024-01-04 05:30"),
        ("25/01/2024 23:30 +00:00", "2024-01-26 00:30"),
        ("2024-01-03", "2024-01-03 00:00"),
        ("1704324600", "2024-01-04 00:30"),  # Unix time is in UTC
        ("3. März 2024", "2024-03-03 00:00"),
    ],
)
def test_a_time_zone_moves_times_with_an_offset_and_no_others(written: str, in_berlin: str) -> None:
    assert read_column([written, written], "Europe/Berlin") == [in_berlin] * 2


def test_a_column_may_mix_times_with_and_without_an_offset() -> None:
    written = ["2024-01-03T23:30:00Z", "2024-01-03 23:30", "3. März 2024", "soon"]
    assert read_column(written, "Europe/Berlin") == ["2024-01-04 00:30", "2024-01-03 23:30", "2024-03-03 00:00", None]
    assert read_column(written, None) == ["2024-01-03 23:30", "2024-01-03 23:30", "2024-03-03 00:00", None]


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="There is no time zone 'Berlin'"):
        read_column(["2024-01-03"], "Berlin")


def read_column(values: list[str], time_zone: str | None) -> list[str | None]:
    """What the macros of a column make of its values; the session's own time zone must not matter."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'Asia/Tokyo'")
        con.execute(
            "create table mapped_rows as select unnest($values) as t, generate_subscripts($values, 1) as line",
            {"values": values},
        )
        found = dates.detect_date_format(
            con, "t", "date", order=None, format_=None, decimal_comma=False, file="x.csv", time_zone=time_zone
        )
        for statement in dates.build_date_macros(found, "t", "2200-01-01"):
            con.execute(statement)
        rows = con.execute("select strftime(to_time_t(t), '%Y-%m-%d %H:%M') from mapped_rows order by line").fetchall()
        return [read for (read,) in rows]


def test_decimal_commas_say_that_the_day_is_first(stage: Stage) -> None:
    text = "order;customer;date;price\n1;A;05/01/2024;2,50\n"
    assert stage(text, "ordered_at::date").lines == [(date(2024, 1, 5),)]


def test_both_orders_in_one_column_are_refused(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"'25/01/2024' \(line 2\) has the day first, '01/25/2024' \(line 3\)"):
        stage(file(["25/01/2024", "01/25/2024"]))


def test_one_odd_value_among_many_is_a_reject(stage: Stage) -> None:
    result = stage(file(["25/01/2024"] * 200 + ["01/25/2024"]))
    assert result.rejects == [
        (202, "date", "01/25/2024", "day and month the other way round than in the rest of the column"),
    ]


def test_dates_outside_history_are_typing_errors(stage: Stage) -> None:
    result = stage(file(["2024-01-05", "1024-01-05", "2024-01-06", "2024-01-07"]), load_day=date(2024, 1, 5))
    assert len(result.lines) == 2  # the day after the load is tolerated: shops east of us
    assert result.rejects == [
        (3, "date", "1024-01-05", "date before 1900"),
        (5, "date", "2024-01-07", "date after 2024-01-06"),
    ]
