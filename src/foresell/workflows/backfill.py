"""Backfill: replay history, one run as of each day, graded by the next refresh."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from foresell.errors import NotReady
from foresell.settings import Settings
from foresell.store.database import Database
from foresell.types import Progress, no_progress
from foresell.workflows.refresh import run_refresh


def backfill_runs(
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
            made.append(run_refresh(settings, database, as_of=day, train="quickly", history=True))
    progress(len(days), len(days), "days replayed")
    return made
