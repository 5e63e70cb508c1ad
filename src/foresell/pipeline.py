"""The way of a row, as running code: source -> truth -> snapshot -> scores -> published run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa

import foresell
import foresell.sources as sources
from foresell.errors import EmptySource, NotReady, TooManyRejects
from foresell.records import Batch, Progress, Staging, no_progress
from foresell.scores import predicting, receipts, rfm
from foresell.scores.predicting import Shelved
from foresell.settings import Settings
from foresell.snapshot import build
from foresell.snapshot.open import open_snapshot
from foresell.truth import load as truth_load
from foresell.truth import models, read, runs
from foresell.truth.database import Database

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

Training = Literal["when due", "always", "never", "quickly"]

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

    `dates` (dmy, mdy or ymd) settles what a file leaves open; `max_rejected` is in percent of the lines read. Raises TooManyRejects or EmptySource (nothing is written), and
    whatever the source says of a file it cannot read.
    """
    clear_work(settings)
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
        rejects_file = _write_rejects(settings, staging)
        _check_rejects(staging, rejects_file, max_rejected)
        return truth_load.load(database, staging, rejects_file=rejects_file, progress=progress)


def refresh(
    settings: Settings,
    database: Database,
    *,
    as_of: date | None = None,
    predict: bool = True,
    train: Training = "when due",
    history: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Build the snapshot, score it, predict, grade what was promised before, publish the run.

    If anything fails, the last run stays published. With `history` the run takes its place among those of the past and
    nothing shown changes. Returns the run as a dict of its columns.
    """
    clear_work(settings)
    timings: dict[str, float] = {}
    with runs.building(database, _versions()) as run_id, build.building(settings, str(run_id)) as draft:
        with _timed(timings, "read the truth"):
            draft.take(read.read_tables(database), progress)
        day = as_of or draft.day_after_last_order()
        with _timed(timings, "build the snapshot"):
            draft.make_tables(day)
        with _timed(timings, "score"):
            scored = rfm.score(draft.con, day)
        said = Said()
        if predict:
            with _timed(timings, "predict"):
                said = _predict(database, draft.con, day, train, progress)
        file = settings.snapshots / f"run-{run_id}.duckdb"
        with _timed(timings, "save and publish"):
            tables = {name: _for_run(draft.con, name, run_id) for name in (*SAVED, *(PREDICTED if predict else ()))}
            if not history:
                build.finish(draft, file)
            with database.arrow() as pg, pg.cursor() as cur:
                runs.save(cur, tables)
                _save_said(cur, run_id, said)
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
    tasks: Iterable[str] = predicting.ALL_TASKS,
    progress: Progress = no_progress,
) -> tuple[list[Shelved], dict[str, str]]:
    """Train and judge models on the published snapshot and keep them; the next refresh uses them.

    Returns the models kept, and by task the reason why one was refused (then the one before stays in service).
    """
    run = runs.published(database)
    with open_snapshot(
        settings.snapshots / run["snapshot_file"], memory_gib=settings.memory_gib, threads=settings.threads
    ) as con:
        trained, refused = predicting.train_all(con, run["as_of"], tasks, progress=progress)
    with database.arrow() as pg, pg.cursor() as cur:
        kept = [_keep(cur, model) for model in trained]
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


@dataclass(frozen=True, slots=True)
class Said:
    """What the predictions of a run leave for the truth beside their tables."""

    trained: tuple[Shelved, ...] = ()
    answers: tuple[predicting.Answer, ...] = ()
    receipts: tuple[dict[str, Any], ...] = ()


def _predict(
    database: Database, con: duckdb.DuckDBPyConnection, day: date, train: Training, progress: Progress
) -> Said:
    """Take the models from the shelf, train those that are due, let them answer, and grade what is due for it."""
    shelf = {row["task"]: _shelved(row) for row in models.shelf(database, day)}
    due, why = _due(database, con, day, shelf, train)
    if train == "quickly":
        trained, refused = predicting.train_quickly(con, day)
        shelf = {}
    else:
        trained, refused = predicting.train_all(con, day, due, progress=progress)
    shelf |= {model.task: model for model in trained}
    why |= {model.task: f"{why[model.task]} Trained now. {model.reason}" for model in trained}
    answers = predicting.predict_all(con, day, shelf, {**why, **refused})
    return Said(tuple(trained), tuple(answers), tuple(_grade(database, con, day)))


def _due(
    database: Database, con: duckdb.DuckDBPyConnection, day: date, shelf: Mapping[str, Shelved], train: Training
) -> tuple[list[str], dict[str, str]]:
    """Which tasks to train now, and a sentence for each."""
    fixed = {
        "always": (list(predicting.ALL_TASKS), "Trained because it was asked for."),
        "never": ([], "Not trained because that was asked for."),
        "quickly": ([], "Fitted on what was known then, to replay history."),
    }
    if train in fixed:
        due, sentence = fixed[train]
        return due, dict.fromkeys(predicting.ALL_TASKS, sentence)
    decisions = predicting.decide(con, day, shelf, models.last_calibration_error(database))
    return [t for t, each in decisions.items() if each.retrain], {t: each.sentence for t, each in decisions.items()}


def _grade(database: Database, con: duckdb.DuckDBPyConnection, day: date) -> Iterator[dict[str, Any]]:
    """A receipt for each promise whose window has closed: what was said, what happened."""
    for promise in receipts.PROMISES:
        for past in models.to_grade(database, promise.task, promise.horizon_days, day):
            issued = models.issued(database, past["run_id"], promise.column)
            for row in receipts.grade(con, promise, past["as_of"], issued):
                yield {**row, "run_id": past["run_id"], "model_id": past["model_id"], "graded_as_of": day}


def _save_said(cur: adbc.Cursor, run_id: int, said: Said) -> None:
    """Models, who answered, and receipts, in the publishing transaction."""
    kept = {model.task: _keep(cur, model) for model in said.trained}
    for answer in said.answers:
        model = kept.get(answer.task) or answer.model
        models.save_run_model(
            cur, run_id, answer.task, model.model_id if model else None, answer.level, answer.sentence
        )
    if said.receipts:
        runs.save(cur, {"receipts": pa.Table.from_pylist(list(said.receipts), schema=receipts.SCHEMA).to_reader()})


def _keep(cur: adbc.Cursor, model: Shelved) -> Shelved:
    state = "withdrawn" if model.card.get("replay") else "served"
    number = models.save_model(
        cur, task=model.task, kind=model.kind, as_of=model.as_of, state=state, reason=model.reason, body=model.text,
        card=model.card, figures=model.figures, deciles=model.deciles,
    )  # fmt: skip
    return predicting.with_id(model, number)


def _shelved(row: Mapping[str, Any]) -> Shelved:
    return Shelved(
        row["task"], row["kind"], row["as_of"], row["body"], row["card"], row["reason"],
        predicting.FIGURES.empty_table(), predicting.DECILES.empty_table(), row["model_id"],
    )  # fmt: skip


def clear_snapshots(settings: Settings, database: Database) -> None:
    """Thin old runs and delete snapshot files no run refers to (also those of a refresh that was killed)."""
    kept = runs.thin(database, keep=RUNS_KEPT_WHOLE)
    for file in settings.snapshots.glob("run-*.duckdb*"):
        if file.name not in kept:
            file.unlink(missing_ok=True)


def clear_work(settings: Settings) -> None:
    """Delete the scratch folders of processes that are gone; their names end in the process id."""
    settings.work.mkdir(parents=True, exist_ok=True)
    for folder in settings.work.iterdir():
        pid = folder.name.rsplit("-", 1)[-1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and int(pid) != os.getpid():
            shutil.rmtree(folder, ignore_errors=True)


def _for_run(con: duckdb.DuckDBPyConnection, table: str, run_id: int) -> pa.RecordBatchReader:
    """A score table with its run's id, as the truth keeps it. Held in memory: the file is closed before it is saved."""
    rows = con.sql(f"select {run_id}::integer as run_id, * from {table.removeprefix('run_')}").to_arrow_table()
    return rows.to_reader(SAVED_ROWS)


def _write_rejects(settings: Settings, staging: Staging) -> Path | None:
    """The rejected rows as a CSV only this user can read; None when there are none."""
    if not staging.rejected:
        return None
    settings.rejects.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.rejects / f"{staging.source}-{Path(staging.file_name).stem}-{staging.file_sha256[:8]}.csv"
    file.touch(mode=0o600)
    staging.con.execute(
        'copy (select file, line, column_name as "column", value, reason from staged_rejects order by file, line)'
        f" to '{str(file).replace(chr(39), chr(39) * 2)}' (header, delimiter ',')"
    )
    return file


def _check_rejects(staging: Staging, rejects_file: Path | None, max_rejected: float) -> None:
    if staging.lines_read == 0:
        raise EmptySource(
            f"{staging.file_name} holds no rows; nothing was written.",
            remedy="An empty export never wipes what is stored. Check the export.",
        )
    share = 100 * staging.rejected / staging.lines_read
    if share > max_rejected or staging.rejected == staging.lines_read:
        reasons = staging.con.execute(
            "select reason, count(*) from staged_rejects group by 1 order by 2 desc, 1 limit 3"
        ).fetchall()
        most = "; ".join(f"{reason} ({count:,})" for reason, count in reasons)
        raise TooManyRejects(
            f"{staging.file_name}: {staging.rejected:,} of {staging.lines_read:,} lines ({share:.1f} %) were rejected, more than"
            f" the {max_rejected:g} % allowed; nothing was written. Most common: {most}.",
            remedy=f"See {rejects_file}; mend the file or the mapping (foresell inspect), or allow more with --max-rejected.",
        )


def _versions() -> dict[str, str]:
    return {"foresell": foresell.__version__, **{name: version(name) for name in ("duckdb", "lightgbm", "numpy")}}


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[step] = time.monotonic() - started
