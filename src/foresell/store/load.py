"""Writing one staged source to the truth: one batch, one transaction, all or nothing.

The work is done in sets: DuckDB compares the staged source with what the truth has, mints ids and shapes the rows;
they go over ADBC as COPY. A process killed at any moment leaves the truth as it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from foresell.database import Database
from foresell.errors import Busy, ForesellError
from foresell.logs import logger
from foresell.sql import named_queries
from foresell.types import Batch, BeforeCommit, ContactVault, Progress, Staging, no_progress

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

STAGE = "queries/stage.sql"
LOAD = "queries/load.sql"
CONTACT_ROWS = 65_536
BATCH_ROWS = 2_048  # small: a batch is sent while the next is made; 122,880 left the server waiting a third of the time

log = logger("store")


@dataclass(frozen=True, slots=True)
class _Load:
    """One load under way: both connections, and the values every statement shares."""

    cur: adbc.Cursor
    con: duckdb.DuckDBPyConnection
    vault: ContactVault
    batch_id: int
    source: str

    def ask(self, name: str, *values: object) -> Any:
        """The single value a named PostgreSQL query answers with."""
        return _ask(self.cur, name, *values)

    def tell(self, name: str, *values: object) -> None:
        """Run a named PostgreSQL statement."""
        self.cur.execute(_pg(name), list(values))

    def stage(self, name: str, **values: object) -> duckdb.DuckDBPyConnection:
        """Run a named DuckDB statement."""
        return self.con.execute(_duck(name), values or None)


def load(
    database: Database,
    staging: Staging,
    vault: ContactVault,
    *,
    rejects_file: Path | None = None,
    progress: Progress = no_progress,
    before_commit: BeforeCommit | None = None,
) -> Batch:
    """Write what was staged and say what became of it. The same file again changes nothing.

    Orders the truth already has are replaced where they differ and left alone where they do not.
    Raises Busy when another load is running.
    """
    started = time.monotonic()
    with database.arrow() as pg, pg.cursor() as cur:
        if not _ask(cur, "take_lock"):
            raise Busy("Another load is running on this database.", remedy="Wait for it, then try again.")
        mapping = json.dumps(staging.mapping, sort_keys=True, default=str)
        same = _ask(cur, "same_file", staging.source, staging.file_sha256, mapping)
        if same is not None:
            return _unchanged(staging, int(same), time.monotonic() - started, rejects_file)
        batch_id = _ask(
            cur, "open_batch", staging.source, staging.format, staging.rows, staging.file_name, staging.file_bytes,
            staging.file_sha256, mapping,
        )  # fmt: skip
        work = _Load(cur, staging.con, vault, int(batch_id), staging.source)
        _compare(work)
        warnings = (*staging.warnings, *_other_currencies(work))
        counts = _counts(work, staging)
        _write(work, counts, progress)
        work.tell(
            "close_batch", batch_id, counts["lines_read"], counts["lines_loaded"], counts["lines_unchanged"],
            counts["lines_rejected"], counts["orders_new"], counts["orders_replaced"], counts["customers_new"],
            counts["customers_changed"], counts["products_new"], counts["products_changed"],
        )  # fmt: skip
        if before_commit:
            before_commit()
    log.info("batch loaded", action="load", batch_id=work.batch_id, **counts)
    return Batch(
        batch_id=work.batch_id,
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


def _pg(name: str) -> str:
    return named_queries("foresell.store", LOAD)[name]


def _duck(name: str) -> str:
    return named_queries("foresell.store", STAGE)[name]


def _ask(cur: adbc.Cursor, name: str, *values: object) -> Any:
    cur.execute(_pg(name), list(values) or None)
    row = cur.fetchone()
    return row[0] if row else None


def _unchanged(staging: Staging, batch_id: int, seconds: float, rejects_file: Path | None) -> Batch:
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


def _compare(work: _Load) -> None:
    """Fetch what the truth has under the staged keys, and mark every order, customer and product new, changed or not."""
    work.stage("staged_orders")
    wanted = {
        "orders": "select order_key as key from staged_orders",
        "items": None,  # same keys as the orders
        "customer_records": "select customer_key as key from staged_customers",
        "products": "select sku as key from staged_products",
    }
    for table, keys in wanted.items():
        if keys:
            known = work.ask(f"knows_{table}", work.source)
            work.cur.execute("drop table if exists wanted")
            _copy(work, "wanted", keys if known else f"{keys} limit 0", temporary=True)
        work.cur.execute(_pg(f"existing_{table}"), [work.source])
        work.con.register("arriving", work.cur.fetch_record_batch())
        work.con.execute(f"create or replace temp table existing_{table} as from arriving")
        work.con.unregister("arriving")
        if table == "customer_records":
            _forget_erased(work)
            _open_contacts(work)
    for name in ("compare_orders", "planned_customers", "planned_products"):
        work.stage(name)


def _other_currencies(work: _Load) -> tuple[str, ...]:
    """What to say when the file brings a second currency: a refresh would refuse to add them up."""
    [(brought,)] = work.stage("staged_currencies").fetchall()
    there = _ask(work.cur, "some_order")
    found = sorted({*(brought or ()), *([there] if brought and there else ())})
    if len(found) < 2:
        return ()
    return (
        f"Orders are in more than one currency now ({', '.join(found)}); a refresh will refuse to add them up. Where the"
        " file does not say its currency, undo this batch and state it in the mapping.",
    )


def _forget_erased(work: _Load) -> None:
    """Drop what the file says of people who were erased."""
    work.cur.execute(_pg("erased"), [work.source])
    if erased := {digest for (digest,) in work.cur.fetchall()}:
        keys = [key for (key,) in work.con.execute("select customer_key from staged_customers").fetchall()]
        digests = work.vault.digests(work.source, keys)
        work.stage("forget_erased", erased=[key for key, digest in zip(keys, digests, strict=True) if digest in erased])


def _open_contacts(work: _Load) -> None:
    """Open the contact data the truth has under the staged keys, to compare; nothing is opened for a file without any."""
    [(some,)] = work.stage("brings_contacts").fetchall()
    wanted = _pg("existing_contacts") + ("" if some else " limit 0")
    work.cur.execute(wanted, [work.source])
    sealed = work.cur.fetch_arrow_table()
    work.con.register("existing_keys", sealed.select(["record_id", "kek_id", "wrapped_key"]))
    opened = work.vault.open(work.source, sealed.to_batches(max_chunksize=CONTACT_ROWS))
    work.con.execute(
        "create or replace temp table existing_contacts (record_id bigint, email text, phone text, address text)"
    )
    for batch in opened:
        work.con.register("arriving", batch)
        work.con.execute("insert into existing_contacts from arriving")
        work.con.unregister("arriving")


def _seal_contacts(work: _Load) -> None:
    """Seal new and changed contact data, and keep the data keys of records that had none."""
    records = work.con.sql(_duck("contacts_to_seal")).to_arrow_table()
    kek_id = _kek(work) if records.num_rows else 0
    work.con.register("sealed_contacts", work.vault.seal(work.source, kek_id, records))
    keys = work.con.sql(_duck("new_subject_keys")).to_arrow_reader(BATCH_ROWS)
    with work.cur.connection.cursor() as apart:  # a cursor that once wrote to another schema keeps to it
        apart.adbc_ingest("data_keys", keys, mode="append", db_schema_name="privacy")


def _kek(work: _Load) -> int:
    """The key-encryption key in use; made with the first contact data there is."""
    current = work.ask("current_kek")
    if current is None:
        current = work.ask("new_kek")
        work.vault.make_kek(int(current))
    return int(current)


def _counts(work: _Load, staging: Staging) -> dict[str, int]:
    """What the load will write; read = loaded + unchanged + rejected by construction, checked against the staging."""
    cursor = work.stage("counts")
    names = [column[0] for column in cursor.description or ()]
    counts = dict(zip(names, map(int, cursor.fetchall()[0]), strict=True))
    staged = staging.lines_read - staging.rejected
    if staging.rows == "orders":
        [(in_orders,)] = work.con.execute("select count(*) from staged_lines").fetchall()
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


def _write(work: _Load, counts: Mapping[str, int], progress: Progress) -> None:
    """Mint ids, then parents before children: customers, records, products, orders, items."""

    def mint(sequence: str, many: int) -> int:
        return int(work.ask("mint", sequence, many)) if many else 0

    bases = {
        "customer_base": mint("customer_number", counts["customers_new"]),
        "record_base": mint("record_number", counts["customers_new"]),
        "product_base": mint("product_number", counts["products_new"]),
        "order_base": mint("order_number", counts["orders_new"]),
    }
    values = {**bases, "source": work.source, "batch_id": work.batch_id}
    for name in ("number_customers", "number_products", "number_orders"):
        work.stage(name, **_used(name, values))
    _seal_contacts(work)
    _write_new(work, "customers", counts["customers_new"], values)
    _write_new(work, "customer_records", counts["customers_new"], values)
    _write_changed(work, "customer_records", counts["customers_changed"])
    _write_new(work, "products", counts["products_new"], values)
    _write_changed(work, "products", counts["products_changed"])
    _write_new(work, "orders", counts["orders_new"], values)
    _write_changed(work, "orders", counts["orders_replaced"])
    if counts["orders_new"] + counts["orders_replaced"]:
        _copy(work, "order_items", _duck("new_items"), progress=progress, total=counts["lines_loaded"])


def _used(name: str, values: Mapping[str, object]) -> dict[str, object]:
    """DuckDB refuses parameters a statement does not use."""
    return {key: value for key, value in values.items() if f"${key}" in _duck(name)}


def _write_new(work: _Load, table: str, many: int, values: Mapping[str, object]) -> None:
    if many:
        _copy(work, table, _duck(f"new_{table}"), _used(f"new_{table}", values))


def _write_changed(work: _Load, table: str, many: int) -> None:
    """Keep the old rows for undo, then change them."""
    if not many:
        return
    _copy(work, f"changed_{table}", _duck(f"changed_{table}"), temporary=True)
    work.tell(f"keep_old_{table}", work.batch_id)
    if table == "orders":
        work.cur.execute(_pg("clear_changed_items"))
    work.tell(f"change_{table}", work.batch_id)


def _copy(
    work: _Load,
    table: str,
    query: str,
    values: Mapping[str, object] | None = None,
    *,
    temporary: bool = False,
    progress: Progress = no_progress,
    total: int | None = None,
) -> None:
    """COPY a DuckDB query into a PostgreSQL table, streaming."""
    reader = work.con.sql(query, params=dict(values) if values else None).to_arrow_reader(BATCH_ROWS)

    def counted() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in reader:
            yield batch
            done += batch.num_rows
            progress(done, total, "lines written")

    stream = pa.RecordBatchReader.from_batches(reader.schema, counted())
    work.cur.adbc_ingest(table, stream, mode="create" if temporary else "append", temporary=temporary)
