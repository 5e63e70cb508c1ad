"""Train and test models on the published snapshot, without publishing a run."""

from __future__ import annotations

from collections.abc import Iterable

from foresell.database import Database
from foresell.scores import registry
from foresell.scores.train import train_scores
from foresell.scores.training.model_registry import ModelVersion
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.store import runs
from foresell.types import Progress, no_progress
from foresell.workflows import prediction


def train_models(
    settings: Settings,
    database: Database,
    *,
    tasks: Iterable[str] | None = None,
    progress: Progress = no_progress,
) -> tuple[list[ModelVersion], dict[str, str]]:
    """Train and test models (all tasks by default) on the published snapshot and keep them; the next refresh uses them.

    Returns the models kept, and by task the reason why one was refused (then the previous one stays in service).
    """
    run = runs.get_published_run(database)
    with open_snapshot(
        settings.snapshots / run["snapshot_file"], memory_gib=settings.memory_gib, threads=settings.threads
    ) as con:
        trained, refused = train_scores(con, run["as_of"], tasks or registry.task_names(), progress=progress)
    with database.arrow() as pg, pg.cursor() as cur:
        kept = [prediction.save_version(cur, version) for version in trained]
    return kept, {task: error.message for task, error in refused.items()}
