"""Inspects a file before it is loaded, and asks whether another source has brought it already."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from foresell.database import Database
from foresell.settings import Settings
from foresell.sources.files.inspection import Inspection, inspect_file
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import Choice, Question
from foresell.store.other_sources import find_overlap
from foresell.types import Progress, no_progress

#: The question's name, and what `accepted` holds once it is decided.
QUESTION = "source"


def inspect_for_load(
    settings: Settings,
    database: Database | None,
    path: Path,
    *,
    mapping: Mapping | None = None,
    format: str | None = None,
    dates: str | None = None,
    load_day: date | None = None,
    progress: Progress = no_progress,
) -> Inspection:
    """What a load would find in a file; without a `database`, nothing is compared with what is loaded.

    Raises BadInput or EmptySource only for a file that cannot be read at all.
    """

    def look_up(con: duckdb.DuckDBPyConnection, used: Mapping, file_sha256: str) -> tuple[Question, ...]:
        return ask_about_source(database, con, used.source, used.accepted, file_sha256) if database else ()

    return inspect_file(
        path,
        workdir=settings.work,
        memory_gib=settings.memory_gib / 2,
        threads=settings.threads,
        mapping=mapping,
        format=format,
        dates=dates,
        load_day=load_day,
        progress=progress,
        look_up=look_up,
    )


def ask_about_source(
    database: Database, con: duckdb.DuckDBPyConnection, source: str, accepted: tuple[str, ...], file_sha256: str
) -> tuple[Question, ...]:
    """A question where another source has the same file or the same orders as those staged in `con`: they would count twice."""
    if QUESTION in accepted or (found := find_overlap(database, con, source, file_sha256)) is None:
        return ()
    evidence = (
        f"The source {found.source!r} has this file as batch {found.batch_id}."
        if found.batch_id
        else f"The source {found.source!r} has {found.orders:,} of {found.compared:,} orders with the same number, time and amount."
    )
    return (
        Question(
            QUESTION,
            f"Does this file belong to the source {found.source!r}?",
            f"{evidence} Under the source {source!r}, the same orders count twice.",
            (
                Choice(f"Yes, load it as {found.source}", {"source": found.source}),
                Choice(f"No, load it as {source} too", {"accepted": [*accepted, QUESTION]}),
            ),
        ),
    )
