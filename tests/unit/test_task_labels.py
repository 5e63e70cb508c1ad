"""What prediction tasks are called on the command line."""

from __future__ import annotations

from foresell.cli.labels import TASKS
from foresell.scores import registry


def test_every_task_has_a_name() -> None:
    assert set(TASKS) == set(registry.task_names())
