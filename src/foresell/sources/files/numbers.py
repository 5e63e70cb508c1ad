"""Detects number formats: the decimal mark per column; the result is the macro `to_number_FIELD(text)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from foresell.errors import BadInput
from foresell.sql import named_queries

SIGNS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR", "R$": "BRL", "zł": "PLN", "₺": "TRY", "₽": "RUB"}
CODES = "GBP|EUR|USD|BRL|JPY|CHF|CAD|AUD|INR|PLN|SEK|NOK|DKK|CZK|TRY|MXN|ZAR|CNY|NZD"
_SQL = ("foresell.sources.files", "numbers.sql")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The number format of one column; `plain` numbers need no rewriting."""

    field: str
    plain: bool
    decimal: str = "."
    thousands: str | None = None
    currency: str | None = None
    signs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Counts over the values of one column that are not plain numbers."""

    odd: int
    dot: int
    comma: int
    either: int
    example: str | None
    thousands: str | None


def detect_number_formats(
    con: duckdb.DuckDBPyConnection, columns: dict[str, str], *, stated: str | None, delimiter: str | None, file: str
) -> dict[str, NumberFormat]:
    """The number format of each mapped number field (field -> header), from every value of the column.

    A column without evidence follows the other columns. Raises BadInput when all evidence is like `1,234`.
    """
    evidence = {field: _collect_evidence(con, field) for field in columns}
    commas, dots = sum(e.comma for e in evidence.values()), sum(e.dot for e in evidence.values())
    elsewhere = stated or ("," if commas > dots else "." if dots else None)
    decided = {}
    for field, seen in evidence.items():
        mark = stated or ("," if seen.comma > seen.dot else "." if seen.dot > seen.comma else elsewhere)
        if mark is None and seen.either and delimiter != ",":
            raise BadInput(
                f"{file}, column {columns[field]!r}: {seen.example!r} may have a thousands separator or a decimal comma; no value decides it.",
                remedy='Set decimal = "." or decimal = "," under [numbers] in the mapping.',
            )
        mark = mark or "."
        decided[field] = _build_format(con, field, columns[field], mark, seen)
    return decided


def _collect_evidence(con: duckdb.DuckDBPyConnection, field: str) -> _Evidence:
    (odd,) = con.execute(
        f"select count({field}) - count(try_cast({field} as decimal(18, 6))) from mapped_rows"  # one quick scan
    ).fetchall()[0]
    typed = con.execute(f"select typeof({field}) from mapped_rows limit 1").fetchall()
    if not odd or typed != [("VARCHAR",)]:
        return _Evidence(0, 0, 0, 0, None, None)
    row = con.execute(
        named_queries(*_SQL)["count_evidence"].replace("{field}", field).replace("{codes}", CODES)
    ).fetchall()[0]
    return _Evidence(odd, *row)


def _build_format(con: duckdb.DuckDBPyConnection, field: str, header: str, mark: str, seen: _Evidence) -> NumberFormat:
    if not seen.odd and mark == ".":
        return NumberFormat(field, plain=True)
    rows = con.execute(
        named_queries(*_SQL)["count_currencies"].replace("{field}", field).replace("{codes}", CODES)
    ).fetchall()
    counts: Counter[str] = Counter()
    for sign, count in rows:
        counts[currency_code(sign)] += count
    ranked = counts.most_common()
    warnings: tuple[str, ...] = ()
    if len(ranked) > 1:
        others = ", ".join(f"{code} ({count:,})" for code, count in ranked[1:])
        warnings = (f"Column {header!r} is in {ranked[0][0]}; values in {others} are rejected.",)
    code = ranked[0][0] if ranked else None
    signs = tuple(sign for sign, _ in rows if currency_code(sign) == code)
    return NumberFormat(field, False, mark, seen.thousands, code, signs, warnings)


def currency_code(sign: str) -> str:
    """The currency code a sign stands for."""
    return SIGNS.get(sign, sign.upper())


def build_number_macro(numbers: NumberFormat | None, field: str) -> str:
    """SQL that creates `to_number_FIELD(text)`: the number with six decimals, null for what is not a number."""
    if numbers is None or numbers.plain:
        return f"create or replace temp macro to_number_{field}(x) as try_cast(x as decimal(18, 6))"
    sql = named_queries(*_SQL)["create_number_macro"]
    group = "." if numbers.decimal == "," else ","
    for key, value in (("field", field), ("group", group), ("decimal", numbers.decimal), ("codes", CODES)):
        sql = sql.replace("{" + key + "}", value)
    bare = "x"
    for sign in numbers.signs:
        for spelling in {sign, sign.lower()}:
            bare = f"replace({bare}, '{spelling}', '')"
    return sql.replace("{bare}", bare)


def build_number_macros(decided: dict[str, NumberFormat], fields: Sequence[str]) -> list[str]:
    """The macros of all number fields."""
    return [build_number_macro(decided.get(field), field) for field in fields]
