"""Scoped access to a published snapshot: every query runs in a scope, and a scope sees only its customers.

Every query runs in a schema of its scope, where the tables with customers in them are views of that scope's rows under
their usual names: a query cannot forget the filter, because without it there is no table of that name.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from foresell.errors import ForesellError, NotReady
from foresell.snapshot.open import check_format
from foresell.snapshot.queries import Filter, Ranks, select_ranks

#: Tables whose rows belong to customers, and tables that speak of the shop as a whole.
OF_CUSTOMERS = ("customers", "customer_list", "rfm_scores", "predictions", "prediction_reasons", "orders", "lines")
OF_THE_SHOP = (
    "meta", "products", "categories", "segment_rules", "cut_points", "list_sorts", "field_groups", "source_completeness",
)  # fmt: skip
#: Figures of the whole company: empty for a user who sees only some of its customers.
OF_THE_COMPANY = ("forecasts", "revenue_streams")
SCOPES_KEPT = 64
SELECTIONS_KEPT = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose customers may be seen: `customers` None is everyone, else exactly these."""

    key: str
    customers: tuple[str, ...] | None

    @staticmethod
    def everyone() -> Scope:
        """The scope of those who see all customers, and anonymous sales."""
        return Scope("everyone", None)

    @staticmethod
    def only(customers: Iterable[str]) -> Scope:
        """The scope of those who see some; equal sets are the same scope."""
        ordered = tuple(sorted(set(customers)))
        return Scope(hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:16], ordered)


class ScopedSnapshot:
    """One published snapshot, open for reading by any number of threads.

    Raises NotReady when the file was made by another version of Foresell, ForesellError when it is missing or damaged.
    """

    def __init__(self, file: Path, run_id: int, *, memory_gib: float = 1.0, threads: int = 2) -> None:
        self.run_id = run_id
        self._lock = threading.Lock()
        self._idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}
        self._scopes: OrderedDict[str, None] = OrderedDict()
        self._selections: OrderedDict[tuple[str, Filter, str], Ranks] = OrderedDict()
        self._locks: dict[tuple[str, Filter, str], threading.Lock] = {}
        self._holders = 0
        try:
            self._db = duckdb.connect(":memory:", config={"memory_limit": f"{memory_gib}GiB", "threads": threads})
            self._db.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as run (read_only)")
            self._db.execute("set enable_external_access = false")
            self._db.execute("set lock_configuration = true")
        except duckdb.Error:
            raise ForesellError(
                f"The snapshot {file.name} is missing or damaged.", remedy="Build it again: foresell refresh"
            ) from None
        try:
            check_format(self._db, "run.main")
        except NotReady:
            self.close()
            raise
        with self.open(Scope.everyone()) as con:
            self.as_of: date
            self.currency: str | None
            [(self.as_of, self.currency)] = con.execute("select as_of, currency from meta").fetchall()

    @contextmanager
    def open(self, scope: Scope) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in which the tables hold what the scope may see. Use it in one thread, and not afterwards."""
        if not isinstance(scope, Scope):
            raise TypeError("The snapshot opens to a scope only.")
        schema = self._schema(scope)
        with self._lock:
            idle = self._idle.setdefault(schema, [])
            con = idle.pop() if idle else None
        if con is None:
            con = self._db.cursor()
            con.execute(f"use memory.{schema}")
        try:
            yield con
        finally:
            with self._lock:
                if schema in self._idle:
                    self._idle[schema].append(con)

    def ranks(self, scope: Scope, which: Filter, sort: str) -> Ranks:
        """The ranks of the matching customers, in list order; cached, because a published run does not change."""
        key = (scope.key, which, sort)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:  # further requests for the same list wait for the first one
            if (known := self._known_selection(key)) is not None:
                return known
            try:
                with self.open(scope) as con:
                    found = select_ranks(con, which, sort)
            finally:
                with self._lock:
                    self._locks.pop(key, None)
            with self._lock:
                self._selections[key] = found
                while (
                    sum(each.nbytes for each in self._selections.values()) > SELECTIONS_KEPT
                    and len(self._selections) > 1
                ):
                    self._selections.popitem(last=False)
        return found

    def _known_selection(self, key: tuple[str, Filter, str]) -> Ranks | None:
        with self._lock:
            if key in self._selections:
                self._selections.move_to_end(key)
            return self._selections.get(key)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the snapshot for work of several queries: `is_held` is true, and it must not be closed."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1

    @property
    def is_held(self) -> bool:
        """Whether a request still holds it."""
        return self._holders > 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            for con in (con for idle in self._idle.values() for con in idle):
                con.close()
            self._idle.clear()
            with suppress(duckdb.Error):  # a query that was interrupted is still leaving; the file goes with it
                self._db.close()

    def _schema(self, scope: Scope) -> str:
        """The scope's schema, made when it is new; the one unused the longest is forgotten."""
        schema = f"scope_{scope.key}"
        with self._lock:
            if schema in self._scopes:
                self._scopes.move_to_end(schema)
                return schema
            con = self._db.cursor()
            con.execute(f"create schema memory.{schema}")
            for table in OF_THE_SHOP:
                con.execute(f"create view memory.{schema}.{table} as from run.main.{table}")
            for table in OF_THE_COMPANY:
                rows = "" if scope.customers is None else " where false"
                con.execute(f"create view memory.{schema}.{table} as select * from run.main.{table}{rows}")
            self._views(con, schema, scope)
            con.close()
            self._scopes[schema] = None
            if len(self._scopes) > SCOPES_KEPT:
                self._forget(self._scopes.popitem(last=False)[0])
            return schema

    def _views(self, con: duckdb.DuckDBPyConnection, schema: str, scope: Scope) -> None:
        within = ""
        if scope.customers is not None:
            con.execute(
                f"create table memory.{schema}.own as select unnest($customers::varchar[]) as customer_id",
                {"customers": list(scope.customers)},
            )
            within = f" semi join memory.{schema}.own using (customer_id)"
        for table in OF_CUSTOMERS:
            con.execute(f"create view memory.{schema}.{table} as select * from run.main.{table}{within}")
        con.execute(
            f"create view memory.{schema}.line_classes as"
            + (
                " from run.main.line_classes"
                if scope.customers is None
                else f" select class, count(*) as lines, sum(amount)::decimal(20, 4) as amount from memory.{schema}.lines group by class"
            )
        )

    def _forget(self, schema: str) -> None:
        for con in self._idle.pop(schema, []):
            con.close()
        self._db.cursor().execute(f"drop schema memory.{schema} cascade")
