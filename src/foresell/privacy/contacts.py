"""Customers' contact data for users who may see it, and customer ids by a source's own key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresell.database import Database
from foresell.db import Statements
from foresell.errors import CustomerNotFound, UsageError
from foresell.types import ContactVault

CONTACT_COLUMNS = ("name", "email", "phone", "address", "city", "postcode")
SQL = Statements("foresell.privacy", "queries/")


def read_contacts(database: Database, vault: ContactVault, customer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Decrypted contact data by customer id, each a dict with CONTACT_COLUMNS. The audit records the access.

    Of a customer with several records, the first known value of each field.
    """
    with database.connect() as con:
        SQL.run(con, "contacts.record_in_audit", ids=list(customer_ids))
        rows = SQL.rows(con, "contacts.sealed_contacts", ids=list(customer_ids))
    opened = vault.open_records(row for row in rows if row["wrapped_key"] is not None)
    contacts: dict[str, dict[str, Any]] = {}
    for row in rows:
        record = {**row, **(next(opened) if row["wrapped_key"] is not None else {})}
        known = contacts.setdefault(row["customer_id"], dict.fromkeys(CONTACT_COLUMNS))
        for column in CONTACT_COLUMNS:
            known[column] = known[column] or record.get(column)
    return contacts


def resolve_customer_id(database: Database, text: str) -> str:
    """The customer id for a customer id or a source's own key.

    Raises CustomerNotFound, or UsageError when several customers share the key.
    """
    with database.connect() as con:
        if SQL.row(con, "contacts.customer", customer_id=text.upper()):
            return text.upper()
        ids = [str(row["customer_id"]) for row in SQL.rows(con, "contacts.customers_of_key", source_key=text)]
    if not ids:
        raise CustomerNotFound(remedy="List them: foresell customers")
    if len(ids) > 1:
        raise UsageError(
            f"{len(ids)} customers have that key in their sources.", remedy=f"Choose one: {', '.join(ids[:10])}"
        )
    return ids[0]
