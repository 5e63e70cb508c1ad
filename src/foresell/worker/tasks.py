"""What the worker does for each kind of job: inspect, load, undo, refresh, sync; load and remove the sample data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from foresell.database import Database
from foresell.demo import Shop
from foresell.errors import BadInput, EmptySource, TooManyRejects
from foresell.logs import logger
from foresell.settings import Settings
from foresell.sources.files.inspection import save_mapping
from foresell.sources.files.mapping import read_mapping
from foresell.store import jobs
from foresell.store.runs import clear_results
from foresell.uploads import Upload
from foresell.workflows.inspect import inspect_for_load
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from foresell.workflows.sample_data import load_sample_data, remove_sample_data
from foresell.workflows.sync import sync_source
from foresell.workflows.undo import undo_load

log = logger("worker")


def run_job(database: Database, job_id: int) -> None:
    """Run one job on behalf of the user who requested it. Raises Busy or JobLocked when it must be retried later."""
    with jobs.claim_job(database, job_id) as job:
        if job is None:
            return
        acting = dataclasses.replace(database, acting_for=job.requested_by)
        log.info("job started", action=job.kind, job_id=job_id, attempt=job.attempts)
        KINDS[job.kind](acting, job)
    if job.import_state == "loaded":
        Upload.of(database.settings, job.arguments["import_id"]).delete()


def _inspect(database: Database, job: jobs.Job) -> None:
    """Detect the format of an uploaded file, or read it by its mapping where it has one."""
    settings = database.settings
    upload, revision = _open_upload(settings, job)
    mapping = upload.mapping_file(revision)
    try:
        inspection = inspect_for_load(
            settings,
            database,
            upload.file,
            mapping=read_mapping(mapping) if mapping.exists() else None,
            progress=job.progress,
            load_day=datetime.now(UTC).date(),
        )
    except (BadInput, EmptySource) as error:
        upload.save_inspection(
            revision, {"problem": job.hide_private(error.message), "remedy": job.hide_private(error.remedy)}
        )
        job.import_state = "unreadable"
        return
    if not mapping.exists():
        save_mapping(inspection, mapping)
    elif first := upload.read_inspection(1):
        # A mapping names no format: what the file was recognised as stays what it is.
        inspection = dataclasses.replace(inspection, label=inspection.label or first.get("label"))
    upload.save_inspection(revision, {**inspection.as_dict(), "problem": job.hide_private(inspection.problem)})
    job.result = {"questions": 0 if inspection.problem else len(inspection.questions)}
    job.import_state = "unreadable" if inspection.problem or inspection.questions else "ready"


def _load(database: Database, job: jobs.Job) -> None:
    """Load an uploaded file as a batch."""
    settings = database.settings
    upload, revision = _open_upload(settings, job)
    try:
        batch = load_file(
            settings,
            database,
            upload.file,
            mapping=read_mapping(upload.mapping_file(revision)),
            max_rejected=job.arguments["max_rejected"],
            load_day=datetime.now(UTC).date(),
            progress=job.progress,
            before_commit=job.begin_commit,
        )
    except TooManyRejects as error:
        remedy = "Correct the file or the mapping, or allow more with max_rejected."
        raise TooManyRejects(error.message, remedy=remedy) from None
    job.result = {
        "batch_id": batch.batch_id,
        "state_of_batch": batch.state,
        "lines_loaded": batch.lines_loaded,
        "lines_unchanged": batch.lines_unchanged,
        "lines_rejected": batch.lines_rejected,
        "warnings": list(batch.warnings),
    }
    job.import_state = "loaded"
    _queue_refresh(job)


def _undo(database: Database, job: jobs.Job) -> None:
    """Undo a batch."""
    batch_id = job.arguments["batch_id"]
    if job.row("batch_undone_since", batch_id=batch_id, since=job.started_at):
        job.result = {"undone": [batch_id]}
    else:
        later = job.arguments["with_later"]
        job.result = {"undone": undo_load(database.settings, database, batch_id, with_later=later)}
    _queue_refresh(job)


def _refresh(database: Database, job: jobs.Job) -> None:
    """Score all customers and publish the run."""
    run = job.row("run_published_since", since=job.started_at) if job.attempts > 1 else None
    if run is None:
        run = run_refresh(
            database.settings,
            database,
            predict=job.arguments.get("predict", True),
            train=job.arguments.get("train", "when due"),
            progress=job.progress,
            before_commit=job.begin_commit,
        )
    job.result = {"run_id": run["run_id"]}


def _load_sample(database: Database, job: jobs.Job) -> None:
    """Load the sample data. A cancelled load leaves nothing."""
    shop = Shop(customers=job.arguments["customers"])
    try:
        loaded = load_sample_data(
            database.settings, database, shop, progress=job.progress, before_last_commit=job.begin_commit
        )
    except Exception:
        if job.cancel_requested:  # drivers wrap the exception of a progress callback
            remove_sample_data(database)
        raise
    job.result = {"lines_loaded": sum(batch.lines_loaded for batch in loaded)}
    _queue_refresh(job)


def _remove_sample(database: Database, job: jobs.Job) -> None:
    """Remove the sample data, and all results where nothing else is loaded."""
    job.result = {"undone": remove_sample_data(database)}
    if not clear_results(database):
        _queue_refresh(job)


def _sync(database: Database, job: jobs.Job) -> None:
    """Read a connected source. How that ended is kept with the source; the job fails only where Foresell does."""
    outcome = sync_source(
        database.settings,
        database,
        job.arguments["connection_id"],
        whole=bool(job.arguments.get("whole")),
        job_id=job.job_id,
        progress=job.progress,
    )
    job.result = {
        "state_of_sync": outcome.state,
        "records": outcome.records,
        "changed": outcome.changed,
        "deleted": outcome.deleted,
        "batch_ids": outcome.batch_ids,
    }


KINDS: dict[str, Callable[[Database, jobs.Job], None]] = {
    "inspect": _inspect,
    "load": _load,
    "undo": _undo,
    "refresh": _refresh,
    "load_sample": _load_sample,
    "remove_sample": _remove_sample,
    "sync": _sync,
}


def _open_upload(settings: Settings, job: jobs.Job) -> tuple[Upload, int]:
    """The upload of the job's import, and the revision of its mapping."""
    row = job.row("import", import_id=job.arguments["import_id"])
    assert row is not None
    upload = Upload.of(settings, row["import_id"])
    job.private = f"{upload.file.parent}/"
    return upload, row["revision"]


def _queue_refresh(job: jobs.Job) -> None:
    """Request a refresh after this job, where the job asks for it."""
    if job.arguments.get("refresh"):
        job.row("follow_up", requested_by=job.requested_by)
