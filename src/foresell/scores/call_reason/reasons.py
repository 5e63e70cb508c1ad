"""The four reasons to call a customer, and the sentence that states each.

Measured on Online Retail II: lateness says something only from 1.5 times the median gap and the customer's own 90 % gap on; before
that, a late customer orders as often as one on time. Everything else (two or three purchases, a gap within the own rhythm) is no
reason, and the customer is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OVERDUE, WIN_BACK, SECOND_ORDER, DUE = "overdue", "win-back", "second order", "due"
#: In the order of the call list.
REASONS: Final = (OVERDUE, WIN_BACK, SECOND_ORDER, DUE)

#: A rhythm needs this many purchases: three gaps.
FEWEST_PURCHASES = 4
#: Overdue from this multiple of the median gap on (and the own 90 % gap); due from this one on.
LATE_GAPS, DUE_GAPS = 1.5, 0.75
#: Lapsed: less likely than this to still buy here, or silent for more than this many median gaps.
ALIVE_LIMIT, LAPSED_GAPS = 0.5, 6.0
#: A customer silent for longer is not won back by a call.
LONGEST_SILENCE = 365
#: Days since the first order within which a second is worth asking for.
SECOND_ORDER_DAYS = (14, 90)

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Equally long arrays, one value per customer: the columns of rhythm.sql; NaN where a customer has no such thing."""

    purchases: Floats
    silent_days: Floats
    median_gap: Floats
    long_gap: Floats
    first_amount: Floats
    year_before: Floats

    def take(self, rows: NDArray[np.intp]) -> Rhythm:
        """These customers."""
        return Rhythm(*(getattr(self, field.name)[rows] for field in fields(self)))


def find_reasons(rhythm: Rhythm, alive: Floats) -> NDArray[np.object_]:
    """One of REASONS per customer, or None. `alive`: the probability that the customer still buys here."""
    silent, median = rhythm.silent_days, rhythm.median_gap
    regular = rhythm.purchases >= FEWEST_PURCHASES
    late = regular & (silent >= LATE_GAPS * median) & (silent >= rhythm.long_gap)
    lapsed = late & ((alive < ALIVE_LIMIT) | (silent > LAPSED_GAPS * median))
    first, last = SECOND_ORDER_DAYS
    holds = {
        OVERDUE: late & ~lapsed,
        WIN_BACK: lapsed & (silent <= LONGEST_SILENCE),
        SECOND_ORDER: (rhythm.purchases == 1) & (silent >= first) & (silent <= last),
        DUE: regular & ~late & (silent >= DUE_GAPS * median) & (silent <= rhythm.long_gap),
    }
    found = np.full(len(silent), None, dtype=object)
    for reason, customers in holds.items():
        found[customers] = reason
    return found


def write_sentences(
    reasons: NDArray[np.object_], rhythm: Rhythm, as_of: date, currency: str | None
) -> NDArray[np.object_]:
    """The reason of each customer as a sentence in the customer's own numbers; None without a reason."""
    sentences = np.full(len(reasons), None, dtype=object)
    for at in np.flatnonzero(reasons != None):  # noqa: E711 (elementwise)
        sentences[at] = _sentence(str(reasons[at]), rhythm, int(at), as_of, currency)
    return sentences


def _sentence(reason: str, rhythm: Rhythm, at: int, as_of: date, currency: str | None) -> str:
    silent = int(rhythm.silent_days[at])
    if reason == SECOND_ORDER:
        return f"First order {_days(silent)} ago ({_money(rhythm.first_amount[at], currency)}); no second yet."
    median = _whole(rhythm.median_gap[at])
    every = "day" if median == 1 else _days(median)
    last = as_of - timedelta(days=silent)
    if reason == OVERDUE:
        return f"Usually orders every {every}; last order {_days(silent)} ago."
    if reason == DUE:
        expected = last + timedelta(days=median)
        verb = "expected" if expected >= as_of else "was expected"
        return f"Usually orders every {every}; next order {verb} about {expected.day} {expected:%B}."
    until = f"{last:%B}" if last.year == as_of.year else f"{last:%B %Y}"
    return f"Ordered every {every} until {until}; {_money(rhythm.year_before[at], currency)} in the year before."


def _whole(days: float) -> int:
    """Rounded half up, as readers do."""
    return int(days + 0.5)


def _days(days: int) -> str:
    return f"{days:,} day" if days == 1 else f"{days:,} days"


def _money(amount: float, currency: str | None) -> str:
    """Whole units; small amounts with their cents."""
    text = f"{amount:,.0f}" if amount >= 10 else f"{amount:,.2f}"
    if currency in _SYMBOLS:
        return f"{_SYMBOLS[currency]}{text}"
    return f"{text} {currency}" if currency else text
