"""Backtest of the forecast: every calendar month that can be tested, compared with the same month a year earlier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from foresell.scores.forecast.model import (
    TARGETS,
    Sales,
    errors,
    expected_total,
    half_width,
    months_later,
    origins,
    read_sales,
    shortest_history,
)
from foresell.scores.training.model_registry import METRICS, ModelVersion, metric_row
from foresell.scores.training.train_task import TrainingContext

#: The bar of the requirements, for the month totals of net revenue.
BAR = 0.90

TASK, KIND, HORIZON_DAYS = "revenue_forecast", "trading_day_year_on_year", 30

SCHEMA = pa.schema(
    [
        ("month", pa.date32()),
        ("target", pa.string()),  # revenue | orders
        ("history_days", pa.int64()),
        ("actual", pa.float64()),
        ("expected", pa.float64()),
        ("accuracy", pa.float64()),  # 1 - |expected - actual| / actual, not below 0
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("naive", pa.float64()),  # the same month a year ago; null where history does not reach back
        ("naive_accuracy", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The requirement "sales forecast >= 90 %" against the record: `accuracy` is 1 - WAPE over all judged months.

    `low` and `high` are its 95 % bootstrap interval over months, `mean` the plain mean of the months' accuracies.
    """

    target: str
    bar: float
    state: str  # met | not met | not reachable
    because: str
    months: int
    months_met: int
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    worst: float | None = None
    naive_accuracy: float | None = None
    covered: float | None = None  # share of months inside their 80 % interval


def backtest(con: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """Every complete calendar month before `as_of` with today's method available on its first day: see SCHEMA.

    Each month is forecast from what was known on its first day, trading days and interval included.
    Raises NotReady where history is too short or has ended.
    """
    sales = read_sales(con, as_of)
    enough = shortest_history(sales)
    rows = []
    month = months_later(sales.first.replace(day=1), 1)
    while (after := months_later(month, 1)) <= sales.as_of:
        if (month - sales.first).days >= enough:
            then = sales.until(month)
            rows += [_row(sales, then, origins(then), month, after, target) for target in TARGETS]
        month = after
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(sales: Sales, then: Sales, past: list[Sales], month: date, after: date, target: str) -> dict[str, object]:
    """One month, forecast on its first day and compared with the actual total."""
    actual, expected = _total(sales, month, after, target), expected_total(then, month, after, target)
    a_year_ago = months_later(month, -12)
    naive = _total(sales, a_year_ago, months_later(month, -11), target) if a_year_ago >= sales.first else None
    width = half_width(errors(then, past, 0, (after - month).days, target))
    return {
        "month": month,
        "target": target,
        "history_days": then.days,
        "actual": actual,
        "expected": expected,
        "accuracy": _accuracy(expected, actual),
        "low": None if width is None else expected * max(0.0, 1 - width),
        "high": None if width is None else expected * (1 + width),
        "naive": naive,
        "naive_accuracy": None if naive is None else _accuracy(naive, actual),
    }


def verdict(record: pa.Table, target: str = "revenue", bar: float = BAR, seed: int = 0) -> Verdict:
    """What a record of `backtest` says about one target."""
    rows = [row for row in record.to_pylist() if row["target"] == target and row["actual"] > 0]
    if not rows:
        because = "No month can be tested yet: a seasonal forecast needs 15 months of history before the first one."
        return Verdict(target, bar, "not reachable", because, 0, 0)
    actual = np.array([row["actual"] for row in rows])
    missed = np.abs(np.array([row["expected"] for row in rows]) - actual)
    draws = np.random.default_rng(seed).integers(0, len(rows), (2000, len(rows)))
    low, high = np.quantile(1 - missed[draws].sum(axis=1) / actual[draws].sum(axis=1), [0.025, 0.975])
    accuracy = float(1 - missed.sum() / actual.sum())
    each = [row["accuracy"] for row in rows]
    reached = sum(one >= bar for one in each)
    return Verdict(
        target=target,
        bar=bar,
        state="met" if accuracy >= bar else "not met",
        because=f"Average accuracy {accuracy:.1%} over {len(rows)} months; {reached} of them at or above {bar:.0%}.",
        months=len(rows),
        months_met=reached,
        accuracy=accuracy,
        low=float(low),
        high=float(high),
        mean=float(np.mean(each)),
        worst=float(min(each)),
        naive_accuracy=_naive(rows),
        covered=_interval_coverage(rows),
    )


def _naive(rows: list[dict[str, float]]) -> float | None:
    """1 - WAPE of "the same as a year ago" where every month has one."""
    if any(row["naive"] is None for row in rows):
        return None
    missed = sum(abs(row["naive"] - row["actual"]) for row in rows)
    return max(0.0, 1 - missed / sum(row["actual"] for row in rows))


def _interval_coverage(rows: list[dict[str, float]]) -> float | None:
    """Share of the months with an interval that lie inside it."""
    inside = [row["low"] <= row["actual"] <= row["high"] for row in rows if row["low"] is not None]
    return sum(inside) / len(inside) if inside else None


def _accuracy(expected: float, actual: float) -> float:
    """1 - |expected - actual| / actual, 0 where that is negative or nothing was sold."""
    return max(0.0, 1 - abs(expected - actual) / actual) if actual > 0 else float(expected == actual)


def _total(sales: Sales, starts: date, ends: date, target: str) -> float:
    """Actual sales of [starts, ends)."""
    values = sales.revenue if target == "revenue" else sales.orders
    return float(values[(starts - sales.first).days : (ends - sales.first).days].sum())


def make_version(context: TrainingContext) -> ModelVersion:
    """The forecast as a version for the registry: no parameters, but every month it would have forecast. Raises NotReady."""
    record = backtest(context.con, context.as_of)
    rows = [row for month in record.to_pylist() for row in _metric_rows(month)]
    verdicts = [verdict(record, target) for target in TARGETS]
    card = {
        "task": TASK, "kind": KIND, "as_of": context.as_of.isoformat(), "horizon": HORIZON_DAYS,
        "metrics": {f"accuracy_{each.target}": each.accuracy for each in verdicts},
        "targets": [
            {"task": TASK, "population": each.target, "metric": "accuracy", "goal": each.bar, "value": each.accuracy,
             "low": each.low, "baseline": each.naive_accuracy, "verdict": each.state, "sentence": each.because}
            for each in verdicts
        ],
    }  # fmt: skip
    metrics = pa.Table.from_pylist(rows, schema=METRICS)
    return ModelVersion(TASK, KIND, context.as_of, "", card, verdicts[0].because, metrics)


def _metric_rows(month: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The metrics of one month and target: ours, and those of "the same month a year ago"."""

    def row(
        model: str, metric: str, value: float, low: float | None = None, high: float | None = None
    ) -> dict[str, Any]:
        return metric_row(
            TASK, HORIZON_DAYS, model, month["month"], 0, metric, value, low, high, population=month["target"]
        )

    yield row("ours", "accuracy", month["accuracy"])
    yield row("ours", "actual", month["actual"])
    yield row("ours", "expected", month["expected"], month["low"], month["high"])
    yield row("seasonal_naive", "accuracy", month["naive_accuracy"])
