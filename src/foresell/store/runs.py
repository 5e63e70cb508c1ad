"""Runs: each is one refresh. A run is published in one transaction: the pointer, the scores and the snapshot change together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
from psycopg.types.json import Jsonb

from foresell.database import Database
from foresell.db import ArrowStatements, Connection, Row, Statements
from foresell.errors import Busy, ForesellError, NotFound, NotReady
from foresell.logs import logger

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = Statements("foresell.store", "queries/")
BULK = ArrowStatements("foresell.store", "queries/")

log = logger("store")

#: The columns of `predictions`; a test compares them with the schema. Scores without one are saved as JSON in other_scores.
PREDICTION_COLUMNS = (
    "probability", "expected_order_value", "expected_revenue", "churn_90", "churn_state", "churn_180", "value_12m",
    "value_low", "value_high", "value_rank", "value_band",
)  # fmt: skip


@contextmanager
def build_run(database: Database, versions: Mapping[str, str]) -> Iterator[int]:
    """Create a run and yield its id. If the block raises, the run is marked as failed and the last one stays published.

    Raises Busy while another process builds a run.
    """
    with database.connect() as guard:
        guard.autocommit = True
        lock = SQL.row(guard, "runs.take_lock")
        if not lock or not lock["taken"]:
            raise Busy("Another refresh is running on this database.", remedy="Wait for it, then try again.")
        SQL.run(guard, "runs.mark_interrupted")
        row = SQL.row(guard, "runs.begin", versions=Jsonb(dict(versions)))
        assert row is not None
        run_id = int(row["run_id"])
        try:
            yield run_id
        except BaseException as error:
            reason = error.message if isinstance(error, ForesellError) else type(error).__name__
            _mark_failed(guard, run_id, reason)
            raise


def _mark_failed(guard: Connection, run_id: int, reason: str) -> None:
    try:
        SQL.run(guard, "runs.fail", run_id=run_id, error=reason[:500])
    except psycopg.Error:
        log.warning("run could not be marked as failed; the next refresh will", action="refresh", run_id=run_id)


def publish_run(
    cur: adbc.Cursor,
    run_id: int,
    *,
    as_of: date,
    snapshot_file: str | None,
    timings: Mapping[str, float],
    customers_scored: int,
    history: bool = False,
) -> None:
    """Publish the run, in the transaction of the cursor. With `history` it is only saved as a run of a past day."""
    rounded = json.dumps({step: round(seconds, 3) for step, seconds in timings.items()})
    BULK.run(cur, "runs.summarise_segments", run_id)
    if history:
        BULK.run(cur, "runs.save_history", run_id, as_of, customers_scored, rounded)
    else:
        BULK.run(cur, "runs.supersede")
        BULK.run(cur, "runs.publish", run_id, as_of, snapshot_file, customers_scored, rounded)
        BULK.run(cur, "runs.point", run_id)
    log.info("run published", action="publish", run_id=run_id, customers=customers_scored)


def save_scores(cur: adbc.Cursor, scores: Mapping[str, pa.RecordBatchReader]) -> None:
    """Copy score tables, by name, in the transaction of the cursor; their rows contain the run's id."""
    for table, rows in scores.items():
        cur.adbc_ingest(table, rows, mode="append")


def get_published_run(database: Database) -> dict[str, Any]:
    """The published run, a dict with the columns of runs. Raises NotReady when no run was published yet."""
    with database.connect() as con:
        run = SQL.row(con, "runs.published")
    if run is None:
        raise NotReady(
            "Nothing has been scored yet.", remedy="Load a file (foresell load FILE), then: foresell refresh"
        )
    return run


def get_run(database: Database, run_id: int) -> dict[str, Any]:
    """One run, a dict with the columns of runs. Raises NotFound."""
    rows = _read_rows(database, "runs.run", run_id=run_id)
    if not rows:
        raise NotFound(f"There is no run {run_id}.", remedy="List them: foresell runs")
    return rows[0]


