"""Connected sources for tests: QuickBooks imitated on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from foresell.database import Database
from foresell.demo.imitations.quickbooks import SALES, QuickBooksImitation
from foresell.settings import Settings
from foresell.workflows.connect import connect_imitation

SHORT = {"Invoice": "Invoice", "SalesReceipt": "Receipt", "CreditMemo": "Credit memo", "RefundReceipt": "Refund"}


@contextmanager
def imitated(settings: Settings, database: Database, **company: Any) -> Iterator[tuple[QuickBooksImitation, int]]:
    """A company, and a connection to it."""
    with QuickBooksImitation(**company) as imitation:
        yield imitation, connect_imitation(settings, database, "books", imitation.url, imitation.connection())


def held_sales(database: Database, source: str = "books") -> dict[str, tuple[str, Decimal]]:
    """By order key, status and net amount as they are held."""
    with database.connect() as con:
        rows = con.execute(
            "select o.order_key, o.status, sum(i.amount) as amount from core.orders as o"
            " join core.order_items as i using (order_id) where o.source = %s group by o.order_id",
            [source],
        ).fetchall()
    return {row["order_key"]: (row["status"], row["amount"]) for row in rows}


def true_sales(imitation: QuickBooksImitation) -> dict[str, tuple[str, Decimal]]:
    """By order key, status and net amount as they are at the source, in its home currency."""
    found = {}
    for entity in SALES:
        credit = entity in ("CreditMemo", "RefundReceipt")
        for key, row in imitation.rows[entity].items():
            net = Decimal(str(row["TotalAmt"])) - Decimal(str(row["TxnTaxDetail"]["TotalTax"]))
            home = round(net * Decimal(str(row.get("ExchangeRate", 1))) + Decimal("0.0000001"), 2)
            status = "cancelled" if row.get("PrivateNote") == "Voided" else "returned" if credit else "completed"
            found[f"{SHORT[entity]} {key}"] = (status, -home if credit else home)
    return found
