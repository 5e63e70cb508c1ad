"""Refresh: store -> identity -> snapshot -> scores -> predictions -> one published run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from typing import Any

import duckdb
import pyarrow as pa

import foresell
from foresell.database import Database
from foresell.scores import registry
from foresell.scores.rfm.score import assign_segments, compute_rfm
from foresell.settings import Settings
from foresell.snapshot import build
from foresell.store import export_tables, runs
from foresell.tempdirs import clear_temporary_folders
from foresell.types import BeforeCommit, Progress, no_progress
from foresell.workflows import prediction
from foresell.workflows.assign_new_customers import assign_new_customers
from foresell.workflows.golden import choose_missing_records
from foresell.workflows.resolve import resolve_new_records, value_reviews

RUNS_KEPT_WHOLE = 10
SAVED_ROWS = 122_880
SAVED = ("run_line_classes", "rfm_scores")
PREDICTED = ("predictions", "prediction_reasons", "forecasts")


def run_refresh(
    settings: Settings,
    database: Database,
    *,
    as_of: date | None = None,
    predict: bool = True,
    train: prediction.Training = "when due",
    history: bool = False,
    progress: Progress = no_progress,
    before_commit: BeforeCommit | None = None,
) -> dict[str, Any]:
    """Build the snapshot, score it, predict, compare earlier predictions with what was observed, publish the run.

    If anything fails, `before_commit` included, the last run stays published. With `history` the run is added to the past
    ones and what is published does not change. Returns the run as a dict of its columns.
    """
    clear_temporary_folders(settings.work)
    timings: dict[str, float] = {}
    if not history:
        with _time_step(timings, "find records of one customer"):
            resolve_new_records(settings, database, progress)
            choose_missing_records(settings, database)
    with runs.build_run(database, _versions()) as run_id, build.build_draft(settings, str(run_id)) as draft:
        with _time_step(timings, "read database"):
            draft.read_tables(export_tables.read_tables(database), progress)
        day = as_of or draft.day_after_last_order()
        with _time_step(timings, "build snapshot"):
            draft.make_tables(day)
        with _time_step(timings, "score"):
            scored = compute_rfm(draft.con, day)
        results = prediction.PredictionResults()
        if predict:
            with _time_step(timings, "predict"):
                results = prediction.predict(database, draft.con, day, train, progress)
        with _time_step(timings, "assign segments"):
            draft.prepare_segments(registry.list_columns())
            assign_segments(draft.con)
        with _time_step(timings, "build customer list"):
            draft.make_list(registry.list_columns(), registry.list_sorts())
        file = settings.snapshots / f"run-{run_id}.duckdb"
        with _time_step(timings, "save and publish"):
            tables = {name: _run_table(draft.con, name, run_id) for name in (*SAVED, *(PREDICTED if predict else ()))}
            if not history:
                build.finish(draft, file)
            facts = {"as_of": day, "snapshot_file": file.name, "customers_scored": scored, "history": history}
            _save_and_publish(database, run_id, tables, results, before_commit, timings=timings, **facts)
        clear_snapshots(settings, database)
    if not history:
        value_reviews(database)
        assign_new_customers(database)
    return runs.get_run(database, run_id)


def _save_and_publish(
    database: Database,
    run_id: int,
    tables: Mapping[str, pa.RecordBatchReader],
    results: prediction.PredictionResults,
    before_commit: BeforeCommit | None,
    **run: Any,
) -> None:
    """Save a run and make it the published one, in one transaction. `run`: what `runs.publish_run` keeps of it."""
    with database.arrow() as pg, pg.cursor() as cur:
        runs.save_scores(cur, tables)
        prediction.save_results(cur, run_id, results)
        runs.publish_run(cur, run_id, **run)
        if before_commit:
            before_commit()


def clear_snapshots(settings: Settings, database: Database) -> None:
    """Prune old runs and delete snapshot files no run refers to (also those of a refresh that was killed)."""
    kept = runs.prune_runs(database, keep=RUNS_KEPT_WHOLE)
    for file in settings.snapshots.glob("run-*.duckdb*"):
        if file.name not in kept:
            file.unlink(missing_ok=True)


def _run_table(con: duckdb.DuckDBPyConnection, table: str, run_id: int) -> pa.RecordBatchReader:
    """A table of the snapshot with the run's id, as the store keeps it. In memory: the file is closed before the save."""
    columns = {"predictions": _saved_predictions, "rfm_scores": _saved_rfm_scores}.get(table, lambda: "*")()
    query = f"select {run_id}::integer as run_id, {columns} from {table.removeprefix('run_')}"
    return con.sql(query).to_arrow_table().to_reader(SAVED_ROWS)


def _saved_rfm_scores() -> str:
    unsaved = [column.name for column in registry.list_columns() if column.table == "rfm_scores" and not column.saved]
    return f"* exclude ({', '.join(unsaved)})"


def _saved_predictions() -> str:
    """The columns of predictions that are saved; those without a column of their own in the store yet go as JSON."""
    saved = [column.name for column in registry.list_columns() if column.table == "predictions" and column.saved]
    typed = [name for name in saved if name in runs.PREDICTION_COLUMNS]
    others = [name for name in saved if name not in runs.PREDICTION_COLUMNS]
    extra = (
        f", to_json({{{', '.join(f'{name!r}: {name}' for name in others)}}})::varchar as other_scores" if others else ""
    )
    return ", ".join(("customer_id", *typed)) + extra


def _versions() -> dict[str, str]:
    return {"foresell": foresell.__version__, **{name: version(name) for name in ("duckdb", "lightgbm", "numpy")}}


@contextmanager
def _time_step(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[step] = time.monotonic() - started
