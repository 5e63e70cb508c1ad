"""Commands that score and show: refresh, runs, rollback, segments, customers, customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.session import day, open_home, open_published
from foresell.errors import UsageError
from foresell.privacy.vault import vault_of
from foresell.snapshot import queries
from foresell.store import customer_contacts, model_registry, runs
from foresell.store.database import Database
from foresell.workflows.prediction import Training
from foresell.workflows.refresh import run_refresh

RUN_COLUMNS = {
    "run_id": "run", "as_of": "as of", "state": "state", "customers_scored": "customers", "published_at": "published",
    "error": "error",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(refresh)
    app.command(name="runs")(show_runs)
    app.command()(rollback)
    app.command()(customers)
    app.command()(customer)


def refresh(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Score as of this day, YYYY-MM-DD (default: the day after the last order)."),
    ] = None,
    train: Annotated[
        bool | None,
        typer.Option("--train/--no-train", help="Train the models now, or not at all (default: when it is due)."),
    ] = None,
    predict: Annotated[bool, typer.Option("--predictions/--no-predictions", help="Predict, or only score RFM.")] = True,
    json: Json = False,
) -> None:
    """Build the snapshot, score and predict, publish. If anything fails, what was published stays."""
    chosen = day(as_of, "--as-of")
    if chosen and chosen > datetime.now(UTC).date() + timedelta(days=1):
        raise UsageError(f"--as-of {chosen} lies in the future; nothing is known of it yet.")
    settings, database = open_home()
    with printing.progress(not json) as progress:
        run = run_refresh(settings, database, as_of=chosen, predict=predict, train=TRAINING[train], progress=progress)
    classes = runs.line_classes(database, run["run_id"])
    answers = model_registry.run_models(database, run["run_id"])
    if json:
        segments = runs.segments(database, run["run_id"])
        printing.as_json({**run, "line_classes": classes, "segments": segments, "predictions": answers})
        return
    show_run(run, classes, answers)
    printing.say("See them: foresell segments    foresell customers    foresell predictions    foresell metrics")


TRAINING: dict[bool | None, Training] = {None: "when due", True: "always", False: "never"}


def show_run(run: dict[str, Any], classes: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> None:
    """A published run: how many, from which lines, and what became of each prediction."""
    seconds = sum(run["timings"].values())
    printing.say(
        f"Run {run['run_id']} is published: {run['customers_scored']:,} customers as of {run['as_of']}, {seconds:.1f} s"
    )
    show_line_classes(classes)
    for answer in answers:
        printing.say(f"{answer['task']}: {'off. ' if answer['level'] == 'off' else ''}{answer['sentence']}")


def show_line_classes(classes: Sequence[dict[str, Any]]) -> None:
    """Every line of the truth, by what it counts as: they add up."""
    meaning = {
        "counted": "goods sold to known customers",
        "returns": "goods that came back: subtracted",
        "anonymous": "no customer known: in revenue, not in scores",
        "non_product": "postage, fees, adjustments, vouchers: left out",
        "cancelled": "cancelled orders: left out",
        "later": "dated on or after as_of: left out",
    }
    found = {row["class"]: row for row in classes}
    rows = [{**found[name], "meaning": meaning[name]} for name in meaning if name in found and found[name]["lines"]]
    total = {
        "class": "all lines", "lines": sum(row["lines"] for row in classes),
        "amount": sum(row["amount"] for row in classes), "meaning": "",
    }  # fmt: skip
    printing.table([*rows, total], {"class": "lines", "lines": "number", "amount": "money", "meaning": ""})


def show_runs(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20, json: Json = False
) -> None:
    """List the runs, newest first."""
    _, database = open_home()
    found = runs.list_runs(database, limit=limit)
    if json:
        printing.as_json(found)
    elif not found:
        printing.say("Nothing has been scored yet. Load a file, then: foresell refresh")
    else:
        printing.table(found, RUN_COLUMNS, plain_ids=["run_id"])


def rollback(
    run: Annotated[int | None, typer.Argument(help="The run to publish again (default: the one before).")] = None,
    json: Json = False,
) -> None:
    """Publish an earlier run again; the present one is withdrawn, not deleted."""
    _, database = open_home()
    target = runs.rollback(database, run)
    if json:
        printing.as_json({"published": target["run_id"], "as_of": target["as_of"]})
    else:
        printing.say(f"Run {target['run_id']} (as of {target['as_of']}) is published again.")


Segment = Annotated[str | None, typer.Option(help="Only this segment.")]
From = Annotated[str | None, typer.Option("--from", help="Last purchase on or after this day, YYYY-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", help="Last purchase on or before this day.")]
Category = Annotated[str | None, typer.Option(help="Bought something of this product category.")]
Limit = Annotated[int | None, typer.Option(min=1, help="How many (default: a screenful; all in a file).")]
Contacts = Annotated[bool, typer.Option("--contacts", help="With names and contact data.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write a CSV file (- for standard output).")]


def customers(
    segment: Segment = None,
    bought_from: From = None,
    bought_to: To = None,
    category: Category = None,
    sort: Annotated[str, typer.Option(help=f"Best first by: {', '.join(queries.SORTS)}.")] = "monetary",
    limit: Limit = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """List the scored customers, filtered and sorted."""
    first, last = day(bought_from, "--from"), day(bought_to, "--to")
    shown = limit or (None if output or json else 25)
    with open_published() as (run, con, database):
        which = queries.Filter(segment=segment, first_day=first, last_day=last, category=category)
        total, rows = queries.customers(con, which, sort=sort, limit=shown)
        if contacts:
            rows = contacts_of(database, rows)
    extra = customer_contacts.CONTACT_COLUMNS if contacts else ()
    if output:
        count = printing.write_csv(
            rows,
            ["customer_id", *extra, *(key for key in CUSTOMER_COLUMNS if key != "customer_id"), "r", "f", "m"],
            output,
        )
        printing.note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        printing.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "total": total, "customers": rows})
    else:
        _show_customers(run, total, rows, extra)


CUSTOMER_COLUMNS = {
    "customer_id": "customer", "segment": "segment", "rfm_score": "RFM", "last_purchase_day": "last order",
    "recency_days": "days", "frequency": "orders", "monetary": "net revenue", "country": "country",
}  # fmt: skip


def _show_customers(run: dict[str, Any], total: int, rows: list[dict[str, Any]], extra: Sequence[str]) -> None:
    if not rows:
        printing.say("No customer matches. Loosen a filter, or see all: foresell customers")
        return
    columns = {"customer_id": "customer", **{name: name for name in extra}, **CUSTOMER_COLUMNS}
    printing.table(
        rows,
        columns,
        title=f"{len(rows):,} of {total:,} customers as of {run['as_of']} (run {run['run_id']})",
        plain_ids=["rfm_score"],
    )


def contacts_of(database: Database, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with each customer's contact data added."""
    known = customer_contacts.contacts(database, vault_of(database.settings), [row["customer_id"] for row in rows])
    return [{**row, **known.get(row["customer_id"], {})} for row in rows]


