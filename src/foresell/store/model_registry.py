"""The model registry: saves models with their cards and backtests, lists and withdraws them, and lists outcomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foresell.database import Database
from foresell.db import ArrowStatements, Connection, Row, Statements
from foresell.errors import NotFound

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = Statements("foresell.store", "queries/")
BULK = ArrowStatements("foresell.store", "queries/")


def list_serving_models(database: Database, as_of: date) -> list[dict[str, Any]]:
    """The model that serves each task on a day: dicts of model_id, task, kind, as_of, reason, body, card."""
    return _read_rows(database, "models.serving_models", as_of=as_of)


def save_model(
    cur: adbc.Cursor, *, task: str, kind: str, as_of: date, state: str, reason: str, body: str, card: Mapping[str, Any],
    metrics: pa.Table, deciles: pa.Table,
) -> int:  # fmt: skip
    """Save one model with its backtest, in the transaction of the cursor. Returns its model_id."""
    text = json.dumps(card, sort_keys=True)
    model_id = int(BULK.value(cur, "models.save_model", task, kind, as_of, state, reason, body, text))
    for table, rows in (("backtests", metrics), ("backtest_deciles", deciles)):
        if rows.num_rows:
            numbered = rows.add_column(0, "model_id", pa.array([model_id] * rows.num_rows, pa.int32()))
            cur.adbc_ingest(table, numbered, mode="append")
    return model_id


def save_run_model(cur: adbc.Cursor, run_id: int, task: str, model_id: int | None, level: str, sentence: str) -> None:
    """Record which model predicted a task in a run, or why none did."""
    BULK.run(cur, "models.save_run_model", run_id, task, model_id, level, sentence)


def list_models(database: Database, *, limit: int = 50) -> list[dict[str, Any]]:
    """Models, the newest first, with their metrics."""
    return _read_rows(database, "models.models", limit=limit)


def get_model(database: Database, model_id: int) -> dict[str, Any]:
    """One model with its card, metrics and deciles. Raises NotFound."""
    rows = _read_rows(database, "models.model", model_id=model_id)
    if not rows:
        raise NotFound(f"There is no model {model_id}.", remedy="List them: foresell models")
    return {
        **rows[0],
        "metrics": _read_rows(database, "models.metrics", model_id=model_id),
        "deciles": _read_rows(database, "models.deciles", model_id=model_id),
    }


def withdraw_model(con: Connection, task: str) -> int:
    """Withdraw the newest serving model of a task, in the transaction of `con`; the previous one serves again.

    Returns its model_id. Raises NotFound when the task has no serving model.
    """
    row = SQL.row(con, "models.withdraw", task=task)
    if row is None:
        raise NotFound(f"No model of {task} is in use.", remedy="List the models: foresell models")
    return int(row["model_id"])


def list_run_models(database: Database, run_id: int) -> list[dict[str, Any]]:
    """Which model predicted each task in a run, or why none did: task, model_id, level, sentence."""
    return _read_rows(database, "models.run_models", run_id=run_id)


def list_runs_to_observe(database: Database, task: str, horizon_days: int, today: date) -> list[dict[str, Any]]:
    """Runs whose predictions of a task can be compared with what was observed by a day: run_id, as_of, model_id."""
    return _read_rows(database, "models.runs_to_observe", task=task, horizon=horizon_days, today=today)


def read_issued_predictions(database: Database, run_id: int, column: str) -> pa.Table:
    """One column of a run's predictions with the segment at that time: customer_id, predicted, segment."""
    if not column.isidentifier():
        raise ValueError(column)
    with database.arrow() as pg, pg.cursor() as cur:
        cur.execute(BULK.text("models.issued_predictions").replace("{column}", column), [run_id])
        return cur.fetch_arrow_table()


def list_outcomes(database: Database) -> list[dict[str, Any]]:
    """All outcomes (a prediction compared with what was observed), by task, day and group."""
    return _read_rows(database, "models.outcomes")


def get_last_calibration_error(database: Database) -> float | None:
    """The mean absolute error of the latest observed purchase probabilities by decile; None when there is no outcome."""
    [row] = _read_rows(database, "models.last_calibration_error")
    return None if row["error"] is None else float(row["error"])


def _read_rows(database: Database, statement: str, **values: object) -> list[Row]:
    with database.connect() as con:
        return SQL.rows(con, statement, **values)
