"""Customers' contact data for users who may see it, and customer ids by a source's own key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.database import Database
from foresell.db import Statements
from foresell.errors import CustomerNotFound, UsageError
from foresell.types import ContactVault

CONTACT_COLUMNS = ("name", "email", "phone", "address", "city", "postcode")
SQL = Statements("foresell.privacy", "queries/")


def read_contacts(database: Database, vault: ContactVault, customer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Decrypted contact data by customer id, each a dict with CONTACT_COLUMNS. The audit records the access.

    Of a customer with several records, the values of the golden record.
    """
    with database.connect() as con:
        SQL.run(con, "contacts.record_in_audit", ids=list(customer_ids))
        people = SQL.rows(con, "contacts.golden_records", ids=list(customer_ids))
        sealed = SQL.rows(con, "contacts.sealed_contacts", ids=list(customer_ids))
    opened = dict(zip((row["record_id"] for row in sealed), vault.open_records(sealed), strict=True))
    shown = ({**person, **pick_sealed_values(person, opened)} for person in people)
    return {each["customer_id"]: {column: each[column] for column in CONTACT_COLUMNS} for each in shown}


def pick_sealed_values(
    person: Mapping[str, Any], opened: Mapping[int, Mapping[str, str | None]]
) -> dict[str, str | None]:
    """email, phone and address of a customer: of the records that the golden record takes them from.

    person: with email_record, phone_record and address_record; opened: contact data by record id.
    """
    return {field: opened.get(person[f"{field}_record"], {}).get(field) for field in ("email", "phone", "address")}


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
