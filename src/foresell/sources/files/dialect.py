"""Detects delimiter, quote, escape and header line of a delimited file from its first records."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from foresell.errors import BadInput, EmptySource
from foresell.sources.files import mapping

DELIMITERS = (",", ";", "\t", "|", "^", "~", ":")
_RECORDS = 200


@dataclass(frozen=True, slots=True)
class TextDialect:
    """A file's dialect: `data_line` is the first line after the header, `headers` its names in order."""

    delimiter: str
    quote: str
    escape: str
    header_line: int
    data_line: int
    headers: tuple[str, ...]
    notes: tuple[str, ...] = ()


def build_reader_options(delimiter: str, quote: str, escape: str) -> dict[str, object]:
    """The same dialect for Python's csv module."""
    if not quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE, "quotechar": None}
    doubled = escape in ("", quote)
    return {
        "delimiter": delimiter,
        "quotechar": quote,
        "doublequote": doubled,
        "escapechar": None if doubled else escape,
    }


def detect_dialect(sample: str, stated: mapping.Dialect, name: str) -> TextDialect:
    """The dialect of a text whose beginning is `sample`. Settings of the mapping are used unchecked.

    Raises EmptySource when there is no record, BadInput when the header is not one.
    """
    csv.field_size_limit(1 << 20)
    declared = re.match(r"\ufeff?sep=(.)\r?\n", sample)
    delimiters = [stated.delimiter or (declared and declared[1])]
    quotes = [stated.quote] if stated.quote is not None else ['"', "'", ""]
    escape = stated.escape or ("\\" if re.search(r'[^\\]\\"[^,;\t|\r\n]', sample) else "")
    tries = [
        (delimiter, quote, _read_records(sample, delimiter, quote, escape))
        for delimiter in (delimiters if delimiters[0] else DELIMITERS)
        for quote in quotes
        if delimiter and quote is not None
    ]
    delimiter, quote, records = max(tries, key=lambda attempt: _measure_regularity(attempt[2]))
    escape = escape or quote
    if quote == "'" and not re.search(
        rf"(^|{re.escape(delimiter)})'[^'\n]*'({re.escape(delimiter)}|\r?$)", sample, re.M
    ):
        quote = escape = '"'
    if declared:
        records = [record for record in records if record[0] > 1]
    if not records:
        raise EmptySource(f"{name} holds no records.", remedy="Export it again.")
    return _find_header(delimiter, quote, escape, records, stated.header_line, name)


def _read_records(sample: str, delimiter: str, quote: str, escape: str) -> list[tuple[int, int, list[str]]]:
    """The first records as (first line, last line, cells), blank lines left out."""
    found: list[tuple[int, int, list[str]]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), **build_reader_options(delimiter, quote, escape))  # type: ignore[arg-type]
    line = 0
    try:
        for cells in reader:
            if cells:
                found.append((line + 1, reader.line_num, cells))
            line = reader.line_num
            if len(found) > _RECORDS:
                break
    except csv.Error:
        pass
    return found


def _measure_regularity(records: list[tuple[int, int, list[str]]]) -> tuple[float, int]:
    """Share of the records that have the most frequent number of cells, and that number."""
    if not records:
        return (0.0, 0)
    records = records[: max(2, len(records) - 1)]  # the last one may be cut off
    (width, times), *_ = sorted(Counter(len(cells) for *_, cells in records).items(), key=lambda x: (-x[1], -x[0]))
    if width == 1:
        return (0.01, 1)
    return (round(times / len(records), 1), width)


def _find_header(
    delimiter: str, quote: str, escape: str, records: list[tuple[int, int, list[str]]], stated: int | None, name: str
) -> TextDialect:
    width = Counter(len(cells) for *_, cells in records).most_common(1)[0][0]
    if stated:
        header = next((r for r in records if r[0] == stated), None)
    else:  # titles above the table are narrower than the table
        likely = (r for r in records if len(r[2]) >= max(2, width - 1) and sum(map(bool, r[2])) > len(r[2]) / 2)
        header = next(likely, records[0])
    if header is None:
        raise BadInput(
            f"{name} has no line {stated} for column names.",
            remedy="Correct header_line under [dialect] in the mapping.",
        )
    first, last, cells = header
    below = [record for line, _, record in records if line > last]
    headers, notes = name_headers(cells, name, f"line {first}", _count_filled_columns(below, len(cells)))
    return TextDialect(delimiter, quote, escape, first, last + 1, headers, notes)


def _count_filled_columns(rows: list[list[str]], width: int) -> int:
    """The last column that a tenth of the rows fill: fewer have a delimiter too many inside a cell."""
    filled = Counter(at for cells in rows for at, cell in enumerate(cells[:width], 1) if cell.strip())
    return max((at for at, times in filled.items() if times * 10 >= len(rows)), default=0)


_DATA = re.compile(r"[\s£$€]*[-+]?\d[\d.,: /TZ-]*")


def name_headers(cells: list[str], name: str, place: str, filled: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names from a header's cells, and a note on blank ones, which are named column_N.

    Blank names at the end are no columns, but the delimiter at the end of each line; the rows fill `filled` columns. A name
    that occurs again gets a number. Raises BadInput when most of them look like data.
    """
    names = [cell.replace("\ufeff", "").strip() for cell in cells]
    while len(names) > max(1, filled) and not names[-1]:
        names.pop()
    if sum(bool(_DATA.fullmatch(text)) for text in names) * 2 > len(names):
        raise BadInput(
            f"{name}, {place}: these are values, not column names.", remedy="Put the column names on the first line."
        )
    counts: Counter[str] = Counter()
    for at, text in enumerate(names):
        counts[text] += 1
        if text and counts[text] > 1:
            names[at] = f"{text} ({counts[text]})"
    blank = [at for at, text in enumerate(names, 1) if not text]
    unnamed = ", ".join(f"column_{at}" for at in blank)
    notes: tuple[str, ...] = (f"{place}: columns without a name are called {unnamed}.",) if blank else ()
    notes += tuple(
        f"{place}: {times} columns are called {text!r}; from the second on they are {text!r} (2) and so on."
        for text, times in counts.items()
        if text and times > 1
    )
    return tuple(text or f"column_{at}" for at, text in enumerate(names, 1)), notes
