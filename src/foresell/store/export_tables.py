"""Reading the truth in bulk, all tables as of one moment."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from foresell.database import Database
from foresell.sql import named_queries


def read_tables(database: Database) -> Iterator[tuple[str, pa.RecordBatchReader]]:
    """Each table of the truth as (name, stream of Arrow batches), to be drained before the next is asked for.

    Quantities come in thousandths, amounts in ten-thousandths, both bigint. One repeatable-read transaction: a load
    that commits meanwhile is either wholly in or wholly out.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        cur.execute("set transaction isolation level repeatable read, read only")
        for name, query in named_queries("foresell.store", "queries/read.sql").items():
            cur.execute(query)
            yield name, cur.fetch_record_batch()
