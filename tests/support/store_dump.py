"""The data of the store as text, to compare two states exactly."""

from __future__ import annotations

from foresell.database import Database

DATA_TABLES = ("customers", "customer_records", "products", "orders", "order_items", "superseded_rows")


def dump(database: Database) -> dict[str, list[str]]:
    """Every row of every data table as text, by table, sorted."""
    with database.connect() as con:
        return {
            table: [
                row["line"] for row in con.execute(f"select t::text as line from {table} as t order by 1").fetchall()
            ]
            for table in DATA_TABLES
        }


def fingerprint(database: Database) -> dict[str, tuple[int, str]]:
    """(rows, hash) of every data table; for large ones."""
    with database.connect() as con:
        found = {}
        for table in DATA_TABLES:
            row = con.execute(
                f"select count(*) as many, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as hash from {table} as t"
            ).fetchone()
            assert row is not None
            found[table] = (row["many"], row["hash"])
        return found
