"""Detects date formats: one per column, from every value; the result is the macro `parse_time_FIELD(value)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import duckdb

from foresell.errors import BadInput
from foresell.sql import named_queries

_TIMES = (
    " %H:%M:%S",
    " %H:%M",
    "",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %I:%M%p",
    "T%H:%M:%S",
    "T%H:%M",
    " %H:%M:%S.%f",
    ", %H:%M",
    ", %H:%M:%S",
    ", %I:%M %p",
    ", %I:%M:%S %p",
)
#: Families of date parts; the formats of one family have the parts in the same order. %y comes first: %Y would take 11 for the year 11.
_DATES: dict[str, tuple[str, ...]] = {
    "ymd": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    "dmy": ("%d/%m/%y", "%d/%m/%Y", "%d.%m.%y", "%d.%m.%Y", "%d-%m-%y", "%d-%m-%Y", "%d %m %Y"),
    "mdy": ("%m/%d/%y", "%m/%d/%Y", "%m.%d.%y", "%m.%d.%Y", "%m-%d-%y", "%m-%d-%Y"),
    "named": (
        "%d %b %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%d %b %y",
        "%a %d %b %Y",
    ),
}
_NUMERIC = {
    "excel": "timestamp '1899-12-30' + to_microseconds(round(try_cast({x} as double) * 86400)::bigint * 1000000)",
    "epoch": "make_timestamp(try_cast({x} as bigint) * 1000000)",
    "epoch_ms": "make_timestamp(try_cast({x} as bigint) * 1000)",
}
_SQL = ("foresell.sources.files", "dates.sql")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The date format of one column.

    `family` is iso, ymd, dmy, mdy, named, excel, epoch, epoch_ms or stated; `formats` are strptime formats, most frequent
    first; `evidence` says in words why this format was chosen.
    """

    field: str
    family: str
    formats: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def label(self) -> str:
        """The format in words, for messages: `DD.MM.YYYY HH:mm`."""
        return " or ".join(map(label_format, self.formats)) or _FAMILY_LABELS.get(self.family, self.family)


ISO = "iso"
_FAMILY_LABELS = {
    "iso": "YYYY-MM-DD",
    "excel": "Excel day numbers",
    "epoch": "Unix time in seconds",
    "epoch_ms": "Unix time in milliseconds",
}
_ORDER_LABELS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
_CODE_LABELS = {
    "%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "Mon", "%B": "Month", "%a": "Day", "%H": "HH", "%I": "hh",
    "%M": "mm", "%S": "ss", "%f": "fraction", "%p": "AM/PM",
}  # fmt: skip


def label_format(format_: str) -> str:
    """A strptime format as people write it: `%d.%m.%Y` is `DD.MM.YYYY`."""
    return re.sub("%[a-zA-Z]", lambda code: _CODE_LABELS.get(code[0], code[0]), format_)


def detect_date_format(
    con: duckdb.DuckDBPyConnection,
    field: str,
    header: str,
    *,
    order: str | None,
    format_: str | None,
    decimal_comma: bool,
    file: str,
) -> DateFormat:
    """The date format of column `field` of `mapped_rows`.

    `order` and `format_` come from the mapping. Raises BadInput when the order of day and month is ambiguous, or when the
    column mixes both orders: a wrong guess would move sales to other months unnoticed.
    """
    if format_:
        return DateFormat(field, order or "stated", (format_,), "set in the mapping")
    values, iso = con.execute(named_queries(*_SQL)["count_iso"].replace("{field}", field)).fetchall()[0]
    if values == iso or iso > 0.95 * values:
        return DateFormat(field, ISO, (), f"{iso:,} of {values:,} values")
    con.execute(named_queries(*_SQL)["list_date_values"].replace("{field}", field))
    fits = _count_fits(con)
    if order:
        return _apply_stated(field, order, fits)
    if iso and iso >= max(sum(counts.values()) for counts in fits.values()):
        return DateFormat(field, ISO, (), f"{iso:,} of {values:,} values")
    if not any(sum(counts.values()) > values / 2 for counts in fits.values()) and (
        kind := _detect_numeric(con, values)
    ):
        return DateFormat(field, kind, (), "all values are numbers")
    family = max(fits, key=lambda name: _count_covered(con, fits[name]))
    if family in ("dmy", "mdy"):
        return _decide_day_or_month(con, field, header, fits, decimal_comma=decimal_comma, file=file)
    return DateFormat(field, family, tuple(fits[family]), f"{sum(fits[family].values()):,} of {values:,} values")


