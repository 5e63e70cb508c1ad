"""Training one task: data checks, leak guard, backtest, the choice of the model that serves, the model card."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version
from math import isnan
from typing import Any

import duckdb
import pyarrow as pa

from foresell.errors import NotReady
from foresell.logs import logger
from foresell.scores.training import drift, leak_guard
from foresell.scores.training.backtest import Backtest, backtest
from foresell.scores.training.choice import NAIVE, STATISTICAL, Choice, base_rates, choose
from foresell.scores.training.leak_guard import Finding
from foresell.scores.training.model_registry import DECILES, METRICS, ModelVersion
from foresell.scores.training.models import PARAMETERS, TREES, Boosted, Model, Trainer, load, trainers
from foresell.scores.training.panel import Panel, read_panel, sample_snapshot
from foresell.scores.training.readiness import Readiness, readiness
from foresell.scores.training.targets import Target, targets
from foresell.scores.training.tasks import Task

BASELINES = (*STATISTICAL, NAIVE)
REPLAY_MARGIN = 0.2  # of a model without validation: how far from one half a churn state is committed to

log = logger("scores")


@dataclass(frozen=True)
class TrainingContext:
    """What the tasks of one training share. The panel of the snapshot (or of a sample) is read once, when first needed."""

    con: duckdb.DuckDBPyConnection
    as_of: date
    seed: int = 0

    @cached_property
    def _sample(self) -> tuple[duckdb.DuckDBPyConnection, float]:
        return sample_snapshot(self.con, self.as_of, self.seed)

    @property
    def sample(self) -> duckdb.DuckDBPyConnection:
        """The snapshot, or a copy of part of its customers where it holds very many."""
        return self._sample[0]

    @cached_property
    def panel(self) -> Panel:
        """Every usable cutoff. Raises NotReady when there is nothing to read."""
        return read_panel(self.sample, self.as_of, share=self._sample[1])

    @cached_property
    def trainers(self) -> Mapping[str, Trainer]:
        """The ways to train a model, by kind; what one task has trained, another uses."""
        return trainers(self.seed)


@dataclass(frozen=True)
class Trained:
    """A model of one task with its evidence."""

    task: Task
    as_of: date
    model: Model
    backtest: Backtest
    findings: tuple[Finding, ...]
    readiness: Readiness
    targets: tuple[Target, ...]
    card: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What is stored with the card."""
        return self.model.text()

    def version(self) -> ModelVersion:
        """The model as the registry keeps it."""
        metrics = self.backtest.table() if self.backtest.metrics else METRICS.empty_table()
        deciles = pa.Table.from_pylist([asdict(row) for row in self.backtest.deciles], schema=DECILES)
        return ModelVersion(
            self.task.name, self.model.kind, self.as_of, self.text, self.card, str(self.card["served_because"]),
            metrics.cast(METRICS), deciles,
        )  # fmt: skip


def train_task(context: TrainingContext, task: Task) -> Trained:
    """The model of a task as of the context's day, with backtest, leak guard and card.

    Raises NotReady, with what is missing, when the data checks or the leak guard refuse, or when nothing could be learnt;
    what was published before is untouched. Raises NoBetter when no model is better than a constant (choice.py).
    """
    gate = readiness(context.con, context.as_of, task).require_data()
    panel = context.panel
    findings: tuple[Finding, ...] = ()
    if gate.level == "ml" and task.challenger:
        findings = leak_guard.inspect(context.sample, panel, task.horizon, seed=context.seed)
        leak_guard.refuse(findings)
    allowed = _allowed_kinds(task, gate)
    result = backtest(panel, task, {name: context.trainers[name] for name in allowed}, seed=context.seed)
    choice = choose(result, *_challenger(task, gate), base_rates(panel, task, result.tests), seed=context.seed)
    model = context.trainers[choice.kind](panel, panel.now, task.horizon)
    if model is None:
        raise NotReady(f"{task.label} could not be learnt from this history.", remedy="Load more history.")
    goals = targets(result, choice.kind)
    card = describe(context, task, model, result, findings, gate, goals, choice)
    log.info("model trained", action="train", task=task.name, kind=choice.kind, cutoffs=len(panel.frames))
    return Trained(task, context.as_of, model, result, findings, gate, goals, card)


