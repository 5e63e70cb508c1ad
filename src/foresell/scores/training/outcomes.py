"""Prediction outcomes: predictions of a run compared with what was observed once their window has closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from foresell.sql import read_sql

SCHEMA = pa.schema(
    [
        ("run_id", pa.int32()), ("task", pa.string()), ("horizon_days", pa.int32()), ("grouping", pa.string()),
        ("name", pa.string()), ("customers", pa.int64()), ("predicted", pa.float64()), ("observed", pa.float64()),
        ("model_id", pa.int32()), ("evaluated_as_of", pa.date32()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One predicted column over the next `horizon_days` (what: buys, leaves or spends)."""

    task: str
    column: str
    horizon_days: int
    what: str


def observe_outcomes(
    con: duckdb.DuckDBPyConnection, rule: OutcomeRule, as_of: date, issued: pa.Table
) -> Iterator[dict[str, Any]]:
    """Compare predictions issued as of a day (customer_id, predicted, segment) with the orders of the snapshot.

    Yields one dict per group: all customers, deciles by prediction, segments at that time. The window must have closed.
    """
    if not issued.num_rows:
        return
    con.register("issued", issued)
    values = {"starts": as_of, "ends": as_of + timedelta(days=rule.horizon_days), "what": rule.what}
    cursor = con.execute(read_sql("foresell.scores.training", "outcomes.sql"), values)
    names = [column[0] for column in cursor.description or ()]
    for row in cursor.fetchall():
        yield {**dict(zip(names, row, strict=True)), "task": rule.task, "horizon_days": rule.horizon_days}
    con.unregister("issued")
