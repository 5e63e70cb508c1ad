"""Detects number formats: the decimal mark per column; the result is the macro `to_number_FIELD(text)`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from foresell.errors import BadInput
from foresell.sql import named_queries

#: The longer ones first: `R$` is not `$`.
SIGNS = {
    "US$": "USD", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "MX$": "MXN", "NT$": "TWD", "R$": "BRL",
    "S$": "SGD", "A$": "AUD", "C$": "CAD", "£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR", "zł": "PLN",
    "Kč": "CZK", "Ft": "HUF", "kr": "kr", "Fr.": "CHF", "₺": "TRY", "₽": "RUB", "₩": "KRW", "₪": "ILS", "₴": "UAH", "฿": "THB",
}  # fmt: skip
CODES = "GBP|EUR|USD|BRL|JPY|CHF|CAD|AUD|INR|PLN|SEK|NOK|DKK|CZK|TRY|MXN|ZAR|CNY|NZD|HUF|RON|BGN|RUB|UAH|HKD|SGD|KRW|THB|ILS|ISK"
_SIGN_PATTERN = "|".join(map(re.escape, SIGNS)).replace("kr", r"\bkr\b") + r"|\p{Sc}"
_BLANKS = r"\x{a0}\x{2009}\x{202f}"
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
    """Counts over the values of one column: those that are no plain numbers, and what their marks can mean."""

    odd: int = 0
    dot: int = 0
    comma: int = 0
    either: int = 0
    example: str | None = None
    thousands: str | None = None

    @property
    def mark(self) -> str | None:
        """The decimal mark that most values of the column prove."""
        return "," if self.comma and self.comma >= self.dot else "." if self.dot else None

    @property
    def mixed(self) -> bool:
        """Whether both marks are proven, and by more than a slip of the pen."""
        return min(self.comma, self.dot) > 0.01 * (self.comma + self.dot)


def detect_number_formats(
    con: duckdb.DuckDBPyConnection, columns: dict[str, str], *, stated: str | None, delimiter: str | None, file: str
) -> dict[str, NumberFormat]:
    """The number format of each mapped number field (field -> header), from every value of the column.

    A column without evidence follows the other columns if they agree. Raises BadInput when every mark in a column is followed
    by three digits (`1,234`, `1.234`) and nothing decides what it is. That holds for quantities too: `5.000` is five in one
    program and five thousand in another. In a file with commas between its columns the point is the decimal mark.
    """
    evidence = {field: _collect_evidence(con, field) for field in columns}
    marks = {seen.mark for seen in evidence.values() if seen.mark}
    elsewhere = stated or (marks.pop() if len(marks) == 1 else None)
    decided = {}
    for field, seen in evidence.items():
        mark = stated or seen.mark or elsewhere
        name = "comma" if "," in (seen.example or "") else "point"
        if seen.either and stated is None and (mark is None or seen.mixed) and delimiter != ",":
            raise BadInput(
                f"{file}, column {columns[field]!r}: {seen.example!r} may have a thousands separator or a decimal {name}; "
                f"{'other values of the column have both' if seen.mixed else 'no value decides it'}.",
                remedy='Set decimal = "." or decimal = "," under [numbers] in the mapping.',
            )
        decided[field] = _build_format(con, field, columns[field], mark or ".", seen)
    return decided


def _collect_evidence(con: duckdb.DuckDBPyConnection, field: str) -> _Evidence:
    if con.execute(f"select typeof({field}) from mapped_rows limit 1").fetchall() != [("VARCHAR",)]:
        return _Evidence()
    odd, dotted, grouped = con.execute(named_queries(*_SQL)["count_plain"].replace("{field}", field)).fetchall()[0]
    if not odd and dotted > grouped:
        return _Evidence(dot=dotted - grouped)
    if not odd and not dotted:
        return _Evidence()
    row = con.execute(named_queries(*_SQL)["count_evidence"].replace("{field}", field)).fetchall()[0]
    return _Evidence(odd, *row)


def _build_format(con: duckdb.DuckDBPyConnection, field: str, header: str, mark: str, seen: _Evidence) -> NumberFormat:
    if not seen.odd and mark == ".":
        return NumberFormat(field, plain=True)
    sign = _find_sign(field)
    rows = con.execute(
        named_queries(*_SQL)["count_currencies"].replace("{sign}", sign).replace("{field}", field)
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


def _find_sign(x: str) -> str:
    query = named_queries(*_SQL)["find_sign"]
    return query.replace("{x}", x).replace("{codes}", CODES).replace("{signs}", _SIGN_PATTERN)


def currency_code(sign: str) -> str:
    """The currency code a sign stands for."""
    return SIGNS.get(sign, sign.upper())


def build_number_macro(numbers: NumberFormat | None, field: str) -> list[str]:
    """SQL that creates `to_number_FIELD(text)`, the number with six decimals, and `number_fault_FIELD(text, blank)`.

    The number is null for what is not a number; then the fault says why, `blank` for no text.
    """
    to_number, fault = (named_queries(*_SQL)[f"create_{name}_macro"] for name in ("number", "fault"))
    if numbers is None or numbers.plain:
        to_number = "create or replace temp macro to_number_{field}(x) as try_cast(x as decimal(18, 6))"
        numbers = NumberFormat(field, plain=True)
    bare = "x"
    for sign in numbers.signs:
        for spelling in sorted({sign, sign.lower()}):
            bare = f"replace({bare}, '{spelling}', '')"
    bare = rf"regexp_replace({bare}, '[.,][-–—]+\s*$', '')" if not numbers.plain else bare
    other = "." if numbers.decimal == "," else ","
    codes = " ".join(f"when {_quote(sign)} then {_quote(code)}" for sign, code in SIGNS.items() if len(code) == 3)
    found = _find_sign("x")
    own = " or ".join(f"{found} = {_quote(sign)}" for sign in numbers.signs) or "false"
    return [
        sql.replace("{field}", field)
        .replace("{own}", own)
        .replace("{code}", f"case {found} {codes} end")
        .replace("{sign}", found)
        .replace("{bare}", bare)
        .replace("{currency}", numbers.currency or "one currency")
        .replace("{other_shape}", _shape(other, numbers.decimal))
        .replace("{shape}", _shape(numbers.decimal, other))
        .replace("{decimal}", numbers.decimal)
        for sql in (to_number, fault)
    ]


def _shape(decimal: str, group: str) -> str:
    """A regular expression for a number in brackets or with at most one sign."""
    mark, group = f"[{decimal}]", f"[{group} {_BLANKS}''’]"
    digits = rf"(?:\d+(?:{mark}\d*)?|{mark}\d+|\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}(?:{mark}\d*)?)"
    blank = rf"[\s{_BLANKS}]*"
    return rf"{blank}(?:[-+−–]?{blank}{digits}|{digits}{blank}[-−–]|[(]{blank}{digits}{blank}[)]){blank}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def build_number_macros(decided: dict[str, NumberFormat], fields: Sequence[str]) -> list[str]:
    """The macros of all number fields."""
    return [statement for field in fields for statement in build_number_macro(decided.get(field), field)]
