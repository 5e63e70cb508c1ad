"""Connected sources for tests: QuickBooks imitated on this machine."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from foresell.database import Database
from foresell.demo.imitations.quickbooks import SALES, QuickBooksImitation
from foresell.settings import Settings
from foresell.sources.connectors.quickbooks import ENTITIES, QuickBooks
from foresell.sources.contract import Cursor, Page, Record
from foresell.workflows.connect import connect_imitation

SHORT = {"Invoice": "Invoice", "SalesReceipt": "Receipt", "CreditMemo": "Credit memo", "RefundReceipt": "Refund"}


class OffsetPaging(QuickBooks):
    """The control: a client that pages by offset."""

    def _read_all(self, stream: str, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        entity, start, until = ENTITIES[stream][0], 1, None
        while True:
            query = f"select * from {entity} orderby MetaData.LastUpdatedTime startposition {start} maxresults 1000"
            answer = self._query(query)
            until = until or answer.body["time"]
            found = answer.body["QueryResponse"].get(entity) or []
            yield Page(self._records(stream, found, answer), next_cursor=Cursor(f'{{"since": "{until}"}}'))
            if not found:
                return
            start += len(found)


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