def fit_for_replay(context: TrainingContext, task: Task) -> ModelVersion:
    """The model of a task without a backtest, to replay history. Raises NotReady like `train_task`."""
    gate = readiness(context.con, context.as_of, task).require_data()
    kind = task.challenger if gate.level == "ml" and task.challenger else "bgnbd"
    model = context.trainers[kind](context.panel, context.panel.now, task.horizon)
    if model is None:
        raise NotReady(f"{task.label} could not be learnt from this history.")
    card = {
        "task": task.name, "kind": model.kind, "as_of": context.as_of.isoformat(), "features": list(feature_names(model)),
        "seed": context.seed, "margin": REPLAY_MARGIN, "replay": True, "reference": {}, "metrics": {},
    }  # fmt: skip
    reason = "Trained on the data known then, to replay history."
    return ModelVersion(task.name, model.kind, context.as_of, model.text(), card, reason)


def _allowed_kinds(task: Task, gate: Readiness) -> tuple[str, ...]:
    if gate.level == "statistical":
        return BASELINES
    return tuple(dict.fromkeys((task.challenger, "lightgbm", *BASELINES))) if task.challenger else ("bgnbd", NAIVE)


def _challenger(task: Task, gate: Readiness) -> tuple[str, str]:
    """The challenger that may serve and "", or "" and why only a statistical model may."""
    if gate.level == "ml" and task.challenger:
        return task.challenger, ""
    return "", " ".join(gate.failed_checks) or f"BG/NBD is the most stable model over {task.horizon} days."


def describe(
    context: TrainingContext, task: Task, model: Model, result: Backtest, findings: tuple[Finding, ...], gate: Readiness,
    goals: tuple[Target, ...], choice: Choice,
) -> dict[str, Any]:  # fmt: skip
    """The model card, all JSON: training data, accuracy, baselines, and the checks made."""
    panel = context.panel
    used = panel.closed_frames(task.horizon)
    means = [metric for metric in result.metrics if metric.cutoff is None and metric.population == "all"]
    card = {
        **asdict(task),
        "kind": model.kind,
        "served_because": choice.because,
        "gate": {name: skill.as_card() for name, skill in choice.skills.items()},
        "as_of": panel.as_of.isoformat(),
        "cutoffs": [frame.as_of.isoformat() for frame in used],
        "rows": sum(len(frame) for frame in used),
        "customers": len(panel.now),
        "share_of_customers": panel.share,
        "features": list(feature_names(model)),
        "parameters": {**PARAMETERS, "trees": TREES},
        "seed": context.seed,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("foresell", "lightgbm", "duckdb", "numpy", "scipy")},
        },
        "tests": [day.isoformat() for day in result.tests],
        "thresholds": dict(result.thresholds.get(model.kind, {})),
        "margin": result.margins.get(model.kind, 0.5),
        "metrics": {metric.metric: metric.value for metric in means if metric.model == model.kind},
        "baselines": {metric.model: metric.value for metric in means if metric.metric == "pr_auc"},
        "leak_guard": [asdict(finding) for finding in findings],
        "readiness": [asdict(check) for check in gate.checks],
        "targets": [asdict(goal) for goal in goals],
        "reference": drift.reference((*used, panel.now)[-3:]),
    }
    return {name: _without_nan(value) for name, value in card.items()}


def _without_nan(value: Any) -> Any:
    """The same with None for what could not be measured: JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and isnan(value) else value


def feature_names(model: Model) -> tuple[str, ...]:
    """The features the trees read, in their order; none for statistical models."""
    if isinstance(model, Boosted):
        return model.names
    return getattr(getattr(model, "boosted", None), "names", ())


def load_model(text: str, card: Mapping[str, Any]) -> Model:
    """The model of a text and its card, as `Trained.text` and `Trained.card` were saved."""
    return load(card["kind"], text, card["features"])
