"""Types shared by several packages: frozen dataclasses, protocols, and the documented tables of a staged load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

import duckdb
import pyarrow as pa

#: Called as progress(done, total or None, unit) by anything that takes a while.
Progress = Callable[[int, int | None, str], None]

#: Called immediately before a workflow commits its result; an exception prevents the commit.
BeforeCommit = Callable[[], None]


def no_progress(done: int, total: int | None, unit: str) -> None:
    """A progress callback that does nothing."""


class ContactVault(Protocol):
    """The vault as the store uses it: contact data is written to and read from PostgreSQL only through these methods."""

    def make_kek(self, kek_id: int) -> None:
        """Create the key-encryption key with this number."""

    def key_numbers(self) -> list[int]:
        """The numbers of the existing key-encryption keys."""

    def destroy_keys_before(self, kek_id: int) -> list[int]:
        """Destroy every older key-encryption key; return their numbers."""

    def seal(self, source: str, kek_id: int, records: pa.Table) -> pa.Table:
        """Rows of (record_id, source_key, email, phone, address, kek_id, wrapped) as (record_id, contact, email_index,
        phone_index, kek_id, wrapped, is_new_key)."""

    def open(self, source: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of (record_id, source_key, contact, kek_id, wrapped) as (record_id, email, phone, address)."""

    def open_records(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str | None]]:
        """The contact data of rows with source, source_key, record_id, contact, kek_id and wrapped, one after the other."""

    def digests(self, source: str, source_keys: Iterable[str]) -> list[bytes]:
        """The keyed hashes that identify erased records."""

    def pseudonym(self, digest: bytes) -> str:
        """What stands for the key of an erased record in its source."""


class Sealer(Protocol):
    """Seals what the store keeps of connected sources; it opens at the place it was sealed for only."""

    def seal(self, plain: bytes, place: str) -> bytes:
        """The sealed bytes."""

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed."""


@dataclass(frozen=True, slots=True)
class Staging:
    """One source, parsed and validated, in DuckDB, ready to be written to the store.

    `con` holds four tables. Headings, totals and rows that the mapping leaves out are `left_out`, not read. Each line that was
    read is in `staged_lines` or has its `line` in `staged_rejects`.

    staged_lines: one row per line of an order, in the order of the file.
        line BIGINT, order_key VARCHAR, customer_key VARCHAR (null: anonymous sale), ordered_at TIMESTAMP (the shop's
        local time), status VARCHAR (completed | cancelled | returned), sku VARCHAR, quantity DECIMAL(14,3),
        unit_price DECIMAL(14,4), amount DECIMAL(18,4) (quantity x unit_price unless the source states it),
        country VARCHAR, currency VARCHAR.
    staged_customers: one row per customer_key, explicit or derived from the lines.
        customer_key, name, email, phone, address, city, region, postcode, country VARCHAR, signup_date DATE; of a file
        also lines STRUCT: for each of the nine, the line its value stands on (BIGINT).
    staged_products: one row per sku.
        sku, name, category VARCHAR, category_derived BOOLEAN, kind VARCHAR (product | non_product),
        list_price DECIMAL(14,4).
    staged_rejects: one row per problem; `line` is the line in `file` as a text editor counts it.
        file VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR.

    A file of orders has one more, staged_rejected_orders: one row per order with a rejected row.
        order_key VARCHAR (null: it is not known which order the row is of).
    """

    con: duckdb.DuckDBPyConnection
    source: str
    format: str
    rows: str  # what one row of the file is: "orders" (a line of an order), "customers" or "products"
    file_name: str
    file_bytes: int
    file_sha256: str
    lines_read: int
    rejected: int
    left_out: int = 0
    mapping: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """The counts of one load: read = loaded + unchanged + rejected, in lines of the file."""

    batch_id: int | None
    source: str
    format: str
    file_name: str
    file_sha256: str
    state: str  # loaded | unchanged | undone
    lines_read: int
    lines_loaded: int
    lines_unchanged: int
    lines_rejected: int
    orders_new: int = 0
    orders_replaced: int = 0
    customers_new: int = 0
    customers_changed: int = 0
    products_new: int = 0
    products_changed: int = 0
    rejects_file: Path | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run, published or not. Every number that users see comes from one run."""

    run_id: int
    as_of: date
    state: str  # building | published | superseded | withdrawn | failed
    snapshot_file: str | None
    customers_scored: int | None
    seconds: float | None
    error: str | None = None


ColumnType = Literal["text", "integer", "number", "date"]
ColumnUnit = Literal["probability", "money", "days", "orders", "score", "rank", "name", "date"]


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One column that a score adds to each customer. The list, its sorts, exports, the API, its types and the docs follow it.

    `sort`: the name under which the list is sorted by this column, None where it is not; `order`: the SQL order over the
    list's columns, with `rank` last, by default this column from its best value (`best`) on, customers without a value last.
    `export_name`: its name in files, by default `name`. `table`: the table of a run that holds it. `saved`: also kept in
    PostgreSQL; False for values that are computed from a saved column.
    """

    name: str
    type: ColumnType
    label: str
    description: str
    unit: ColumnUnit
    example: str | int | float
    nullable: bool = True
    best: Literal["highest", "lowest"] = "highest"
    sort: str | None = None
    order: str | None = None
    exported: bool = True
    export_name: str | None = None
    table: Literal["rfm_scores", "predictions"] = "predictions"
    saved: bool = True

    @property
    def sort_order(self) -> str:
        """The SQL order of the list, ties settled by the list's own rank."""
        return self.order or f"{self.name} {'desc' if self.best == 'highest' else 'asc'} nulls last, rank"
