"""Dump a small home made by this version of Foresell: `python scripts/dump_schema_home.py`.

Run once for each release that has a new migration, and commit the file it writes to tests/integration/schema_homes/. A test
opens every dump there with the current code, so that each released schema stays migratable.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from foresell import __version__
from foresell.database import embedded_conninfo
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database

FOLDER = Path(__file__).parents[1] / "tests" / "integration" / "schema_homes"
#: A few rows: one batch with one order of one customer, who has an owner, a call and an audit event.
ROWS = """
insert into core.load_batches (source, format, record_type, file_name, file_bytes, file_sha256, mapping, lines_read, lines_loaded)
values ('shop', 'mapped', 'orders', 'shop.csv', 100, repeat('0', 64), '{}', 1, 1);
insert into core.customers values ('C000001');
insert into core.customer_records (record_id, source, source_key, customer_id, name, batch_id)
values (1, 'shop', 'anna', 'C000001', 'Anna', 1);
insert into core.products (product_id, source, sku, name, batch_id) values (1, 'shop', 'mug', 'Mug', 1);
insert into core.orders (order_id, source, order_key, record_id, ordered_at, status, batch_id)
values (1, 'shop', 'A1', 1, '2026-01-05 10:00', 'completed', 1);
insert into core.order_items values (1, 1, 1, 2, 3.50, 7.00);
insert into access.users (name, email) values ('Rep', 'rep@shop.example');
insert into access.user_roles values (1, 'rep');
insert into access.customer_owners (customer_id, user_id) values ('C000001', 1);
insert into engagement.calls (customer_id, user_id, outcome) values ('C000001', 1, 'reached');
"""


def dump_home() -> str:
    """A home of its own with ROWS, as SQL that psycopg can execute; without the tables of the installed procrastinate."""
    with tempfile.TemporaryDirectory(prefix="foresell-dump-") as folder:
        settings = Settings(home=Path(folder) / "home")
        try:
            with open_database(settings).connect("app") as con:
                con.execute(ROWS.encode())
            command = [
                str(embedded.BIN / "pg_dump"), "--column-inserts", "--exclude-schema=job_queue",
                "-d", embedded_conninfo(settings.home, "postgres", "foresell"),
            ]  # fmt: skip
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        finally:
            embedded.stop(settings.home)
    lines = (line for line in text.splitlines() if line and not line.startswith(("--", "\\")))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{__version__}.sql"
    file.write_text(dump_home(), encoding="utf-8")
    sys.stdout.write(f"{file}\n")
