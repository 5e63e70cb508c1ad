"""The command that says where a value of a customer is from: lineage."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from foresell.cli import printing
from foresell.cli.options import CustomerId, Json
from foresell.cli.session import open_home
from foresell.db import Statements
from foresell.errors import UsageError
from foresell.identity.golden_report import describe_golden_record
from foresell.identity.lineage import GROUP_OF, LineageField, trace_value, write_sentence
from foresell.privacy.contacts import resolve_customer_id

SQL = Statements("foresell.identity")
NAMES = get_args(LineageField)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(lineage)


def lineage(
    customer: CustomerId,
    field: Annotated[str | None, typer.Argument(help=f"{', '.join(NAMES)} (default: all).")] = None,
    json: Json = False,
) -> None:
    """Show where a value of a customer is from: rule, source, batch, file and line or call. Sealed values stay masked."""
    if field is not None and field not in NAMES:
        raise UsageError(f"{field!r} is not a field of a customer.", remedy=f"Choose one of {', '.join(NAMES)}.")
    _, database = open_home()
    customer_id = resolve_customer_id(database, customer)
    with database.connect() as con:
        sources = SQL.rows(con, "lineage.sources", customer_id=customer_id)
        choices = SQL.rows(con, "golden.choices", customer_id=customer_id)
        pins = SQL.rows(con, "golden.shown_pins", customer_id=customer_id)
        origins = SQL.rows(con, "lineage.origins", customer_id=customer_id)
    groups = {row["field_group"]: row for row in describe_golden_record(sources, choices, pins, names=True)}
    found = [trace_value(each, groups[GROUP_OF[each]], origins) for each in NAMES if field in (None, each)]
    if json:
        printing.print_json(
            {"customer_id": customer_id, "data": [row | {"sentence": write_sentence(row)} for row in found]}
        )
        return
    for row in found:
        standard = row["standard"]
        shown = (standard.standard or standard.problem) if standard else row["value"]
        printing.print_text(f"{row['field']}: {shown or '-'}\n  {write_sentence(row)}")
