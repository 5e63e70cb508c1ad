"""Shared setup of the benchmarks: a working folder, fresh homes with a running server, and the files to load."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import psutil
import psycopg

from foresell import demo, logs
from foresell.database import Database, embedded_conninfo
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database

#: Where large files are shared by the benchmarks of one `python -m benchmarks`; it is deleted at the end.
FOLDER = "FORESELL_BENCH_FOLDER"
SEED = 1


@contextmanager
def workspace() -> Iterator[Path]:
    """The folder shared by all benchmarks, or a temporary one that is deleted at the end of the block."""
    logs.configure()
    if shared := os.environ.get(FOLDER):
        yield Path(shared)
        return
    with tempfile.TemporaryDirectory(prefix="foresell-bench-") as folder:
        yield Path(folder)


@contextmanager
def fresh_home() -> Iterator[Database]:
    """An empty database on a server of its own, just started; both are removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="foresell-bench-home-") as folder:
        settings = Settings(home=Path(folder) / "home")
        try:
            yield open_database(settings)
        finally:
            embedded.stop(settings.home)


def checkpoint(database: Database) -> None:
    """Write the server's dirty pages to disk, so that the next measurement does not pay for earlier writes."""
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres"), autocommit=True) as con:
        con.execute("checkpoint")


def server_processes(database: Database) -> list[psutil.Process]:
    """The server's process with those of its workers and connections."""
    pid = embedded.process_id(database.settings.home)
    try:
        server = psutil.Process(pid) if pid else None
        return [server, *server.children(recursive=True)] if server else []
    except psutil.Error:
        return []


def processes_lister(database: Database) -> partial[list[psutil.Process]]:
    """A function for `measure.watch` that lists the server's current processes."""
    return partial(server_processes, database)


def online_retail(folder: Path) -> Path:
    """Online Retail as a CSV file with the published headers, written by DuckDB."""
    file = folder / "online_retail.csv"
    data = Path(os.environ.get("FORESELL_DATA", "../shared/data")) / "online_retail" / "online_retail.parquet"
    if not file.exists():
        duckdb.connect().execute(
            f"""copy (
                select invoice as InvoiceNo, stock_code as StockCode, description as Description, quantity as Quantity,
                    invoice_date as InvoiceDate, price as UnitPrice,
                    customer_id as CustomerID, country as Country
                from read_parquet('{data}', file_row_number = true) order by file_row_number
            ) to '{file}' (header)"""
        )
    return file


def demo_orders(folder: Path, customers: int) -> Path:
    """The order lines of a generated shop, about twenty per customer; written once per folder."""
    place = folder / f"shop-{customers}-{SEED}"
    if not (place / "shop.json").exists():
        demo.write_shop(demo.Shop(customers=customers, seed=SEED), place)
    return place / "orders.csv"
