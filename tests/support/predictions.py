"""The predictions of a run, read from the store."""

from __future__ import annotations

from foresell.database import Database
from foresell.store import model_registry

LAWS = {"purchase", "churn", "churn_180"}


def read_run_models(database: Database, run: dict[str, object]) -> dict[str, dict[str, object]]:
    return {row["task"]: row for row in model_registry.list_run_models(database, int(str(run["run_id"])))}


def read_predictions(database: Database, run: dict[str, object]) -> list[dict[str, object]]:
    with database.connect() as con:
        return con.execute(
            "select * from predictions where run_id = %s order by customer_id", [run["run_id"]]
        ).fetchall()
