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
        wrong.append(f"rows of no figure: {sorted(stray)[:5]}")
    for name, figure in zip(names, found, strict=True):
        mine = [row for row in rows if name_of(row, key) == name]
        before += mine
        for column, how in adds_up.items():
            of = rows if column in whole else mine
            expected = add(of, rows, before, **how)
            if not same(figure[column], expected):
                wrong.append(f"{name or 'the figure'}: {column} is {figure[column]}, its rows give {expected} ({how})")
    return wrong


def add(
    mine: Sequence[Row], all_rows: Sequence[Row], before: Sequence[Row], how: str, of: str = "", by: str = ""
) -> Any:
    """One metric from its rows; None without rows."""
    values = [row[of] for row in mine if row[of] is not None] if of else list(mine)
    match how:
        case "count":
            return len(values)
        case "sum":
            return total(values) if values else None
        case "distinct":
            return len(set(values))
        case "mean":
            return total(values) / len(values) if values else None
        case "median":
            return median(map(float, values)) if values else None
        case "weighted mean":
            return weighted(mine, of, by)
        case "share":
            return len(mine) / max(len(all_rows), 1)
        case "running share":
            return total([row[of] for row in before]) / total([row[of] for row in all_rows])
        case "lift":
            return weighted(mine, of, by) / weighted(all_rows, of, by)
    raise AssertionError(how)


def weighted(rows: Sequence[Row], of: str, by: str) -> float:
    return float(sum(float(row[of]) * float(row[by]) for row in rows) / sum(float(row[by]) for row in rows))


def total(values: Sequence[Any]) -> float:
    return float(sum((Decimal(str(value)) for value in values), Decimal(0)))


def same(figure: Any, expected: Any) -> bool:
    """Equal, but for rounding; nothing added up is nothing or zero."""
    if figure is None or expected is None:
        return not figure and not expected
    return abs(float(figure) - float(expected)) <= 1e-9 + 1e-9 * abs(float(expected))
