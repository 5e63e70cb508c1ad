"""What an older Foresell or a killed command left behind, put right by the next command."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import psycopg

from foresell.logs import logger
from foresell.sql import named_queries
from foresell.store.database import Database
from foresell.types import ContactVault

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

log = logger("truth")


def put_right(database: Database, vault: ContactVault) -> None:
    """Seal contact data an older Foresell stored in the clear, and destroy keys a killed rotation left behind."""
    with database.connect() as con:
        if _one(con, "is_unsealed"):
            _seal(con, vault)
            sealed = True
        else:
            sealed = False
        current = _one(con, "current_kek")
        if current is not None and min(vault.keks(), default=current) < current:
            vault.destroy_keks_before(_one(con, "oldest_kek_in_use") or current)
    if sealed:
        _write_anew(database)


def _seal(con: Connection, vault: ContactVault) -> None:
    """Records first, then what undo keeps of them."""
    con.execute(_sql("take_lock"))
    kek_id = _one(con, "current_kek")
    if kek_id is None:
        kek_id = _one(con, "new_kek")
        vault.make_kek(kek_id)
    with con.cursor() as cur:
        records = list(_sealed(con, vault, kek_id, "unsealed_records"))
        cur.executemany(_sql("seal_record"), records)
        cur.executemany(_sql("keep_key"), records)
        cur.executemany(_sql("seal_superseded"), list(_sealed(con, vault, kek_id, "unsealed_superseded")))
    con.execute(_sql("clear_unsealed"))
    log.info("contact data sealed", action="seal", records=len(records))


def _sealed(con: Connection, vault: ContactVault, kek_id: int, query: str) -> Iterator[Row]:
    """Rows with contact data in the clear, each with what it is sealed."""
    import pyarrow as pa  # takes a while, and most commands find nothing left over

    rows = con.execute(_sql(query)).fetchall()
    for source, group in groupby(rows, key=lambda row: str(row["source"])):
        of_source = list(group)
        schema = pa.schema(
            {
                "record_id": pa.int64(), "source_key": pa.string(), "email": pa.string(), "phone": pa.string(),
                "address": pa.string(), "kek_id": pa.int32(), "wrapped": pa.binary(),
            }
        )  # fmt: skip
        sealed = vault.seal(source, kek_id, pa.Table.from_pylist(of_source, schema))
        yield from (row | found for row, found in zip(of_source, sealed.to_pylist(), strict=True))


def _write_anew(database: Database) -> None:
    """The tables without their dead rows, which were in the clear."""
    with database.connect("owner") as con:
        con.autocommit = True
        for table in ("customer_records", "superseded_rows", "vault.unsealed"):
            con.execute(f"vacuum full {table}".encode())


def _one(con: Connection, name: str) -> Any:
    row = con.execute(_sql(name)).fetchone()
    return next(iter(row.values())) if row else None


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/leftovers.sql")[name]
