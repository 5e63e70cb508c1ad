"""Expected revenue and lifetime value out of time, compared with last year's revenue: the bars, and whether each would be shown.

    .venv/bin/python -m benchmarks.expected_money                      # Online Retail II
    .venv/bin/python -m benchmarks.expected_money SNAPSHOT.duckdb      # the published snapshot of any home

Expected revenue: cutoffs 15 days apart over the last 270 days that have closed, each from what was known then, scaled to that
day's own forecast. Lifetime value: holdouts of 180 days, 30 days apart.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import duckdb
import numpy as np
from tests.support.snapshot_of_retail import as_of_of, data_folder, retail_snapshot

from foresell.errors import NotReady
from foresell.scores.expected_revenue import backtest as revenue
from foresell.scores.expected_revenue.company import forecast_company
from foresell.scores.expected_revenue.model import HORIZON_DAYS, expected_order_values, load_counts
from foresell.scores.expected_revenue.streams import scale_factor, scale_to_total
from foresell.scores.lifetime_value import backtest as value
from foresell.scores.training.train_task import TrainingContext

SEED, CUTOFFS, EVERY = 7, 17, 15


def revenue_cutoffs(con: duckdb.DuckDBPyConnection, as_of: date) -> list[revenue.Cutoff]:
    """Every estimate at the latest closed cutoffs, oldest first."""
    found = []
    for step in range(CUTOFFS):
        context = TrainingContext(con, as_of - timedelta(days=HORIZON_DAYS + EVERY * step), SEED)
        try:
            found.append(revenue.estimate_cutoff(context, context.panel.now))
        except NotReady as error:
            print(f"{context.as_of}: {error.message}")
            break
    return found[::-1]


def show_revenue(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """The table of expected revenue."""
    cutoffs = revenue_cutoffs(con, as_of)
    if not cutoffs:
        return
    names = list(cutoffs[-1].estimates)
    print(
        f"\nExpected revenue, {HORIZON_DAYS} days, {len(cutoffs)} cutoffs {cutoffs[0].frame.as_of} .. {cutoffs[-1].frame.as_of}"
    )
    print("model             sum mean  worst   decile scaled  equal   MAE    top 50  top 500")
    for name in names:
        pairs = [(each.estimates[name], each.actual) for each in cutoffs if name in each.estimates]
        off = [float(e.sum() / a.sum() - 1) for e, a in pairs]
        figures = (
            np.mean(np.abs(off)), max(off, key=abs), np.mean([revenue.decile_error(e, a) for e, a in pairs]),
            np.mean([revenue.decile_error(e * (a.sum() / e.sum()), a) for e, a in pairs]),
            np.mean([np.abs(e - a).mean() for e, a in pairs]),
            np.mean([revenue.capture(e, a, 50) for e, a in pairs]), np.mean([revenue.capture(e, a, 500) for e, a in pairs]),
        )  # fmt: skip
        print(f"{name:17} {figures[0]:8.3f} {figures[1]:+7.2f} {figures[2]:14.3f} {figures[3]:6.3f} {figures[4]:7.1f}"
              f" {figures[5]:7.3f} {figures[6]:7.3f}")  # fmt: skip


def show_identity(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Whether expected revenue is shown, and if so the forecast as the sum of its streams."""
    context = TrainingContext(con, as_of, SEED)
    try:
        version = revenue.make_version(context)
    except NotReady as error:
        print(f"expected revenue: {error.message}")
        return
    frame = context.panel.now
    company = forecast_company(con, as_of)
    estimates = load_counts(version.kind, version.text).expected_purchases(frame) * expected_order_values(con, frame)
    amounts = scale_to_total(estimates, company.streams.known)
    known, new, anonymous = (getattr(company.streams, name) / 100 for name in ("known", "new", "anonymous"))
    gap = round(
        (
            float(np.rint(amounts * 100).sum())
            + company.streams.new
            + company.streams.anonymous
            - company.streams.forecast
        ),
        2,
    )
    print(f"\nexpected revenue: {version.kind}; {version.reason} {version.card['gate']}")
    print(f"{company.streams.forecast / 100:,.2f} = {known:,.2f} known + {new:,.2f} new + {anonymous:,.2f} anonymous;"
          f" gap {gap} pennies, scale factor {scale_factor(estimates, company.streams):.2f}")  # fmt: skip


def show_value(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """The table of lifetime value over 180 and 365 days, and whether it is shown."""
    for days, count in ((180, 9), (365, 4)):
        try:
            holdouts = value.backtest(con, as_of, value.default_cutoffs(as_of, days, count), days, SEED)
        except NotReady as error:
            print(f"lifetime value, {days} days: {error.message}")
            continue
        covered = [each.in_range for each in holdouts if each.in_range is not None]
        figures = {
            "total error": [1 - each.accuracy.value for each in holdouts],
            "total error, last period": [1 - each.last_accuracy for each in holdouts],
            "decile error": [each.decile_error for each in holdouts],
            "Spearman": [each.spearman.value for each in holdouts],
            "in range": covered or [float("nan")],
            "weight of the model": [each.weight for each in holdouts],
        }
        print(f"\nLifetime value, {days} days, {len(holdouts)} holdouts:")
        print(", ".join(f"{name} {np.mean(each):.3f}" for name, each in figures.items()))
    try:
        holdouts, fits = value.backtest_with_fits(con, as_of, seed=SEED)
        print(f"lifetime value: shown, {value.refuse_if_no_better(holdouts, SEED)}, weight {value.choose_weight(fits)}")
    except NotReady as error:
        print(f"lifetime value: {error.message}")


def main() -> None:
    """The tables of one shop."""
    files = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    con = duckdb.connect(files[0], read_only=True) if files else retail_snapshot("ii", data_folder())
    as_of = as_of_of(con)
    show_identity(con, as_of)
    show_value(con, as_of)
    show_revenue(con, as_of)


if __name__ == "__main__":
    main()
