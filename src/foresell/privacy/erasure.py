"""Erases customers, and replaces the key-encryption key so that no copy of an erased customer's keys can be used.

A deleted key still exists, wrapped, in dead rows, in the write-ahead log and in backups. So every other key is wrapped by a
new key-encryption key, and the old one, a file outside the database, is destroyed. Files come first, then the database, in one
transaction, then the old key: an erasure that was killed at any point is repeated, and finds what is left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from foresell.database import Database
from foresell.db import ArrowStatements
from foresell.errors import Busy, CustomerNotFound
from foresell.logs import logger
from foresell.privacy.identifiers import Identifiers, make_identifiers
from foresell.privacy.vault import KeptKeys, Vault, is_pseudonym

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = ArrowStatements("foresell.privacy", "queries/")

#: What is left of an erased customer, and until when: the table of SECURITY.md.
REMAINS = (
    ("Orders, amounts and scores, under the customer number and without a name", "stay"),
    ("Audit events: that the customer number was read, exported or changed, and by whom", "stay"),
    ("Keyed hashes of the numbers in sources, so that a later file does not bring the customer back", "stay"),
    ("Product, date, rating and sentiment of reviews, without text and key, under the customer number", "stay"),
    ("Events: type, time, products, amounts and pages, under the customer number", "stay, until the retention of their type ends"),
    ("E-mail, phone, address, notes, texts of reviews and what is personal in events, encrypted, in the database's log and backups", "unreadable: the key is destroyed"),
    ("Name, town, number in sources, words of reviews and mentions in saved views, in the database's files and log", "until their space is used again"),
    ("Name, town, number in sources, words of reviews and mentions in saved views, in backups made before", "until you delete the backups"),
    ("The place of the name in the alphabet, in snapshots", "until the next update; in older ones, until they are removed"),
    ("Downloaded exports and the files of sources, where they were saved", "until their owners delete them"),
)  # fmt: skip

log = logger("privacy")


@dataclass(frozen=True, slots=True)
class ErasedFiles:
    """What was removed from files of the home (rows of uploads and of rejects files, whole uploads), and from the documents
    of connected sources."""

    upload_rows: int = 0
    uploads: int = 0
    rejected_rows: int = 0
    documents: int = 0


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """What was removed from the database: keys of contact data, notes and tasks, reviews, proposals of directories, texts in
    views and in kept answers; events whose personal part can no longer be read."""

    contacts: int
    notes: int
    reviews: int
    proposals: int
    saved_views: int
    answers: int
    events: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure removed. `records`: how many records of sources the customer has; `exports`: how many had them in."""

    customer_id: str
    records: int
    rows: ErasedRows
    files: ErasedFiles
    exports: int

    def removed(self) -> dict[str, int]:
        """By place, how much was removed."""
        return asdict(self.rows) | asdict(self.files)


EraseFiles = Callable[[Identifiers], ErasedFiles]


