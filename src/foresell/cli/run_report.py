"""Prints a published run: how many customers, from which order lines, and the state of each prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.cli import printing
from foresell.cli.labels import label_task
from foresell.database import Database
from foresell.store import model_registry, runs

MEANING = {
    "counted": "sales of products to identified customers",
    "returns": "returned products, subtracted",
    "anonymous": "no customer given: in revenue, not in scores",
    "non_product": "postage, fees, adjustments and vouchers, excluded",
    "cancelled": "cancelled orders, excluded",
    "later": "dated on or after the as-of day, excluded",
}


def read_run_details(database: Database, run_id: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The line classes of a run (one row per class) and its models (one row per task)."""
    return runs.get_line_classes(database, run_id), model_registry.list_run_models(database, run_id)


def print_run(
    run: Mapping[str, Any], classes: Sequence[Mapping[str, Any]], models: Sequence[Mapping[str, Any]]
) -> None:
    """The run in a line, its order lines by class, and one line per prediction task."""
    seconds = sum(run["timings"].values())
    printing.print_text(
        f"Run {run['run_id']} is published: {run['customers_scored']:,} customers as of {run['as_of']}, {seconds:.1f} s"
    )
    _print_line_classes(classes)
    for model in models:
        printing.print_text(f"{label_task(model['task'])}: {model['sentence']}")


def _print_line_classes(classes: Sequence[Mapping[str, Any]]) -> None:
    """Every order line in exactly one class; the classes add up to all lines."""
    by_class = {row["class"]: row for row in classes}
    rows = [
        {**by_class[name], "meaning": meaning}
        for name, meaning in MEANING.items()
        if name in by_class and by_class[name]["lines"]
    ]
    total = {
        "class": "all lines", "lines": sum(row["lines"] for row in classes),
        "amount": sum(row["amount"] for row in classes), "meaning": "",
    }  # fmt: skip
    columns = {"class": "Order lines", "lines": "Number", "amount": "Amount", "meaning": "Meaning"}
    printing.print_table([*rows, total], columns)
