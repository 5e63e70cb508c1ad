"""What people decide about pairs moves the weights, anchored on those learnt without labels.

The log odds that two records are one customer are bias + the sum of (1 + d) x bits over the comparisons. Bias and d are fitted to
the decisions by maximum likelihood with a penalty on their squares (ridge), so that without decisions nothing changes, and few
decisions change little. One decision in five is held out: by these the new weights are compared with the old ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import minimize

from foresell.identity.comparisons import COMPARISONS
from foresell.identity.intervals import wilson
from foresell.identity.model import Calibration, Model
from foresell.identity.record import SCHEMA, Record
from foresell.identity.scorer import Scorer

#: Fewer decisions of either verdict teach nothing.
FEWEST_OF_EACH = 10
#: Strength of the penalty: about as much as this many decisions.
RIDGE = 4.0
#: A factor never leaves these bounds: a comparison is not turned round.
LEAST_FACTOR, MOST_FACTOR = 0.2, 3.0
#: The lowest precision of merges on held-out decisions with which weights are served.
LEAST_PRECISION = 0.98

Decision = Mapping[str, Any]
Vector = np.ndarray[Any, np.dtype[np.float64]]


def recalibrate(model: Model, records: pa.Table, decisions: Sequence[Decision]) -> Model:
    """The model with weights moved by decisions (record_a, record_b, verdict, held_out), and what that changed on its card.

    records: SCHEMA. Where the decisions are too few, or the new weights are worse on held-out ones, the model as it was, with
    the reason on the card (`decisions`).
    """
    pairs = _score(model, records, decisions)
    learn = [pair for pair in pairs if not pair[2]]
    test = [pair for pair in pairs if pair[2]]
    same = sum(pair[1] for pair in learn)
    if min(same, len(learn) - same) < FEWEST_OF_EACH:
        words = f"{len(pairs)} decisions: at least {FEWEST_OF_EACH} of each verdict are needed to learn from them."
        return _noted(model, {"used": 0, "sentence": words})
    calibration = _fit(model, learn)
    new = replace(model, calibration=calibration, origin="recalibrated")
    before, after = _measure(model, test, Calibration()), _measure(model, test, calibration)
    figures = {"used": len(learn), "held_out": len(test), "before": before, "after": after}
    if test and after["log_loss"] > before["log_loss"]:
        return _noted(
            model,
            {**figures, "sentence": "Learning from decisions made it worse on those held out, so they are not used."},
        )
    precision = after["precision"]
    if precision["share"] is not None and precision["high"] < LEAST_PRECISION:
        words = f"Of the held-out pairs it would merge, {precision['share']:.0%} are the same: too few to use it."
        return _noted(model, {**figures, "sentence": words})
    return _noted(new, {**figures, "sentence": f"{len(learn)} decisions moved the weights."})


Pair = tuple[Vector, bool, bool]


def _score(model: Model, records: pa.Table, decisions: Sequence[Decision]) -> list[Pair]:
    """Of each decision about known records: the bits of each comparison, whether they are the same, whether held out."""
    ids = sorted({number for each in decisions for number in (each["record_a"], each["record_b"])})
    rows = records.filter(pc.is_in(records["record_id"], pa.array(ids, pa.int64())))
    known = {
        values[0]: Record(*values) for values in zip(*(rows[name].to_pylist() for name in SCHEMA.names), strict=True)
    }
    scorer = Scorer(replace(model, calibration=Calibration()))
    return [
        (
            np.array(scorer.score(known[each["record_a"]], known[each["record_b"]]).bits, dtype=np.float64),
            each["verdict"] == "same",
            bool(each["held_out"]),
        )
        for each in decisions
        if each["record_a"] in known and each["record_b"] in known
    ]


def _fit(model: Model, pairs: Sequence[Pair]) -> Calibration:
    bits = np.array([pair[0] for pair in pairs])
    same = np.array([pair[1] for pair in pairs], dtype=np.float64)
    prior = replace(model, calibration=Calibration()).prior_bits

    def loss(change: Vector) -> float:
        odds = math.log(2) * (prior + change[0] + bits @ (1 + change[1:]))
        wrong = np.logaddexp(0, odds) - same * odds
        return float(wrong.sum() + RIDGE * (change[1:] @ change[1:]) + RIDGE / 16 * change[0] ** 2)

    names = [comparison.name for comparison in COMPARISONS[model.kind]]
    bounds = [(-10.0, 10.0), *((LEAST_FACTOR - 1, MOST_FACTOR - 1) for _ in names)]
    found = minimize(loss, np.zeros(len(names) + 1), method="L-BFGS-B", bounds=bounds).x
    return Calibration(float(found[0]), {name: float(1 + each) for name, each in zip(names, found[1:], strict=True)})


def _measure(model: Model, pairs: Sequence[Pair], calibration: Calibration) -> dict[str, Any]:
    """Log loss (nats) on pairs, and the precision of merges with its 95 % interval."""
    moved = replace(model, calibration=calibration)
    factors = np.array([moved.factor(comparison.name) for comparison in COMPARISONS[model.kind]])
    weights = [moved.prior_bits + float(bits @ factors) for bits, _, _ in pairs]
    losses = [
        float(np.logaddexp(0, math.log(2) * weight)) - same * math.log(2) * weight
        for weight, (_, same, _) in zip(weights, pairs, strict=True)
    ]
    merged = [same for weight, (_, same, _) in zip(weights, pairs, strict=True) if weight >= model.thresholds.merge]
    return {
        "log_loss": sum(losses) / len(losses) if losses else 0.0,
        "merges": len(merged),
        "precision": wilson(sum(merged), len(merged)),
    }


def _noted(model: Model, decisions: dict[str, Any]) -> Model:
    return replace(model, card={**model.card, "decisions": decisions})
