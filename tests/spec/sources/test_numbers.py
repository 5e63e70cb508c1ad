"""How written prices are read: each row is one file's price column, and what becomes of each value."""

from __future__ import annotations

import pytest

from foresell.errors import BadInput
from foresell.sources.files.mapping import Mapping
from tests.spec.sources.conftest import Stage

BAD = None
COLUMNS = {"order_key": "o", "customer_key": "c", "ordered_at": "d", "unit_price": "p"}


def file(values: list[str]) -> str:
    return "o;c;d;p\n" + "".join(f"{i};A;2024-01-05;{value}\n" for i, value in enumerate(values))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # plain
        (["2", "2.5", "-2.5", "+2.5", ".5", "80995"], [2, 2.5, -2.5, 2.5, 0.5, 80995]),
        (["1e3", " 2.50 "], [1000, 2.5]),
        # groups and decimal marks: one value that can only be read one way decides the column
        (["1,234.56", "1,234"], [1234.56, 1234]),
        (["1.234,56", "1.234"], [1234.56, 1234]),
        (["12,50", "1.000"], [12.5, 1000]),
        (["1 234,56", "12,5"], [1234.56, 12.5]),
        (["1'234.50", "5"], [1234.5, 5]),
        (["1,234,567", "1"], [1234567, 1]),
        (["12,34,567.00", "1"], [1234567, 1]),
        # signs of money and of debt
        (["£2.50", "£1,000.00"], [2.5, 1000]),
        (["2,50 €", "3,00 EUR"], [2.5, 3]),
        (["$5", "-$5", "($5.00)", "5.00-", "−5"], [5, -5, -5, -5, -5]),
        # what is no price
        (["1", "NaN"], [1, BAD]),
        (["1", "inf"], [1, BAD]),
        (["1", "5%"], [1, BAD]),
        (["1", "1.2.3"], [1, BAD]),
        (["1,5", "12.5"], [1.5, BAD]),
        (["1", "n/a"], [1, BAD]),
        (["1", "99999999999999"], [1, BAD]),
        (["$1", "$2", "€3"], [1, 2, BAD]),
    ],
)
def test_prices(stage: Stage, written: list[str], read: list[float | None]) -> None:
    result = stage(file(written), "unit_price::double", mapping=Mapping(columns=COLUMNS))
    assert result.lines == [(price,) for price in read if price is not BAD]
    assert [line for line, *_ in result.rejects] == [i + 2 for i, price in enumerate(read) if price is BAD]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("5%", "percentage, not an amount"),
        ("NaN", "not a finite number"),
        ("99999999999999", "number too large"),
        ("€5", "in another currency than the rest of the column, or not a number"),
        ("five", "not a number in the format of this column"),
        ("", "no price"),
    ],
)
def test_reasons(stage: Stage, value: str, reason: str) -> None:
    result = stage(file(["$1", "$2", value]), mapping=Mapping(columns=COLUMNS))
    assert result.rejects == [(4, "p", value or None, reason)]


def test_more_than_four_decimals_are_rounded_and_counted(stage: Stage) -> None:
    result = stage(file(["1.23456", "2.5"]), "unit_price::varchar", mapping=Mapping(columns=COLUMNS))
    assert result.lines == [("1.2346",), ("2.5000",)]
    assert result.staging.warnings == ("Column 'p': 1 values have more than 4 decimals and were rounded.",)


def test_a_thousands_separator_or_decimal_comma_is_a_question(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"'1,234' may have a thousands separator or a decimal comma") as caught:
        stage(file(["1,234", "5"]), mapping=Mapping(columns=COLUMNS))
    assert 'decimal = "."' in (caught.value.remedy or "")
    stated = Mapping(columns=COLUMNS, decimal=",")
    assert stage(file(["1,234", "5"]), "unit_price::double", mapping=stated).lines == [(1.234,), (5,)]


def test_the_sign_gives_the_currency_and_the_map_overrules_it(stage: Stage) -> None:
    assert stage(file(["£1"]), "currency", mapping=Mapping(columns=COLUMNS)).lines == [("GBP",)]
    assert stage(file(["$1"]), "currency", mapping=Mapping(columns=COLUMNS, currency="CAD")).lines == [("CAD",)]


def test_amount_price_and_quantity_complete_each_other(stage: Stage) -> None:
    header, shown = "order,customer,date,", "quantity::double, unit_price::double, amount::double"
    assert stage(header + "quantity,price\n1,A,2024-01-05,3,2.5\n", shown).lines == [(3, 2.5, 7.5)]
    assert stage(header + "quantity,amount\n1,A,2024-01-05,3,7.5\n", shown).lines == [(3, 2.5, 7.5)]
    assert stage(header + "price\n1,A,2024-01-05,2.5\n", shown).lines == [(1, 2.5, 2.5)]
    assert stage(header + "quantity,price,amount\n1,A,2024-01-05,3,2.5,7\n", shown).lines == [(3, 2.5, 7)]
