"""Runs: one refresh each. Publishing is one transaction: the pointer, the scores and the snapshot change together."""

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
from foresell.errors import Busy, ForesellError, NotFound, NotReady
from foresell.logs import logger
from foresell.sql import named_queries

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

log = logger("store")

#: The columns of `predictions`; a test compares them with the schema. Scores without one are saved as JSON in other_scores.
PREDICTION_COLUMNS = (
    "probability", "expected_order_value", "expected_value", "churn_90", "churn_state", "churn_180", "value_12m",
    "value_low", "value_high", "value_rank", "value_band",
)  # fmt: skip


@contextmanager
def building(database: Database, versions: Mapping[str, str]) -> Iterator[int]:
    """A run under way: its id. If the block fails the run is marked so, and the last one stays published.

    Raises Busy when another process is building one.
    """
    with database.connect() as guard:
        guard.autocommit = True
        taken = guard.execute(_sql("take_lock")).fetchone()
        if not taken or not taken["taken"]:
            raise Busy("Another refresh is running on this database.", remedy="Wait for it, then try again.")
        guard.execute(_sql("mark_interrupted"))
        row = guard.execute(_sql("begin"), {"versions": Jsonb(dict(versions))}).fetchone()
        assert row is not None
        run_id = int(row["run_id"])
        try:
            yield run_id
        except BaseException as error:
            words = error.message if isinstance(error, ForesellError) else type(error).__name__
            _mark_failed(guard, run_id, words)
            raise


def _mark_failed(guard: psycopg.Connection[dict[str, Any]], run_id: int, words: str) -> None:
    try:
        guard.execute(_sql("fail"), {"run_id": run_id, "error": words[:500]})
    except psycopg.Error:
        log.warning("run could not be marked as failed; the next refresh will", action="refresh", run_id=run_id)


def publish(
    cur: adbc.Cursor,
    run_id: int,
    *,
    as_of: date,
    snapshot_file: str | None,
    timings: Mapping[str, float],
    customers_scored: int,
    history: bool = False,
) -> None:
    """Make the run the published one, in the transaction of the cursor. With `history` it only takes its place in time."""
    rounded = json.dumps({step: round(seconds, 3) for step, seconds in timings.items()})
    cur.execute(_sql("summarise_segments"), [run_id])
    if history:
        cur.execute(_sql("keep"), [run_id, as_of, customers_scored, rounded])
    else:
        cur.execute(_sql("supersede"))
        cur.execute(_sql("publish"), [run_id, as_of, snapshot_file, customers_scored, rounded])
        cur.execute(_sql("point"), [run_id])
    log.info("run published", action="publish", run_id=run_id, customers=customers_scored)


def save(cur: adbc.Cursor, scores: Mapping[str, pa.RecordBatchReader]) -> None:
    """Copy score tables, by name, in the transaction of the cursor; their rows carry the run's id."""
    for table, rows in scores.items():
        cur.adbc_ingest(table, rows, mode="append")


def published(database: Database) -> dict[str, Any]:
    """The published run, a dict with the columns of runs. Raises NotReady when nothing was published yet."""
    with database.connect() as con:
        run = con.execute(_sql("published")).fetchone()
    if run is None:
        raise NotReady(
            "Nothing has been scored yet.", remedy="Load a file (foresell load FILE), then: foresell refresh"
        )
    return run


def run(database: Database, run_id: int) -> dict[str, Any]:
    """One run, a dict with the columns of runs. Raises NotFound."""
    found = _ask(database, "run", run_id=run_id)
    if not found:
        raise NotFound(f"There is no run {run_id}.", remedy="List them: foresell runs")
    return found[0]


def list_runs(database: Database, *, limit: int = 100) -> list[dict[str, Any]]:
    """The newest runs first."""
    return _ask(database, "runs", limit=limit)


def rollback(database: Database, run_id: int | None = None) -> dict[str, Any]:
    """Publish an earlier run again: the given one, or the one before. The current one is withdrawn, not deleted."""
    with database.connect() as con:
        current = con.execute(_sql("published")).fetchone()
        if current is None:
            raise NotReady("Nothing is published, so there is nothing to roll back.")
        target = (
            con.execute(_sql("before"), {"run_id": current["run_id"]}).fetchone()
            if run_id is None
            else con.execute(_sql("run"), {"run_id": run_id}).fetchone()
        )
        _check_target(current, target, run_id)
        assert target is not None
        con.execute(_sql("withdraw"), {"run_id": current["run_id"]})
        con.execute(_sql("republish"), {"run_id": target["run_id"]})
        con.execute(_sql("repoint"), {"run_id": target["run_id"]})
    log.info("run rolled back", action="rollback", run_id=target["run_id"], withdrawn=current["run_id"])
    return target


def _check_target(current: Mapping[str, Any], target: Mapping[str, Any] | None, asked: int | None) -> None:
    remedy = "List them: foresell runs"
    if target is None:
        raise NotFound(
            f"There is no run {asked}." if asked else "There is no earlier run with a snapshot to go back to.",
            remedy=remedy,
        )
    if target["run_id"] == current["run_id"]:
        raise NotReady(f"Run {current['run_id']} is the published one already.", remedy=remedy)
    if target["snapshot_file"] is None or target["published_at"] is None:
        raise NotReady(f"Run {target['run_id']} ({target['state']}) has no snapshot to go back to.", remedy=remedy)


def thin(database: Database, *, keep: int) -> set[str]:
    """Keep the newest runs whole, one a month of the older with its scores, the rest as totals.

    Returns the snapshot files that are still referred to; any other file may be deleted.
    """
    with database.connect() as con:
        con.execute(_sql("thin"), {"keep": keep})
        return {row["snapshot_file"] for row in con.execute(_sql("kept_files")).fetchall()}


def line_classes(database: Database, run_id: int) -> list[dict[str, Any]]:
    """Every line of the truth by what it counted as in a run: class, lines, amount."""
    return _ask(database, "line_classes", run_id=run_id)


def segments(database: Database, run_id: int) -> list[dict[str, Any]]:
    """Customers and net revenue by segment in a run, also of pruned runs."""
    return _ask(database, "segments", run_id=run_id)


def movement(database: Database, since: int, run_id: int) -> list[dict[str, Any]]:
    """How many customers went from which segment to which between two runs.

    Raises NotFound when a run does not exist, NotReady when its scores were pruned.
    """
    for each in (since, run_id):
        state = run(database, each)["state"]
        if state not in ("published", "superseded", "withdrawn"):
            raise NotReady(f"Run {each} is {state}: its scores are not kept.", remedy="List them: foresell runs")
    return _ask(database, "movement", since=since, run_id=run_id)


def _ask(database: Database, name: str, **values: object) -> list[dict[str, Any]]:
    with database.connect() as con:
        return con.execute(_sql(name), values).fetchall()


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/runs.sql")[name]
