"""Erases customers, and replaces the key-encryption key so that no copy of an erased customer's data key can be used.

A deleted data key still exists, wrapped, in dead rows, in the write-ahead log and in backups. So every other data key is
wrapped by a new key-encryption key, and the old one, a file outside the database, is destroyed. If the process is killed at
any point, each data key in the database is wrapped by a key-encryption key that exists, and the next erasure or rotation
destroys the keys that are no longer used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from foresell.database import Database
from foresell.db import ArrowStatements
from foresell.errors import Busy, CustomerNotFound
from foresell.logs import logger
from foresell.types import ContactVault

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = ArrowStatements("foresell.privacy", "queries/")

log = logger("privacy")


def erase_customer(database: Database, vault: ContactVault, customer_id: str) -> int:
    """Delete a customer's name, place and contact data permanently; orders and scores stay under the customer id.

    Later files do not restore them. Returns how many records the customer had. Raises CustomerNotFound, or Busy while a
    load runs; then nothing is changed.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_loads(cur)
        records = SQL.rows(cur, "erasure.records", customer_id)
        if not records:
            raise CustomerNotFound(remedy="List them: foresell customers")
        for _, source, source_key in records:
            SQL.run(cur, "erasure.remember_erasure", source, vault.digests(source, [source_key])[0])
        for step in (
            "delete_data_keys", "clear_customer", "clear_superseded_rows", "clear_call_notes", "clear_follow_up_tasks",
        ):  # fmt: skip
            SQL.run(cur, f"erasure.{step}", customer_id)
        SQL.run(cur, "erasure.record_in_audit", customer_id, len(records))
        kek_id, keys = _rewrap_keys(cur, vault)
    _destroy_old_keys(vault, kek_id, keys)
    log.info("customer erased", action="erase", customer_id=customer_id, records=len(records))
    return len(records)


def rotate_keys(database: Database, vault: ContactVault) -> int:
    """Wrap every data key by a new key-encryption key and destroy the old ones. Returns the number of the new one.

    Raises Busy while a load runs.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_loads(cur)
        kek_id, keys = _rewrap_keys(cur, vault)
    _destroy_old_keys(vault, kek_id, keys)
    log.info("key rotated", action="rotate", kek_id=kek_id)
    return kek_id


def restore_keys(database: Database, vault: ContactVault) -> tuple[int, int]:
    """Replace the data keys of a database restored from a backup by the newer copies kept in the home.

    Customers erased since the backup have no key there and are erased again. Returns (records that can be opened again,
    records erased again). Raises Busy while a load runs, NotFound when the home keeps no copy.
    """
    kek_id, keys = vault.copy()
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_loads(cur)
        with pg.cursor() as ingest:
            ingest.adbc_ingest("kept_keys", keys, mode="create", temporary=True)
        opened = int(SQL.value(cur, "erasure.use_kept_keys"))
        SQL.run(cur, "erasure.clear_unreadable_superseded_rows", kek_id)
        erased = int(SQL.value(cur, "erasure.clear_unreadable_customers", kek_id))
        for step in ("delete_other_data_keys", "use_key", "retire_older_keys", "continue_numbering"):
            SQL.run(cur, f"erasure.{step}", kek_id)
    log.info("keys restored", action="restore", kek_id=kek_id, records=opened, erased=erased)
    return opened, erased


def _lock_loads(cur: adbc.Cursor) -> None:
    if not SQL.value(cur, "erasure.take_lock"):
        raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")


def _rewrap_keys(cur: adbc.Cursor, vault: ContactVault) -> tuple[int, pa.Table]:
    """Create a key-encryption key, on disk before it is used, and wrap all data keys by it in this transaction.

    Returns its number and the wrapped keys: record_id, kek_id, wrapped_key.
    """
    kek_id = int(SQL.value(cur, "erasure.create_key"))
    vault.make_kek(kek_id)
    keys = SQL.table(cur, "erasure.data_keys")
    rewrapped = pa.Table.from_batches(vault.rewrap(kek_id, keys.to_batches()), keys.schema)
    SQL.run(cur, "erasure.truncate_data_keys")
    with cur.connection.cursor() as ingest:
        ingest.adbc_ingest("data_keys", rewrapped, mode="append", db_schema_name="privacy")
    SQL.run(cur, "erasure.retire_older_keys", kek_id)
    return kek_id, rewrapped


def _destroy_old_keys(vault: ContactVault, kek_id: int, keys: pa.Table) -> None:
    """After the commit: first keep the copy for restored backups, then destroy every older key-encryption key."""
    vault.keep_copy(kek_id, keys)
    vault.destroy_keys_before(kek_id)