def erase_customer(
    database: Database, vault: Vault, customer_id: str, erase_files: EraseFiles = lambda _: ErasedFiles()
) -> Erasure:
    """Delete a customer's name, place, contact data, notes and numbers in sources permanently, wherever they are.

    An id that was merged stands for the customer it was merged into, and all records of that customer are erased. Orders
    and scores stay under the customer id, and later files do not restore the person. `erase_files` removes them from
    files; it may find them removed already. Raises CustomerNotFound, or Busy while a load runs; then nothing is changed.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_keys(cur)
        customer_id = SQL.value(cur, "erasure.current_customer", customer_id)
        who = _identify(cur, vault, customer_id)
        files = erase_files(who)
        records, rows = _erase_rows(cur, vault, customer_id, who)
        exports = int(SQL.value(cur, "erasure.exports", customer_id))
        done = Erasure(customer_id, records, rows, files, exports)
        detail = {"records": records, **done.removed()}
        SQL.run(cur, "erasure.record_in_audit", customer_id, json.dumps(detail))
        kek_id, keys = _rewrap_keys(cur, vault)
    _destroy_old_keys(vault, kek_id, keys)
    log.info("customer erased", action="erase", customer_id=customer_id, **detail)
    return done


def rotate_keys(database: Database, vault: Vault) -> int:
    """Wrap every key by a new key-encryption key and destroy the old ones. Returns the number of the new one.

    Raises Busy while a load runs.
    """
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_keys(cur)
        kek_id, keys = _rewrap_keys(cur, vault)
    _destroy_old_keys(vault, kek_id, keys)
    log.info("key rotated", action="rotate", kek_id=kek_id)
    return kek_id


def restore_keys(database: Database, vault: Vault) -> tuple[int, int]:
    """Replace the keys of a database restored from a backup by the newer copies kept in the home.

    Customers erased since the backup are erased again: those whose numbers in sources have a keyed hash in the home, or
    whose contact data no kept key opens. Returns (records that can be opened again, records erased again). Raises Busy while
    a load runs, NotFound when the home keeps no copy.
    """
    kek_id, keys = vault.copy()
    with database.arrow() as pg, pg.cursor() as cur:
        _lock_keys(cur)
        with pg.cursor() as ingest:
            for name, table in (("keys", keys.records), ("customer_keys", keys.customers), ("erasures", keys.erased)):
                ingest.adbc_ingest(f"kept_{name}", table, mode="create", temporary=True)
        opened = int(SQL.value(cur, "erasure.use_kept_keys"))
        for step in ("use_kept_customer_keys", "use_kept_erasures"):
            SQL.run(cur, f"erasure.{step}")
        for step in ("delete_other_data_keys", "delete_other_customer_keys"):
            SQL.run(cur, f"erasure.{step}", kek_id)
        customers = {customer for (customer,) in SQL.rows(cur, "erasure.unreadable_customers", kek_id)}
        customers |= _find_erased(cur, vault)
        erased = 0
        for customer in sorted(customers):
            records, _ = _erase_rows(cur, vault, customer, _identify(cur, vault, customer))
            erased += records
        for step in ("use_key", "retire_older_keys", "continue_numbering"):
            SQL.run(cur, f"erasure.{step}", kek_id)
    log.info("keys restored", action="restore", kek_id=kek_id, records=opened, erased=erased)
    return opened, erased


def _lock_keys(cur: adbc.Cursor) -> None:
    """No load and no writer of a note uses a key until the transaction ends. Raises Busy while a load runs."""
    if not SQL.value(cur, "erasure.take_lock"):
        raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")
    SQL.run(cur, "erasure.lock_notes")


def _identify(cur: adbc.Cursor, vault: Vault, customer_id: str) -> Identifiers:
    """What identifies the customer in text. Raises CustomerNotFound."""
    records = SQL.table(cur, "erasure.records", customer_id).to_pylist()
    if not records:
        raise CustomerNotFound(remedy="List them: foresell customers")
    contacts = list(vault.open_records(row for row in records if row["wrapped_key"] is not None))
    names = {row["name"] for row in records if row["name"]}
    names |= {name for (name,) in SQL.rows(cur, "erasure.former_names", customer_id)}
    words = {word for name in names for word in re.findall(r"\w{3,}", name)}
    return make_identifiers(
        [row["source_key"] for row in records],
        names,
        [each for each in words if not SQL.value(cur, "erasure.word_is_common", each, customer_id)],
        [contact["email"] for contact in contacts if contact["email"]],
        [contact["phone"] for contact in contacts if contact["phone"]],
    )


def _erase_rows(cur: adbc.Cursor, vault: Vault, customer_id: str, who: Identifiers) -> tuple[int, ErasedRows]:
    """Erase in the database. Returns how many records the customer has, and what was removed."""
    records = SQL.table(cur, "erasure.records", customer_id).to_pylist()
    events = int(SQL.value(cur, "erasure.forget_events", customer_id))
    for step in ("delete_data_keys", "delete_customer_keys_of", "delete_handles", "forget_records"):
        SQL.run(cur, f"erasure.{step}", customer_id)
    for row in records:
        if is_pseudonym(row["source_key"]):
            continue
        digest = vault.digest(row["source"], row["source_key"])
        SQL.run(cur, "erasure.remember_erasure", row["source"], digest)
        for step in ("clear_record", "clear_superseded_rows"):
            SQL.run(cur, f"erasure.{step}", row["record_id"], vault.pseudonym(digest))
    return len(records), ErasedRows(
        contacts=sum(row["contact"] is not None for row in records),
        notes=int(SQL.value(cur, "erasure.clear_notes", customer_id)),
        reviews=_erase_reviews(cur, vault, customer_id),
        proposals=int(SQL.value(cur, "erasure.delete_proposals", customer_id)),
        saved_views=_erase_in_views(cur, who),
        answers=_erase_in_answers(cur, who),
        events=events,
    )


def _erase_reviews(cur: adbc.Cursor, vault: Vault, customer_id: str) -> int:
    """Remove the texts of the customer's reviews and what tells where they are published. Returns how many there were."""
    reviews = SQL.rows(cur, "erasure.reviews", customer_id)
    for review_id, source, key in reviews:
        [pseudonym] = vault.review_pseudonyms(source, [key])
        SQL.run(cur, "erasure.clear_review", review_id, pseudonym)
    return len(reviews)


