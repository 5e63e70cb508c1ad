"""Loads one file into the store: reads, validates and writes it as one batch."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

from foresell.database import Database
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.rejects import check_rejects, write_rejects
from foresell.sources.files.source import LINES, FileSource
from foresell.store.load import load_staging
from foresell.tempdirs import clear_temporary_folders
from foresell.types import Batch, BeforeCommit, Progress, no_progress


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
    before_commit: BeforeCommit | None = None,
) -> Batch:
    """Read, validate and write one file as one batch.

    `dates` (dmy, mdy or ymd) decides how ambiguous dates are read; `max_rejected` is in percent of the lines read;
    with `accept_guesses` the likeliest answers to open questions are taken and recorded with the batch. Raises
    TooManyRejects or EmptySource (nothing is written), the source's errors for a file it cannot read, and what
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
        staging = next(pages).records
        rejects_file = write_rejects(staging, settings.rejects)
        check_rejects(staging, rejects_file, max_rejected)
        return load_staging(
            database,
            staging,
            vault_of(settings),
            rejects_file=rejects_file,
            progress=progress,
            before_commit=before_commit,
        )
