"""A served Foresell with a small shop and users of every role, shared by all tests of the API."""

from __future__ import annotations

import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.api.serve import server
from foresell.database import Database, embedded_conninfo
from foresell.demo import Shop, write_shop
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from foresell.workflows.backfill import backfill_runs
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

#: The users: login, role, team. Each of the two reps owns a third of the customers, the rest have no owner.
STAFF = {
    "rep": ("rep", "North"), "other_rep": ("rep", "South"), "manager": ("manager", "North"), "analyst": ("analyst", None),
    "marketer": ("marketer", None), "steward": ("steward", None), "admin": ("admin", None),
}  # fmt: skip

#: Shared by all clients, since the server speaks plain HTTP and loading the certificates takes longer than a request.
NO_TLS = ssl.create_default_context()


@dataclass
class Served:
    """A running API. `client("rep")` is signed in as that user, `client(None)` is not signed in."""

    settings: Settings
    database: Database
    url: str
    users: dict[str, int]
    customers: dict[str, list[str]]
    clients: list[httpx2.Client] = field(default_factory=list)
    _openapi: dict[str, Any] = field(default_factory=dict)

    def session(self, who: str, *, second_factor: bool = True) -> str:
        """A new session of a user, as if just signed in."""
        with self.database.connect("app") as con:
            row = con.execute(
                "insert into access.sessions (user_id, signed_in_by, device, expires_at, second_factor_at)"
                " values (%s, 'password', 'test', now() + interval '1 day', case when %s then now() end) returning session_id",
                [self.users[who], second_factor],
            ).fetchone()
        assert row
        return str(row["session_id"])

    def token(self, who: str, *, second_factor: bool = True) -> str:
        """An access token of a new session of a user."""
        keyring = Keyring(self.settings.home / "keys")
        return tokens.sign(keyring, self.users[who], self.session(who, second_factor=second_factor))

    def openapi(self) -> dict[str, Any]:
        """The API's OpenAPI document."""
        if not self._openapi:
            self._openapi.update(httpx2.get(f"{self.url}/api/openapi.json", timeout=60).json())
        return self._openapi

    def client(self, who: str | None, **options: bool) -> httpx2.Client:
        """A client signed in as a user, or not signed in."""
        headers = {"authorization": f"Bearer {self.token(who, **options)}"} if who else {}
        client = httpx2.Client(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS)
        self.clients.append(client)
        return client


@pytest.fixture(scope="session")
def served(prepared_home: Path) -> Iterator[Served]:
    """The API on a home with 150 customers, scored and predicted; predictions of two earlier days have come due."""
    with tempfile.TemporaryDirectory(prefix="foresell-api-") as folder:
        settings = Settings(
            home=Path(folder) / "home", memory_gib=1.0, threads=2, user_rate=900_000, address_rate=900_000
        )
        subprocess.run(["/bin/cp", "-a", str(prepared_home), str(settings.home)], check=True)
        database = open_database(settings)
        try:
            shop = write_shop(Shop(customers=150, seed=3), Path(folder) / "shop")
            for file in (shop.customers, shop.products, shop.orders):
                load_file(settings, database, file, source="shop")
            backfill_runs(settings, database, date(2026, 8, 1), date(2026, 9, 1), 31)
            run_refresh(settings, database)
            users, customers = staff_and_customers(database)
            with running(settings) as url:
                one = Served(settings, database, url, users, customers)
                yield one
                for client in one.clients:
                    client.close()
        finally:
            embedded.stop(settings.home)


class running:
    """`with running(settings) as url`: the API in a thread, on the port or on any free one."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._server = server(settings)
        self._thread = threading.Thread(target=self._server.run, args=[[self._listener]], daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the API did not start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.live.stop()
        self._server.should_exit = True
        self._thread.join(timeout=20)


def staff_and_customers(database: Database) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Create the staff: user IDs by login, and customer IDs by owner."""
    with database.connect("app") as con:
        con.execute("insert into access.teams (name) values ('North'), ('South')")
        users: dict[str, int] = {}
        for name, (role, team) in STAFF.items():
            row = con.execute(
                "insert into access.users (name, email, team_id)"
                " values (%s, %s, (select team_id from access.teams where name = %s)) returning user_id",
                [name.replace("_", " ").title(), f"{name}@foresell.example", team],
            ).fetchone()
            assert row
            users[name] = row["user_id"]
            con.execute("insert into access.user_roles (user_id, role) values (%s, %s)", [users[name], role])
            con.execute(  # the second factor that most of these roles require
                "insert into access.passkeys (credential_id, user_id, public_key, sign_count, name)"
                " values (%s, %s, '', 0, 'Test')",
                [f"passkey of {name}".encode(), users[name]],
            )
        ids = [row["customer_id"] for row in con.execute("select customer_id from customers order by 1").fetchall()]
        owned = {"rep": ids[0::3], "other_rep": ids[1::3]}
        for name, theirs in owned.items():
            with con.cursor() as cur:
                cur.executemany(
                    "insert into access.customer_owners (customer_id, user_id) values (%s, %s)",
                    [(customer, users[name]) for customer in theirs],
                )
    return users, {**owned, "unassigned": ids[2::3]}


def superuser(settings: Settings) -> psycopg.Connection[tuple[object, ...]]:
    """A superuser's connection, to read or change stored data past row security."""
    return psycopg.connect(embedded_conninfo(settings.home, "postgres"), autocommit=True)


Web = psycopg.Connection[dict[str, Any]]


@contextmanager
def acting_for(served: Served, user_id: int | None) -> Iterator[Web]:
    """A transaction of the API's own role for a user, as the application opens it, and nothing else of the application."""
    with psycopg.connect(served.database.conninfo("web"), row_factory=dict_row) as con:
        con.execute("select set_config('foresell.user_id', %s, true)", [str(user_id or "")])
        yield con
