"""Models of "orders within the horizon" with one interface: each gives a probability per customer of a frame.

LightGBM reads all features. BG/NBD (Fader, Hardie and Lee 2005) and the logistic model on log R, F, M are the baselines
it must beat. The blend averages LightGBM and BG/NBD: over 90 days the trees lag behind the season and
BG/NBD ignores it, and their mean was better than either. `cells` (cells.py) is the naive rule that serves where no model beats it.
Each is text when stored, never a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import scipy  # loads its parts when they are used

from foresell.errors import BadInput, NotReady
from foresell.scores.training.bgnbd import BgNbd
from foresell.scores.training.bgnbd import fit as fit_bgnbd
from foresell.scores.training.cells import Cells, train_cells
from foresell.scores.training.features import Floats, Frame, Labels, Matrix
from foresell.scores.training.panel import Panel, stack_frames

if TYPE_CHECKING:
    import lightgbm

TREES = 250
PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "learning_rate": 0.04,
    "feature_fraction": 0.6,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,  # cutoffs are trained side by side instead: threads inside a small tree mostly wait for each other
    "verbosity": -1,
}


class Model(Protocol):
    """Predicts the probability of an order within its horizon for each customer of a frame."""

    @property
    def kind(self) -> str:
        """lightgbm, bgnbd, blend, log_rfm or cells."""
        ...

    def probability(self, frame: Frame) -> Floats:
        """One probability per customer of the frame, in its order."""
        ...

    def text(self) -> str:
        """The model as text that `load` reads back to the same probabilities."""
        ...


@dataclass(frozen=True)
class Boosted:
    """LightGBM over the named features; a feature with no value anywhere in training is not among them.

    LightGBM has one thread count for the whole process: a prediction with two threads while another model trains with one
    makes that training write past its buffers. So a model just trained predicts with one thread, a stored one with two.
    """

    booster: lightgbm.Booster
    names: tuple[str, ...]
    kind: str = "lightgbm"
    threads: int = 1

    def matrix(self, frame: Frame) -> Matrix:
        """The frame's columns in the order the trees know them."""
        if frame.names == self.names:
            return frame.values
        return frame.values[:, [frame.names.index(name) for name in self.names]]

    def probability(self, frame: Frame) -> Floats:
        """The prediction of the trees."""
        return np.asarray(self.booster.predict(self.matrix(frame), num_threads=self.threads), dtype=np.float64)

    def text(self) -> str:
        """LightGBM's own text."""
        return str(self.booster.model_to_string())


@dataclass(frozen=True)
class Lifetimes:
    """BG/NBD at a horizon: reads only the number of purchase days, the first and the last."""

    bgnbd: BgNbd
    horizon: int
    kind: str = "bgnbd"

    def probability(self, frame: Frame) -> Floats:
        """P(at least one purchase day within the horizon)."""
        return np.asarray(self.bgnbd.probability_any(*habits(frame), self.horizon), dtype=np.float64)

    def text(self) -> str:
        """The parameters as JSON."""
        return json.dumps({"horizon": self.horizon, **asdict(self.bgnbd)})


@dataclass(frozen=True)
class LogRfm:
    """Logistic regression on standardised log recency, orders and spend, with a small L2 penalty."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]  # the last one is the constant
    kind: str = "log_rfm"

    def probability(self, frame: Frame) -> Floats:
        """The logistic curve of the weighted sum."""
        x = (_log_rfm(frame) - np.asarray(self.mean)) / np.asarray(self.scale)
        return np.asarray(scipy.special.expit(x @ np.asarray(self.weights[:-1]) + self.weights[-1]), dtype=np.float64)

    def text(self) -> str:
        """The coefficients as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Blend:
    """The mean of LightGBM's and BG/NBD's log-odds, with equal weights: nothing to tune."""

    boosted: Boosted
    lifetimes: Lifetimes
    kind: str = "blend"

    def probability(self, frame: Frame) -> Floats:
        """The mean log-odds as a probability."""
        odds = log_odds(self.boosted.probability(frame)) + log_odds(self.lifetimes.probability(frame))
        return np.asarray(scipy.special.expit(odds / 2), dtype=np.float64)

    def text(self) -> str:
        """Both texts in one JSON object."""
        return json.dumps({"lightgbm": self.boosted.text(), "bgnbd": self.lifetimes.text()})


def log_odds(probability: Floats) -> Floats:
    """The logit, kept finite at certainty."""
    return np.asarray(scipy.special.logit(np.clip(probability, 1e-6, 1 - 1e-6)), dtype=np.float64)


def habits(frame: Frame) -> tuple[Floats, Floats, Floats]:
    """BG/NBD's x, t_x, T of each customer: repeat purchase days, days from the first to the last, days since the first."""
    tenure = frame.column("tenure_days")
    return frame.column("purchase_days") - 1, tenure - frame.column("recency_days"), tenure


def _log_rfm(frame: Frame) -> Floats:
    columns = [frame.column(name) for name in ("recency_days", "orders_total", "spend_total")]
    return np.column_stack([np.log1p(np.maximum(column, 0)) for column in columns])


def train_boosted(panel: Panel, frames: Sequence[Frame], horizon: int, seed: int) -> Boosted | None:
    """LightGBM on these frames and their closed labels; None when all labels are equal. Deterministic for a seed."""
    matrix, ordered = stack_frames(panel, frames, horizon)
    return boosted_on(matrix, ordered, frames[0].names, seed) if _has_both_outcomes(ordered) else None