def customer(
    customer_id: Annotated[str, typer.Argument(help="Such as C000123, or the source's own key.")],
    limit: Annotated[int, typer.Option(min=1, help="How many orders to show.")] = 20,
    json: Json = False,
) -> None:
    """One customer: the scores, how they came about, and the orders they came from."""
    with open_published() as (run, con, database):
        found = queries.customer(con, customer_contacts.resolve(database, customer_id))
    if json:
        printing.as_json({"run_id": run["run_id"], **found})
        return
    place = f", {found['country']}" if found["country"] else ""
    printing.say(f"{found['customer_id']}{place} as of {found['as_of']} (run {run['run_id']})")
    if found["rfm_score"] is None:
        printing.say("No score: no order of this customer comes to more than zero.")
    else:
        _show_calculation(found)
        _show_prediction(found)
    orders = found["orders"]
    printing.table(
        orders[:limit],
        {"order_key": "order", "day": "day", "lines": "lines", "net_amount": "net amount", "is_counted": "counted"},
        title=f"\n{len(orders):,} orders and credit notes" + (f", the last {limit}" if len(orders) > limit else ""),
        plain_ids=["order_key"],
    )


def _show_calculation(found: dict[str, Any]) -> None:
    """Each axis: the value, the score, and the range of values that earns it."""
    ranges = {(row["axis"], row["score"]): row for row in found["cut_points"]}
    names = {
        "recency_days": ("r", "days since the last purchase"),
        "frequency": ("f", "orders"),
        "monetary": ("m", "net revenue"),
    }
    rows = []
    for axis, (short, meaning) in names.items():
        cut = ranges[axis, found[short]]
        money = axis == "monetary"
        low, high = (f"{cut[end]:,.2f}" if money else f"{cut[end]:,.0f}" for end in ("lowest", "highest"))
        rows.append({"axis": meaning, "value": found[axis], "score": found[short], "range": f"{low} to {high}"})
    printing.say(f"{found['segment']}, RFM {found['rfm_score']}")
    printing.table(rows, {"axis": "", "value": "value", "score": "score", "range": "this score is for"})


def _show_prediction(found: dict[str, Any]) -> None:
    """What is expected of the customer and why; nothing where the run predicted nothing."""
    said = found["prediction"]
    if not said:
        return
    printing.say()
    if said["probability"] is not None:
        printing.say(
            f"Orders within 30 days: {100 * said['probability']:.0f} %, worth {said['expected_order_value']:,.2f} if so"
            f" (expected value {said['expected_value']:,.2f})"
        )
    for reason in found["reasons"]:
        printing.say(f"  {'+' if reason['points'] > 0 else '–'} {reason['sentence']} ({reason['direction']} it)")
    if said["churn_state"]:
        later = "" if said["churn_180"] is None else f", within 180: {100 * said['churn_180']:.0f} %"
        printing.say(f"Churn: {said['churn_state']}; no order within 90 days: {100 * said['churn_90']:.0f} %{later}")
    if said["value_12m"] is not None:
        printing.say(
            f"Value of the next 12 months: {said['value_band']}, rank {said['value_rank']:,}; likely"
            f" {said['value_low']:,.0f} to {said['value_high']:,.0f}"
        )
