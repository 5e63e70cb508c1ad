"""Models and their cards, the grades of what they said: saved, found again, withdrawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import NotFound
from foresell.sql import named_queries

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc


def serving_models(database: Database, as_of: date) -> list[dict[str, Any]]:
    """The model of each task that may serve a day: dicts of model_id, task, kind, as_of, reason, body, card."""
    return _ask(database, "serving_models", as_of=as_of)


#: Columns of a backtest as they are stored.
COLUMNS = {"measure": "metric", "said": "predicted", "happened": "observed"}


def save_model(
    cur: adbc.Cursor, *, task: str, kind: str, as_of: date, state: str, reason: str, body: str, card: Mapping[str, Any],
    figures: pa.Table, deciles: pa.Table,
) -> int:  # fmt: skip
    """Keep one model with its backtest, in the transaction of the cursor. Returns its number."""
    cur.execute(_sql("save_model"), [task, kind, as_of, state, reason, body, json.dumps(card, sort_keys=True)])
    row = cur.fetchone()
    assert row is not None
    model_id = int(row[0])
    for table, rows in (("backtests", figures), ("backtest_deciles", deciles)):
        if rows.num_rows:
            renamed = rows.rename_columns([COLUMNS.get(name, name) for name in rows.column_names])
            numbered = renamed.add_column(0, "model_id", pa.array([model_id] * rows.num_rows, pa.int32()))
            cur.adbc_ingest(table, numbered, mode="append")
    return model_id


def save_run_model(cur: adbc.Cursor, run_id: int, task: str, model_id: int | None, level: str, sentence: str) -> None:
    """Note which model answered a task in a run, or why none did."""
    cur.execute(_sql("save_run_model"), [run_id, task, model_id, level, sentence])


def list_models(database: Database, *, limit: int = 50) -> list[dict[str, Any]]:
    """The newest first, with their metrics."""
    return _ask(database, "models", limit=limit)


def show_model(database: Database, model_id: int) -> dict[str, Any]:
    """One model with card, figures and deciles. Raises NotFound."""
    found = _ask(database, "model", model_id=model_id)
    if not found:
        raise NotFound(f"There is no model {model_id}.", remedy="List them: foresell models")
    return {
        **found[0],
        "figures": _ask(database, "figures", model_id=model_id),
        "deciles": _ask(database, "deciles", model_id=model_id),
    }


def withdraw(con: Connection, task: str) -> int:
    """Withdraw the newest serving model of a task, in the transaction of `con`; the previous one serves again.

    Returns its number. Raises NotFound when the task has no serving model.
    """
    row = con.execute(_sql("withdraw"), {"task": task}).fetchone()
    if row is None:
        raise NotFound(f"No model of {task} is in use.", remedy="List the models: foresell models")
    return int(row["model_id"])


def run_models(database: Database, run_id: int) -> list[dict[str, Any]]:
    """Which model answered each task in a run, or why none did."""
    return _ask(database, "run_models", run_id=run_id)


def runs_to_observe(database: Database, task: str, horizon_days: int, today: date) -> list[dict[str, Any]]:
    """Runs whose promises of a task can be graded on a day: run_id, as_of, model_id."""
    return _ask(database, "runs_to_observe", task=task, horizon=horizon_days, today=today)


def issued_predictions(database: Database, run_id: int, column: str) -> pa.Table:
    """What a run said of each customer in one column of predictions: customer_id, said, segment."""
    if not column.isidentifier():
        raise ValueError(column)
    with database.arrow() as pg, pg.cursor() as cur:
        cur.execute(_sql("issued_predictions").replace("{column}", column), [run_id])
        return cur.fetch_arrow_table()


def receipts(database: Database) -> list[dict[str, Any]]:
    """Every grade there is, by task, day and group."""
    return _ask(database, "receipts")


def last_calibration_error(database: Database) -> float | None:
    """How far the purchase probabilities graded last were off on average; None when none was."""
    [row] = _ask(database, "last_calibration_error")
    return None if row["error"] is None else float(row["error"])


def _ask(database: Database, name: str, **values: object) -> list[dict[str, Any]]:
    with database.connect() as con:
        return con.execute(_sql(name), values).fetchall()


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/models.sql")[name]
