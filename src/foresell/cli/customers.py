"""Commands on scored customers: customers, customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.call_list import add_contacts
from foresell.cli.options import (
    Category,
    Contacts,
    CustomerId,
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
from foresell.privacy.contacts import CONTACT_COLUMNS, resolve_customer_id
from foresell.snapshot import queries

COLUMNS = {
    "customer_id": "Customer", "segment": "Segment", "rfm_score": "RFM", "last_purchase_day": "Last order",
    "recency_days": "Days since", "frequency": "Orders", "monetary": "Net revenue", "country": "Country",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (customers, customer):
        app.command()(command)


def customers(
    segment: Segment = None,
    bought_from: From = None,
    bought_to: To = None,
    category: Category = None,
    sort: Annotated[str, typer.Option(help=SORT_HELP)] = "monetary",
    limit: Limit = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """List the scored customers, filtered and sorted."""
    first, last = parse_day(bought_from, "--from"), parse_day(bought_to, "--to")
    with open_published() as (run, con, database):
        which = queries.Filter(segment=segment, first_day=first, last_day=last, category=category)
        total, rows = queries.list_customers(
            con, which, sort=sort, limit=row_limit(limit, complete=bool(output or json))
        )
        if contacts:
            rows = add_contacts(database, rows)
    extra = CONTACT_COLUMNS if contacts else ()
    if output:
        columns = ["customer_id", *extra, *(key for key in COLUMNS if key != "customer_id"), "r", "f", "m"]
        count = printing.write_csv(rows, columns, output)
        printing.print_note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        printing.print_json({"run_id": run["run_id"], "as_of": run["as_of"], "total": total, "customers": rows})
    else:
        _print_customers(run, total, rows, extra)


def _print_customers(run: dict[str, Any], total: int, rows: list[dict[str, Any]], extra: Sequence[str]) -> None:
    if not rows:
        printing.print_text("No customers match. Remove a filter, or list all: foresell customers")
        return
    columns = {"customer_id": COLUMNS["customer_id"], **{name: name.capitalize() for name in extra}, **COLUMNS}
    title = f"{len(rows):,} of {total:,} customers as of {run['as_of']} (run {run['run_id']})"
    printing.print_table(rows, columns, title=title, plain_ids=["rfm_score"])


def customer(
    customer_id: CustomerId,
    limit: Annotated[int, typer.Option(min=1, help="How many orders to show.")] = 20,
    json: Json = False,
) -> None:
    """Show one customer: scores, predictions and orders.

    For each score, the value and the range of values that leads to it.
    """
    with open_published() as (run, con, database):
        details = queries.get_customer(con, resolve_customer_id(database, customer_id))
    if json:
        printing.print_json({"run_id": run["run_id"], **details})
        return
    country = f", {details['country']}" if details["country"] else ""
    printing.print_text(f"{details['customer_id']}{country} as of {details['as_of']} (run {run['run_id']})")
    if details["rfm_score"] is None:
        printing.print_text("Not scored: this customer has no order with a positive amount.")
    else:
        _print_rfm(details)
        _print_prediction(details)
    orders = details["orders"]
    latest = f", latest {limit}" if len(orders) > limit else ""
    printing.print_table(
        orders[:limit],
        {"order_key": "Order", "day": "Day", "lines": "Lines", "net_amount": "Net amount", "is_counted": "Counted"},
        title=f"\n{len(orders):,} orders and credit notes{latest}",
        plain_ids=["order_key"],
    )


def _print_rfm(details: dict[str, Any]) -> None:
    """Segment and RFM; for each axis the value, its score, and the range of values with this score."""
    ranges = {(row["axis"], row["score"]): row for row in details["cut_points"]}
    axes = {
        "recency_days": ("r", "Days since last order"), "frequency": ("f", "Orders"), "monetary": ("m", "Net revenue"),
    }  # fmt: skip
    rows = []
    for axis, (letter, heading) in axes.items():
        cut = ranges[axis, details[letter]]
        decimals = 2 if axis == "monetary" else 0
        low, high = (f"{cut[end]:,.{decimals}f}" for end in ("lowest", "highest"))
        rows.append({"axis": heading, "value": details[axis], "score": details[letter], "range": f"{low} to {high}"})
    printing.print_text(f"{details['segment']}, RFM {details['rfm_score']}")
    printing.print_table(rows, {"axis": "", "value": "Value", "score": "Score", "range": "Range for this score"})


def _print_prediction(details: dict[str, Any]) -> None:
    """The customer's predictions with reasons; nothing where the run has none."""
    prediction = details["prediction"]
    if not prediction:
        return
    printing.print_text()
    if prediction["probability"] is not None:
        printing.print_text(
            f"Chance to order (30 days): {100 * prediction['probability']:.0f} %,"
            f" average order {prediction['expected_order_value']:,.2f}"
        )
        printing.print_text(f"Expected revenue (30 days): {prediction['expected_revenue']:,.2f}")
    for reason in details["reasons"]:
        printing.print_text(
            f"  {'+' if reason['points'] > 0 else '–'} {reason['sentence']} ({reason['direction']} the chance)"
        )
    if prediction["churn_state"]:
        later = "" if prediction["churn_180"] is None else f", within 180 days: {100 * prediction['churn_180']:.0f} %"
        printing.print_text(
            f"Churn risk: {prediction['churn_state']}; chance of no order within 90 days:"
            f" {100 * prediction['churn_90']:.0f} %{later}"
        )
    if prediction["value_12m"] is not None:
        printing.print_text(
            f"Lifetime value (12 months): {prediction['value_band']}, rank {prediction['value_rank']:,};"
            f" likely {prediction['value_low']:,.0f} to {prediction['value_high']:,.0f}"
        )
