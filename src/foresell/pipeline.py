"""The way of a row, as running code: source -> truth -> snapshot -> scores -> published run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import foresell
import foresell.sources as sources
from foresell.errors import EmptySource, TooManyRejects
from foresell.records import Batch, Progress, Staging, no_progress
from foresell.scores import rfm
from foresell.settings import Settings
from foresell.snapshot import build
from foresell.truth import load as truth_load
from foresell.truth import read, runs
from foresell.truth.database import Database

RUNS_KEPT_WHOLE = 10
SAVED_ROWS = 122_880


def load(
    settings: Settings,
    database: Database,
    path: Path,
    *,
    mapping: Mapping[str, Any] | None = None,
    profile: str | None = None,
    source: str | None = None,
    max_rejected: float = 2.0,
    load_day: date | None = None,
    progress: Progress = no_progress,
) -> Batch:
    """One file into the truth: read, validated, written as one batch.

    `max_rejected` is in percent of the lines read. Raises TooManyRejects or EmptySource (nothing is written), and
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
        progress=progress,
        load_day=load_day,
    ) as staging:
        rejects_file = _write_rejects(settings, staging)
        _check_rejects(staging, rejects_file, max_rejected)
        return truth_load.load(database, staging, rejects_file=rejects_file, progress=progress)


def refresh(
    settings: Settings, database: Database, *, as_of: date | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Build the snapshot, score it, publish the run. If anything fails, the last run stays published.

    Returns the published run as a dict of its columns.
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
        file = settings.snapshots / f"run-{run_id}.duckdb"
        with _timed(timings, "save and publish"):
            saved = {name: _for_run(draft.con, name, run_id) for name in ("run_line_classes", "rfm_scores")}
            build.finish(draft, file)
            runs.publish(
                database,
                run_id,
                as_of=day,
                snapshot_file=file.name,
                timings=timings,
                scores=saved,
                customers_scored=scored,
            )
    clear_snapshots(settings, database)
    return runs.published(database)


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
    columns = {"run_line_classes": "class, lines, amount", "rfm_scores": "*"}[table]
    origin = table.removeprefix("run_")
    rows = con.sql(f"select {run_id}::integer as run_id, {columns} from {origin}").to_arrow_table()
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
