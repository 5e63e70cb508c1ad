"""The command calls: the call list of the whole company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.call_list import add_contacts, print_call_list, select_call_list
from foresell.cli.options import Contacts, Json, Output
from foresell.cli.session import open_published
from foresell.errors import NotReady
from foresell.privacy.contacts import CONTACT_COLUMNS

CSV_COLUMNS = (
    "call_reason", "why_call", "value_at_risk", "segment", "probability", "expected_revenue", "recency_days", "median_gap_days",
    "long_gap_days", "last_purchase_day", "country",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(calls)


def calls(
    capacity: Annotated[
        int | None,
        typer.Option(min=1, max=500, help="How many customers (default: the company's calls per user and day)."),
    ] = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Show the call list: whom to call today, and why.

    Customers who are overdue, can be won back, have ordered once, or are due to order, by the quotas of the company. Customers
    without a reason are not listed; those called or snoozed are. The most likely buyers: foresell predictions.
    """
    with open_published() as (run, con, database):
        rows = select_call_list(con, database, capacity)
        rows = add_contacts(database, rows) if contacts else rows
    if not rows:
        raise NotReady(
            "No customer has a reason to be called.", remedy="See the most likely buyers: foresell predictions"
        )
    at_risk = sum(round(100 * row["value_at_risk"]) for row in rows if row["value_at_risk"] is not None) / 100
    if output:
        columns = ["customer_id", *(CONTACT_COLUMNS if contacts else ()), *CSV_COLUMNS]
        count = printing.write_csv(rows, columns, output)
        printing.print_note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        printing.print_json({"run_id": run["run_id"], "as_of": run["as_of"], "value_at_risk": at_risk, "calls": rows})
    else:
        print_call_list(_title(run, rows, at_risk), rows, contacts)


def _title(run: Mapping[str, Any], rows: list[dict[str, Any]], at_risk: float) -> str:
    return (
        f"{len(rows):,} customers to call, {at_risk:,.2f} revenue at risk in the 30 days from {run['as_of']}"
        f" (run {run['run_id']})"
    )
