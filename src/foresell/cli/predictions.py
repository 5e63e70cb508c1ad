"""Commands that predict: train, predictions, forecast, backfill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.models import show_receipts, show_targets
from foresell.cli.scoring import Category, Contacts, From, Limit, Output, Segment, To, contacts_of
from foresell.cli.session import day, open_home, open_published
from foresell.errors import NotReady, UsageError
from foresell.scores.churn.score import STATES
from foresell.scores.training.tasks import ALL_TASKS
from foresell.snapshot import queries
from foresell.store import customer_contacts, model_registry
from foresell.store.database import Database
from foresell.workflows.backfill import backfill_runs
from foresell.workflows.train import train_models


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (train, predictions, forecast, backfill):
        app.command()(command)


def train(
    task: Annotated[
        list[str] | None, typer.Option(help=f"Only this task, may be repeated: {', '.join(ALL_TASKS)}.")
    ] = None,
    json: Json = False,
) -> None:
    """Train and judge the models on the published snapshot; the next refresh uses them."""
    tasks = task or list(ALL_TASKS)
    if unknown := [each for each in tasks if each not in ALL_TASKS]:
        raise UsageError(f"There is no task {unknown[0]!r}.", remedy=f"Choose among: {', '.join(ALL_TASKS)}")
    settings, database = open_home()
    with printing.progress(not json) as progress:
        kept, refused = train_models(settings, database, tasks=tasks, progress=progress)
    if json:
        trained = [
            {"model_id": each.model_id, "task": each.task, "kind": each.kind, "card": each.card} for each in kept
        ]
        printing.as_json({"trained": trained, "refused": refused})
        return
    for model in kept:
        printing.say(f"Model {model.model_id}, {model.task}: {model.kind}. {model.reason}")
        show_targets(model.card.get("targets", []))
    for name, reason in refused.items():
        printing.say(f"{name} was refused, what served before stays: {reason}")
    printing.say("Look closer: foresell metrics    Use them: foresell refresh")


def predictions(
    segment: Segment = None,
    bought_from: From = None,
    bought_to: To = None,
    category: Category = None,
    state: Annotated[str | None, typer.Option(help=f"Only this churn state: {', '.join(STATES)}.")] = None,
    least: Annotated[
        float | None, typer.Option("--min-probability", min=0, max=1, help="At least this likely to order.")
    ] = None,
    sort: Annotated[str, typer.Option(help=f"Best first by: {', '.join(queries.SORTS)}.")] = "value",
    limit: Limit = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """The call list: who orders in the next 30 days, what that is worth, and why."""
    if state and state not in STATES:
        raise UsageError(f"There is no churn state {state!r}.", remedy=f"Choose one of: {', '.join(STATES)}")
    first, last = day(bought_from, "--from"), day(bought_to, "--to")
    with open_published() as (run, con, database):
        _check_predicted(database, run["run_id"])
        which = queries.Filter(
            segment=segment, first_day=first, last_day=last, category=category, state=state, min_probability=least, predicted=True,
        )  # fmt: skip
        total, rows = queries.customers(con, which, sort=sort, limit=limit or (None if output or json else 20))
        rows = contacts_of(database, rows) if contacts else rows
    extra = customer_contacts.CONTACT_COLUMNS if contacts else ()
    if output:
        columns = ["customer_id", *extra, *(key for key in CALL_FILE if key != "customer_id")]
        count = printing.write_csv([_in_words(row) for row in rows], columns, output)
        printing.note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        printing.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "total": total, "predictions": rows})
    else:
        show_calls(run, total, rows, contacts)


CALL_FILE = (
    "customer_id", "segment", "rfm_score", "probability", "expected_order_value", "expected_value", "churn_state", "churn_90",
    "value_12m", "value_band", "recency_days", "last_purchase_day", "country", "reasons",
)  # fmt: skip


def _check_predicted(database: Database, run_id: int) -> None:
    """The published run must hold purchase predictions; if not, say why. Raises NotReady."""
    answers = {row["task"]: row for row in model_registry.run_models(database, run_id)}
    if not answers:
        raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
    if answers["purchase"]["level"] == "off":
        raise NotReady(answers["purchase"]["sentence"], remedy="See the others: foresell metrics, foresell customers")


def _in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """The reasons as one cell."""
    return {**row, "reasons": "; ".join(row["reasons"])}


def show_calls(run: Mapping[str, Any], total: int, rows: list[dict[str, Any]], contacts: bool) -> None:
    """The call list: chance, expected value and reasons; names for those who may see them."""
    if not rows:
        printing.say("No customer matches. Loosen a filter, or see all: foresell predictions")
        return
    shown = [
        {**_in_words(row), "chance": f"{100 * row['probability']:.0f} %", "worth": f"{row['expected_value']:,.0f}"}
        for row in rows
    ]
    columns = {"customer_id": "customer"} | ({"name": "name", "phone": "phone"} if contacts else {})
    columns |= {
        "segment": "segment",
        "chance": "chance",
        "worth": "expected",
        "value_band": "value",
        "churn_state": "churn",
        "reasons": "why",
    }
    title = f"{len(rows):,} of {total:,} customers: chance of an order in the 30 days from {run['as_of']} (run {run['run_id']})"
    printing.table(shown, columns, title=title)


def forecast(json: Json = False) -> None:
    """What the shop will take: weeks, months and quarters, net revenue and orders, with an 80 % interval."""
    with open_published() as (run, con, database):
        answers = {row["task"]: row for row in model_registry.run_models(database, run["run_id"])}
        if not answers:
            raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
        rows = queries.forecast(con)
    if json:
        printing.as_json(
            {"run_id": run["run_id"], "as_of": run["as_of"], "forecast": rows, "why": answers["revenue_forecast"]}
        )
        return
    if not rows:
        raise NotReady(answers["revenue_forecast"]["sentence"])
    columns = {
        "grain": "period",
        "starts": "from",
        "ends": "before",
        "target": "of",
        "known": "so far",
        "expected": "expected",
        "low": "low",
        "high": "high",
        "note": "note",
    }
    printing.table(
        [_rounded(row) for row in rows],
        columns,
        title=f"Forecast as of {run['as_of']} (run {run['run_id']}), 80 % interval",
    )
    printing.say("How right it has been: foresell metrics --task revenue_forecast")


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(value) if isinstance(value, float) else value for key, value in row.items()}


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day to speak as of, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
    every: Annotated[str, typer.Option(help="Days between, such as 30d.")] = "30d",
    json: Json = False,
) -> None:
    """Replay the past: predict as of earlier days from what was known then, and grade it by what came."""
    start, end = day(first, "--from"), day(last, "--to")
    step = every.removesuffix("d")
    if not step.isdigit() or int(step) < 1:
        raise UsageError(f"--every {every!r} is not a number of days.", remedy="Write it as 30d.")
    if start is None or end is None or start > end:
        raise UsageError("--from is later than --to.")
    settings, database = open_home()
    with printing.progress(not json) as progress:
        made = backfill_runs(settings, database, start, end, int(step), progress)
    if json:
        printing.as_json(
            [{"run_id": run["run_id"], "as_of": run["as_of"], "customers": run["customers_scored"]} for run in made]
        )
    else:
        printing.say(f"{len(made)} days were replayed. What is shown did not change.")
        show_receipts(model_registry.receipts(database))
