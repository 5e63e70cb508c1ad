"""Which model of a task is served: machine learning, a statistical model, the naive rule, or none of them.

Three questions, each answered beyond chance (service_gate.py). Does machine learning rank better than the better statistical model? Do
the probabilities beat the same probability for everyone? Do they beat the naive rule (cells.py)? Without the first, the
statistical model is served; without the third, the naive rule; without the second, nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from foresell.errors import NotReady
from foresell.scores.training.backtest import VALIDATIONS, Backtest
from foresell.scores.training.panel import Panel
from foresell.scores.training.service_gate import Rankings, Skill, measure_precision_gain, measure_skill, refuse
from foresell.scores.training.tasks import Task

STATISTICAL = ("bgnbd", "log_rfm")
NAIVE = "cells"
LABELS: Mapping[str, str] = {
    "bgnbd": "BG/NBD",
    "log_rfm": "the logistic regression on log R, F, M",
    "lightgbm": "machine learning",
    "blend": "machine learning",
    "cells": "the share of customers with as many orders",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The kind that is served, the sentence why, and the skills that decided, by what it was compared with."""

    kind: str
    because: str
    skills: Mapping[str, Skill]


def base_rates(panel: Panel, task: Task, days: Sequence[date]) -> dict[date, float]:
    """For each cutoff the share with the task's event, over the latest cutoffs whose outcome was known by then.

    Where none was, the cutoff's own share: a stricter rival, since it was not known.
    """
    found = {}
    for day in days:
        known = panel.closed_frames(task.horizon, by=day)[-VALIDATIONS:]
        frames = known or [frame for frame in panel.frames if frame.as_of == day]
        observed = np.concatenate([task.event_of(panel.labels(frame, task.horizon)) for frame in frames])
        found[day] = float(observed.mean())
    return found


def choose(result: Backtest, challenger: str, because: str, rates: Mapping[date, float], seed: int = 0) -> Choice:
    """The kind to serve. `challenger` is "" where only statistical models are allowed, `because` says why.

    Raises NotReady where nothing can be tested yet, NoBetter where the same probability for everyone is as good.
    """
    statistical = _better_statistical(result, challenger)
    kind, skills = statistical, {}
    if challenger and result.tested.get(challenger):
        skills["statistical"] = measure_precision_gain(_compare(result, challenger, statistical), seed=seed)
        kind = challenger if skills["statistical"].is_better else statistical
        because = _explain(skills["statistical"], challenger, statistical)
    if not result.tested.get(kind):
        raise NotReady(
            f"{result.task.label} is off: no period has ended yet that could show how good it is.",
            remedy="Load a longer history.",
        )
    skills["constant"] = _against_constant(result, kind, rates, seed)
    refuse("constant", skills["constant"], result.task.horizon)
    pairs = _compare(result, kind, NAIVE)
    if pairs:
        skills["cells"] = measure_skill([each.losses() for each in pairs], seed=seed)
        skills["cells_precision"] = measure_precision_gain(pairs, seed=seed)
        both = (skills["cells"], skills["cells_precision"])
        if not any(each.is_better for each in both) or any(each.value < 0 for each in both):
            skills["constant"] = _against_constant(result, NAIVE, rates, seed)
            refuse("constant", skills["constant"], result.task.horizon)
            words = f"{LABELS[kind]} is no better: {both[0].sentence()}"
            kind, because = NAIVE, f"{LABELS[NAIVE]} is used; {words}."
    return Choice(kind, because[:1].upper() + because[1:], skills)


def _better_statistical(result: Backtest, challenger: str) -> str:
    """BG/NBD, unless a challenger is to be compared and the logistic regression ranks better."""
    ranks = {name: result.value(name, "pr_auc") for name in STATISTICAL if result.tested.get(name)}
    known = {name: value for name, value in ranks.items() if value == value}
    return max(known, key=lambda name: known[name]) if challenger and known else STATISTICAL[0]


def _explain(skill: Skill, challenger: str, statistical: str) -> str:
    figures = f"average precision {skill.value:+.3f}, 5 % bound {skill.bound:+.3f}, {skill.cutoffs} test dates"
    if skill.is_better:
        return f"{LABELS[challenger]} ranks better than {LABELS[statistical]} ({figures})."
    return f"{LABELS[statistical]} is used: {LABELS[challenger]} does not rank better beyond chance ({figures})."


def _compare(result: Backtest, model: str, baseline: str) -> list[Rankings]:
    """Both at the cutoffs where both could be tested, oldest first."""
    others = {one.frame.as_of: one.chance for one in result.tested.get(baseline, ())}
    return [
        Rankings(one.frame.customers, one.chance, others[one.frame.as_of], one.observed)
        for one in result.tested.get(model, ())
        if one.frame.as_of in others
    ]


def _against_constant(result: Backtest, model: str, rates: Mapping[date, float], seed: int) -> Skill:
    constant = [
        Rankings(one.frame.customers, one.chance, np.full(len(one.chance), rates[one.frame.as_of]), one.observed)
        for one in result.tested.get(model, ())
    ]
    return measure_skill([each.losses() for each in constant], seed=seed)
