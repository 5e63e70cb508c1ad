"""From a snapshot to a model one may publish: gate, leak guard, backtest, the choice of what is served, the card."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from math import isnan
from typing import Any

import duckdb

from foresell.errors import NotReady
from foresell.logs import logger
from foresell.scores.training import drift, leak_guard
from foresell.scores.training.backtest import Backtest, backtest
from foresell.scores.training.leak_guard import Finding
from foresell.scores.training.models import PARAMETERS, TREES, Boosted, Learner, Model, learners, load
from foresell.scores.training.panel import Panel, read_panel, sampled
from foresell.scores.training.readiness import Readiness, readiness
from foresell.scores.training.targets import Target, targets
from foresell.scores.training.tasks import Task

BASELINES = ("bgnbd", "log_rfm")
_CALLED = {"bgnbd": "BG/NBD", "log_rfm": "A logistic regression on log R, F, M"}

log = logger("scores")


@dataclass(frozen=True)
class Trained:
    """A model of one task with everything that speaks for it."""

    task: Task
    model: Model
    backtest: Backtest
    findings: tuple[Finding, ...]
    readiness: Readiness
    targets: tuple[Target, ...]
    card: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What is stored beside the card."""
        return self.model.text()


@dataclass(frozen=True)
class Workshop:
    """What the tasks of one run share: the snapshot (or a sample of it), its panel, and the learners' memory."""

    con: duckdb.DuckDBPyConnection
    panel: Panel
    learners: Mapping[str, Learner]
    seed: int


def workshop(con: duckdb.DuckDBPyConnection, as_of: date, seed: int = 0) -> Workshop:
    """Reads the panel of a snapshot once for all tasks. Raises NotReady when there is nothing to read."""
    kept, share = sampled(con, as_of, seed)
    return Workshop(kept, read_panel(kept, as_of, share=share), learners(seed), seed)


def train(con: duckdb.DuckDBPyConnection, task: Task, shop: Workshop) -> Trained:
    """The model of a task as of the workshop's day, with backtest, leak guard and card.

    Raises NotReady, with what is missing, when the gate refuses, when the leak guard finds something, or when nothing
    could be learnt; what was published before is untouched.
    """
    panel = shop.panel
    gate = readiness(con, panel.as_of, task).required()
    findings: tuple[Finding, ...] = ()
    if gate.level == "learner" and task.challenger:
        findings = leak_guard.inspect(shop.con, panel, task.horizon, seed=shop.seed)
        leak_guard.refuse(findings)
    allowed = _allowed(task, gate)
    result = backtest(panel, task, {name: shop.learners[name] for name in allowed}, seed=shop.seed)
    kind, because = choose(result, gate)
    model = shop.learners[kind](panel, panel.now, task.horizon)
    if model is None:
        raise NotReady(f"{task.name} could not be learnt from this history.", remedy="Load more history.")
    goals = targets(result, kind)
    card = describe(shop, task, model, result, findings, gate, goals, because)
    log.info("model trained", action="train", task=task.name, kind=kind, cutoffs=len(panel.frames))
    return Trained(task, model, result, findings, gate, goals, card)


def _allowed(task: Task, gate: Readiness) -> tuple[str, ...]:
    if gate.level == "law":
        return BASELINES
    return tuple(dict.fromkeys((task.challenger, "lightgbm", *BASELINES))) if task.challenger else BASELINES[:1]


def choose(result: Backtest, gate: Readiness) -> tuple[str, str]:
    """Which model is served and the sentence why: the challenger only if its rolling PR-AUC is no worse."""
    if gate.level == "law" or not result.task.challenger:
        return "bgnbd", " ".join(gate.missing) or f"Over {result.task.horizon} days BG/NBD drifts least."
    ranks = {name: result.value(name, "pr_auc") for name in (result.task.challenger, *BASELINES)}
    known = {name: value for name, value in ranks.items() if value == value}
    challenger = known.get(result.task.challenger)
    rival = max((name for name in BASELINES if name in known), key=lambda name: known[name], default="bgnbd")
    if challenger is None:
        return "bgnbd", "No test cutoff could be predicted by a learner yet."
    if challenger >= known.get(rival, 0.0):
        return result.task.challenger, f"PR-AUC {challenger:.3f} is no worse than the better baseline's ({rival})."
    return rival, f"{_CALLED[rival]} ranks better out of time: PR-AUC {known[rival]:.3f} against {challenger:.3f}."


def describe(
    shop: Workshop, task: Task, model: Model, result: Backtest, findings: tuple[Finding, ...], gate: Readiness,
    goals: tuple[Target, ...], because: str,
) -> dict[str, Any]:  # fmt: skip
    """The model card, all JSON: what was learnt from, how well it did, beside what, and what was checked."""
    panel = shop.panel
    used = panel.closed(task.horizon)
    means = [figure for figure in result.figures if figure.cutoff is None and figure.population == "all"]
    card = {
        **asdict(task),
        "kind": model.kind,
        "served_because": because,
        "as_of": panel.as_of.isoformat(),
        "cutoffs": [frame.as_of.isoformat() for frame in used],
        "rows": sum(len(frame) for frame in used),
        "customers": len(panel.now),
        "share_of_customers": panel.share,
        "features": list(feature_names(model)),
        "parameters": {**PARAMETERS, "trees": TREES},
        "seed": shop.seed,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("foresell", "lightgbm", "duckdb", "numpy", "scipy")},
        },
        "tests": [day.isoformat() for day in result.tests],
        "thresholds": dict(result.thresholds.get(model.kind, {})),
        "margin": result.margins.get(model.kind, 0.5),
        "metrics": {figure.measure: figure.value for figure in means if figure.model == model.kind},
        "baselines": {figure.model: figure.value for figure in means if figure.measure == "pr_auc"},
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
    """The features the trees know, in their order; none for the laws."""
    if isinstance(model, Boosted):
        return model.names
    return getattr(getattr(model, "boosted", None), "names", ())


def stored(text: str, card: Mapping[str, Any]) -> Model:
    """The model of a text and its card, as `Trained.text` and `Trained.card` were saved."""
    return load(card["kind"], text, card["features"])