def list_runs(database: Database, *, limit: int = 100) -> list[dict[str, Any]]:
    """Runs, the newest first: dicts with the columns of runs."""
    return _read_rows(database, "runs.runs", limit=limit)


def roll_back(database: Database, run_id: int | None = None) -> dict[str, Any]:
    """Publish an earlier run again: the given one, or the one before the published one, which is withdrawn, not deleted.

    Returns the run. Raises NotReady when there is none to roll back, NotFound when no such run has a snapshot.
    """
    with database.connect() as con:
        current = SQL.row(con, "runs.published")
        if current is None:
            raise NotReady("Nothing is published, so there is nothing to roll back.")
        target = (
            SQL.row(con, "runs.before", run_id=current["run_id"])
            if run_id is None
            else SQL.row(con, "runs.run", run_id=run_id)
        )
        _check_target(current, target, run_id)
        assert target is not None
        SQL.run(con, "runs.withdraw", run_id=current["run_id"])
        SQL.run(con, "runs.republish", run_id=target["run_id"])
        SQL.run(con, "runs.repoint", run_id=target["run_id"])
    log.info("run rolled back", action="rollback", run_id=target["run_id"], withdrawn=current["run_id"])
    return target


def _check_target(current: Mapping[str, Any], target: Mapping[str, Any] | None, requested_id: int | None) -> None:
    remedy = "List them: foresell runs"
    if target is None:
        raise NotFound(
            f"There is no run {requested_id}."
            if requested_id
            else "There is no earlier run with a snapshot to go back to.",
            remedy=remedy,
        )
    if target["run_id"] == current["run_id"]:
        raise NotReady(f"Run {current['run_id']} is the published one already.", remedy=remedy)
    if target["snapshot_file"] is None or target["published_at"] is None:
        raise NotReady(f"Run {target['run_id']} ({target['state']}) has no snapshot to go back to.", remedy=remedy)


def clear_results(database: Database) -> bool:
    """Once the last order is gone: publish nothing, keep no scores, serve no model. Returns False, and changes nothing,
    while there are orders."""
    with database.connect() as con:
        cleared = SQL.row(con, "runs.clear_results")
    return bool(cleared and cleared["clear_results"])


def prune_runs(database: Database, *, keep: int) -> set[str]:
    """Prune old runs: the newest `keep` stay whole, of older ones the last of each month keeps its scores, others their totals.

    Returns the names of the snapshot files in use; any other file may be deleted.
    """
    with database.connect() as con:
        SQL.run(con, "runs.prune", keep=keep)
        return {row["snapshot_file"] for row in SQL.rows(con, "runs.kept_files")}


def get_line_classes(database: Database, run_id: int) -> list[dict[str, Any]]:
    """How a run classified the order lines: class, lines, amount."""
    return _read_rows(database, "runs.line_classes", run_id=run_id)


def get_segments(database: Database, run_id: int) -> list[dict[str, Any]]:
    """Customers and net revenue by segment in a run, pruned or not: segment, customers, monetary."""
    return _read_rows(database, "runs.segments", run_id=run_id)


def get_segment_movement(database: Database, since: int, run_id: int) -> list[dict[str, Any]]:
    """Customers by segment in two runs: segment_from, segment_to, customers.

    Raises NotFound when a run does not exist, NotReady when its scores were pruned.
    """
    for checked_id in (since, run_id):
        state = get_run(database, checked_id)["state"]
        if state not in ("published", "superseded", "withdrawn"):
            raise NotReady(f"Run {checked_id} is {state}: its scores are not kept.", remedy="List them: foresell runs")
    return _read_rows(database, "runs.movement", since=since, run_id=run_id)


def _read_rows(database: Database, statement: str, **values: object) -> list[Row]:
    with database.connect() as con:
        return SQL.rows(con, statement, **values)
