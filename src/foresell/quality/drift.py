"""What of a batch differs from the earlier batches of the same source.

Each figure is compared with its median in the last eight batches: sizes as ratios, shares on the arc sine scale. It differs
where it is further away than four times their usual distance, than its floor, and than chance explains for so few rows.
`benchmarks/batch_profiles.py` measures false alarms and planted faults.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from foresell.quality.profile import ColumnProfile, StreamProfile

Figure = Literal["rows", "empty", "invalid", "different", "middle", "span", "length", "pattern", "share"]

#: With how many earlier batches a batch is compared, the least that are needed, and the least rows of a batch.
REFERENCES, LEAST_REFERENCES, LEAST_ROWS = 8, 4, 50
#: How far a figure may be away at least: a ratio for sizes, a distance of arc sines for shares (0.15: from 50 to 65 %).
FLOORS: Mapping[Figure, float] = {
    "rows": 4.0, "different": 3.0, "middle": 1.7, "span": 2.0, "length": 1.4,
    "empty": 0.15, "invalid": 0.15, "pattern": 0.25, "share": 0.15,
}  # fmt: skip
#: A value that at least so large a share of every earlier batch had differs where it is gone, below the floor too.
LEAST_GONE = 0.005
SHARES = ("empty", "invalid", "pattern", "share")
#: In units of the usual distance (1.4826 median distances are one standard deviation), and of the error of a share.
MOST_DISTANCES, MOST_ERRORS = 4.0, 4.0


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a column that differs. part: of `share` the value, of `pattern` the shape. value, usual: shares from 0 to 1,
    rows, medians, or days of `span`; usual: the median of the earlier batches."""

    column: str
    figure: Figure
    part: str | None
    value: float
    usual: float


def compare(profile: StreamProfile, earlier: Sequence[StreamProfile]) -> list[Difference]:
    """What of a batch differs from earlier batches, in the sequence of its columns; nothing where there are too few."""
    usable = [each for each in earlier if each.rows >= LEAST_ROWS][:REFERENCES]
    if len(usable) < LEAST_REFERENCES or profile.rows < LEAST_ROWS:
        return []
    now, before = _figures(profile), [_figures(each) for each in usable]
    keys = dict.fromkeys(key for each in (now, *before) for key in each)
    return [found for key in keys if (found := _compare_figure(key, now, before, profile.rows))]


def count_references(earlier: Iterable[StreamProfile]) -> int:
    """With how many of the earlier batches, newest first, a batch is compared: 0 where there are too few."""
    usable = min(sum(each.rows >= LEAST_ROWS for each in earlier), REFERENCES)
    return usable if usable >= LEAST_REFERENCES else 0


def describe(difference: Difference) -> str:
    """A difference as a sentence, such as "country: 61 % are France, usually 4 %"."""
    value, usual = (_write(difference.figure, number) for number in (difference.value, difference.usual))
    sentences = {
        "rows": f"{value} rows, usually {usual}",
        "empty": f"{value} are empty, usually {usual}",
        "invalid": f"{value} are not valid, usually {usual}",
        "different": f"{value} of the values are different ones, usually {usual}",
        "middle": f"the median is {value}, usually {usual}",
        "span": f"the days span {value}, usually {usual}",
        "length": f"{value} characters on average, usually {usual}",
        "pattern": f"{value} look like {difference.part}, usually {usual}",
        "share": f"{value} are {difference.part}, usually {usual}",
    }
    return f"{difference.column}: {sentences[difference.figure]}" if difference.column else sentences[difference.figure]


def _write(figure: Figure, number: float) -> str:
    if figure in (*SHARES, "different"):
        return f"{number:.1%}" if 0 < number < 0.1 or 0.9 < number < 1 else f"{number:.0%}"
    return f"{number:,.0f}" if figure in ("rows", "span") or abs(number) >= 1_000 else f"{number:,.2f}"


_Key = tuple[str, Figure, str | None]


def _figures(profile: StreamProfile) -> dict[_Key, float]:
    found: dict[_Key, float] = {("", "rows", None): float(profile.rows)}
    for column in profile.columns:
        found |= {
            (column.column_name, figure, part): value for figure, part, value in _column_figures(column, profile.rows)
        }
    return found


def _column_figures(column: ColumnProfile, rows: int) -> Iterator[tuple[Figure, str | None, float]]:
    filled = rows - column.empty
    yield "empty", None, column.empty / rows
    if column.checked >= LEAST_ROWS:
        yield "invalid", None, column.invalid / column.checked
    if filled < LEAST_ROWS:
        return
    if column.middle is not None:
        yield ("span" if "-" in (column.smallest or "")[1:] else "middle"), None, column.middle
    if column.mean_length is not None:
        yield "length", None, column.mean_length
    if not column.shares:
        yield "different", None, min(column.different / filled, 1.0)
    for part, share in column.patterns.items():
        yield "pattern", part, share
    for part, share in column.shares.items():
        yield "share", part, share


def _compare_figure(
    key: _Key, now: Mapping[_Key, float], before: Sequence[Mapping[_Key, float]], rows: int
) -> Difference | None:
    column, figure, part = key
    absent = 0.0 if figure in ("pattern", "share") else None
    value = now.get(key, absent)
    known = [
        each[key] if absent is None else each.get(key, absent) for each in before if absent is not None or key in each
    ]
    if value is None or len(known) < LEAST_REFERENCES:
        return None
    usual = statistics.median(known)
    try:
        scaled, middle = _scale(figure, value), _scale(figure, usual)
        distances = [abs(_scale(figure, each) - middle) for each in known]
    except ValueError:  # a median of nought or below has no ratio
        return None
    limit = max(_floor(figure), MOST_DISTANCES * 1.4826 * statistics.median(distances))
    if figure in SHARES:
        limit = max(limit, MOST_ERRORS / (2 * math.sqrt(rows)))
    is_gone = figure == "share" and value == 0.0 and min(known) >= LEAST_GONE
    return Difference(column, figure, part, value, usual) if is_gone or abs(scaled - middle) > limit else None


def _scale(figure: Figure, value: float) -> float:
    return math.asin(math.sqrt(min(max(value, 0.0), 1.0))) if figure in SHARES else math.log(value)


def _floor(figure: Figure) -> float:
    return FLOORS[figure] if figure in SHARES else math.log(FLOORS[figure])
