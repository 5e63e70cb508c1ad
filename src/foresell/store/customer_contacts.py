"""Who a customer is: contact data for those who may see it, and finding a customer by a source's own key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresell.errors import CustomerNotFound, UsageError
from foresell.sql import named_queries
from foresell.store.database import Database
from foresell.types import ContactVault

CONTACT_COLUMNS = ("name", "email", "phone", "address", "city", "postcode")


def contacts(database: Database, vault: ContactVault, customer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Names and contact data by customer id, opened and recorded in the audit.

    Where several records are one customer, the first known value of each field.
    """
    with database.connect() as con:
        con.execute(_sql("note_reveal"), {"ids": list(customer_ids)})
        rows = con.execute(_sql("sealed_contacts"), {"ids": list(customer_ids)}).fetchall()
    opened = vault.open_records(row for row in rows if row["wrapped_key"] is not None)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        record = {**row, **(next(opened) if row["wrapped_key"] is not None else {})}
        known = found.setdefault(row["customer_id"], dict.fromkeys(CONTACT_COLUMNS))
        for column in CONTACT_COLUMNS:
            known[column] = known[column] or record.get(column)
    return found


def resolve(database: Database, text: str) -> str:
    """The customer id behind an id or a source's own key. Raises NotFound, or UsageError when several share the key."""
    with database.connect() as con:
        if con.execute("select 1 from customers where customer_id = %s", [text.upper()]).fetchone() is not None:
            return text.upper()
        rows = con.execute(
            "select distinct customer_id from customer_records where source_key = %s order by 1", [text]
        ).fetchall()
    if not rows:
        raise CustomerNotFound(remedy="List them: foresell customers")
    if len(rows) > 1:
        ids = ", ".join(row["customer_id"] for row in rows[:10])
        raise UsageError(f"{len(rows)} customers have that key in their sources.", remedy=f"Choose one: {ids}")
    return str(rows[0]["customer_id"])


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/people.sql")[name]