def boosted_on(matrix: Matrix, ordered: Labels, names: Sequence[str], seed: int) -> Boosted:
    """LightGBM on a matrix (customers x names) and its labels."""
    import lightgbm  # takes two seconds, and most commands train nothing

    known = [place for place in range(matrix.shape[1]) if not np.isnan(matrix[:, place]).all()]
    kept = tuple(names[place] for place in known)
    columns = matrix if len(known) == len(names) else matrix[:, known]
    data = lightgbm.Dataset(columns, label=ordered.astype(np.float32), params=dict(PARAMETERS))
    booster = lightgbm.train({**PARAMETERS, "seed": seed}, data, num_boost_round=TREES)
    return Boosted(booster, kept)


def train_log_rfm(panel: Panel, frames: Sequence[Frame], horizon: int) -> LogRfm | None:
    """Maximum likelihood by L-BFGS on these frames; None when all labels are equal."""
    raw = np.concatenate([_log_rfm(frame) for frame in frames])
    sign = np.where(np.concatenate([panel.labels(frame, horizon) for frame in frames]), 1.0, -1.0)
    if not _has_both_outcomes(sign > 0):
        return None
    mean, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    x = np.column_stack([(raw - mean) / scale, np.ones(len(raw))])

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (x @ weights)
        slope = -(sign * scipy.special.expit(-margin)) @ x / len(x)
        penalty = 1e-4 * np.append(weights[:-1], 0)
        return float(np.logaddexp(0, -margin).mean() + (penalty @ weights) / 2), slope + penalty

    weights = scipy.optimize.minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    return LogRfm(tuple(mean.tolist()), tuple(scale.tolist()), tuple(weights.tolist()))


def train_bgnbd(frame: Frame) -> BgNbd:
    """BG/NBD from the habits of one frame. Raises NotReady when too few customers ordered again."""
    return fit_bgnbd(*habits(frame))


def _has_both_outcomes(ordered: Labels) -> bool:
    return bool(ordered.any() and not ordered.all())


#: Trains on everything known at a frame's cutoff; None when that is not enough.
Trainer = Callable[[Panel, Frame, int], "Model | None"]


def trainers(seed: int) -> dict[str, Trainer]:
    """The training function of each kind of model, which sees only label windows closed by the cutoff; fits are reused.

    BG/NBD needs no labels, and one fit per cutoff serves every horizon.
    """
    fits: dict[date, BgNbd] = {}
    trees: dict[tuple[date, int], Boosted | None] = {}

    def fit_boosted(panel: Panel, frame: Frame, horizon: int) -> Boosted | None:
        past = panel.closed_frames(horizon, by=frame.as_of)
        if (frame.as_of, horizon) not in trees:
            trees[frame.as_of, horizon] = train_boosted(panel, past, horizon, seed) if past else None
        return trees[frame.as_of, horizon]

    def lifetimes(panel: Panel, frame: Frame, horizon: int) -> Lifetimes | None:
        if frame.as_of not in fits:
            try:
                fits[frame.as_of] = train_bgnbd(frame)
            except NotReady:
                return None
        return Lifetimes(fits[frame.as_of], horizon)

    def blend(panel: Panel, frame: Frame, horizon: int) -> Blend | None:
        first, second = fit_boosted(panel, frame, horizon), lifetimes(panel, frame, horizon)
        return Blend(first, second) if first and second else None

    def log_rfm(panel: Panel, frame: Frame, horizon: int) -> LogRfm | None:
        past = panel.closed_frames(horizon, by=frame.as_of)
        return train_log_rfm(panel, past, horizon) if past else None

    def cells(panel: Panel, frame: Frame, horizon: int) -> Cells | None:
        past = panel.closed_frames(horizon, by=frame.as_of)
        return train_cells(panel, past, horizon) if past else None

    return {"lightgbm": fit_boosted, "blend": blend, "bgnbd": lifetimes, "log_rfm": log_rfm, "cells": cells}


def load(kind: str, text: str, names: Sequence[str]) -> Model:
    """A stored model; the same frame gets the same probabilities. Raises BadInput for a kind this version lacks."""
    if kind == "lightgbm":
        return _load_boosted(text, names)
    if kind not in ("bgnbd", "log_rfm", "blend", "cells"):
        raise BadInput(f"The stored model is of a kind {kind!r} this version lacks.", remedy="Run `foresell train`.")
    values = json.loads(text)
    if kind == "blend":
        return Blend(_load_boosted(values["lightgbm"], names), _lifetimes(json.loads(values["bgnbd"])))
    if kind == "bgnbd":
        return _lifetimes(values)
    if kind == "cells":
        return Cells(tuple(values["shares"]))
    return LogRfm(tuple(values["mean"]), tuple(values["scale"]), tuple(values["weights"]))


def _load_boosted(text: str, names: Sequence[str]) -> Boosted:
    import lightgbm

    return Boosted(lightgbm.Booster(model_str=text), tuple(names), threads=2)


def _lifetimes(values: dict[str, Any]) -> Lifetimes:
    horizon = values.pop("horizon")
    return Lifetimes(BgNbd(**values), horizon)
