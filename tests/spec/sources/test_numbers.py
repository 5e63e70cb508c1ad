"""How written prices are read: each row is one file's price column, and what becomes of each value."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import BadInput
from foresell.sources.files import numbers
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import OpenQuestions
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
        ("€5", "in EUR, not in USD like the rest of the column"),
        ("five", "not a number in the format of this column"),
        ("", "no price"),
    ],
)
def test_reasons(stage: Stage, value: str, reason: str) -> None:
    result = stage(file(["$1", "$2", value]), mapping=Mapping(columns=COLUMNS))
    assert result.rejects == [(4, "p", value or None, reason)]


MARK = "decimal mark differs from the rest of the column"
NOT = "not a number in the format of this column"
SHORT = "shortened number: write it in full, without k or m"
PERCENT = "percentage, not an amount"
DASH = "a dash, not a number"
ASK = "ask"


def foreign(other: str, own: str) -> str:
    return f"in {other}, not in {own} like the rest of the column"


@pytest.mark.parametrize(
    ("column", "read"),
    [
        # a point or a comma that has three digits after it everywhere is undecided
        (["1.234", "2.500", "999"], ASK),
        (["1,234", "2,500", "999"], ASK),
        (["1.234"], ASK),
        (["2.000", "10.000", "5.000"], ASK),  # pieces or thousands of them
        (["€ 1.234", "€ 999"], ASK),
        (["1,234 zł", "12 zł"], ASK),
        (["-1.234", "(2,500)"], ASK),
        # one value that proves the mark settles the column
        (["1.234", "2.5"], [1.234, 2.5]),
        (["1.234", "2.50"], [1.234, 2.5]),
        (["1.234", "1234.500"], [1.234, 1234.5]),  # more than three digits before it
        (["0.250", "1.500"], [0.25, 1.5]),  # no thousands begin with 0
        (["1.234", "2.3456"], [1.234, 2.3456]),
        (["1.234", "1.234.567"], [1234, 1234567]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["1,234", "1,234,567"], [1234, 1234567]),
        (["1.234", "12,5"], [1234, 12.5]),
        (["1,234", "12.5"], [1234, 12.5]),
        (["1 234", "2 500"], [1234, 2500]),
        (["1'234", "999"], [1234, 999]),
        # another mark than the column's is never read
        (["100.000,00", "18500.00", "1.250,50", "99,90"], [100000, MARK, 1250.5, 99.9]),
        (["18500.00", "100.000,00", "99.90", "1250.5"], [18500, MARK, 99.9, 1250.5]),
        (["2.55"] * 3 + ["2,55"], [2.55] * 3 + [MARK]),
        (["2,55"] * 3 + ["2.55"], [2.55] * 3 + [MARK]),
        (["1.234,50", "1,234.50", "1,5"], [1234.5, MARK, 1.5]),
        (["100.000,00", "18500.00", "1.250"], ASK),  # both marks, so `1.250` may be either
        # grouping: Germany, France, Poland, Sweden, Switzerland, India, Brazil, Italy
        (["1.234.567,89", "12,00"], [1234567.89, 12]),
        (["1 234,56", "1\u00a0234,56", "1\u202f234,56"], [1234.56] * 3),
        (["1'234.50", "1’234’567.05"], [1234.5, 1234567.05]),
        (["12,34,567.00", "1,00,000"], [1234567, 100000]),
        (["1 000.25", "12"], [1000.25, 12]),
        (["12,34", "1234"], [12.34, 1234]),
        (["1 00", "1.5"], [NOT, 1.5]),
        (["1,23,4.5", "1.5"], [NOT, 1.5]),
        # accounting
        ([" $ 1,234.50 ", " $ (12.00)", " $ -   ", "12.5-"], [1234.5, -12, 0, -12.5]),
        ([" 1,234.50 ", " -   ", "(3.25)"], [1234.5, 0, -3.25]),
        (["12.50", "-"], [12.5, DASH]),
        (["-$5", "$-5", "($5)", "$(5)", "$ 5 -", "+$5"], [-5, -5, -5, -5, -5, 5]),
        (["$(5", "$5)", "--$5", "$-5-", "$1"], [NOT, NOT, NOT, NOT, 1]),
        (["2,45-", "−3,50", "–1,25"], [-2.45, -3.5, -1.25]),
        (["12.-", "CHF 12.-", "CHF 1'200.50"], [12, 12, 1200.5]),
        (["12,-", "1.250,-", "12,50"], [12, 1250, 12.5]),
        (["12,--", "12,– €"], [12, 12]),
        # signs and codes of money
        (["USD 1,000", "1.50 USD", "usd 2", "USD3"], [1000, 1.5, 2, 3]),
        (["R$ 1.234,50", "R$ 10,00"], [1234.5, 10]),
        (["US$ 5.00", "US$1,234.00"], [5, 1234]),
        (["1 234,50 zł", "12,00 PLN"], [1234.5, 12]),
        (["12,50 kr", "1 250,00 kr"], [12.5, 1250]),
        (["1 250,50 Kč", "12,00 CZK"], [1250.5, 12]),
        (["12.345,60 TL", "12,00"], [NOT, 12]),
        (["€1.50", "€2.50", "$3.50"], [1.5, 2.5, foreign("USD", "EUR")]),
        (["1,50 €", "2,50 €", "3,50 CHF"], [1.5, 2.5, foreign("CHF", "EUR")]),
        (["$1.00", "$2.00", "R$3.00"], [1, 2, foreign("BRL", "USD")]),
        (["$1.00", "$2.00", "CA$3.00"], [1, 2, foreign("CAD", "USD")]),
        (["USD 1.00", "USD 2.00", "EUR 3.00"], [1, 2, foreign("EUR", "USD")]),
        # what is no amount
        (["12.50", "5k"], [12.5, SHORT]),
        (["12.50", "1.2M", "3 Mio.", "2 Tsd."], [12.5, SHORT, SHORT, SHORT]),
        (["12,50", "5 %", "12,5%"], [12.5, PERCENT, PERCENT]),
        (["12.50", "n/a", "five", "1.2.3"], [12.5, NOT, NOT, NOT]),
        (["12.50", "99999999999999"], [12.5, "number too large"]),
        (["12,50", "99999999999999"], [12.5, "number too large"]),
        (["12.50", "inf", "NaN"], [12.5, "not a finite number", "not a finite number"]),
        (["12.50", "", "  "], [12.5, "blank", "blank"]),
        (["1e3", "2.5"], [1000, 2.5]),
        (["12.5 kg", "1.5"], [NOT, 1.5]),
        (["3 x 5.00", "1.5"], [NOT, 1.5]),
        (["2024-01-05", "1.5"], [NOT, 1.5]),
    ],
)
def test_every_value_is_a_number_a_question_or_a_reason(column: list[str], read: list[float | str] | str) -> None:
    assert read_column(column) == read


def test_other_columns_decide_only_if_they_agree() -> None:
    assert read_column(["1.234"], others=[["2.50"]]) == [1.234]
    assert read_column(["1.234"], others=[["2,50"]]) == [1234]
    assert read_column(["1.234"], others=[["2,50"], ["2.50"]]) == ASK


def test_with_commas_between_columns_the_point_is_decimal() -> None:
    assert read_column(["1.234", "999"], delimiter=",") == [1.234, 999]


def write(amount: float, decimal: str, group: str) -> str:
    return f"{amount:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group)


STYLES = [(".", ","), (",", "."), (",", " "), (".", "'"), (".", ""), (",", "")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=8),
    st.integers(-10_000_000, 10_000_000),
    st.sampled_from(STYLES),
    st.sampled_from(STYLES),
)
def test_no_number_is_silently_another(
    cents: list[int], odd: int, style: tuple[str, str], other: tuple[str, str]
) -> None:
    """In any style that most of a column has, a value of another style is read right, rejected or a question."""
    amounts = [*(c / 100 for c in cents), odd / 100]
    column = [*(write(a, *style) for a in amounts[:-1]), write(amounts[-1], *other)]
    read = read_column(column)
    if read != ASK:
        assert all(value in (amount, MARK) for value, amount in zip(read, amounts, strict=True)), (column, read)


def read_column(
    values: list[str], delimiter: str = ";", others: list[list[str]] | None = None
) -> list[float | str] | str:
    """What becomes of each value of a column: its number or the reason it is rejected; ASK if the column is undecided."""
    columns = [values, *(others or [])]
    names = [f"f{at}" for at in range(len(columns))]
    with duckdb.connect() as con:
        shown = ", ".join(f"unnest(${name}) as {name}" for name in names)
        con.execute(
            f"create table mapped_rows as select unnest($lines) as line, {shown}",
            {"lines": list(range(len(values)))} | dict(zip(names, columns, strict=True)),
        )
        headers = {name: name for name in names}
        try:
            found = numbers.detect_number_formats(con, headers, stated=None, delimiter=delimiter, file="x.csv")
        except BadInput:
            return ASK
        for statement in numbers.build_number_macros(found, names):
            con.execute(statement)
        rows = con.execute(
            "select to_number_f0(f0)::double, number_fault_f0(f0, 'blank') from mapped_rows where f0 is not null order by line"
        ).fetchall()
        return [reason if number is None else number for number, reason in rows]


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
    every = header + "quantity,price,amount\n1,A,2024-01-05,3,2.5,7\n"
    with pytest.raises(OpenQuestions, match="They agree on 0 of 1 lines"):
        stage(every, shown)
    names = {"order_key": "order", "customer_key": "customer", "ordered_at": "date", "unit_price": "price"}
    columns = names | {"quantity": "quantity", "amount": "amount"}
    for basis, amount in (("amount", 7), ("quantity x price", 7.5)):
        assert stage(every, shown, mapping=Mapping(columns=columns, basis=basis)).lines == [(3, 2.5, amount)]
