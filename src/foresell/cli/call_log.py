"""The command call-log: calls that were logged, without names and notes."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest, parse_day
from foresell.cli.session import open_home
from foresell.engagement.calls import CallFilter, list_calls_sync
from foresell.privacy.contacts import resolve_customer_id


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("call-log")(list_calls)


def list_calls(
    limit: Newest = 20,
    customer: Annotated[str | None, typer.Option(help="Only calls to this customer.")] = None,
    outcome: Annotated[str | None, typer.Option(help="reached, no_answer, not_interested or will_order.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="On or after this day (UTC), YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="On or before this day (UTC), YYYY-MM-DD.")] = None,
    json: Json = False,
) -> None:
    """List the calls that were logged, newest first: who called which customer, with what outcome."""
    _, database = open_home()
    which = CallFilter(
        customer and resolve_customer_id(database, customer),
        outcome=outcome,
        first=parse_day(first, "--from"),
        last=parse_day(last, "--to"),
    )
    with database.connect() as con:
        rows = list_calls_sync(con, which, limit=limit)
    if json:
        printing.print_json(rows)
        return
    columns = {
        "called_at": "Time", "caller": "Caller", "customer_id": "Customer", "outcome": "Outcome",
        "follow_up_on": "Follow-up", "call_id": "Call",
    }  # fmt: skip
    printing.print_table(rows, columns, plain_ids=["call_id"])
