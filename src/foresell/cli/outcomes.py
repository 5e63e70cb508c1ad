"""Prints prediction outcomes: what was predicted, compared with what was observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from foresell.cli import printing


class Grouping(StrEnum):
    """How outcomes are grouped."""

    all = "all"
    decile = "decile"
    segment = "segment"


def print_outcomes(outcomes: Sequence[Mapping[str, Any]], by: Grouping = Grouping.all) -> None:
    """One line per task, run and group. Shares in percent; customer lifetime value as money."""
    rows = [dict(row) for row in outcomes if row["grouping"] == by]
    if not rows:
        printing.print_text(
            "\nNo prediction period has ended yet. Test on the past: foresell backfill --from DAY --to DAY"
        )
        return
    for row in rows:
        is_money = row["task"] == "lifetime_value"
        row["predicted"], row["observed"] = (
            f"{row[key]:,.2f}" if is_money else f"{100 * row[key]:.1f} %" for key in ("predicted", "observed")
        )
    columns = {
        "task": "Task", "as_of": "Predicted on", "horizon_days": "Days", "name": str(by).capitalize(),
        "customers": "Customers", "predicted": "Predicted", "observed": "Observed", "kind": "Model", "model_id": "Version",
        "run_id": "Run",
    }  # fmt: skip
    printing.print_text()
    printing.print_table(rows, columns, title="Track record", plain_ids=["run_id", "model_id"])
