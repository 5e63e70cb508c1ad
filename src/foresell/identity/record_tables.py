"""Whole tables of records: normalized, and their comparison keys. In batches, by one process or several.

Contact values go from process to process through memory only (pipes), never through files.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, cast

import pyarrow as pa
import pyarrow.compute as pc

from foresell.identity.keys import SEPARATOR, check_secret, key_parts, make_keys
from foresell.identity.normalization.records import normalize_values
from foresell.identity.record import SCHEMA, RawRecord, Record

#: Records handed to a process at a time: a second of work, some megabytes.
BATCH = 20_000
#: One row per record and rule.
KEYS = pa.schema([("record_id", pa.int64()), ("rule", pa.string()), ("key", pa.int64())])

_RAW_FIELDS = attrgetter(*RawRecord.__slots__)
In = TypeVar("In")
Batches = Callable[[Callable[[In], bytes], Iterable[In]], Iterator[bytes]]


class _RawRow(NamedTuple):
    """The fields of RawRecord: made ten times faster than a dataclass."""

    record_id: int
    source: str
    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    city: str | None
    region: str | None
    postcode: str | None
    country: str | None
    birth_date: str | None


class _Row(NamedTuple):
    """The columns of a record that its keys are made of."""

    record_id: int
    kind: str
    first_root: str | None
    last: str | None
    tokens: str | None
    company_number: str | None
    email: str | None
    email_user: str | None
    domain: str | None
    phone: str | None
    street: str | None
    house: str | None
    postcode: str | None
    city: str | None
    country: str | None
    birth_date: str | None


def normalize_table(
    raw: Iterable[RawRecord],
    *,
    own_domains: frozenset[str] = frozenset(),
    home_country: str | None = None,
    processes: int = 1,
) -> pa.Table:
    """The records, normalized, in their sequence: one row per record, the columns of SCHEMA. `raw` is read once, in batches."""
    work = partial(_normalize_batch, own_domains=own_domains, home_country=home_country)
    with _open_pool(processes) as run:
        return _read_tables(run(work, _raw_batches(raw)), SCHEMA)


def read_records_of(records: pa.Table, wanted: pa.Array | pa.ChunkedArray) -> dict[int, Record]:
    """By number, the wanted records of a table with the columns of SCHEMA."""
    rows = records.filter(pc.is_in(records["record_id"], wanted))
    columns = (rows[name].to_pylist() for name in SCHEMA.names)
    return {values[0]: Record(*values) for values in zip(*columns, strict=True)}


def key_table(records: pa.Table, secret: bytes, *, processes: int = 1) -> pa.Table:
    """The comparison keys of a table of records: one row per record and rule, the columns of KEYS.

    Raises UsageError if the secret does not have 32 bytes.
    """
    check_secret(secret)
    columns = records.select(list(_Row._fields))
    batches = (_write_batch(batch) for batch in columns.to_batches(max_chunksize=BATCH))
    with _open_pool(processes) as run:
        return _read_tables(run(partial(_key_batch, secret=secret), batches), KEYS)


def _raw_batches(raw: Iterable[RawRecord]) -> Iterator[list[tuple[Any, ...]]]:
    """Tuples: they are handed to another process ten times faster than dataclasses."""
    rows = map(_RAW_FIELDS, raw)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _normalize_batch(rows: list[tuple[Any, ...]], own_domains: frozenset[str], home_country: str | None) -> bytes:
    found = [normalize_values(cast(RawRecord, _RawRow._make(row)), own_domains, home_country) for row in rows]
    return _write_batch(_make_batch(found, SCHEMA))


def _key_batch(batch: bytes, secret: bytes) -> bytes:
    table = pa.ipc.open_stream(batch).read_all()
    record_ids: list[int] = []
    found: list[str] = []
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        record = cast(Record, _Row._make(row))
        parts = key_parts(record)
        record_ids.extend([record.record_id] * len(parts))
        found.extend(parts)
    rules = [part[: part.index(SEPARATOR)] for part in found]
    columns = [pa.array(record_ids, pa.int64()), pa.array(rules, pa.string()), pa.array(make_keys(found, secret))]
    return _write_batch(pa.record_batch(columns, KEYS))


def _make_batch(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema
    )


def _write_batch(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _read_tables(batches: Iterable[bytes], schema: pa.Schema) -> pa.Table:
    tables = [pa.ipc.open_stream(batch).read_all() for batch in batches]
    return pa.concat_tables(tables) if tables else schema.empty_table()


@contextmanager
def _open_pool(processes: int) -> Iterator[Batches[Any]]:
    """A function that maps batches in their sequence; at most three per process are in memory at a time."""
    if processes < 2:
        yield map
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:

        def run(work: Callable[[In], bytes], batches: Iterable[In]) -> Iterator[bytes]:
            waiting: deque[Future[bytes]] = deque()
            for batch in batches:
                waiting.append(pool.submit(work, batch))
                if len(waiting) >= 3 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

        yield run
