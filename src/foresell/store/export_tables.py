"""Reads the store in bulk, all tables as of one moment."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from foresell.database import Database
from foresell.db import ArrowStatements

SQL = ArrowStatements("foresell.store", "queries/")
#: The tables that a snapshot is built from; each is a statement of export_tables.sql.
TABLES = (
    "order_items", "orders", "customer_records", "golden_records", "field_groups", "source_completeness", "products",
    "segment_rules",
)  # fmt: skip


def read_tables(database: Database) -> Iterator[tuple[str, pa.RecordBatchReader]]:
    """Each of TABLES as (name, stream of Arrow batches). Read a stream to its end before you take the next table.

    Quantities are in thousandths, amounts in ten-thousandths, both bigint. One repeatable-read transaction: a load
    that commits in the meantime is either wholly included or not at all.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        cur.execute("set transaction isolation level repeatable read, read only")
        for table in TABLES:
            SQL.run(cur, f"export_tables.{table}")
            yield table, cur.fetch_record_batch()
