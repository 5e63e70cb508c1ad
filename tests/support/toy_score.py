"""A process in which one more score is registered, and what then arrives where: run as `python -m tests.support.toy_score HOME`.

It must register the score before the API is imported, so it is a process of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa

from foresell.scores import registry
from foresell.scores.protocol import Score, ScoringContext
from foresell.types import ScoreColumn

COLUMN = ScoreColumn(
    "days_since_first_order", "integer", "Days since first order", "Days from the first counted order to as_of.", "days", 90,
    sort="days_since_first_order",
)  # fmt: skip


def days_since_first_order(context: ScoringContext) -> pa.Table:
    return context.con.sql(
        "select customer_id, $as_of::date - min(day) as days_since_first_order from orders"
        " where is_counted and day < $as_of::date group by customer_id",
        params={"as_of": context.as_of},
    ).to_arrow_table()


def main(home: Path) -> None:
    """Register the score, load a small shop, refresh, and print what each place shows of the new column."""
    registry.SCORES = (*registry.SCORES, Score("toy", (COLUMN,), predict=days_since_first_order))
    from scripts.openapi import contract
    from scripts.score_columns import page

    from foresell.demo import Shop, write_shop
    from foresell.settings import Settings
    from foresell.snapshot.open import open_snapshot
    from foresell.store import runs
    from foresell.store.database import open_database
    from foresell.workflows.load import load_file
    from foresell.workflows.refresh import run_refresh
    from tests.support.served import Served, running, staff_and_customers

    settings = Settings(home=home, memory_gib=1.0, threads=2, user_rate=900_000, address_rate=900_000)
    database = open_database(settings)
    load_file(settings, database, write_shop(Shop(customers=60, seed=3), home / "shop").orders, source="shop")
    run = run_refresh(settings, database, train="never")
    with open_snapshot(settings.snapshots / runs.get_published_run(database)["snapshot_file"]) as con:
        snapshot = con.execute(
            "select customer_id, $as_of::date - min(day) from orders where is_counted group by 1 order by 2 desc, 1",
            {"as_of": run["as_of"]},
        ).fetchall()
    with database.connect() as pg:
        saved = pg.execute("select customer_id, other_scores from predictions").fetchall()
    users, customers = staff_and_customers(database)
    with running(settings) as url:
        client = Served(settings, database, url, users, customers).client("admin")
        listed = client.get("/api/customers", params={"sort": COLUMN.sort, "limit": 1000}).json()["data"]
        one = client.get(f"/api/customers/{snapshot[0][0]}").json()["scores"]
        exported = client.post(
            "/api/export/customers", json={"columns": ["customer_id", COLUMN.name], "sort": COLUMN.sort}
        ).text
        client.close()
    described = json.loads(contract())
    sys.stdout.write(
        json.dumps(
            {
                "expected": snapshot,
                "listed": [[row["customer_id"], row[COLUMN.name]] for row in listed],
                "one": one[COLUMN.name],
                "exported": exported,
                "saved": {row["customer_id"]: json.loads(row["other_scores"]) for row in saved},
                "schema": described["components"]["schemas"]["ListedCustomer"]["properties"][COLUMN.name],
                "sorts": str(described["paths"]["/api/customers"]["get"]["parameters"]),
                "docs": page(),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
