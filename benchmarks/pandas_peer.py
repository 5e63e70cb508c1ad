"""What a user would write, compared with ours: pandas read_csv, to_sql into one flat table, RFM with NTILE in PostgreSQL.

    .venv/bin/python -m benchmarks.pandas_peer [--quick]

The peer is the plain one the documents sketch: to_sql with SQLAlchemy and psycopg by default, no chunks, no keys, no
checks. It holds each row as Python objects, about 1 KiB a line, so twenty million lines do not fit this machine's memory:
the large comparison takes the first four million lines of the generated shop, for both sides.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from benchmarks.ground import SEED, checkpoint, demo_orders, fresh_home, online_retail, workspace
from benchmarks.measure import GIB, Target, Watch, is_quick, table, watch, write_results
from psycopg.conninfo import conninfo_to_dict

from foresell.database import Database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

CUSTOMERS = 1_000_000
LINES = 4_000_000

RFM = """
create table rfm_peer as
with per_customer as (
    select "{customer}" as customer_id, date '{as_of}' - max(cast("{day}" as date)) as recency,
        count(distinct "{order}") as frequency, sum("{quantity}" * "{price}") as monetary
    from sales where "{customer}" is not null group by "{customer}"
)
select *, ntile(5) over (order by recency desc) as r, ntile(5) over (order by frequency) as f,
    ntile(5) over (order by monetary) as m
from per_customer
"""

RETAIL = {
    "customer": "CustomerID", "day": "InvoiceDate", "order": "InvoiceNo", "quantity": "Quantity", "price": "UnitPrice",
    "as_of": "2011-12-10",
}  # fmt: skip
SHOP = {
    "customer": "customer_no", "day": "ordered_at", "order": "order_no", "quantity": "quantity", "price": "unit_price",
    "as_of": "2026-11-01",
}  # fmt: skip


def run_peer(database: Database, csv: Path, columns: dict[str, str]) -> None:
    """From the file to a scored table, as a user would."""
    engine = sa.create_engine("postgresql+psycopg://", connect_args=conninfo_to_dict(database.conninfo("owner")))
    pd.read_csv(csv).to_sql("sales", engine, index=False)
    with engine.begin() as con:
        con.execute(sa.text(RFM.format(**columns)))
    engine.dispose()


def run_ours(database: Database, csv: Path) -> None:
    """From the file to the published run."""
    load_file(database.settings, database, csv)
    run_refresh(database.settings, database, predict=False)


def compare(csv: Path, columns: dict[str, str]) -> tuple[Watch, Watch]:
    """The costs of ours and of the peer, in this order, each on a fresh home."""
    with fresh_home() as database:
        checkpoint(database)
        with watch() as mine:
            run_ours(database, csv)
    with fresh_home() as database:
        checkpoint(database)
        with watch() as theirs:
            run_peer(database, csv, columns)
    return mine, theirs


def first_lines(csv: Path, lines: int) -> Path:
    """The header and the first lines of a file, in a file of its own."""
    short = csv.with_name(f"first-{lines}.csv")
    with csv.open() as source, short.open("w") as target:
        target.writelines(itertools.islice(source, lines + 1))
    return short


def main() -> None:
    """Measure, print and save the results."""
    customers, lines = (10_000, 100_000) if is_quick() else (CUSTOMERS, LINES)
    with workspace() as folder:
        retail = compare(online_retail(folder), RETAIL)
        short = first_lines(demo_orders(folder, customers), lines)
        shop = compare(short, SHOP)
        short.unlink()
    targets, rows = [], []
    for what, (mine, theirs), least in (
        ("Online Retail, 541,909 lines", retail, 2.5),
        (f"the first {lines:,} lines of {customers:,} customers", shop, 8.0),
    ):
        targets.append(Target(f"{what}: pandas / ours", theirs.seconds / mine.seconds, least, at_least=True))
        for who, cost in (("ours", mine), ("pandas", theirs)):
            loads = f"{cost.load_before:.1f}, {cost.load_after:.1f}"
            rows.append((what, who, f"{cost.seconds:.1f}", f"{cost.peak / GIB:.2f}", loads))
    head = ("file to scores", "who", "seconds", "peak memory, GiB", "load average before, after")
    note = f"Twenty million lines would need more memory than the machine has with pandas; measured on {lines:,}.\n\n"
    write_results(
        "pandas_peer",
        "Against pandas and to_sql",
        targets,
        {"seed": SEED, "rows": [list(map(str, row)) for row in rows]},
        note + table(head, rows),
    )


if __name__ == "__main__":
    main()
