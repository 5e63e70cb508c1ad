"""Commands that show predictions: predictions, forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.call_list import add_contacts, join_reasons, print_call_list
from foresell.cli.options import (
    Category,
    Contacts,
    From,
    Json,
    Limit,
    Output,
    Segment,
    To,
    parse_day,
    row_limit,
)
from foresell.cli.session import open_published
from foresell.cli.sorting import SORT_HELP
from foresell.database import Database
from foresell.errors import NotReady, UsageError
from foresell.privacy.contacts import CONTACT_COLUMNS
from foresell.scores.churn.score import STATES
from foresell.snapshot import queries
from foresell.store import model_registry

CSV_COLUMNS = (
    "segment", "rfm_score", "probability", "expected_order_value", "expected_revenue", "churn_state", "churn_90",
    "value_12m", "value_band", "recency_days", "last_purchase_day", "country", "call_reason", "why_call", "reasons",
)  # fmt: skip
FORECAST_COLUMNS = {
    "grain": "Period", "starts": "From", "ends": "Before", "target": "Metric", "known": "So far", "expected": "Forecast",
    "low": "Low", "high": "High", "note": "Note",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (predictions, forecast):
        app.command()(command)


def predictions(
    segment: Segment = None,
    bought_from: From = None,
    bought_to: To = None,
    category: Category = None,
    state: Annotated[str | None, typer.Option(help=f"Only this churn risk: {', '.join(STATES)}.")] = None,
    least: Annotated[
        float | None,
        typer.Option("--min-probability", min=0, max=1, help="Chance to order at least this high, 0 to 1."),
    ] = None,
    sort: Annotated[str, typer.Option(help=SORT_HELP)] = "value",
    limit: Limit = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Show the most likely buyers, for planning stock and sales.

    For each customer the chance to order in the next 30 days, the expected revenue, and what the chance rests on. Whom to call
    today: foresell calls.
    """
    if state and state not in STATES:
        raise UsageError(f"There is no churn risk {state!r}.", remedy=f"Choose one of: {', '.join(STATES)}")
    first, last = parse_day(bought_from, "--from"), parse_day(bought_to, "--to")
    with open_published() as (run, con, database):
        _check_predicted(database, run["run_id"])
        which = queries.Filter(
            segment=segment, first_day=first, last_day=last, category=category, state=state, min_probability=least, predicted=True,
        )  # fmt: skip
        total, rows = queries.list_customers(
            con, which, sort=sort, limit=row_limit(limit, complete=bool(output or json))
        )
        rows = add_contacts(database, rows) if contacts else rows
    if output:
        columns = ["customer_id", *(CONTACT_COLUMNS if contacts else ()), *CSV_COLUMNS]
        count = printing.write_csv([join_reasons(row) for row in rows], columns, output)
        printing.print_note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        printing.print_json({"run_id": run["run_id"], "as_of": run["as_of"], "total": total, "predictions": rows})
    elif not rows:
        printing.print_text("No customers match. Remove a filter, or list all: foresell predictions")
    else:
        title = f"{len(rows):,} of {total:,} customers; chance and revenue for the 30 days from {run['as_of']} (run {run['run_id']})"
        print_call_list(title, rows, contacts, "reasons")


def forecast(json: Json = False) -> None:
    """Show the sales forecast by week, month and quarter.

    Net revenue and number of orders, each with an 80 % interval.
    """
    with open_published() as (run, con, database):
        model = _models_by_task(database, run["run_id"])["revenue_forecast"]
        rows, ahead = queries.list_forecast(con), queries.expected_revenue(con)
    if json:
        printing.print_json(
            {"run_id": run["run_id"], "as_of": run["as_of"], "forecast": rows, "next_30_days": ahead, "why": model}
        )
        return
    if not rows:
        raise NotReady(model["sentence"])
    title = f"Forecast as of {run['as_of']} (run {run['run_id']}), 80 % interval"
    printing.print_table([_round_floats(row) for row in rows], FORECAST_COLUMNS, title=title)
    if ahead["forecast"] is not None:
        printing.print_text(
            f"Next 30 days: {ahead['forecast']:,.2f} forecast = {ahead['known']:,.2f} known customers"
            f" + {ahead['new']:,.2f} new customers + {ahead['anonymous']:,.2f} anonymous sales"
        )
    printing.print_text("Accuracy of past forecasts: foresell metrics --task revenue_forecast")


def _check_predicted(database: Database, run_id: int) -> None:
    """Raises NotReady with the reason when the run has no purchase predictions."""
    model = _models_by_task(database, run_id)["purchase"]
    if model["level"] == "off":
        raise NotReady(model["sentence"], remedy="Other results: foresell metrics, foresell customers")


def _models_by_task(database: Database, run_id: int) -> dict[str, dict[str, Any]]:
    """The model of each task in a run. Raises NotReady when the run has no predictions at all."""
    models = {row["task"]: row for row in model_registry.list_run_models(database, run_id)}
    if not models:
        raise NotReady("The published run has no predictions.", remedy="Run: foresell refresh")
    return models


def _round_floats(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(value) if isinstance(value, float) else value for key, value in row.items()}
