"""Shares of sentiments with their intervals, for groups that are large enough to say something."""

from __future__ import annotations

from typing import Any

from foresell.db import Row
from foresell.feedback.sentiment import SENTIMENTS
from foresell.intervals import wilson

#: Groups with fewer reviews show their number only.
LEAST = 10


def describe_group(row: Row) -> dict[str, Any]:
    """A row of counts (part, positive, negative, not_sure, not_analysed, n) with the share of each and its 95 % interval.

    The shares are of all `n`; each is None below LEAST.
    """
    counts = {name: int(row[name.replace(" ", "_")]) for name in SENTIMENTS}
    shares = {
        name.replace(" ", "_"): wilson(count, row["n"]) if row["n"] >= LEAST else None for name, count in counts.items()
    }
    return {"part": row["part"], "n": row["n"], "enough": row["n"] >= LEAST, **shares}
