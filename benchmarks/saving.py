"""How long it takes to save the predictions of a million customers with their run.

    .venv/bin/python -m benchmarks.saving [--quick]

Saved as `refresh` does, in one transaction with keys and row security; compared with a bare ADBC copy into a table without
keys.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from benchmarks.ground import SEED, checkpoint, fresh_home
from benchmarks.measure import Target, is_quick, table, watch, write_results

from foresell.database import Database
from foresell.store import runs

CUSTOMERS = 1_000_000
LIMIT_SECONDS = 60.0
TURNS = 3
ROWS = 122_880


def make_predictions(customers: int, run_id: int) -> pa.Table:
    """Random predictions of this number of customers, with the columns of the `predictions` table."""
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
            "expected_revenue": shares["probability"] * money["expected_order_value"],
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
    """Save the predictions as a refresh does."""
    with database.arrow() as pg, pg.cursor() as cur:
        runs.save_scores(cur, {"predictions": rows.to_reader(ROWS)})


def save_bare(database: Database, rows: pa.Table) -> None:
    """The same rows into a table without keys."""
    with database.arrow("owner") as pg, pg.cursor() as cur:
        cur.adbc_ingest("bare_predictions", rows.to_reader(ROWS), mode="create")


def main() -> None:
    """Measure and save the results."""
    customers = 20_000 if is_quick() else CUSTOMERS
    ours, floor = [], []
    with fresh_home() as database:
        for turn in range(TURNS):
            with database.connect() as con:
                row = con.execute(
                    "insert into runs (as_of, state, rules_version) values ('2026-01-01', 'failed', 1) returning run_id"
                ).fetchone()
                assert row
            rows = make_predictions(customers, row["run_id"])
            checkpoint(database)
            with watch() as cost:
                save_bare(database, rows)
            floor.append(cost.seconds)
            with database.connect("owner") as con:
                con.execute("drop table bare_predictions")
            checkpoint(database)
            with watch() as cost:
                save(database, rows)
            ours.append(cost.seconds)
            print(f"turn {turn + 1}: bare {floor[-1]:.1f} s, saved {ours[-1]:.1f} s", flush=True)
    seconds = sorted(ours)[TURNS // 2]
    write_results(
        "saving",
        f"Saving {customers:,} predictions",
        [Target("seconds to save", seconds, LIMIT_SECONDS, unit="s")],
        {"seconds": ours, "bare_seconds": floor, "customers": customers},
        table(
            ("turn", "bare copy, s", "saved, s"),
            [(i + 1, f"{b:.1f}", f"{o:.1f}") for i, (b, o) in enumerate(zip(floor, ours, strict=True))],
        ),
    )


if __name__ == "__main__":
    main()
