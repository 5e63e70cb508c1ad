"""The way of a row, as running code: source -> truth -> snapshot -> scores -> published run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import foresell
from foresell import answers, sources
from foresell.errors import NotReady
from foresell.records import Batch, Progress, no_progress
from foresell.scores import rfm, shelf
from foresell.scores.questions import ALL_TASKS
from foresell.scores.shelf import Shelved
from foresell.scratch import clear_scratch
from foresell.settings import Settings
from foresell.snapshot import build
from foresell.snapshot.open import open_snapshot
from foresell.truth import load as truth_load
from foresell.truth import read, runs
from foresell.truth.database import Database
from foresell.vault.vault import vault_of

RUNS_KEPT_WHOLE = 10
SAVED_ROWS = 122_880
SAVED = ("run_line_classes", "rfm_scores")
PREDICTED = ("predictions", "prediction_reasons", "forecasts")


def load(
    settings: Settings,
    database: Database,
    path: Path,
    *,
    mapping: sources.Mapping | None = None,
    profile: str | None = None,
    source: str | None = None,
    dates: str | None = None,
    max_rejected: float = 2.0,
    load_day: date | None = None,
    progress: Progress = no_progress,
) -> Batch:
    """One file into the truth: read, validated, written as one batch.

    `dates` (dmy, mdy or ymd) settles what a file leaves open; `max_rejected` is in percent of the lines read. Raises
    TooManyRejects or EmptySource (nothing is written), and whatever the source says of a file it cannot read.
    """
    clear_scratch(settings.work)
    with sources.stage(
        path,
        workdir=settings.work,
        memory_gib=settings.memory_gib / 2,
        threads=settings.threads,
        mapping=mapping,
        profile=profile,
        source=source,
        dates=dates,
        progress=progress,
        load_day=load_day,
    ) as staging:
        rejects_file = sources.write_rejects(staging, settings.rejects)
        sources.check_rejects(staging, rejects_file, max_rejected)
        return truth_load.load(database, staging, vault_of(settings), rejects_file=rejects_file, progress=progress)


def refresh(
    settings: Settings,
    database: Database,
    *,
    as_of: date | None = None,
    predict: bool = True,
    train: answers.Training = "when due",
    history: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Build the snapshot, score it, predict, grade what was promised before, publish the run.

    If anything fails, the last run stays published. With `history` the run takes its place among those of the past and
    nothing shown changes. Returns the run as a dict of its columns.
    """
    clear_scratch(settings.work)
    timings: dict[str, float] = {}
    with runs.building(database, _versions()) as run_id, build.building(settings, str(run_id)) as draft:
        with _timed(timings, "read the truth"):
            draft.take(read.read_tables(database), progress)
        day = as_of or draft.day_after_last_order()
        with _timed(timings, "build the snapshot"):
            draft.make_tables(day)
        with _timed(timings, "score"):
            scored = rfm.score(draft.con, day)
        said = answers.Said()
        if predict:
            with _timed(timings, "predict"):
                said = answers.predict(database, draft.con, day, train, progress)
        with _timed(timings, "list the customers"):
            draft.make_list()
        file = settings.snapshots / f"run-{run_id}.duckdb"
        with _timed(timings, "save and publish"):
            tables = {name: _for_run(draft.con, name, run_id) for name in (*SAVED, *(PREDICTED if predict else ()))}
            if not history:
                build.finish(draft, file)
            with database.arrow() as pg, pg.cursor() as cur:
                runs.save(cur, tables)
                answers.save(cur, run_id, said)
                runs.publish(
                    cur,
                    run_id,
                    as_of=day,
                    snapshot_file=file.name,
                    timings=timings,
                    customers_scored=scored,
                    history=history,
                )
        clear_snapshots(settings, database)
    return runs.run(database, run_id)


def train(
    settings: Settings,
    database: Database,
    *,
    tasks: Iterable[str] = ALL_TASKS,
    progress: Progress = no_progress,
) -> tuple[list[Shelved], dict[str, str]]:
    """Train and judge models on the published snapshot and keep them; the next refresh uses them.

    Returns the models kept, and by task the reason why one was refused (then the one before stays in service).
    """
    run = runs.published(database)
    with open_snapshot(
        settings.snapshots / run["snapshot_file"], memory_gib=settings.memory_gib, threads=settings.threads
    ) as con:
        trained, refused = shelf.train_all(con, run["as_of"], tasks, progress=progress)
    with database.arrow() as pg, pg.cursor() as cur:
        kept = [answers.keep(cur, model) for model in trained]
    return kept, refused


def backfill(
    settings: Settings, database: Database, first: date, last: date, every: int, progress: Progress = no_progress
) -> list[dict[str, Any]]:
    """Replay history: a run as of each day, predicted only from what was known then; the next refresh grades them all.

    What is shown does not change. Days on which nothing could be scored are passed over. Returns the runs made.
    """
    days = [first + timedelta(days=every * step) for step in range((last - first).days // every + 1)]
    made = []
    for done, day in enumerate(days):
        progress(done, len(days), "days replayed")
        with suppress(NotReady):
            made.append(refresh(settings, database, as_of=day, train="quickly", history=True))
    progress(len(days), len(days), "days replayed")
    return made


def clear_snapshots(settings: Settings, database: Database) -> None:
    """Thin old runs and delete snapshot files no run refers to (also those of a refresh that was killed)."""
    kept = runs.thin(database, keep=RUNS_KEPT_WHOLE)
    for file in settings.snapshots.glob("run-*.duckdb*"):
        if file.name not in kept:
            file.unlink(missing_ok=True)


def _for_run(con: duckdb.DuckDBPyConnection, table: str, run_id: int) -> pa.RecordBatchReader:
    """A score table with its run's id, as the truth keeps it. Held in memory: the file is closed before it is saved."""
    rows = con.sql(f"select {run_id}::integer as run_id, * from {table.removeprefix('run_')}").to_arrow_table()
    return rows.to_reader(SAVED_ROWS)


def _versions() -> dict[str, str]:
    return {"foresell": foresell.__version__, **{name: version(name) for name in ("duckdb", "lightgbm", "numpy")}}


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[step] = time.monotonic() - started