def _erase_in_views(cur: adbc.Cursor, who: Identifiers) -> int:
    """Replace what names the customer in the saved views of all users. Returns how many views changed."""
    changed = 0
    for view_id, name, description, filters in SQL.rows(cur, "erasure.saved_views"):
        kept = json.loads(filters)
        new = (who.replace_in(name)[:100], description and who.replace_in(description)[:500], who.replace_in_json(kept))
        if new != (name, description, kept):
            SQL.run(cur, "erasure.change_saved_view", view_id, new[0], new[1], json.dumps(new[2]))
            changed += 1
    return changed


def _erase_in_answers(cur: adbc.Cursor, who: Identifiers) -> int:
    """The same in the answers kept for repeated requests. Returns how many changed."""
    changed = 0
    for user_id, key, body in SQL.rows(cur, "erasure.answers"):
        kept = json.loads(body)
        if (new := who.replace_in_json(kept)) != kept:
            content = json.dumps(new, ensure_ascii=False, separators=(",", ":")).encode()
            SQL.run(cur, "erasure.change_answer", user_id, key, content)
            changed += 1
    return changed


def _find_erased(cur: adbc.Cursor, vault: Vault) -> set[str]:
    """Customers with a record that was erased before, and is in the clear in this database."""
    erased: dict[str, set[bytes]] = {}
    for source, digest in SQL.rows(cur, "erasure.erased_records"):
        erased.setdefault(source, set()).add(digest)
    found = set()
    for source, digests in erased.items():
        records = SQL.rows(cur, "erasure.keys_of_source", source)
        hashes = vault.digests(source, [key for _, _, key in records])
        found |= {customer for (_, customer, _), each in zip(records, hashes, strict=True) if each in digests}
    return found


def _rewrap_keys(cur: adbc.Cursor, vault: Vault) -> tuple[int, KeptKeys]:
    """Create a key-encryption key, on disk before it is used, and wrap all keys by it in this transaction.

    Returns its number, and the wrapped keys with who was erased.
    """
    kek_id = int(SQL.value(cur, "erasure.create_key"))
    vault.make_kek(kek_id)

    def rewrap(table: str, clear: str) -> pa.Table:
        keys = SQL.table(cur, f"erasure.{table}")
        rewrapped = pa.Table.from_batches(vault.rewrap(kek_id, keys.to_batches()), keys.schema)
        SQL.run(cur, f"erasure.{clear}")
        with cur.connection.cursor() as ingest:
            ingest.adbc_ingest(table, rewrapped, mode="append", db_schema_name="privacy")
        return rewrapped

    records = rewrap("data_keys", "truncate_data_keys")
    customers = rewrap("customer_keys", "delete_customer_keys")
    SQL.run(cur, "erasure.retire_older_keys", kek_id)
    return kek_id, KeptKeys(records, customers, SQL.table(cur, "erasure.erased_records"))


def _destroy_old_keys(vault: Vault, kek_id: int, keys: KeptKeys) -> None:
    """After the commit: first keep the copy for restored backups, then destroy every older key-encryption key."""
    vault.keep_copy(kek_id, keys)
    vault.destroy_keys_before(kek_id)
