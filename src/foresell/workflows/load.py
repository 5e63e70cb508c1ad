"""Loads one file into the store: reads, validates and writes it as one batch."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import OpenQuestions
from foresell.sources.files.rejects import check_rejects, write_rejects
from foresell.sources.files.source import LINES, FileSource
from foresell.store.load import DecideGone, load_staging
from foresell.tempdirs import clear_temporary_folders
from foresell.types import Batch, BeforeCommit, Progress, Staging, no_progress
from foresell.workflows.arrival import match_batch
from foresell.workflows.golden import choose_missing_records
from foresell.workflows.inspect import ask_about_source
from foresell.workflows.profile import profile_batch


def load_file(
    settings: Settings,
    database: Database,
    path: Path,
    *,
    mapping: Mapping | None = None,
    format: str | None = None,
    source: str | None = None,
    dates: str | None = None,
    max_rejected: float = 2.0,
    load_day: date | None = None,
    accept_guesses: bool = False,
    progress: Progress = no_progress,
    decide_gone: DecideGone | None = None,
    before_commit: BeforeCommit | None = None,
) -> Batch:
    """Read, validate and write one file as one batch.

    `dates` (dmy, mdy or ymd) decides how ambiguous dates are read; `max_rejected` is in percent of the lines read;
    with `accept_guesses` the likeliest answers to open questions are taken and recorded with the batch; with `decide_gone` the
    file holds all rows of its source (see `store.load`). Raises
    OpenQuestions where another source has the same file or orders and no `source` is given, TooManyRejects or EmptySource
    (nothing is written), the source's errors for a file it cannot read, and what
    `before_commit` raises (nothing is written).
    """
    clear_temporary_folders(settings.work)
    file = FileSource(
        path,
        workdir=settings.work,
        memory_gib=settings.memory_gib / 2,
        threads=settings.threads,
        mapping=mapping,
        format=format,
        source=source,
        dates=dates,
        progress=progress,
        load_day=load_day,
        accept_guesses=accept_guesses,
    )
    with closing(file.read(LINES.name)) as pages:
        staging = _compare_with_other_sources(
            database, next(pages).records, is_decided=source is not None, accept_guesses=accept_guesses
        )
        rejects_file = write_rejects(staging, settings.rejects)
        check_rejects(staging, rejects_file, max_rejected)
        batch = load_staging(
            database,
            staging,
            vault_of(settings),
            rejects_file=rejects_file,
            progress=progress,
            match=match_batch,
            profile=profile_batch(staging.rows),
            decide_gone=decide_gone,
            before_commit=before_commit,
        )
    if batch.customers_new + batch.customers_changed:
        choose_missing_records(settings, database)
    return batch


def _compare_with_other_sources(
    database: Database, staging: Staging, *, is_decided: bool, accept_guesses: bool
) -> Staging:
    """The staging, with a note on the same data in another source where loading it is decided, or as that source with
    `accept_guesses`. Raises OpenQuestions otherwise."""
    accepted = tuple(staging.mapping.get("accepted", ()))
    found = ask_about_source(database, staging.con, staging.source, accepted, staging.file_sha256)
    if not found:
        return staging
    if not is_decided and not accept_guesses:
        raise OpenQuestions(staging.file_name, found)
    note = found[0].evidence
    if not is_decided:
        choice = found[0].choices[found[0].guess]
        note = f"{found[0].text} Accepted: {choice.label}."
        staging = replace(staging, source=choice.settings["source"], mapping={**staging.mapping, **choice.settings})
    return replace(staging, warnings=(*staging.warnings, note))
