"""Prints the call list, and adds contact details to lists of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.cli import printing
from foresell.database import Database
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of

TABLE_WIDTH = 150  # characters that the call list needs as a table


def add_contacts(database: Database, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, one per customer, each with the customer's contact details."""
    contacts = read_contacts(database, vault_of(database.settings), [row["customer_id"] for row in rows])
    return [{**row, **contacts.get(row["customer_id"], {})} for row in rows]


def join_reasons(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its reasons as one text."""
    return {**row, "reasons": "; ".join(row["reasons"])}


def print_call_list(run: Mapping[str, Any], total: int, rows: Sequence[dict[str, Any]], contacts: bool) -> None:
    """Chance to order, expected revenue and reasons of each customer; name and phone number with `contacts`.

    One line per customer, or on a narrow terminal three.
    """
    if not rows:
        printing.print_text("No customers match. Remove a filter, or list all: foresell predictions")
        return
    title = f"{len(rows):,} of {total:,} customers; chance and revenue for the 30 days from {run['as_of']} (run {run['run_id']})"
    lines = [
        {
            **join_reasons(row),
            "chance": f"{100 * row['probability']:.0f} %",
            "expected_revenue": f"{row['expected_revenue']:,.0f}",
        }
        for row in rows
    ]
    if printing.out.width < TABLE_WIDTH:
        printing.print_text(title)
        for line in lines:
            _print_block(line, contacts)
        return
    columns = {"customer_id": "Customer"} | ({"name": "Name", "phone": "Phone"} if contacts else {})
    columns |= {
        "segment": "Segment", "chance": "Chance to order", "expected_revenue": "Expected revenue (30 days)", "value_band": "Value band",
        "churn_state": "Churn risk", "reasons": "Why call",
    }  # fmt: skip
    printing.print_table(lines, columns, title=title)


def _print_block(line: Mapping[str, Any], contacts: bool) -> None:
    identity = [line["customer_id"], *([line.get("name"), line.get("phone")] if contacts else []), line["segment"]]
    printing.print_text("\n" + "  ".join(filter(None, identity)))
    printing.print_text(
        f"  Chance to order {line['chance']}, expected revenue {line['expected_revenue']}, {line['churn_state']}"
    )
    printing.print_text(f"  {line['reasons']}")
