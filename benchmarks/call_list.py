"""Who would have been on past call lists, and how many of them ordered in the next 30 days anyway.

    .venv/bin/python -m benchmarks.call_list                      # Online Retail II
    .venv/bin/python -m benchmarks.call_list SNAPSHOT.duckdb      # the published snapshot of any home

Cutoffs 30 days apart over the last 270 days that have closed, each from what was known then; lists of 50, without a holdout: "ordered
anyway" says who needed no call, not what a call changes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tests.support.small_snapshot import rules
from tests.support.snapshot_of_retail import as_of_of, data_folder, retail_snapshot

from foresell.engagement.call_quotas import REASONS, ListSettings, fill_quotas
from foresell.errors import NotReady
from foresell.scores.call_reason.reasons import find_reasons
from foresell.scores.call_reason.score import Outlook, rank_customers, read_rhythm
from foresell.scores.expected_revenue.company import forecast_company
from foresell.scores.expected_revenue.model import (
    HORIZON_DAYS,
    count_purchases,
    expected_order_values,
    fit_lifetimes,
    net_revenue,
    train_counts,
)
from foresell.scores.expected_revenue.streams import scale_factor, scale_to_total
from foresell.scores.rfm.score import compute_rfm
from foresell.scores.training.features import Frame
from foresell.scores.training.models import habits, train_boosted
from foresell.scores.training.train_task import TrainingContext

SEED, CUTOFFS, EVERY = 7, 9, 30
SETTINGS = ListSettings(50, 50, 20, 15, 15)
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Past:
    """One cutoff: the customers, what was expected, and what they did. Arrays with one value per customer."""

    frame: Frame
    outlook: Outlook
    reasons: NDArray[np.object_]
    lists: Mapping[str, Rows]
    segments: list[str]
    ordered: NDArray[np.bool_]
    spent: NDArray[np.float64]


def look_back(con: duckdb.DuckDBPyConnection, day: date) -> Past:
    """Every list at one past day."""
    context = TrainingContext(con, day, SEED)
    frame = context.panel.now
    closed = context.panel.closed_frames(HORIZON_DAYS, by=day)
    counts, buys = train_counts(con, closed, SEED), train_boosted(context.panel, closed, HORIZON_DAYS, SEED)
    if counts is None or buys is None:
        raise NotReady(f"Nothing to learn from before {day}.")
    values, streams = expected_order_values(con, frame), forecast_company(con, day, interval=False).streams
    raw = counts.expected_purchases(frame) * values
    lifetimes, (x, t_x, age) = fit_lifetimes(frame).model, habits(frame)
    outlook = Outlook(
        before=lifetimes.expected_purchases(x, t_x, t_x, HORIZON_DAYS) * values * scale_factor(raw, streams),
        now=scale_to_total(raw, streams.known),
        order_value=values,
        probability=buys.probability(frame),
        alive=lifetimes.p_alive(x, t_x, age),
    )
    rhythm = read_rhythm(con, frame)
    reasons = find_reasons(rhythm, outlook.alive)
    priority = rank_customers(reasons, rhythm, outlook)
    by_reason = {
        reason: [int(at) for at in best(np.where(reasons == reason, priority, -np.inf), int((reasons == reason).sum()))]
        for reason in REASONS
    }
    lists = {
        "expected revenue": best(outlook.now),
        "value at risk": best(outlook.at_risk),
        "value at risk x P(alive)": best(outlook.at_risk * outlook.alive),
        "quotas": np.array(fill_quotas(by_reason, SETTINGS), dtype=np.intp),
    }
    return Past(
        frame,
        outlook,
        reasons,
        lists,
        segments_of(con, frame),
        count_purchases(con, frame) > 0,
        net_revenue(con, frame),
    )


def best(values: NDArray[np.float64], many: int = SETTINGS.capacity) -> Rows:
    """The rows of the highest values."""
    return np.argsort(-values, kind="stable")[:many]


def segments_of(con: duckdb.DuckDBPyConnection, frame: Frame) -> list[str]:
    """The segment of each customer of a frame on its day."""
    con.execute("drop table if exists rfm_scores")
    compute_rfm(con, frame.as_of)
    rows = con.sql("select customer_id, segment from rfm_scores").to_arrow_table()
    at = pa.compute.index_in(frame.customers, value_set=rows["customer_id"].combine_chunks())
    return [str(segment) for segment in pa.compute.take(rows["segment"], at).to_pylist()]


def show(name: str, past: list[tuple[Past, Rows]]) -> None:
    """One row: means over the cutoffs."""
    past = [(each, rows) for each, rows in past if len(rows)]
    segments = Counter(each.segments[row] for each, rows in past for row in rows)
    total = sum(segments.values())
    print(
        f"{name:26} {np.mean([each.ordered[rows].mean() for each, rows in past]):8.2f}"
        f" {np.mean([each.outlook.at_risk[rows].sum() for each, rows in past]):10,.0f}"
        f" {np.mean([each.outlook.before[rows].sum() for each, rows in past]):10,.0f}"
        f" {np.mean([each.spent[rows].sum() for each, rows in past]):10,.0f}"
        f" {np.mean([each.outlook.alive[rows].mean() for each, rows in past]):8.2f}   "
        + ", ".join(f"{segment} {many / total:.2f}" for segment, many in segments.most_common(6))
    )


def main() -> None:
    """The table of one shop."""
    files = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    con = duckdb.connect() if files else retail_snapshot("ii", data_folder())
    if files:
        con.execute(f"attach '{files[0]}' as run (read_only)")
        for table in ("lines", "orders", "customers", "products", "meta"):
            con.execute(f"create view {table} as from run.{table}")
    con.execute(
        "create table segment_rules (position int, name varchar, r_min int, r_max int, f_min int, f_max int, m_min int, m_max int,"
        " advice varchar)"
    )
    con.executemany("insert into segment_rules values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(rule) for rule in rules()])
    last = as_of_of(con) - timedelta(days=HORIZON_DAYS)
    found: list[Past] = []
    for step in range(CUTOFFS):
        try:
            found.insert(0, look_back(con, last - timedelta(days=EVERY * step)))
        except NotReady as error:
            print(error.message)
            break
    if not found:
        return
    print(f"{len(found)} cutoffs {found[0].frame.as_of} .. {found[-1].frame.as_of}; money of 30 days, per list")
    print("list                        ordered    at risk     before      spent  P(alive)  segments")
    for name in found[0].lists:
        show(name, [(each, each.lists[name]) for each in found])
    for reason in REASONS:
        rows = [(each, each.lists["quotas"][each.reasons[each.lists["quotas"]] == reason]) for each in found]
        show(f"  {reason}", rows)
    for reason in REASONS:
        print(f"{reason}: {np.mean([(each.reasons == reason).mean() for each in found]):.1%} of customers")


if __name__ == "__main__":
    main()
