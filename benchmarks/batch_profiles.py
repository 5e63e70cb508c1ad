"""Profiles of batches: false alarms on Online Retail II cut into months, planted faults that are found, and the time they take.

    .venv/bin/python -m benchmarks.batch_profiles

Each month is compared with the eight before it. A fault is planted in each month that is compared; it is found where a column
differs that it touches and that does not differ without it. Seed 7.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
from benchmarks.measure import Target, table, write_results

from foresell.quality.drift import LEAST_REFERENCES, REFERENCES, Difference, compare, describe
from foresell.quality.profile import StreamProfile, profile_staging
from foresell.workflows.profile import is_valid

#: The notes' prototype had 0.65 differences a month.
MOST_ALARMS, LEAST_FOUND = 0.65, 0.5
#: Fault -> (what happens to a month, the columns in which it shows).
FAULTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "column empty": ("customer_key = null", ("customer_key",)),
    "unit times 100": ("unit_price = unit_price * 100, amount = amount * 100", ("unit_price", "amount")),
    "day and month swapped": (
        "ordered_at = case when day(ordered_at) <= 12"
        " then make_timestamp(year(ordered_at), day(ordered_at), month(ordered_at), 0, 0, 0) else ordered_at end",
        ("ordered_at",),
    ),
    "a quarter of countries shifted": ("country = case when line % 4 = 0 then 'France' else country end", ("country",)),
    "a tenth of countries shifted": ("country = case when line % 10 = 0 then 'France' else country end", ("country",)),
    "columns exchanged": ("customer_key = sku, sku = customer_key", ("customer_key", "sku")),
    "half of the rows twice in quantity": ("quantity = quantity * 2, amount = amount * 2", ("quantity", "amount")),
    "status lost": ("status = 'completed'", ("status",)),
}


def stage(con: duckdb.DuckDBPyConnection, month: str, fault: str | None) -> None:
    """The lines of a month as they are staged, with a fault."""
    con.execute(
        "create or replace temp table staged_lines as select row_number() over () as line, invoice as order_key,"
        " customer_id::varchar as customer_key, invoice_date as ordered_at,"
        " case when starts_with(invoice, 'C') then 'cancelled' else 'completed' end as status, stock_code as sku, quantity,"
        " price as unit_price, quantity * price as amount, country, 'GBP' as currency from retail"
        " where strftime(invoice_date, '%Y-%m') = ?",
        [month],
    )
    con.execute(
        "create or replace temp table staged_customers (name varchar, email varchar, phone varchar, city varchar, postcode varchar)"
    )
    con.execute("create or replace temp table staged_products (sku varchar)")
    if fault:
        con.execute(f"update staged_lines set {FAULTS[fault][0]}")


def profile(con: duckdb.DuckDBPyConnection, month: str, fault: str | None = None) -> StreamProfile:
    """The profile of the lines of a month."""
    stage(con, month, fault)
    return profile_staging(con, "orders", is_valid)[0]


def main() -> None:
    """Measure and write the results."""
    con = duckdb.connect()
    file = Path(os.environ.get("FORESELL_DATA", "../shared/data")) / "online_retail_ii" / "online_retail_ii.parquet"
    con.execute(f"create table retail as from '{file}'")
    months = [
        m for (m,) in con.execute("select distinct strftime(invoice_date, '%Y-%m') from retail order by 1").fetchall()
    ]
    started = time.process_time()
    clean = {month: profile(con, month) for month in months}
    seconds = (time.process_time() - started) / len(months)
    judged = months[LEAST_REFERENCES:]

    def differences(month: str, seen: StreamProfile) -> set[Difference]:
        at = months.index(month)
        return set(compare(seen, [clean[each] for each in reversed(months[max(0, at - REFERENCES) : at])]))

    alarms = {month: differences(month, clean[month]) for month in judged}
    rows = []
    for fault, (_, touched) in FAULTS.items():
        found = [differences(month, profile(con, month, fault)) - alarms[month] for month in judged]
        hits = sum(any(each.column in touched for each in differing) for differing in found)
        rows.append((fault, f"{hits} of {len(judged)}", hits / len(judged)))
    each = [f"- {month}: {describe(found)}" for month in judged for found in sorted(alarms[month], key=describe)]
    count, with_any = sum(map(len, alarms.values())), sum(map(bool, alarms.values()))
    targets = [
        Target("differences a month on untouched data", count / len(judged), MOST_ALARMS, unit=""),
        Target("least share of months in which a planted fault is found", min(row[2] for row in rows), LEAST_FOUND, at_least=True, unit=""),
    ]  # fmt: skip
    text = (
        f"{len(judged)} months judged, {with_any} with any difference; {seconds:.2f} s of processor time to profile a month.\n\n"
        f"{table(('fault', 'found in'), [row[:2] for row in rows])}\n\nOn untouched data:\n\n" + "\n".join(each)
    )
    details = {"faults": {row[0]: row[2] for row in rows}, "months_with_any": with_any, "months": len(judged)}
    write_results("batch_profiles", "Profiles of batches and what differs", targets, details, text)


if __name__ == "__main__":
    main()
