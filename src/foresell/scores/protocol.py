"""What a score is: a name, the columns it adds to each customer, and plain functions that compute, train and explain it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.training.features import Frame
from foresell.scores.training.model_registry import ModelVersion
from foresell.scores.training.models import Model
from foresell.scores.training.outcomes import OutcomeRule
from foresell.scores.training.tasks import Task
from foresell.scores.training.train_task import TrainingContext, load_model
from foresell.types import ScoreColumn


@dataclass(frozen=True, slots=True)
class ScoringContext:
    """What a score may read: the snapshot, strictly before `as_of`; `frame` holds the features of every scored customer.

    `versions`: the model in service by task; `reasons`: by task, the sentence on why that model, or why there is none.
    `refused`: the tasks that a training of this run has just refused, and why. `computed`: the tables of the scores before this one.
    `is_replay`: history is replayed, with models that were not tested.
    """

    con: duckdb.DuckDBPyConnection
    as_of: date
    frame: Frame
    versions: Mapping[str, ModelVersion]
    reasons: Mapping[str, str]
    seed: int
    refused: Mapping[str, str] = field(default_factory=dict)
    computed: dict[str, pa.Table] = field(default_factory=dict)
    is_replay: bool = False

    def model(self, task: str) -> Model:
        """The model in service for a task. Raises NotReady with the reason where there is none."""
        version = self.versions.get(task)
        if version is None:
            raise NotReady(self.reasons[task])
        return load_model(version.text, version.card)

    def tested_version(self, task: str) -> ModelVersion | None:
        """The last test of a score that is fitted anew in every run; None in a replay. Raises NotReady where it failed or is missing."""
        if task in self.refused:
            raise NotReady(self.refused[task])
        version = self.versions.get(task)
        if version is None and not self.is_replay:
            raise NotReady(self.reasons[task])
        return version


@dataclass(frozen=True, slots=True)
class Score:
    """One score. Register it in `registry.SCORES`; everything that shows its columns follows.

    `tasks`: the questions its trained models answer; their models are stored. `predict`: a table with customer_id and
    `columns`, one row per customer at most, or the rows of `table` for a score of the shop as a whole; raises NotReady.
    None: the refresh computes the score before any prediction (RFM). `explain`: the reasons behind predicted rows.
    `train`: for a score that is fitted anew in every run, its backtest as a model version. `outcomes`: the columns that
    are compared with what was observed, once their period has ended. `sorts`: orders of the list beyond its columns'.
    """

    name: str
    columns: tuple[ScoreColumn, ...] = ()
    horizon_days: int | None = None
    tasks: tuple[Task, ...] = ()
    predict: Callable[[ScoringContext], pa.Table] | None = None
    explain: Callable[[ScoringContext, pa.Table], pa.Table] | None = None
    train: Callable[[TrainingContext], ModelVersion] | None = None
    outcomes: tuple[OutcomeRule, ...] = ()
    sorts: Mapping[str, str] = field(default_factory=dict)
    table: str = "predictions"

    @property
    def task_names(self) -> tuple[str, ...]:
        """The tasks whose models are kept: the trained ones, or the score itself where it is fitted in every run."""
        return tuple(task.name for task in self.tasks) or ((self.name,) if self.train else ())
