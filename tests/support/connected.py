"""Connected sources for tests: QuickBooks imitated on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from foresell.database import Database
from foresell.demo.imitations.quickbooks import CLIENT_ID, CLIENT_SECRET, REALM, SALES, QuickBooksImitation
from foresell.privacy.secret_box import secret_box_of
from foresell.settings import Settings
from foresell.store import sources

SHORT = {"Invoice": "Invoice", "SalesReceipt": "Receipt", "CreditMemo": "Credit memo", "RefundReceipt": "Refund"}


def connect_quickbooks(
    settings: Settings, database: Database, imitation: QuickBooksImitation, source: str = "books"
) -> int:
    """A connection to the imitation, signed in."""
    tokens = {
        "access": "access-0",
        "expires_at": datetime(2100, 1, 1, tzinfo=UTC).isoformat(),
        "refresh": "refresh-0",
        "refresh_expires_at": None,
    }
    with database.connect() as con:
        connection_id = sources.add_connection(
            con,
            kind="quickbooks",
            source=source,
            settings={"realm": REALM, "client_id": CLIENT_ID, "imitation_url": imitation.url},
            every_seconds=300,
            is_imitation=True,
        )
        secret = {"client_secret": CLIENT_SECRET, "tokens": tokens}
        sources.save_secret(con, secret_box_of(settings), connection_id, secret)
    return connection_id


@contextmanager
def imitated(settings: Settings, database: Database, **company: Any) -> Iterator[tuple[QuickBooksImitation, int]]:
    """A company, and a connection to it."""
    with QuickBooksImitation(**company) as imitation:
        yield imitation, connect_quickbooks(settings, database, imitation)


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
