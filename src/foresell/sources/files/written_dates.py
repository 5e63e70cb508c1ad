"""Reads one date as people and programs write it: month names in eleven languages, AM and PM, zones, weeks, months.

Only values that no plain format fits come here, each distinct value once. The result is the same date in a plain form:
`3. März 2024, 14:30 Uhr` is `2024-03-03 14:30:00`. Day and month of `05/01/2024 10:00 +0100` stay in their order, which
the whole column decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from functools import cache, lru_cache
from importlib import resources

#: Hours from UTC. CST is the American one, as in e-mail (RFC 5322); IST has three meanings and is therefore left out.
_ABBREVIATIONS: dict[str, float] = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "brt": -3, "jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "awst": 8, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip
_HALF_DAY = re.compile(r"\b([ap])\.? ?m\b\.?")
_DOTTED_TIME = re.compile(r"\b(?:kl\.? ?|um )(\d{1,2})\.(\d{2})\b|\b(\d{1,2})\.(\d{2})(?= uhr\b)")
_TIME = re.compile(
    r"(?<![\d.:+-])(\d{1,2})(?:[:h](\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?![\d:])\s*([ap]m\b)?|\s*([ap]m\b))"
)
_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-])(\d{1,2})(?::?(\d{2}))?")
_ZONE_NAME = re.compile(r"\[?([a-z]+(?:/[a-z_+-]+){1,2})\]?")
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ]?)(\d{1,2})\2(\d{1,2})\.?")
_WEEK = re.compile(r"(\d{4})[- ]?k?w ?(\d{1,2})(?:-?([1-7]))?")
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_TWO_ORDERS = re.compile(r"(\d{1,2})([-/. ]) ?(\d{1,2})\2 ?(\d{4}|\d{2})\.?")
_XML_DATE = re.compile(r"(\d{4}-\d\d-\d\d) ?(z|[+-]\d\d:\d\d)")
_PUNCTUATION = re.compile(r"[\s\-/.,'’]*")


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a plain form: `text` is `YYYY-MM-DD HH:MM:SS`, or has day and month first, in the order of the value.

    The zone written with it is `offset`, in seconds from UTC, or `zone`, a name; `coarse` says that only a month or a week
    is written, of which `text` is the first day.
    """

    text: str
    offset: int | None = None
    zone: str | None = None
    coarse: bool = False


def read_written_date(value: str) -> WrittenDate | None:
    """The date that a value states, None for what is not certainly one."""
    text = value if value.isascii() else unicodedata.normalize("NFKC", value)
    text = " ".join(text.casefold().split())
    text = _DOTTED_TIME.sub(r"\1\3:\2\4", _HALF_DAY.sub(r"\1m", text))
    text = re.sub(r" ?\([^()]*\)$", "", text)  # JavaScript names the zone again
    if match := _XML_DATE.fullmatch(text):
        text = f"{match[1]} 00:00{match[2]}"
    offset, zone, clock = None, None, "00:00:00"
    if match := _TIME.search(text):
        read = _read_time(match)
        if read is None:
            return None
        clock = read
        after, offset, zone = _split_zone(text[match.end() :])
        text = re.sub(r"(?<=\d)t$", "", text[: match.start()]) + " " + after
    written = _read_day(text.strip(" ,"))
    if written is None or (written[1] and clock != "00:00:00"):
        return None
    return WrittenDate(f"{written[0]} {clock}", offset, zone, written[1])


def _read_time(match: re.Match[str]) -> str | None:
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = match[5] or match[6]
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "pm")
    try:
        return time(hour, minute, second, int(((match[4] or "") + "000000")[:6])).isoformat()
    except ValueError:
        return None


