"""What it costs to save the predictions of a million customers with their run.

    .venv/bin/python -m benchmarks.saving [--quick]

As `refresh` saves them: one transaction, keys and row security in place; beside a bare ADBC copy into a table without keys.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from benchmarks.ground import SEED, fresh_home, settle
from benchmarks.measure import Bar, keep, quick, table, watch

from foresell.database import Database
from foresell.store import runs

CUSTOMERS = 1_000_000
LIMIT_SECONDS = 60.0
TURNS = 3
ROWS = 122_880


def predictions(customers: int, run_id: int) -> pa.Table:
    """Predictions of so many customers, in the columns of the truth's table."""
    rng = np.random.default_rng(SEED)
    ids = pa.array([f"C{number:06d}" for number in range(1, customers + 1)])
    shares = {name: rng.random(customers) for name in ("probability", "churn_90", "churn_180")}
    money = {
        name: rng.lognormal(4, 1, customers)
        for name in ("expected_order_value", "value_12m", "value_low", "value_high")
    }
    return pa.table(
        {
            "run_id": pa.array(np.full(customers, run_id, dtype=np.int32)),
            "customer_id": ids,
            "probability": shares["probability"],
            "expected_order_value": money["expected_order_value"],
            "expected_value": shares["probability"] * money["expected_order_value"],
            "churn_90": shares["churn_90"],
            "churn_state": pa.array(np.array(["likely to stay", "unsure", "at risk"])[rng.integers(0, 3, customers)]),
            "churn_180": shares["churn_180"],
            "value_12m": money["value_12m"],
            "value_low": money["value_low"],
            "value_high": money["value_high"],
            "value_rank": rng.permutation(customers) + 1,
            "value_band": pa.array(np.array(["top 1 %", "top 10 %", "rest"])[rng.integers(0, 3, customers)]),
        }
    )


def save(database: Database, rows: pa.Table) -> None:
    """As a refresh does it, in a run of its own."""
    with database.arrow() as pg, pg.cursor() as cur:
        runs.save_scores(cur, {"predictions": rows.to_reader(ROWS)})


def bare(database: Database, rows: pa.Table) -> None:
    """The same rows into a table without keys."""
    with database.arrow("owner") as pg, pg.cursor() as cur:
        cur.adbc_ingest("bare_predictions", rows.to_reader(ROWS), mode="create")


def main() -> None:
    """Measure and keep."""
    customers = 20_000 if quick() else CUSTOMERS
    ours, floor = [], []
    with fresh_home() as database:
        for turn in range(TURNS):
            with database.connect() as con:
                row = con.execute(
                    "insert into runs (as_of, state, rules_version) values ('2026-01-01', 'failed', 1) returning run_id"
                ).fetchone()
                assert row
            rows = predictions(customers, row["run_id"])
            settle(database)
            with watch() as cost:
                bare(database, rows)
            floor.append(cost.seconds)
            with database.connect("owner") as con:
                con.execute("drop table bare_predictions")
            settle(database)
            with watch() as cost:
                save(database, rows)
            ours.append(cost.seconds)
            print(f"turn {turn + 1}: bare {floor[-1]:.1f} s, saved {ours[-1]:.1f} s", flush=True)
    seconds = sorted(ours)[TURNS // 2]
    keep(
        "saving",
        f"Saving {customers:,} predictions",
        [Bar("seconds to save", seconds, LIMIT_SECONDS, unit="s")],
        {"seconds": ours, "bare_seconds": floor, "customers": customers},
        table(
            ("turn", "bare copy, s", "saved, s"),
            [(i + 1, f"{b:.1f}", f"{o:.1f}") for i, (b, o) in enumerate(zip(floor, ours, strict=True))],
        ),
    )


if __name__ == "__main__":
    main()
