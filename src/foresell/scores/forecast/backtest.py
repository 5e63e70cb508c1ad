"""Backtest of the forecast: every calendar month that can be tested, compared with the same month a year earlier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
from foresell.scores.training.service_gate import WORDS, NoBetter
from foresell.scores.training.train_task import TrainingContext

#: The bar of the requirements, for the month totals of net revenue.
BAR = 0.90
#: Fewer tested months than this cannot show that the method is worse than the same month a year ago.
FEWEST_MONTHS = 6

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
    """The requirement "sales forecast >= 90 %" against the record: `accuracy` is the mean of the judged months' accuracies.

    `low` and `high` are its 95 % bootstrap interval over months: the goal is met only where `low` reaches it.
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
    worst: float | None = None
    naive_accuracy: float | None = None
    gain_at_most: float | None = None  # 95 % bound of accuracy - naive_accuracy, over months
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
        "accuracy": measure_accuracy(expected, actual),
        "low": None if width is None else expected * max(0.0, 1 - width),
        "high": None if width is None else expected * (1 + width),
        "naive": naive,
        "naive_accuracy": None if naive is None else measure_accuracy(naive, actual),
    }


def verdict(record: pa.Table, target: str = "revenue", bar: float = BAR, seed: int = 0) -> Verdict:
    """What a record of `backtest` says about one target."""
    rows = [row for row in record.to_pylist() if row["target"] == target and row["actual"] > 0]
    if not rows:
        because = "No month can be tested yet: a seasonal forecast needs 15 months of history before the first one."
        return Verdict(target, bar, "not reachable", because, 0, 0)
    each = np.array([row["accuracy"] for row in rows])
    draws = np.random.default_rng(seed).integers(0, len(rows), (2000, len(rows)))
    low, high = np.quantile(each[draws].mean(axis=1), [0.025, 0.975])
    accuracy = float(each.mean())
    reached = int((each >= bar).sum())
    return Verdict(
        target=target,
        bar=bar,
        state="met" if low >= bar else "not met",
        because=_explain(accuracy, float(low), bar, len(rows), reached, _naive(rows)),
        months=len(rows),
        months_met=reached,
        accuracy=accuracy,
        low=float(low),
        high=float(high),
        worst=float(each.min()),
        naive_accuracy=_naive(rows),
        gain_at_most=_gain_at_most(rows, draws),
        covered=_interval_coverage(rows),
    )


def _explain(accuracy: float, low: float, bar: float, months: int, reached: int, naive: float | None) -> str:
    certain = f"; with few months, only {low:.1%} is certain" if accuracy >= bar > low else ""
    rival = f" The same month a year ago: {naive:.1%}." if naive is not None else ""
    return f"Average accuracy {accuracy:.1%} over {months} months; {reached} of them at or above {bar:.0%}{certain}.{rival}"


def refuse_if_worse(found: Verdict) -> None:
    """Raises NoBetter where the same month a year ago was closer beyond chance, over FEWEST_MONTHS or more.

    Other models must beat their baseline beyond chance; a year has too few months for that.
    """
    if found.gain_at_most is None or found.months < FEWEST_MONTHS or found.gain_at_most > 0:
        return
    raise NoBetter(
        f"Off: no better than “{WORDS['seasonal_naive']}”. Accuracy {found.accuracy:.1%}, and {found.naive_accuracy:.1%} without a "
        f"model, over {found.months} tested months.",
        remedy="Compare with the same month a year ago instead.",
    )


def _naive(rows: list[dict[str, float]]) -> float | None:
    """The mean accuracy of "the same as a year ago" where every month has one."""
    each = [row["naive_accuracy"] for row in rows]
    return None if None in each else float(np.mean(each))


def _gain_at_most(rows: list[dict[str, float]], draws: NDArray[np.int64]) -> float | None:
    """The 95 % bound of how much more accurate the forecast is than the naive one; None without a naive one for every month."""
    if any(row["naive_accuracy"] is None for row in rows):
        return None
    gain = np.array([row["accuracy"] - row["naive_accuracy"] for row in rows])
    return float(np.quantile(gain[draws].mean(axis=1), 0.95))


def _interval_coverage(rows: list[dict[str, float]]) -> float | None:
    """Share of the months with an interval that lie inside it."""
    inside = [row["low"] <= row["actual"] <= row["high"] for row in rows if row["low"] is not None]
    return sum(inside) / len(inside) if inside else None


def measure_accuracy(expected: float, actual: float) -> float:
    """1 - |expected - actual| / actual, 0 where that is negative or nothing was sold."""
    return max(0.0, 1 - abs(expected - actual) / actual) if actual > 0 else float(expected == actual)


def _total(sales: Sales, starts: date, ends: date, target: str) -> float:
    """Actual sales of [starts, ends)."""
    values = sales.revenue if target == "revenue" else sales.orders
    return float(values[(starts - sales.first).days : (ends - sales.first).days].sum())


def make_version(context: TrainingContext) -> ModelVersion:
    """The forecast as a version for the registry: no parameters, but every month it would have forecast. Raises NotReady, or NoBetter (refuse_if_worse)."""
    record = backtest(context.con, context.as_of)
    rows = [row for month in record.to_pylist() for row in _metric_rows(month)]
    verdicts = [verdict(record, target) for target in TARGETS]
    refuse_if_worse(verdicts[0])
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
