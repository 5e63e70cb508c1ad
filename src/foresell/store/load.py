"""Writes one staged source to the store as one batch, in one transaction.

DuckDB compares the staged source with the rows the store has, assigns ids and builds the new rows; ADBC copies them to
PostgreSQL with COPY. If the process is killed at any point, the store is as it was before the load.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from foresell.database import Database
from foresell.db import ArrowStatements, DuckStatements
from foresell.errors import Busy, ForesellError
from foresell.logs import logger
from foresell.types import Batch, BeforeCommit, ContactVault, Progress, Staging, no_progress

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

PG = ArrowStatements("foresell.store", "queries/")
DUCK = DuckStatements("foresell.store", "queries/")
CONTACT_ROWS = 65_536
BATCH_ROWS = (
    2_048  # small: a batch is sent while the next one is built; with 122,880 the server waited a third of the time
)

log = logger("store")


@dataclass(frozen=True, slots=True)
class _LoadContext:
    """A load in progress: both connections, and what every step needs."""

    cur: adbc.Cursor
    con: duckdb.DuckDBPyConnection
    vault: ContactVault
    batch_id: int
    source: str


#: Called with the cursor of a load, its vault and batch when everything is written; returns what to say about it.
Match = Callable[["adbc.Cursor", Any, int], tuple[str, ...]]

#: Called with the cursor and the batch of a load when everything is written, in its transaction.
Also = Callable[["adbc.Cursor", int], None]

#: Called with the cursor, the staged source and the batch of a load when everything is written, in its transaction; returns what
#: to say about it.
Profile = Callable[["adbc.Cursor", duckdb.DuckDBPyConnection, int], tuple[str, ...]]

#: Called with the keys of orders that a file which holds all rows does not have any more, and how many the store holds;
#: returns whether they are cancelled. What it raises ends the load.
DecideGone = Callable[[list[str], int], bool]

#: What a batch counts, in the order in which it is saved.
COUNTS = (
    "lines_read", "lines_loaded", "lines_unchanged", "lines_rejected", "orders_new", "orders_replaced", "customers_new",
    "customers_changed", "products_new", "products_changed",
)  # fmt: skip


def load_staging(
    database: Database,
    staging: Staging,
    vault: ContactVault,
    *,
    rejects_file: Path | None = None,
    progress: Progress = no_progress,
    match: Match | None = None,
    profile: Profile | None = None,
    also: Also | None = None,
    decide_gone: DecideGone | None = None,
    before_commit: BeforeCommit | None = None,
) -> Batch:
    """Write a staged source and return its counts. The same file again changes nothing.

    Orders the store already has are replaced if they differ. `match` finds other records of the same customers, `profile`
    describes what the batch brought, `also` writes what belongs to the load. With `decide_gone` the source holds all rows: orders that it no longer has are cancelled where
    it says so. Raises Busy while another load runs, and what `before_commit` or `decide_gone` raises; then nothing is changed.
    """
    started = time.monotonic()
    with database.arrow() as pg, pg.cursor() as cur:
        if not PG.value(cur, "load.take_lock"):
            raise Busy("Another load is running on this database.", remedy="Wait for it, then try again.")
        mapping = json.dumps(staging.mapping, sort_keys=True, default=str)
        same = PG.value(cur, "load.same_file", staging.source, staging.file_sha256, mapping)
        if same is not None:
            return _make_unchanged_batch(staging, int(same), time.monotonic() - started, rejects_file)
        batch_id = PG.value(
            cur, "load.open_batch", staging.source, staging.format, staging.rows, staging.file_name, staging.file_bytes,
            staging.file_sha256, mapping,
        )  # fmt: skip
        context = _LoadContext(cur, staging.con, vault, int(batch_id), staging.source)
        warnings = (*staging.warnings, *_hide_erased(context))
        _compare(context)
        warnings = (*warnings, *_warn_of_currencies(context))
        counts = _count_changes(context, staging)
        if decide_gone and staging.rows == "orders":
            cancelled, kept = _cancel_gone(context, decide_gone)
            counts["orders_replaced"] += cancelled
            warnings = (*warnings, *kept)
        _write_batch(context, counts, progress)
        PG.run(cur, "load.close_batch", batch_id, *(counts[name] for name in COUNTS))
        if match and counts["customers_new"] + counts["customers_changed"]:
            warnings = (*warnings, *match(cur, vault, int(batch_id)))
        if profile:
            warnings = (*warnings, *profile(cur, context.con, int(batch_id)))
        if also:
            also(cur, int(batch_id))
        if before_commit:
            before_commit()
    log.info("batch loaded", action="load", batch_id=context.batch_id, **counts)
    return Batch(
        batch_id=context.batch_id,
        source=staging.source,
        format=staging.format,
        file_name=staging.file_name,
        file_sha256=staging.file_sha256,
        state="loaded",
        rejects_file=rejects_file,
        seconds=time.monotonic() - started,
        warnings=warnings,
        **counts,
    )


def _make_unchanged_batch(staging: Staging, batch_id: int, seconds: float, rejects_file: Path | None) -> Batch:
    return Batch(
        batch_id=batch_id,
        source=staging.source,
        format=staging.format,
        file_name=staging.file_name,
        file_sha256=staging.file_sha256,
        state="unchanged",
        lines_read=staging.lines_read,
        lines_loaded=0,
        lines_unchanged=staging.lines_read - staging.rejected,
        lines_rejected=staging.rejected,
        rejects_file=rejects_file,
        seconds=seconds,
        warnings=staging.warnings,
    )


def _compare(context: _LoadContext) -> None:
    """Read the rows that the store has under the staged keys, and mark every order, customer and product new, changed or not."""
    DUCK.run(context.con, "stage.staged_orders")
    for table in ("orders", "items", "customer_records", "products"):
        if table != "items":  # items have the keys of the orders
            known = PG.value(context.cur, f"load.knows_{table}", context.source)
            PG.run(context.cur, "load.drop_wanted")
            keys = DUCK.reader(context.con, f"stage.{table}_keys", BATCH_ROWS, known=known)
            _copy_rows(context, "wanted", keys, temporary=True)
        PG.run(context.cur, f"load.existing_{table}", context.source)
        context.con.register("arriving", context.cur.fetch_record_batch())
        context.con.execute(f"create or replace temp table existing_{table} as from arriving")
        context.con.unregister("arriving")
        if table == "customer_records":
            _open_contacts(context)
    for name in ("compare_orders", "planned_customers", "planned_products"):
        DUCK.run(context.con, f"stage.{name}")


def _warn_of_currencies(context: _LoadContext) -> tuple[str, ...]:
    """A warning when the file adds a second currency: a refresh would refuse to sum them."""
    [(staged,)] = DUCK.run(context.con, "stage.staged_currencies").fetchall()
    stored = PG.value(context.cur, "load.currency_of_an_order")
    currencies = sorted({*(staged or ()), *([stored] if staged and stored else ())})
    if len(currencies) < 2:
        return ()
    return (
        f"Orders are in more than one currency now ({', '.join(currencies)}); a refresh will refuse to add them up. Where the"
        " file does not say its currency, undo this batch and state it in the mapping.",
    )


def _hide_erased(context: _LoadContext) -> tuple[str, ...]:
    """Leave out what the file says of customers who were erased, and put the pseudonym of their record in place of its key.

    Their orders stay under their customer number. Returns a warning that says how many they are.
    """
    erased = {digest for (digest,) in PG.rows(context.cur, "load.erased", context.source)}
    if not erased:
        return ()
    keys = [key for (key,) in DUCK.run(context.con, "stage.customer_keys").fetchall()]
    digests = context.vault.digests(context.source, keys)
    found = {
        key: context.vault.pseudonym(digest) for key, digest in zip(keys, digests, strict=True) if digest in erased
    }
    if not found:
        return ()
    for table in ("customers", "lines"):
        DUCK.run(context.con, f"stage.hide_erased_{table}", keys=list(found), pseudonyms=list(found.values()))
    count = f"{len(found):,} erased customer{'s' if len(found) > 1 else ''}"
    return (f"Left out: {count}. Their orders are kept under their customer numbers, without a name.",)


def _open_contacts(context: _LoadContext) -> None:
    """Open the contact data that the store has under the staged keys, to compare it; none for a file without contact data."""
    [(has_contacts,)] = DUCK.run(context.con, "stage.has_contacts").fetchall()
    sealed = PG.table(context.cur, "load.existing_contacts", context.source, has_contacts)
    context.con.register("existing_keys", sealed.select(["record_id", "kek_id", "wrapped_key"]))
    with_contact = sealed.filter(pc.is_valid(sealed["contact"]))
    opened = context.vault.open(context.source, with_contact.to_batches(max_chunksize=CONTACT_ROWS))
    context.con.execute(
        "create or replace temp table existing_contacts (record_id bigint, email text, phone text, address text)"
    )
    for batch in opened:
        context.con.register("arriving", batch)
        context.con.execute("insert into existing_contacts from arriving")
        context.con.unregister("arriving")


def _seal_contacts(context: _LoadContext) -> None:
    """Seal new and changed contact data, and save the data keys of records that had none."""
    records = DUCK.reader(context.con, "stage.contacts_to_seal", BATCH_ROWS).read_all()
    kek_id = _get_key_number(context) if records.num_rows else 0
    context.con.register("sealed_contacts", context.vault.seal(context.source, kek_id, records))
    keys = DUCK.reader(context.con, "stage.new_data_keys", BATCH_ROWS)
    with context.cur.connection.cursor() as ingest:  # a cursor keeps the schema it last wrote to
        ingest.adbc_ingest("data_keys", keys, mode="append", db_schema_name="privacy")


def _get_key_number(context: _LoadContext) -> int:
    """The number of the key-encryption key in use; the first contact data creates one."""
    current = PG.value(context.cur, "load.current_key")
    if current is None:
        current = PG.value(context.cur, "load.create_key")
        context.vault.make_kek(int(current))
    return int(current)


def _cancel_gone(context: _LoadContext, decide: DecideGone) -> tuple[int, tuple[str, ...]]:
    """Cancel the orders that the source no longer has, where `decide` says so. Returns how many, and warnings.

    An order with a row that was rejected is there. Where it is not known which order such a row is of, none is cancelled.
    """
    PG.run(context.cur, "load.drop_wanted")
    _copy_rows(context, "wanted", DUCK.reader(context.con, "stage.present_orders", BATCH_ROWS), temporary=True)
    PG.run(context.cur, "load.collect_gone", context.source)
    gone = [key for (key,) in PG.rows(context.cur, "load.gone_keys")]
    if not gone:
        return 0, ()
    [(unknown,)] = DUCK.run(context.con, "stage.rejected_of_no_order").fetchall()
    if unknown:
        return 0, (
            f"{len(gone):,} orders are not in the file and are kept: it has rejected rows of which the order is not known.",
        )
    if not decide(gone, int(PG.value(context.cur, "load.count_orders", context.source))):
        return 0, ()
    PG.run(context.cur, "load.keep_gone", context.batch_id)
    PG.run(context.cur, "load.cancel_gone", context.batch_id)
    return len(gone), ()


def _count_changes(context: _LoadContext, staging: Staging) -> dict[str, int]:
    """What the load will write: read = loaded + unchanged + rejected, checked against the staging."""
    cursor = DUCK.run(context.con, "stage.counts")
    names = [column[0] for column in cursor.description or ()]
    counts = dict(zip(names, map(int, cursor.fetchall()[0]), strict=True))
    staged = staging.lines_read - staging.rejected
    if staging.rows == "orders":
        [(in_orders,)] = DUCK.run(context.con, "stage.count_lines").fetchall()
        if in_orders != staged:
            raise ForesellError(
                f"{staging.file_name}: {staging.lines_read} lines were read, but {in_orders} staged and {staging.rejected} rejected."
            )
    else:
        written = counts[f"{staging.rows}_new"] + counts[f"{staging.rows}_changed"]
        counts["lines_unchanged"] = staged - written
    counts["lines_read"] = staging.lines_read
    counts["lines_rejected"] = staging.rejected
    counts["lines_loaded"] = staged - counts["lines_unchanged"]
    return counts


def _write_batch(context: _LoadContext, counts: Mapping[str, int], progress: Progress) -> None:
    """Assign ids, then write parents before children: customers, records, products, orders, items."""

    def reserve_ids(sequence: str, count: int) -> int:
        return int(PG.value(context.cur, "load.reserve_ids", sequence, count)) if count else 0

    bases = {
        "customer_base": reserve_ids("customer_number", counts["customers_new"]),
        "record_base": reserve_ids("record_number", counts["customers_new"]),
        "product_base": reserve_ids("product_number", counts["products_new"]),
        "order_base": reserve_ids("order_number", counts["orders_new"]),
    }
    values = {**bases, "source": context.source, "batch_id": context.batch_id}
    for name in ("number_customers", "number_products", "number_orders"):
        DUCK.run(context.con, f"stage.{name}", **values)
    _seal_contacts(context)
    _write_new(context, "customers", counts["customers_new"], values)
    _write_new(context, "customer_records", counts["customers_new"], values)
    _write_changed(context, "customer_records", counts["customers_changed"])
    if counts["customers_new"] + counts["customers_changed"]:
        _write_origins(context)
    _write_new(context, "products", counts["products_new"], values)
    _write_changed(context, "products", counts["products_changed"])
    _write_new(context, "orders", counts["orders_new"], values)
    _write_changed(context, "orders", counts["orders_replaced"])
    if counts["orders_new"] + counts["orders_replaced"]:
        items = DUCK.reader(context.con, "stage.new_items", BATCH_ROWS)
        _copy_rows(context, "order_items", items, progress=progress, total=counts["lines_loaded"])


def _write_origins(context: _LoadContext) -> None:
    """Keep which values of which record this batch brought, and where in the file they stand."""
    for step in ("add_customer_lines", "add_row_places"):
        DUCK.run(context.con, f"stage.{step}")
    with context.cur.connection.cursor() as ingest:  # a cursor keeps the schema it last wrote to
        for table in ("value_origins", "batch_parts"):
            rows = DUCK.reader(context.con, f"stage.new_{table}", BATCH_ROWS, batch_id=context.batch_id)
            ingest.adbc_ingest(table, rows, mode="append", db_schema_name="quality")


def _write_new(context: _LoadContext, table: str, count: int, values: Mapping[str, object]) -> None:
    if count:
        _copy_rows(context, table, DUCK.reader(context.con, f"stage.new_{table}", BATCH_ROWS, **values))


def _write_changed(context: _LoadContext, table: str, count: int) -> None:
    """Keep the old rows for undo, then change them."""
    if not count:
        return
    rows = DUCK.reader(context.con, f"stage.changed_{table}", BATCH_ROWS)
    _copy_rows(context, f"changed_{table}", rows, temporary=True)
    PG.run(context.cur, f"load.keep_old_{table}", context.batch_id)
    if table == "orders":
        PG.run(context.cur, "load.clear_changed_items")
    PG.run(context.cur, f"load.change_{table}", context.batch_id)


def _copy_rows(
    context: _LoadContext,
    table: str,
    rows: pa.RecordBatchReader,
    *,
    temporary: bool = False,
    progress: Progress = no_progress,
    total: int | None = None,
) -> None:
    """Stream rows into a PostgreSQL table with COPY."""

    def report_progress() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in rows:
            yield batch
            done += batch.num_rows
            progress(done, total, "lines written")

    stream = pa.RecordBatchReader.from_batches(rows.schema, report_progress())
    context.cur.adbc_ingest(table, stream, mode="create" if temporary else "append", temporary=temporary)
