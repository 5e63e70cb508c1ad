"""How purchase scoring grows with the shop: features of one cutoff, scores, reasons, and training on the sample.

    .venv/bin/python -m benchmarks.scores_at_size [--customers 100000] [--train]

A generated shop of 20 order lines per customer over two years, two threads, seed fixed. Prints seconds, the bare LightGBM
prediction next to the scoring, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb

from foresell.scores.purchase.score import PURCHASE, score_purchase
from foresell.scores.training import reasons
from foresell.scores.training.features import features, frame_of
from foresell.scores.training.models import trainers
from foresell.scores.training.train_task import TrainingContext, train_task

AS_OF = date(2022, 1, 1)


def create_shop(customers: int) -> duckdb.DuckDBPyConnection:
    """A snapshot in memory: each customer has one order and a geometric number more, an order has one to seven lines."""
    con = duckdb.connect(config={"threads": 2, "memory_limit": "6GB"})
    con.execute("select setseed(0.5)").fetchall()
    con.execute(
        f"""create table orders as
        with people as (
            select 'C' || lpad(i::varchar, 7, '0') as customer_id, 1 + (4 * -ln(1 - random()))::integer as n
            from range({customers}) t(i)),
        days as (select customer_id, date '2020-01-01' + (random() * 730)::integer as day from people, range(n))
        select row_number() over ()::bigint as order_id, customer_id, day + interval 10 hour as ordered_at, day,
            'Utopia' as country, 1 + (random() * 6)::integer as lines, (1 + random() * 100)::decimal(18, 4) as net_amount,
            true as is_counted
        from days order by customer_id, day"""
    )
    con.execute(
        """create table lines as
        select customer_id, order_id, unnest(range(lines))::integer as line_no, ordered_at, day,
            (1 + random() * 4000)::integer as product_id, 1::decimal(14, 3) as quantity,
            (net_amount / lines)::decimal(18, 4) as amount, 'counted' as class
        from orders"""
    )
    return con


def time_step(what: str, work: Callable[[], Any]) -> Any:
    """Run `work`, print its seconds and the peak memory so far, and return its result."""
    started = time.perf_counter()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:44}{time.perf_counter() - started:9.2f} s   peak {peak:5.2f} GiB", flush=True)
    return result


def main() -> None:
    """Print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--train", action="store_true", help="also the whole training with backtest and leak guard")
    arguments = parser.parse_args()
    con = time_step("(making the shop)", lambda: create_shop(arguments.customers))
    lines = con.execute("select count(*) from lines").fetchall()[0][0]
    print(f"{arguments.customers:,} customers, {lines:,} lines")
    frame = time_step("features of one cutoff, as a matrix", lambda: frame_of(features(con, AS_OF), AS_OF))
    context = time_step("features of every training cutoff (sample)", lambda: TrainingContext(con, AS_OF, seed=7))
    model = time_step(
        "one LightGBM", lambda: trainers(7)["lightgbm"](context.panel, context.panel.now, PURCHASE.horizon)
    )
    time_step("bare LightGBM prediction", lambda: model.booster.predict(model.matrix(frame), num_threads=2))
    table = time_step("scores with expected value", lambda: score_purchase(model, frame))
    best = reasons.frame_of_best(frame, table["expected_revenue"].to_numpy())
    time_step(f"reasons of the first {len(best):,}", lambda: reasons.reasons(model, best, PURCHASE))
    if arguments.train:
        time_step("training, six cutoffs, leak guard", lambda: train_task(context, PURCHASE))


if __name__ == "__main__":
    main()
