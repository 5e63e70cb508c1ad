"""Dates of birth as ISO 8601."""

from __future__ import annotations

import re
from datetime import date

_YEAR_FIRST = re.compile(r"\s*(\d{4})\D?(\d{2})\D?(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"\s*(\d{1,2})\D(\d{1,2})\D(\d{4})(?!\d)")
#: What forms and spreadsheets fill in.
_PLACEHOLDERS = frozenset(("1900-01-01", "1900-01-00", "1901-01-01", "1970-01-01", "1899-12-30", "1899-12-31"))
_FIRST_YEAR, _LAST_YEAR = 1890, 2100


def normalize_birth_date(text: str | None, country: str | None) -> str | None:
    """The date; day before month except in the US. None if there is no such day, or one that forms fill in."""
    if not text:
        return None
    if match := _YEAR_FIRST.match(text):
        year, month, day = map(int, match.groups())
    elif match := _YEAR_LAST.match(text):
        day, month, year = map(int, match.groups())
        if country == "US" or month > 12:
            day, month = month, day
    else:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    iso = found.isoformat()
    return iso if _FIRST_YEAR <= year <= _LAST_YEAR and iso not in _PLACEHOLDERS else None
