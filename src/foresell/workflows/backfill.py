"""Backfill: replay history, one run as of each day, compared with what was observed by the next refresh."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from foresell.database import Database
from foresell.errors import NotReady
from foresell.settings import Settings
from foresell.types import Progress, no_progress
from foresell.workflows.refresh import run_refresh


def backfill_runs(
    settings: Settings, database: Database, first: date, last: date, every: int, progress: Progress = no_progress
) -> list[dict[str, Any]]:
    """A run as of each day, predicted only from what was known then; the next refresh compares them with what was observed.

    The published run does not change. Days on which nothing can be scored are skipped. Returns the runs made.
    """
    days = [first + timedelta(days=every * step) for step in range((last - first).days // every + 1)]
    made = []
    for done, day in enumerate(days):
        progress(done, len(days), "days replayed")
        with suppress(NotReady):
            made.append(run_refresh(settings, database, as_of=day, train="quickly", history=True))
    progress(len(days), len(days), "days replayed")
    return made
