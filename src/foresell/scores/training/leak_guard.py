"""Leak guard: refuses a model that uses information from after its prediction date. Runs at every training.

Four checks. *window*: the features of a past day stay the same when everything since is deleted. *shuffled*: with labels
exchanged between customers nothing can be learnt. *memoryless*: among invented customers who all buy at one constant
rate the past says nothing about the future, so the same SQL, label and trainer must stay at chance. *single feature*:
no feature alone nearly determines the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.training.features import SEASON, Floats, Frame, Labels, features, frame_of
from foresell.scores.training.metrics import auc, chance_bound
from foresell.scores.training.models import Lifetimes, boosted_on, train_bgnbd
from foresell.scores.training.panel import Panel, copy_snapshot, label, read_panel, stack_frames

ReadFeatures = Callable[[duckdb.DuckDBPyConnection, date], pa.Table]
ReadLabel = Callable[[duckdb.DuckDBPyConnection, date, int], pa.Array]

CUSTOMERS = 2_000
SUSPICIOUS_AUC = 0.95
ABOVE_BGNBD = 0.03
RULE = 0.995


@dataclass(frozen=True)
class Finding:
    """One check: what was measured, the limit, and the sentence for the reader."""

    check: str
    passed: bool
    measured: float
    limit: float
    sentence: str


def inspect(
    con: duckdb.DuckDBPyConnection, panel: Panel, horizon: int, *, seed: int = 0,
    read_features: ReadFeatures = features, read_label: ReadLabel = label,
) -> tuple[Finding, ...]:  # fmt: skip
    """All four checks of one horizon. `panel` was read from `con` with the same readers."""
    return (
        window(con, panel, read_features),
        check_shuffled_labels(panel, horizon, seed),
        memoryless(horizon, seed, read_features, read_label),
        *single_feature(panel, horizon),
    )


def refuse(findings: tuple[Finding, ...]) -> None:
    """Raises NotReady naming what was found, if anything was."""
    bad = [finding.sentence for finding in findings if not finding.passed]
    if bad:
        raise NotReady(
            "The model was refused because it uses information from after the prediction date: " + " ".join(bad),
            remedy="Correct the feature or the label it names; the previous model stays in use.",
        )


def window(con: duckdb.DuckDBPyConnection, panel: Panel, read_features: ReadFeatures) -> Finding:
    """Features of the latest closed cutoff, before and after deleting every row dated on or after it."""
    frame = panel.frames[-1]
    past = copy_snapshot(con, f"day < date '{frame.as_of}'")
    again = frame_of(read_features(past, frame.as_of), frame.as_of)
    if not again.customers.equals(frame.customers):
        moved = list(frame.names)
    else:
        same = np.isclose(again.values, frame.values, rtol=1e-6, equal_nan=True)
        moved = [name for place, name in enumerate(frame.names) if not same[:, place].all()]
    listed = ", ".join(moved[:5])
    return Finding(
        "window", not moved, len(moved), 0,
        f"{len(moved)} features of {frame.as_of} change when rows dated on or after it are deleted ({listed})."
        if moved else "No feature changes when rows dated on or after its day are deleted.",
    )  # fmt: skip


def check_shuffled_labels(panel: Panel, horizon: int, seed: int) -> Finding:
    """Trained on labels exchanged between the customers of each cutoff, the latest cutoff must look random."""
    *past, last = panel.closed_frames(horizon)
    past = past[-6:]
    rng = np.random.default_rng(seed)
    matrix = np.concatenate([frame.values for frame in past])
    ordered = np.concatenate([rng.permutation(panel.labels(frame, horizon)) for frame in past])
    model = boosted_on(matrix, ordered, last.names, seed)
    outcome = rng.permutation(panel.labels(last, horizon))
    return _at_chance("shuffled", "labels exchanged between customers", model.probability(last), outcome)


def memoryless(horizon: int, seed: int, read_features: ReadFeatures, read_label: ReadLabel) -> Finding:
    """Customers without memory, through the same features, label and trainer: even the latest cutoff must look random."""
    as_of = date(2021, 1, 1)
    con = memoryless_shop(as_of, horizon, seed)
    panel = read_panel(con, as_of, read_features=read_features, read_label=read_label)
    last = panel.closed_frames(horizon)[-1]
    matrix, ordered = stack_frames(panel, panel.closed_frames(horizon, by=last.as_of), horizon)
    outcome = panel.labels(last, horizon)
    if ordered.all() or not ordered.any() or outcome.all() or not outcome.any():
        return Finding(
            "memoryless",
            False,
            float(outcome.mean()),
            0.5,
            "Among customers who buy at random all have the same label.",
        )
    model = boosted_on(matrix, ordered, last.names, seed)
    return _at_chance("memoryless", "customers who buy at random", model.probability(last), outcome)


def memoryless_shop(as_of: date, horizon: int, seed: int) -> duckdb.DuckDBPyConnection:
    """A snapshot of 2,000 customers over 2 x `horizon` + 300 days; each day each one orders with the same probability.

    The rate makes about half of them order within the horizon; amounts, hours and products are drawn independently.
    """
    days = 2 * horizon + 300
    rng = np.random.default_rng(seed)
    bought = rng.random((CUSTOMERS, days)) < 1 - 0.5 ** (1 / horizon)
    who, when = np.nonzero(bought)
    start = np.datetime64(as_of) - days
    table = pa.table(
        {
            "customer_id": np.char.add("M", who.astype(str)),
            "order_id": np.arange(len(who)),
            "day": pa.array(start + when, pa.date32()),
            "hour": rng.integers(8, 18, len(who)),
            "product_id": rng.integers(1, 50, len(who)),
            "amount": np.round(rng.lognormal(4, 1, len(who)) + 1, 2),
        }
    )
    con = duckdb.connect(config={"threads": 2})
    con.register("drawn", table)
    con.execute(
        """create table lines as select customer_id, order_id, 1 as line_no, day + to_hours(hour) as ordered_at, day,
        product_id::integer as product_id, 1::decimal(14, 3) as quantity, amount::decimal(18, 4) as amount,
        'counted' as class from drawn order by customer_id, ordered_at;
        create table orders as select order_id, customer_id, ordered_at, day, 'nowhere' as country, 1 as lines,
        amount as net_amount, true as is_counted from lines"""
    )
    return con


def single_feature(panel: Panel, horizon: int) -> tuple[Finding, ...]:
    """Each feature alone against the latest closed labels: one finding per suspicious feature, else one that passes.

    Suspicious is an AUC above .95 that is also above what BG/NBD reaches (it reads only habits before the cutoff), or one
    limit on the feature that repeats 99.5 % of the labels at two cutoffs.
    """
    *_, before, last = panel.closed_frames(horizon)
    outcome, earlier = panel.labels(last, horizon), panel.labels(before, horizon)
    if not outcome.any() or outcome.all():
        return (Finding("single feature", True, 0.5, SUSPICIOUS_AUC, "All labels are equal; nothing to test."),)
    ceiling = max(SUSPICIOUS_AUC, _bgnbd_auc(last, outcome, horizon) + ABOVE_BGNBD)
    found, highest = [], 0.5
    for name in (name for name in last.names if name not in SEASON):
        value = np.nan_to_num(last.column(name), nan=-1.0)
        alone = auc(value, outcome)
        alone = max(alone, 1 - alone)
        highest = max(highest, alone)
        limit, rising = find_rule(np.nan_to_num(before.column(name), nan=-1.0), earlier)
        agrees = float((((value >= limit) == rising) == outcome).mean())
        if alone > ceiling or agrees >= max(RULE, (1 + max(outcome.mean(), 1 - outcome.mean())) / 2):
            found.append(
                Finding(
                    "single feature", False, alone, ceiling,
                    f"{name} alone nearly determines the outcome (AUC {alone:.3f}, one threshold agrees with {agrees:.1%}).",
                )
            )  # fmt: skip
    clean = Finding(
        "single feature", True, highest, ceiling, f"No feature alone determines the outcome (best AUC {highest:.3f})."
    )
    return tuple(found) or (clean,)


def _bgnbd_auc(frame: Frame, outcome: Labels, horizon: int) -> float:
    try:
        return auc(Lifetimes(train_bgnbd(frame), horizon).probability(frame), outcome)
    except NotReady:
        return 0.5


def find_rule(value: Floats, ordered: Labels) -> tuple[float, bool]:
    """The one limit on a feature that repeats most labels, and whether buyers lie above it."""
    order = np.argsort(value, kind="stable")
    v, y = value[order], ordered[order]
    starts = np.append(0, np.flatnonzero(np.diff(v)) + 1)
    below = np.append(0, np.cumsum(y))[starts]  # buyers under the limit
    right = (starts - below) + (y.sum() - below)
    best, worst = int(np.argmax(right)), int(np.argmin(right))
    rising = right[best] >= len(y) - right[worst]
    return float(v[starts[best if rising else worst]]), bool(rising)


def _at_chance(check: str, whom: str, probability: Floats, outcome: Labels) -> Finding:
    measured, limit = auc(probability, outcome), chance_bound(outcome)
    passed = not abs(measured - 0.5) > limit  # no figure (all labels equal) is no finding
    return Finding(
        check, passed, measured, limit,
        f"On {whom} its AUC is {measured:.3f}, " + ("within chance." if passed else f"chance allows .5 ± {limit:.3f}."),
    )  # fmt: skip
