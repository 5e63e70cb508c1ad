"""Computes metrics from their rows in plain Python, as their calculation describes: the reference for the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any

Row = Mapping[str, Any]


def name_of(row: Row, key: Sequence[str]) -> str:
    return ",".join(str(row[column]) for column in key)


def disagreements(
    figures: Iterable[Row], rows: Sequence[Row], adds_up: Mapping[str, Mapping[str, str]], key: Sequence[str],
    whole: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """Metrics that differ from the value of their rows, and rows that belong to no metric."""
    found, before, wrong = list(figures), [], []
    names = [name_of(figure, key) for figure in found]
    stray = {name_of(row, key) for row in rows} - set(names)
    if stray:
        wrong.append(f"rows that belong to no metric: {sorted(stray)[:5]}")
    for name, figure in zip(names, found, strict=True):
        mine = [row for row in rows if name_of(row, key) == name]
        before += mine
        for column, how in adds_up.items():
            of = rows if column in whole else mine
            expected = compute(of, rows, before, **how)
            if not is_equal(figure[column], expected):
                wrong.append(f"{name or 'the metric'}: {column} is {figure[column]}, its rows give {expected} ({how})")
    return wrong


def compute(
    mine: Sequence[Row], all_rows: Sequence[Row], before: Sequence[Row], how: str, of: str = "", by: str = ""
) -> Any:
    """One metric from its rows; None without rows."""
    values = [row[of] for row in mine if row[of] is not None] if of else list(mine)
    match how:
        case "count":
            return len(values)
        case "sum":
            return add_up(values) if values else None
        case "distinct":
            return len(set(values))
        case "mean":
            return add_up(values) / len(values) if values else None
        case "median":
            return median(map(float, values)) if values else None
        case "weighted mean":
            return weighted_mean(mine, of, by)
        case "share":
            return len(mine) / max(len(all_rows), 1)
        case "running share":
            return add_up([row[of] for row in before]) / add_up([row[of] for row in all_rows])
        case "lift":
            return weighted_mean(mine, of, by) / weighted_mean(all_rows, of, by)
    raise AssertionError(how)


def weighted_mean(rows: Sequence[Row], of: str, by: str) -> float:
    return float(sum(float(row[of]) * float(row[by]) for row in rows) / sum(float(row[by]) for row in rows))


def add_up(values: Sequence[Any]) -> float:
    return float(sum((Decimal(str(value)) for value in values), Decimal(0)))


def is_equal(figure: Any, expected: Any) -> bool:
    """Whether two values are equal up to rounding; a sum of no rows is None or zero."""
    if figure is None or expected is None:
        return not figure and not expected
    return abs(float(figure) - float(expected)) <= 1e-9 + 1e-9 * abs(float(expected))
