"""Building a snapshot: the store's tables in, one immutable file out, which gets its name only when it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from foresell.errors import DiskTrouble, NotReady
from foresell.logs import logger
from foresell.settings import Settings
from foresell.snapshot.open import FORMAT
from foresell.sql import read_sql
from foresell.tempdirs import temporary_folder
from foresell.types import Progress, ScoreColumn, no_progress

TABLES = (
    "lines", "orders", "customers", "field_groups", "source_completeness", "products", "categories", "line_classes",
)  # fmt: skip

#: Empty tables where nothing was predicted; otherwise the scores make them.
_NOTHING_PREDICTED = """
create table if not exists predictions (customer_id varchar{columns});
create table if not exists prediction_reasons (
    customer_id varchar, rank smallint, theme varchar, direction varchar, points double, sentence varchar);
create table if not exists forecasts (
    grain varchar, starts date, ends date, target varchar, known double, expected double, low double, high double,
    method varchar, note varchar);
create table if not exists revenue_streams (
    starts date, ends date, forecast double, known double, new double, anonymous double, low double, high double,
    factor double);
"""

_SQL_TYPES = {"text": "varchar", "integer": "bigint", "number": "double", "date": "date"}

#: Columns that travel as whole numbers, and what they are.
_SCALED = {
    "order_items": "order_id, line_no, product_id, "
    "(quantity::decimal(15, 0) * 0.001::decimal(4, 3))::decimal(14, 3) as quantity, "
    "(amount::decimal(18, 0) * 0.0001::decimal(5, 4))::decimal(18, 4) as amount",
}

log = logger("snapshot")


@dataclass(frozen=True, slots=True)
class Draft:
    """A snapshot being built. `con` is its DuckDB connection; `core.*` holds the store's tables until it is finished."""

    con: duckdb.DuckDBPyConnection
    file: Path

    def read_tables(self, tables: Iterable[tuple[str, pa.RecordBatchReader]], progress: Progress = no_progress) -> None:
        """Copy the store's tables in, streaming."""
        for name, reader in tables:
            self.con.register("arriving", _count_rows(reader, name, progress))
            self.con.execute(f"create table core.{name} as select {_SCALED.get(name, '*')} from arriving")
            self.con.unregister("arriving")

    def day_after_last_order(self) -> date:
        """The default as_of. Raises NotReady when there are no orders."""
        [(last,)] = self.con.execute("select max(ordered_at)::date + 1 from core.orders").fetchall()
        if last is None:
            raise NotReady("There are no orders to score.", remedy="Load some: foresell load FILE")
        return date.fromisoformat(str(last)[:10])

    def make_tables(self, as_of: date) -> None:
        """Every table of the snapshot, each from its .sql file."""
        currency = self._only_currency(as_of)
        self.con.execute(
            "create table meta as select ?::date as as_of, ?::varchar as currency, ?::integer as format",
            [as_of, currency, FORMAT],
        )
        self.con.execute("create table segment_rules as from core.segment_rules order by position")
        for name in TABLES:
            query = read_sql("foresell.snapshot", f"tables/{name}.sql")
            self.con.execute(f"create table {name} as {query}", {"as_of": as_of} if "$as_of" in query else None)

    def prepare_segments(self, columns: Sequence[ScoreColumn]) -> None:
        """What segment rules ask about besides the scores: predictions, empty ones where there are none, and `baskets`."""
        types = "".join(f", {c.name} {_SQL_TYPES[c.type]}" for c in columns if c.table == "predictions")
        self.con.execute(_NOTHING_PREDICTED.replace("{columns}", types))
        self.con.execute(f"create temp table baskets as {read_sql('foresell.snapshot', 'baskets.sql')}")

    def make_list(self, columns: Sequence[ScoreColumn], sorts: Mapping[str, str]) -> None:
        """The customer list with the columns of every score, after the segments; indexed by rank and by customer.

        `sorts`: by name, each SQL order the list offers.
        """
        self.con.execute(f"create table cut_points as {read_sql('foresell.snapshot', 'cut_points.sql')}")
        selected = ",\n    ".join(f"{'s' if c.table == 'rfm_scores' else 'p'}.{c.name}" for c in columns)
        query = read_sql("foresell.snapshot", "customer_list.sql").replace("{score_columns}", selected)
        self.con.execute(f"create table customer_list as {query}")
        self.con.execute("create table list_sorts (name varchar, order_by varchar)")
        self.con.executemany("insert into list_sorts values (?, ?)", [list(sort) for sort in sorts.items()])
        for column in ("rank", "customer_id"):
            self.con.execute(f"create unique index customer_list_{column} on customer_list ({column})")

    def _only_currency(self, as_of: date) -> str | None:
        """The currency of all orders, None where the sources do not say. Raises NotReady when they are mixed."""
        found = self.con.execute(
            "select currency, count(*) from core.orders where ordered_at < ? group by 1 order by 2 desc, 1",
            [as_of],
        ).fetchall()
        if len(found) > 1:
            named = ", ".join(f"{currency or 'unknown'} ({count:,} orders)" for currency, count in found)
            raise NotReady(
                f"Orders are in more than one currency: {named}. Adding them up would be wrong.",
                remedy="Load only one currency; where a file does not say it, state it in its map under [defaults]."
                " To take one back: foresell batches, then foresell undo BATCH.",
            )
        return found[0][0] if found else None


@contextmanager
def build_draft(settings: Settings, name: str) -> Iterator[Draft]:
    """A draft in the work folder; `finish` gives it its name. Without that nothing is left."""
    with temporary_folder(settings.work, f"snapshot-{name}") as folder:
        yield from _build_draft(settings, folder)


def _build_draft(settings: Settings, folder: Path) -> Iterator[Draft]:
    con = None
    try:
        con = duckdb.connect(
            str(folder / "snapshot.duckdb"),
            config={
                "memory_limit": f"{settings.memory_gib}GiB",
                "threads": settings.threads,
                "temp_directory": str(folder / "spill"),
                "preserve_insertion_order": True,
            },
        )
        con.execute("attach ':memory:' as core")
        yield Draft(con, folder / "snapshot.duckdb")
    except duckdb.IOException as error:
        if "No space left" in str(error):
            raise DiskTrouble(
                "The disk is full; the snapshot was not built and the last run stays.", remedy="Free some space."
            ) from None
        raise
    finally:
        if con is not None:
            con.close()


def finish(draft: Draft, target: Path) -> int:
    """Close the draft and move it to its name, safely on disk. Returns its size in bytes."""
    draft.con.execute("detach core")
    draft.con.execute("checkpoint")
    draft.con.close()
    with draft.file.open("rb") as file:
        os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.file.replace(target)
    return target.stat().st_size


def _count_rows(reader: pa.RecordBatchReader, name: str, progress: Progress) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in reader:
            yield batch
            done += batch.num_rows
            progress(done, None, f"{name.replace('_', ' ')} read")

    return pa.RecordBatchReader.from_batches(reader.schema, batches())
