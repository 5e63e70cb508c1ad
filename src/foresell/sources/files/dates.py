"""Detects date formats: one per column, from every value; the result is the macro `parse_time_FIELD(value)`.

Most columns have one plain format, which DuckDB reads. Values in other forms (`3. März 2024`, `Jan 3, 2024 11:30 PM EST`)
are read once each by written_dates.py and kept in a table, in which the macro looks them up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import duckdb
import pyarrow as pa

from foresell.errors import BadInput
from foresell.sources.files.written_dates import read_written_date
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
    "excel": "timestamp '1899-12-30' + to_microseconds(round(try_cast(replace({x}::varchar, ',', '.') as double) * 86400)::bigint * 1000000)",
    "epoch": "make_timestamp(try_cast({x} as bigint) * 1000000)",
    "epoch_ms": "make_timestamp(try_cast({x} as bigint) * 1000)",
}
_SQL = ("foresell.sources.files", "dates.sql")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The date format of one column.

    `family` is iso, ymd, dmy, mdy, named, written, excel, epoch, epoch_ms or stated; `formats` are strptime formats, most
    frequent first; `evidence` says in words why this format was chosen. With `listed`, values that no format reads are in
    the table `written_dates_FIELD` (value, read); `example` is one of them. With `time_zone`, times with an offset or a zone
    of their own are in that zone.
    """

    field: str
    family: str
    formats: tuple[str, ...] = ()
    evidence: str = ""
    listed: bool = False
    example: str = ""
    time_zone: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The format in words, for messages: `DD.MM.YYYY HH:mm`."""
        if self.family == WRITTEN:
            return f"dates like {self.example!r}"
        return " or ".join(map(label_format, self.formats)) or _FAMILY_LABELS.get(self.family, self.family)


ISO, WRITTEN = "iso", "written"
STATED = "set in the mapping"
_ZONE_AT_END = r"\s*(?:(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|Z|[A-Z]{3,5}|[A-Za-z]+/[A-Za-z_/]+)$"
_FAMILY_LABELS = {
    "iso": "YYYY-MM-DD",
    "excel": "Excel day numbers",
    "epoch": "Unix time in seconds",
    "epoch_ms": "Unix time in milliseconds",
    "instant": "times with a zone",
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
    time_zone: str | None = None,
) -> DateFormat:
    """The date format of column `field` of `mapped_rows`.

    The local time as written counts, with any offset; with `time_zone` (`Europe/Berlin`), times with an offset or a zone
    are moved to that zone. `order` and `format_` come from the mapping. Raises BadInput when the order of day and month is
    ambiguous, or when the column mixes both orders: a wrong guess would move sales to other months unnoticed.
    """
    if time_zone:
        _check_time_zone(con, time_zone)
    if format_:
        return DateFormat(field, order or "stated", (format_,), STATED, time_zone=time_zone)
    typed = con.execute(f"select typeof({field}) from mapped_rows limit 1").fetchall()
    if typed == [("TIMESTAMP WITH TIME ZONE",)]:
        return DateFormat(field, "instant", (), f"in {time_zone or 'UTC'}", time_zone=time_zone)
    text = typed == [("VARCHAR",)]
    query = named_queries(*_SQL)["count_iso"]
    query = query.replace("{half_of_day}", named_queries(*_SQL)["names_half_of_day"] if text else "false")
    values, iso = con.execute(query.replace("{field}", field)).fetchall()[0]
    if values == iso and not (time_zone and text):
        return DateFormat(field, ISO, (), f"{iso:,} of {values:,} values")
    con.execute(named_queries(*_SQL)["list_date_values"].replace("{field}", field))
    (filled,) = con.execute("select coalesce(sum(times), 0)::bigint from date_values").fetchall()[0]
    column = _Column(field, header, values, iso, order, decimal_comma, file)
    fits = _count_fits(con, column)
    complete = max(fits.covered.values()) == filled and not time_zone
    if text and not complete and _rewrite_values(con, fits, every=bool(time_zone)):
        column = replace(column, iso=_count_iso_texts(con))
        fits = _count_fits(con, column)
    dates = replace(_decide(con, column, fits), time_zone=time_zone)
    return _list_written(con, dates, column, fits) if text and not complete else dates


@dataclass(frozen=True, slots=True)
class _Column:
    """What a decision needs to know of a column: its values, how many are ISO, and what the mapping and the file say."""

    field: str
    header: str
    values: int
    iso: int
    order: str | None
    decimal_comma: bool
    file: str

    @property
    def mostly_iso(self) -> bool:
        return self.values == self.iso or self.iso > 0.95 * self.values


@dataclass(frozen=True, slots=True)
class _Fits:
    """Per family, the formats that fit any value with how many they fit, most frequent first, and how many they fit together."""

    counts: dict[str, dict[str, int]]
    covered: dict[str, int]


def _check_time_zone(con: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    if not con.execute("select 1 from pg_timezone_names() where name = ?", [time_zone]).fetchall():
        raise BadInput(
            f"There is no time zone {time_zone!r}.",
            remedy="Name it as IANA does: Europe/Berlin, America/New_York, UTC.",
        )


def _decide(con: duckdb.DuckDBPyConnection, column: _Column, fits: _Fits) -> DateFormat:
    field, values, iso, counts = column.field, column.values, column.iso, fits.counts
    if column.mostly_iso:
        return DateFormat(field, ISO, (), f"{iso:,} of {values:,} values")
    if column.order:
        formats = tuple(counts[column.order])
        return DateFormat(field, column.order if formats else ISO, formats, f"set to {_ORDER_LABELS[column.order]}")
    if iso and iso >= max(sum(times.values()) for times in counts.values()):
        return DateFormat(field, ISO, (), f"{iso:,} of {values:,} values")
    if not any(sum(times.values()) > values / 2 for times in counts.values()) and (
        kind := _detect_numeric(con, values)
    ):
        return DateFormat(field, kind, (), "all values are numbers")
    family = max(counts, key=lambda name: fits.covered[name])
    if family in ("dmy", "mdy"):
        return _decide_day_or_month(con, column, fits)
    return DateFormat(field, family, tuple(counts[family]), f"{fits.covered[family]:,} of {values:,} values")


def _count_fits(con: duckdb.DuckDBPyConnection, column: _Column) -> _Fits:
    if column.mostly_iso:  # the formats could only add a few values, and counting them would cost more than the load
        return _Fits({family: {} for family in _DATES}, dict.fromkeys(_DATES, 0))
    rows = con.execute("select text from date_values using sample 2000 rows (reservoir, 7)").fetchall()
    seen = "".join(text for (text,) in rows).casefold()
    formats = [(family, part + time) for family, parts in _DATES.items() for part, time in product(parts, _TIMES)]
    likely = [f for f in formats if _is_possible(f[1], seen)]
    if not likely:
        return _Fits({family: {} for family in _DATES}, dict.fromkeys(_DATES, 0))
    sums = ", ".join(f"coalesce(sum(times) filter ({_parse_sql(f)} is not null), 0)" for _, f in likely)
    times = con.execute(f"select {sums} from date_values").fetchall()[0]
    ranked = sorted(zip(likely, map(int, times), strict=True), key=lambda item: -item[1])
    counts = {family: {f: n for (fam, f), n in ranked if fam == family and n} for family in _DATES}
    return _Fits(counts, {family: _count_covered(con, counts[family]) for family in _DATES})


def _is_possible(format_: str, seen: str) -> bool:
    """Whether every literal of a format occurs in the values at all: trying a hundred formats costs more than the load."""
    literals = re.sub(r"%\w", "", format_).casefold()
    return (
        all(letter in seen for letter in literals)
        and ("%p" not in format_ or "am" in seen or "pm" in seen)
        and (not re.search("%[abB]", format_) or re.search("[a-z]{3}", seen) is not None)
    )


def _rewrite_values(con: duckdb.DuckDBPyConnection, fits: _Fits, *, every: bool) -> bool:
    """Write what `read_written_date` makes of the values that fit no format (or of `every` one) to `date_values`."""
    formats = [format_ for counts in fits.counts.values() for format_ in counts]
    query = named_queries(*_SQL)["list_strange_values"].replace("{fits}", _coalesce_sql(formats))
    values = con.execute("select value from date_values" if every else query).fetchall()
    read = [(value, written) for (value,) in values if (written := read_written_date(value))]
    table = {
        "value": pa.array([value for value, _ in read], pa.string()),
        "text": pa.array([written.text for _, written in read], pa.string()),
        "utc_offset": pa.array([written.offset for _, written in read], pa.int32()),
        "zone": pa.array([written.zone for _, written in read], pa.string()),
        "coarse": pa.array([written.coarse for _, written in read], pa.bool_()),
    }
    con.register("values_read", pa.table(table))
    con.execute(named_queries(*_SQL)["rewrite_date_values"])
    con.unregister("values_read")
    return bool(read)


def _count_iso_texts(con: duckdb.DuckDBPyConnection) -> int:
    (iso,) = con.execute(named_queries(*_SQL)["count_iso_texts"]).fetchall()[0]
    return int(iso)


def _list_written(con: duckdb.DuckDBPyConnection, dates: DateFormat, column: _Column, fits: _Fits) -> DateFormat:
    """Create `written_dates_FIELD` with the values that the format of the column does not read by itself."""
    for name in ("list_written_dates", "describe_written_dates"):
        sql = named_queries(*_SQL)[name]
        for key, text in (
            ("field", column.field),
            ("read", _read_plain(dates, "text")),
            ("plain", _read_plain(dates, "value")),
            ("named", _coalesce_sql([*fits.counts["ymd"], *fits.counts["named"]], "text")),
            ("zone", dates.time_zone or "UTC"),
            ("move", "true" if dates.time_zone else "false"),
        ):
            sql = sql.replace("{" + key + "}", text)
        rows = con.execute(sql).fetchall()
    listed, plain, coarse, unknown, example, unknown_example = rows[0]
    if not listed:
        return dates
    if not plain and dates.family in (ISO, "ymd", "named"):
        evidence = f"{listed:,} of {column.values:,} values are written out"
        dates = replace(dates, family=WRITTEN, formats=(), evidence=evidence, example=example)
    notes = []
    if coarse:
        notes.append(f"{coarse:,} values name only a month or a week and were read as its first day.")
    if unknown and dates.time_zone:
        notes.append(
            f"{unknown:,} values name an unknown time zone ({unknown_example!r}); their time was kept as written."
        )
    warnings = tuple(f"Column {column.header!r}: {note}" for note in notes)
    return replace(dates, listed=True, warnings=warnings)


def _parse_sql(format_: str, value: str = "text") -> str:
    return (
        f"if(year(try_strptime({value}, '{format_}')) between 1000 and 9998, try_strptime({value}, '{format_}'), null)"
    )


def _coalesce_sql(formats: Sequence[str], value: str = "text") -> str:
    return f"coalesce({', '.join(_parse_sql(f, value) for f in formats)})" if formats else "null::timestamp"


def _count_covered(con: duckdb.DuckDBPyConnection, formats: dict[str, int]) -> int:
    if len(formats) < 2:
        return sum(formats.values())
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


def _decide_day_or_month(con: duckdb.DuckDBPyConnection, column: _Column, fits: _Fits) -> DateFormat:
    formats = {order: tuple(fits.counts[order]) for order in ("dmy", "mdy")}
    field, header, file = column.field, column.header, column.file
    day, month = _coalesce_sql(formats["dmy"]), _coalesce_sql(formats["mdy"])
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
        return DateFormat(field, "dmy", formats["dmy"], f"{day_example} (line {day_line}) has the day first")
    if only_month > only_day:
        return DateFormat(field, "mdy", formats["mdy"], f"{month_example} (line {month_line}) has the month first")
    if alike or dotted or column.decimal_comma:
        reason = (
            "day and month are equal in every value"
            if alike
            else "dots between the parts"
            if dotted
            else "decimal commas"
        )
        return DateFormat(field, "dmy", formats["dmy"], reason)
    (example,) = con.execute(f"select value from date_values where {day} is not null order by line limit 1").fetchall()[
        0
    ]
    raise BadInput(
        f"{file}, column {header!r}: {example!r} may be day/month or month/day; every value of the column fits both.",
        remedy=remedy,
    )


def build_date_macros(dates: DateFormat | None, field: str, limit: str) -> list[str]:
    """SQL that creates the macros of a date field.

    `parse_time_FIELD(x)` is null unless x is a date, `to_time_FIELD(x)` also outside 1900 ... `limit`;
    `date_fault_FIELD(x, expected)` says why x is not a date of this column.
    """
    parse = _read_plain(dates, "x") if dates else "try_cast(x as timestamp)"
    if dates and dates.listed:
        parse = f"coalesce((select w.read from written_dates_{field} as w where w.value = trim(x)), {parse})"
    low = "timestamp '1900-01-01'"
    inside = f"parse_time_{field}(x) >= {low} and parse_time_{field}(x) < timestamp '{limit}'"
    swapped = _coalesce_sql([_swap_day_and_month(f) for f in dates.formats] if dates else [], "trim(x::varchar)")
    fault = (
        f"case when {swapped} is not null then 'day and month the other way round than in the rest of the column' "
        "else 'not a date in the format of this column (' || expected || ')' end"
    )
    return [
        f"create or replace temp macro parse_time_{field}(x) as {parse}",
        f"create or replace temp macro to_time_{field}(x) as case when {inside} then parse_time_{field}(x) end",
        f"create or replace temp macro date_fault_{field}(x, expected) as {fault}",
    ]


def _swap_day_and_month(format_: str) -> str:
    return re.sub("%[dm]", lambda code: "%m" if code[0] == "%d" else "%d", format_)


def _read_plain(dates: DateFormat, x: str) -> str:
    """SQL for the time that the column's own format reads in `x`."""
    zone = dates.time_zone
    if dates.family == ISO:
        return f"try_cast({x} as timestamp)"
    if dates.family == "instant":
        return f"timezone('{zone or 'UTC'}', {x})"
    if dates.family in _NUMERIC:
        read = _NUMERIC[dates.family].replace("{x}", x)
        return f"timezone('{zone}', timezone('UTC', {read}))" if zone and dates.family != "excel" else read
    if len(dates.formats) == 1 and dates.evidence == STATED:
        return _read_stated(dates.formats[0], x, zone)
    return _coalesce_sql(dates.formats, f"trim({x})")


def _read_stated(format_: str, x: str, zone: str | None) -> str:
    quoted = format_.replace("'", "''")
    if "%z" not in format_.lower():
        return f"try_strptime({x}, '{quoted}')"
    # DuckDB moves a time with %z to UTC and with it, around midnight, to another day
    if zone and "%z" in format_:
        return f"timezone('{zone}', try_strptime({x}, '{quoted}'))"
    local = re.sub(r"\s*%[zZ]", "", quoted)
    return f"try_strptime(regexp_replace({x}, '{_ZONE_AT_END}', ''), '{local}')"