def _count_fits(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Per family, the formats that fit any value and how many values they fit, most frequent first."""
    rows = con.execute("select value from date_values using sample 2000 rows (reservoir, 7)").fetchall()
    seen = "".join(value for (value,) in rows).casefold()
    formats = [(family, part + time) for family, parts in _DATES.items() for part, time in product(parts, _TIMES)]
    likely = [f for f in formats if _is_possible(f[1], seen)]
    if not likely:
        return {family: {} for family in _DATES}
    sums = ", ".join(f"coalesce(sum(times) filter ({_parse_sql(f)} is not null), 0)" for _, f in likely)
    counts = con.execute(f"select {sums} from date_values").fetchall()[0]
    ranked = sorted(zip(likely, map(int, counts), strict=True), key=lambda item: -item[1])
    return {family: {f: n for (fam, f), n in ranked if fam == family and n} for family in _DATES}


def _is_possible(format_: str, seen: str) -> bool:
    """Whether every literal of a format occurs in the values at all: trying a hundred formats costs more than the load."""
    literals = re.sub(r"%\w", "", format_).casefold()
    return (
        all(letter in seen for letter in literals)
        and ("%p" not in format_ or "am" in seen or "pm" in seen)
        and (not re.search("%[abB]", format_) or re.search("[a-z]{3}", seen) is not None)
    )


def _parse_sql(format_: str, value: str = "value") -> str:
    return (
        f"if(year(try_strptime({value}, '{format_}')) between 1000 and 9998, try_strptime({value}, '{format_}'), null)"
    )


def _coalesce_sql(formats: Sequence[str], value: str = "value") -> str:
    return f"coalesce({', '.join(_parse_sql(f, value) for f in formats)})" if formats else "null::timestamp"


def _count_covered(con: duckdb.DuckDBPyConnection, formats: dict[str, int]) -> int:
    (covered,) = con.execute(
        f"select coalesce(sum(times) filter ({_coalesce_sql(list(formats))} is not null), 0) from date_values"
    ).fetchall()[0]
    return int(covered)


def _detect_numeric(con: duckdb.DuckDBPyConnection, values: int) -> str | None:
    row = con.execute(named_queries(*_SQL)["count_numeric"]).fetchall()[0]
    return next(
        (kind for kind, count in zip(("excel", "epoch", "epoch_ms"), row, strict=True) if (count or 0) > values / 2),
        None,
    )


def _apply_stated(field: str, order: str, fits: dict[str, dict[str, int]]) -> DateFormat:
    formats = tuple(fits[order])
    return DateFormat(field, order if formats else ISO, formats, f"set to {_ORDER_LABELS[order]}")


def _decide_day_or_month(
    con: duckdb.DuckDBPyConnection,
    field: str,
    header: str,
    fits: dict[str, dict[str, int]],
    *,
    decimal_comma: bool,
    file: str,
) -> DateFormat:
    day, month = _coalesce_sql(list(fits["dmy"])), _coalesce_sql(list(fits["mdy"]))
    query = named_queries(*_SQL)["compare_day_and_month"].replace("{dmy}", day).replace("{mdy}", month)
    only_day, only_month, day_example, day_line, month_example, month_line, alike, dotted = con.execute(
        query
    ).fetchall()[0]
    remedy = 'Say which: --dates dmy or --dates mdy, or order = "dmy" under [dates] in the mapping.'
    if only_day and only_month and min(only_day, only_month) > 0.01 * (only_day + only_month):
        raise BadInput(
            f"{file}, column {header!r} mixes day-first and month-first dates: {day_example!r} (line {day_line:,}) has the day "
            f"first, {month_example!r} (line {month_line:,}) the month.",
            remedy=f"Correct the export. {remedy} Values that do not fit are then rejected.",
        )
    if only_day > only_month:
        return DateFormat(field, "dmy", tuple(fits["dmy"]), f"{day_example} (line {day_line}) has the day first")
    if only_month > only_day:
        return DateFormat(field, "mdy", tuple(fits["mdy"]), f"{month_example} (line {month_line}) has the month first")
    if alike or dotted or decimal_comma:
        reason = (
            "day and month are equal in every value"
            if alike
            else "dots between the parts"
            if dotted
            else "decimal commas"
        )
        return DateFormat(field, "dmy", tuple(fits["dmy"]), reason)
    (example,) = con.execute(f"select value from date_values where {day} is not null order by line limit 1").fetchall()[
        0
    ]
    raise BadInput(
        f"{file}, column {header!r}: {example!r} may be day/month or month/day; every value of the column fits both.",
        remedy=remedy,
    )


def build_date_macros(dates: DateFormat | None, field: str, limit: str) -> list[str]:
    """SQL that creates `parse_time_FIELD(x)` (null unless a date) and `to_time_FIELD(x)` (also null outside 1900 ... `limit`)."""
    parse = _build_expression(dates)
    low = "timestamp '1900-01-01'"
    inside = f"parse_time_{field}(x) >= {low} and parse_time_{field}(x) < timestamp '{limit}'"
    return [
        f"create or replace temp macro parse_time_{field}(x) as {parse}",
        f"create or replace temp macro to_time_{field}(x) as case when {inside} then parse_time_{field}(x) end",
    ]


def _build_expression(dates: DateFormat | None) -> str:
    if dates is None or dates.family == ISO:
        return "try_cast(x as timestamp)"
    if dates.family in _NUMERIC:
        return _NUMERIC[dates.family].replace("{x}", "x")
    if len(dates.formats) == 1 and dates.family == "stated":
        return f"try_strptime(x, '{dates.formats[0].replace(chr(39), chr(39) * 2)}')"
    return _coalesce_sql(dates.formats, "trim(x)")
