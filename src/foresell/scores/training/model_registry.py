"""Model versions: a trained model as text with its card and its backtest, as the store keeps them.

A version is trained on data before its as_of and predicts no earlier day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pyarrow as pa

SEED = 7

#: Kinds of statistical models; all others are machine-learning models.
STATISTICAL = ("bgnbd", "log_rfm", "cells", "bgnbd_gamma_gamma", "trading_day_year_on_year")

METRICS = pa.schema(
    [
        ("task", pa.string()), ("horizon_days", pa.int32()), ("model", pa.string()), ("population", pa.string()),
        ("cutoff", pa.date32()), ("customers", pa.int64()), ("metric", pa.string()), ("value", pa.float64()),
        ("low", pa.float64()), ("high", pa.float64()),
    ]
)  # fmt: skip
DECILES = pa.schema(
    [
        ("task", pa.string()), ("model", pa.string()), ("cutoff", pa.date32()), ("decile", pa.int32()),
        ("customers", pa.int64()), ("predicted", pa.float64()), ("observed", pa.float64()), ("lift", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One training of one task: the model (text, card) and its backtest (`metrics` and `deciles`)."""

    task: str
    kind: str
    as_of: date
    text: str
    card: Mapping[str, Any]
    reason: str
    metrics: pa.Table = field(default_factory=METRICS.empty_table)
    deciles: pa.Table = field(default_factory=DECILES.empty_table)
    model_id: int | None = None

    @property
    def level(self) -> str:
        """ml for a machine-learning model, statistical for a statistical model."""
        return "statistical" if self.kind in STATISTICAL else "ml"

    def with_id(self, model_id: int) -> ModelVersion:
        """The same version under the number the store gave it."""
        return replace(self, model_id=model_id)


def metric_row(
    task: str, horizon: int, model: str, cutoff: date | None, customers: int, metric: str,
    value: float | None, low: float | None = None, high: float | None = None, population: str = "all",
) -> dict[str, Any]:  # fmt: skip
    """One row of METRICS."""
    return {
        "task": task, "horizon_days": horizon, "model": model, "population": population, "cutoff": cutoff,
        "customers": customers, "metric": metric, "value": value, "low": low, "high": high,
    }  # fmt: skip


def mean_metrics(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean over the cutoffs of each model and metric, without an interval (the cutoffs are few)."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["model"], row["metric"]), []).append(row)
    return [
        {
            **group[0],
            "cutoff": None,
            "value": sum(row["value"] for row in group) / len(group),
            "low": None,
            "high": None,
        }
        for group in groups.values()
    ]
