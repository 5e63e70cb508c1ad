"""Train and judge models on the published snapshot, without publishing a run."""

from __future__ import annotations

from collections.abc import Iterable

from foresell.scores.training import model_registry as shelf
from foresell.scores.training.model_registry import Shelved
from foresell.scores.training.tasks import ALL_TASKS
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.store import runs
from foresell.store.database import Database
from foresell.types import Progress, no_progress
from foresell.workflows import prediction


def train_models(
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
        kept = [prediction.keep(cur, model) for model in trained]
    return kept, refused