def _split_zone(after: str) -> tuple[str, int | None, str | None]:
    """What follows a time, without its zone, which stands first or last: (`2024`, offset, name) of ` EST 2024`."""
    words = after.strip(" ,").split(" ")
    if words[0] in ("uhr", "h", "hs"):
        words = words[1:]
    for size, at in ((2, 0), (1, 0), (1, -1)):
        text = " ".join(words[:size] if at == 0 else words[at:])
        if text and (found := _read_zone(text)):
            return " ".join(words[size:] if at == 0 else words[:at]), *found
    return " ".join(words), None, None


def _read_zone(text: str) -> tuple[int | None, str | None] | None:
    if match := _OFFSET.fullmatch(text):
        seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
        return (-seconds if match[1] == "-" else seconds, None) if seconds <= 15 * 3600 else None
    if text in _ABBREVIATIONS:
        return int(_ABBREVIATIONS[text] * 3600), None
    if match := _ZONE_NAME.fullmatch(text):
        return None, match[1]
    if text.isalpha() and len(text) in (3, 4, 5) and text not in _date_words():
        return None, text  # a zone we do not know: the local time before it still counts
    return None


@lru_cache(1 << 16)  # many times of day share a day
def _read_day(text: str) -> tuple[str, bool] | None:
    """The day in a plain form, and whether it is the first of a month or week that is written alone."""
    if match := _YEAR_FIRST.fullmatch(text):
        return _format_day(int(match[1]), int(match[3]), int(match[4]))
    if match := _WEEK.fullmatch(text):
        try:
            return date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1)).isoformat(), not match[3]
        except ValueError:
            return None
    if match := _MONTH.fullmatch(text):
        return _format_day(int(match[1] or match[4]), int(match[2] or match[3]), 1, coarse=True)
    if match := _TWO_ORDERS.fullmatch(text):
        mark = match[2].replace(" ", "/")
        return f"{match[1]}{mark}{match[3]}{mark}{_complete_year(match[4])}", False
    return _read_named_day(text)


def _read_named_day(text: str) -> tuple[str, bool] | None:
    tokens = re.findall(r"\d+|[^\W\d_]+", text)
    if not _PUNCTUATION.fullmatch(re.sub(r"\d+|[^\W\d_]+", "", text)):
        return None
    meanings = [_date_words().get(_strip_accents(token), token) for token in tokens]
    months = [meaning for meaning in meanings if isinstance(meaning, int)]
    if len(months) == 2 and tokens[0] == "mar":  # mardi, martes, martedì
        months = months[1:]
    numbers = [token for token in tokens if token.isdigit()]
    unknown = [meaning for meaning in meanings if isinstance(meaning, str) and meaning and not meaning.isdigit()]
    if len(months) != 1 or unknown or not 1 <= len(numbers) <= 2:
        return None
    if len(numbers) == 1:
        return _format_day(int(numbers[0]), months[0], 1, coarse=True) if len(numbers[0]) == 4 else None
    day, year = reversed(numbers) if len(numbers[0]) == 4 else numbers
    return _format_day(int(_complete_year(year)), months[0], int(day)) if len(year) in (2, 4) else None


def _format_day(year: int, month: int, day: int, *, coarse: bool = False) -> tuple[str, bool] | None:
    try:
        return (date(year, month, day).isoformat(), coarse) if year >= 1000 else None
    except ValueError:
        return None


def _complete_year(year: str) -> str:
    """Two digits as strptime reads them: 69 to 99 are of the last century."""
    return year if len(year) == 4 else f"{19 if int(year) >= 69 else 20}{year}"


@cache
def _date_words() -> dict[str, int | str]:
    """Months by number; weekdays, ordinal endings and words like `de` by the empty text."""
    lines = (
        resources.files("foresell.sources.files").joinpath("date_words.csv").read_text(encoding="utf-8").splitlines()
    )
    rows = [line.split(",") for line in lines[1:]]
    return {
        _strip_accents(word): int(meaning) if meaning.isdigit() else ""
        for meaning, words in reversed(rows)
        for word in words.split()
    }


def _strip_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
