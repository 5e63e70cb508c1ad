"""The files of a shop: Arrow tables written piece by piece as CSV or Parquet, money as exact decimals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from foresell.demo.assortment import CHARGES, Assortment
from foresell.demo.baskets import STATUSES, Orders
from foresell.demo.contacts import Contact
from foresell.demo.people import Party
from foresell.demo.places import COUNTRIES
from foresell.demo.shop import customer_numbers
from foresell.errors import DiskTrouble, UsageError

MONEY = pa.decimal128(12, 2)
FORMATS = ("csv", "parquet")

CUSTOMERS = pa.schema(
    [
        ("customer_no", pa.int64()),
        *((name, pa.string()) for name in ("name", "kind", "email", "phone", "street", "city", "postcode", "country")),
        ("signup_date", pa.date32()),
    ]
)
PRODUCTS = pa.schema(
    [
        ("sku", pa.string()),
        ("product", pa.string()),
        ("category", pa.string()),
        ("list_price", MONEY),
        ("kind", pa.string()),
    ]
)
ORDERS = pa.schema(
    [
        ("order_no", pa.int64()),
        ("ordered_at", pa.timestamp("s")),
        ("status", pa.string()),
        ("customer_no", pa.int64()),
        ("country", pa.string()),
        ("sku", pa.string()),
        ("quantity", pa.int32()),
        ("unit_price", MONEY),
        ("currency", pa.string()),
    ]
)
CONTACTS = pa.schema(
    [(name, pa.string()) for name in ("crm_id", "name", "email", "phone", "street", "city", "postcode", "country")]
)
TRUE_PAIRS = pa.schema([("crm_id", pa.string()), ("customer_no", pa.int64())])


class TableFile:
    """One file being written; use it as a context manager. `rows` counts what it holds."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema, self.rows = path, schema, 0
        if path.suffix == ".csv":
            self._writer = pa.csv.CSVWriter(path, schema, write_options=pa.csv.WriteOptions(batch_size=16_384))
        else:
            self._writer = pa.parquet.ParquetWriter(path, schema, compression="zstd")

    def write(self, columns: Sequence[pa.Array | list[object]]) -> None:
        """Rows, given as columns in the sequence of the schema."""
        table = pa.table(
            [
                column.cast(field.type) if isinstance(column, pa.Array) else pa.array(column, field.type)
                for column, field in zip(columns, self.schema, strict=True)
            ],
            schema=self.schema,
        )
        self._writer.write_table(table)
        self.rows += table.num_rows

    def __enter__(self) -> TableFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()


@contextmanager
def create_folder(folder: Path) -> Iterator[None]:
    """Creates the folder; turns operating system errors into errors with a remedy."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DiskTrouble(
            f"The demo shop cannot be written to {folder}: {error.strerror or error}.",
            remedy="Choose a writable folder with enough free space.",
        ) from error


def file_name(name: str, format: str) -> str:
    """The file of a table in a format; Raises UsageError for an unknown format."""
    if format not in FORMATS:
        raise UsageError(f"There is no format {format!r}.", remedy=f"Use one of {', '.join(FORMATS)}.")
    return f"{name}.{format}"


def customer_columns(index: np.ndarray, parties: Sequence[Party], signup: Sequence[date]) -> list[list[object]]:
    """Columns of CUSTOMERS; `index` holds the customers' places in the shop."""
    return [
        customer_numbers(index).tolist(),
        [party.name for party in parties],
        ["company" if party.company else "person" for party in parties],
        [party.email or None for party in parties],
        [party.phone or None for party in parties],
        [party.street for party in parties],
        [party.city for party in parties],
        [party.postcode for party in parties],
        [party.country.code for party in parties],
        list(signup),
    ]


def contact_columns(contacts: Sequence[Contact]) -> list[list[object]]:
    """Columns of CONTACTS."""
    texts = ("name", "email", "phone", "street", "city", "postcode", "country")
    return [[crm_id(c) for c in contacts], *([getattr(c, text) or None for c in contacts] for text in texts)]


def crm_id(contact: Contact) -> str:
    """The contact's own number in the list."""
    return f"CRM-{contact.number + 1:07d}"


def product_columns(products: Assortment) -> list[list[object]]:
    """Columns of PRODUCTS, charges last."""
    latest = [int(pence) for pence in products.price[-1]]
    prices = [*latest, *(pence for _, _, pence in CHARGES)]
    return [
        [*products.skus, *(sku for sku, _, _ in CHARGES)],
        [*products.names, *(name for _, name, _ in CHARGES)],
        [*(products.categories[n].name for n in products.category), *("Charges" for _ in CHARGES)],
        [None if pence is None else Decimal(pence).scaleb(-2) for pence in prices],
        [*("product" for _ in products.skus), *("non_product" for _ in CHARGES)],
    ]


def order_columns(
    orders: Orders, picked: np.ndarray, first_line: np.ndarray, number: int, opened: date, skus: pa.Array
) -> list[pa.Array]:
    """Columns of ORDERS for the orders at `picked`, numbered from `number`; `first_line` is where their lines begin."""
    counts = orders.lines[picked]
    order = np.repeat(picked, counts)
    within = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    line = first_line[order] + within
    customer = orders.customer[order]
    midnight = int(np.datetime64(opened, "s").astype(np.int64))
    return [
        pa.array(np.repeat(np.arange(number, number + len(picked)), counts)),
        pa.array(orders.second[order].astype(np.int64) + midnight).cast(pa.timestamp("s")),
        pa.array(STATUSES).take(pa.array(orders.status[order])),
        pa.array(customer_numbers(customer), mask=customer < 0),
        pa.array(COUNTRIES).take(pa.array(orders.country[order])),
        skus.take(pa.array(orders.product[line])),
        pa.array(orders.quantity[line]),
        money(orders.pence[line]),
        pa.repeat("GBP", len(order)),
    ]


def money(pence: np.ndarray) -> pa.Array:
    """Pence as exact decimals in pounds: the same integers, read with a scale of 2."""
    words = np.empty((len(pence), 2), dtype=np.int64)
    words[:, 0] = pence
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(MONEY, len(pence), [None, pa.py_buffer(words)])
