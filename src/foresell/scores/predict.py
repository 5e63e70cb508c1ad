"""The predictions of one run: every score computed, its columns put together, and for each task which model answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores import registry
from foresell.scores.protocol import Score, ScoringContext
from foresell.scores.training.model_registry import ModelVersion
from foresell.scores.training.reasons import SCHEMA as REASONS_SCHEMA
from foresell.types import ScoreColumn

_SQL_TYPES = {"text": "varchar", "integer": "bigint", "number": "double", "date": "date"}


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Which model answered a task in a run, or None, and the sentence on why."""

    task: str
    level: str  # ml | statistical | off
    sentence: str
    version: ModelVersion | None = None


def predict_scores(context: ScoringContext) -> list[TaskResult]:
    """Make the tables `predictions`, `prediction_reasons` and `forecasts` of the snapshot; what is off is null or absent.

    Grain of `predictions`: one row per customer of the frame. Returns one result per task.
    """
    results: list[TaskResult] = []
    tables: dict[str, pa.Table] = {}
    reasons = [REASONS_SCHEMA.empty_table()]
    for score in registry.SCORES:
        if score.predict is None:
            continue
        refusal = None
        try:
            tables[score.name] = context.computed[score.name] = score.predict(context)
            if score.explain:
                reasons.append(score.explain(context, tables[score.name]))
        except NotReady as error:
            refusal = error.message
        results += [_task_result(context, score, task, refusal) for task in score.task_names]
    _save_predictions(context, tables)
    _save_rows(context.con, "prediction_reasons", pa.concat_tables(reasons), "customer_id, rank")
    for score in registry.SCORES:
        if score.table not in ("predictions", "rfm_scores") and score.name in tables:
            _save_rows(context.con, score.table, tables[score.name])
    return results


def _task_result(context: ScoringContext, score: Score, task: str, refusal: str | None) -> TaskResult:
    """A task with a stored model is off without one; a score fitted in every run is off where it could not be fitted."""
    version, sentence = context.versions.get(task), context.reasons.get(task, "")
    if score.tasks:
        return TaskResult(task, version.level if version else "off", sentence, version)
    level = "off" if refusal else version.level if version else "statistical"
    return TaskResult(task, level, refusal or sentence, version)


def _save_predictions(context: ScoringContext, tables: Mapping[str, pa.Table]) -> None:
    """One row per customer of the frame with the columns of every score."""
    con = context.con
    con.register("scored_customers", pa.table({"customer_id": context.frame.customers}))
    selected, joins = ["c.customer_id"], []
    for score in registry.SCORES:
        columns = [column for column in score.columns if column.table == "predictions"]
        if not columns:
            continue
        if score.name in tables:
            con.register(f"{score.name}_scored", tables[score.name])
            joins.append(f"left join {score.name}_scored using (customer_id)")
        selected += [_select_expression(column, score if score.name in tables else None) for column in columns]
    con.execute(
        f"create table predictions as select {', '.join(selected)} from scored_customers as c {' '.join(joins)}"
        " order by c.customer_id"
    )
    for name in ("scored_customers", *(f"{name}_scored" for name in tables)):
        con.unregister(name)


def _select_expression(column: ScoreColumn, source: Score | None) -> str:
    value = "null" if source is None else f"{source.name}_scored.{column.name}"
    return f"cast({value} as {_SQL_TYPES[column.type]}) as {column.name}"


def _save_rows(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, order: str | None = None) -> None:
    con.register("rows_now", rows)
    con.execute(f"create table {table} as from rows_now{f' order by {order}' if order else ''}")
    con.unregister("rows_now")
