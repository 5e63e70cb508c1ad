"""Erasing a person, and changing the key-encryption key so that no copy of an erased key opens anything.

A data key that was deleted is still in dead rows, in the write-ahead log and in backups, wrapped. So every other key is
wrapped anew by a new key-encryption key and the old one, a file outside the database, is destroyed. Killed anywhere, each
key of the database is wrapped by a key-encryption key that exists, and the next change destroys what is left over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foresell.errors import Busy, CustomerNotFound
from foresell.logs import logger
from foresell.sql import named_queries
from foresell.store.database import Database
from foresell.types import ContactVault

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

log = logger("store")


def erase(database: Database, vault: ContactVault, customer_id: str) -> int:
    """Erase who a customer is: name, place and contact data go for good, orders and scores stay under the number.

    Newer files do not bring them back. Returns how many records the customer had. Raises NotFound, or Busy while a load
    runs; then nothing is changed.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _take_lock(cur)
        cur.execute(_sql("records"), [customer_id])
        records = cur.fetchall()
        if not records:
            raise CustomerNotFound(remedy="List them: foresell customers")
        for _, source, source_key in records:
            cur.execute(_sql("remember"), [source, vault.digests(source, [source_key])[0]])
        for step in ("forget_keys", "forget_person", "forget_superseded", "forget_notes"):
            cur.execute(_sql(step), [customer_id])
        cur.execute(_sql("note_erasure"), [customer_id, len(records)])
        kek_id, keys = _wrap_anew(cur, vault)
    _settle(vault, kek_id, keys)
    log.info("customer erased", action="erase", customer_id=customer_id, records=len(records))
    return len(records)


def rotate(database: Database, vault: ContactVault) -> int:
    """Wrap every data key by a new key-encryption key and destroy the old ones. Returns the new one's number.

    Raises Busy while a load runs.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _take_lock(cur)
        kek_id, keys = _wrap_anew(cur, vault)
    _settle(vault, kek_id, keys)
    log.info("key rotated", action="rotate", kek_id=kek_id)
    return kek_id


def restore(database: Database, vault: ContactVault) -> tuple[int, int]:
    """After a backup of the database was restored: give it the data keys kept in the home, which are younger.

    Whoever was erased since the backup has none there, and is erased again. Returns (records that open again, records
    erased again). Raises Busy while a load runs, NotFound when the home keeps no copy.
    """
    kek_id, keys = vault.copy()
    with database.arrow() as pg, pg.cursor() as cur:
        _take_lock(cur)
        with pg.cursor() as apart:
            apart.adbc_ingest("kept_keys", keys, mode="create", temporary=True)
        opened = _count(cur, "take_kept_keys")
        cur.execute(_sql("forget_unopenable"), [kek_id])
        again = _count(cur, "clear_unopenable", kek_id)
        cur.execute(_sql("clear_lost_keys"), [kek_id])
        for step in ("use_kek", "retire_keks", "continue_after"):
            cur.execute(_sql(step), [kek_id])
    log.info("keys restored", action="restore", kek_id=kek_id, records=opened, erased=again)
    return opened, again


def _count(cur: adbc.Cursor, name: str, *values: object) -> int:
    return int(_ask(cur, name, *values))


def _take_lock(cur: adbc.Cursor) -> None:
    if not _ask(cur, "take_lock"):
        raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")


def _wrap_anew(cur: adbc.Cursor, vault: ContactVault) -> tuple[int, pa.Table]:
    """Make a new key-encryption key, on disk before it is used, and wrap all data keys by it in this transaction."""
    kek_id = int(_ask(cur, "new_kek"))
    vault.make_kek(kek_id)
    cur.execute(_sql("all_keys"))
    keys = cur.fetch_arrow_table()
    rewrapped = pa.Table.from_batches(vault.rewrap(kek_id, keys.to_batches()), keys.schema)
    cur.execute(_sql("clear_keys"))
    with cur.connection.cursor() as apart:
        apart.adbc_ingest("data_keys", rewrapped, mode="append", db_schema_name="privacy")
    cur.execute(_sql("retire_keks"), [kek_id])
    return kek_id, rewrapped


def _settle(vault: ContactVault, kek_id: int, keys: pa.Table) -> None:
    """After the commit: the copy for restored backups first, then nothing older opens anything."""
    vault.keep_copy(kek_id, keys)
    vault.destroy_keks_before(kek_id)


def _ask(cur: adbc.Cursor, name: str, *values: object) -> Any:
    cur.execute(_sql(name), list(values) or None)
    row = cur.fetchone()
    return row[0] if row else None


def _sql(name: str) -> str:
    return named_queries("foresell.store", "queries/erasing.sql")[name]
