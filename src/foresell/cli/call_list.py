"""Prints lists of customers to call or likely to buy, and adds contact details to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from foresell.cli import printing
from foresell.database import Database
from foresell.engagement.call_lists import choose_customers, read_company_settings
from foresell.privacy.contacts import read_contacts
from foresell.privacy.vault import vault_of
from foresell.snapshot import queries

TABLE_WIDTH = 150  # characters that the call list needs as a table


def add_contacts(database: Database, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, one per customer, each with the customer's contact details."""
    contacts = read_contacts(database, vault_of(database.settings), [row["customer_id"] for row in rows])
    return [{**row, **contacts.get(row["customer_id"], {})} for row in rows]


def select_call_list(
    con: duckdb.DuckDBPyConnection, database: Database, capacity: int | None = None
) -> list[dict[str, Any]]:
    """The customers whom the company should call, by its own quotas and capacity (or another), the first to call on top."""
    settings = read_company_settings(database)
    settings = replace(settings, capacity=capacity or settings.capacity)
    chosen = choose_customers(queries.list_call_candidates(con, settings.capacity), settings)
    rows = {row["customer_id"]: row for row in queries.list_rows_of(con, [each["customer_id"] for each in chosen])}
    return [rows[each["customer_id"]] for each in chosen]


def join_reasons(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its reasons as one text."""
    return {**row, "reasons": "; ".join(row["reasons"])}


def print_call_list(title: str, rows: Sequence[dict[str, Any]], contacts: bool, why: str = "why_call") -> None:
    """Chance to order, expected revenue and `why` of each customer; name and phone number with `contacts`.

    `why`: why_call, the reason to call, or reasons, what the chance rests on. One line per customer, or on a narrow terminal three.
    """
    lines = [
        {
            **join_reasons(row),
            "chance": _percent(row["probability"]),
            "expected_revenue": _money(row["expected_revenue"]),
            "at_risk": _money(row["value_at_risk"]),
        }
        for row in rows
    ]
    if printing.out.width < TABLE_WIDTH:
        printing.print_text(title)
        for line in lines:
            _print_block(line, contacts, why)
        return
    columns = {"customer_id": "Customer"} | ({"name": "Name", "phone": "Phone"} if contacts else {})
    columns |= {"segment": "Segment", "chance": "Chance to order", "expected_revenue": "Expected revenue"}
    if why == "why_call":
        columns |= {"at_risk": "Revenue at risk", "call_reason": "Reason", "why_call": "Why call"}
    else:
        columns |= {"value_band": "Value band", "churn_state": "Churn risk", "reasons": "Main factors"}
    printing.print_table(lines, columns, title=title)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _money(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _print_block(line: Mapping[str, Any], contacts: bool, why: str) -> None:
    identity = [line["customer_id"], *([line.get("name"), line.get("phone")] if contacts else []), line["segment"]]
    printing.print_text("\n" + "  ".join(filter(None, identity)))
    last = f"{line['at_risk']} at risk" if why == "why_call" else line["churn_state"]
    printing.print_text(f"  Chance to order {line['chance']}, expected revenue {line['expected_revenue']}, {last}")
    printing.print_text(f"  {line[why]}")
