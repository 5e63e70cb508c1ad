"""A served Foresell on its first day: no data, and users of every role but no assigned customer."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from tests.support.served import Served, running, staff_and_customers
from tests.support.worker import Worker


@contextmanager
def serve_first_day(prepared_home: Path) -> Iterator[Served]:
    """The API and a worker on an empty home."""
    with tempfile.TemporaryDirectory(prefix="foresell-first-day-") as folder:
        settings = Settings(
            home=Path(folder) / "home", memory_gib=1.0, threads=2, user_rate=900_000, address_rate=900_000
        )
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
        database = open_database(settings)
        try:
            users, customers = staff_and_customers(database)
            with running(settings) as url:
                one = Served(settings, database, url, users, customers)
                worker = Worker(one)
                yield one
                worker.stop()
                for client in one.clients:
                    client.close()
        finally:
            embedded.stop(settings.home)
