"""A small shop with a real `foresell up`, and the clients that drills send requests with."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import psycopg
from benchmarks.faults import Shop, create_shop, percentile, serve_shop

from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.database import embedded_conninfo
from foresell.store import embedded

__all__ = ["Clients", "Shop", "administrator_token", "create_shop", "percentile", "processes_of", "serving"]

PLANTS = Path(__file__).parent / "plants"
#: No drill is about the limits of one user, except those about guessing.
UNLIMITED = {"FORESELL_USER_RATE": "900000", "FORESELL_ADDRESS_RATE": "900000", "FORESELL_MEMORY_GIB": "1"}


@contextmanager
def serving(shop: Shop, plant: str | None = None, environment: dict[str, str] | None = None) -> Iterator[Shop]:
    """Run `foresell up` on the shop, with a change of `plants/sitecustomize.py` planted in all of its processes."""
    embedded.stop(shop.settings.home)  # the server must be a child of `foresell up`
    planted = {"PYTHONPATH": f"{PLANTS}:{os.environ.get('PYTHONPATH', '')}", "FORESELL_PLANT": plant} if plant else {}
    with serve_shop(shop, {**UNLIMITED, **planted, **(environment or {})}) as one:
        yield one


def administrator_token(home: Path, user_id: int) -> str:
    """An access token of a new session of an administrator, whose second factor was just given.

    A hostile request may have disabled the user or taken the role away: both are restored.
    """
    with psycopg.connect(embedded_conninfo(home, "postgres")) as con:
        con.execute("update access.users set disabled_at = null where user_id = %s", [user_id])
        con.execute(
            "insert into access.user_roles (user_id, role) values (%s, 'admin') on conflict do nothing", [user_id]
        )
        row = con.execute(
            "insert into access.sessions (user_id, signed_in_by, device, expires_at, second_factor_at)"
            " values (%s, 'password', 'drill', now() + interval '1 day', now()) returning session_id",
            [user_id],
        ).fetchone()
    assert row
    return tokens.sign(Keyring(home / "keys"), user_id, str(row[0]))


def processes_of(shop: Shop, module: str) -> list[psutil.Process]:
    """The processes of `foresell up` that run a module: foresell.api.serve or foresell.worker."""
    found = []
    with suppress(psutil.NoSuchProcess):
        assert shop.process
        for each in psutil.Process(shop.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if module in each.cmdline():
                    found.append(each)
    return found


@dataclass
class Clients:
    """What clients that ask again and again were answered: (when it was sent, seconds, status); status 0: no answer."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    url: str = ""

    def start(self, shop: Shop, send: Callable[[httpx2.Client], httpx2.Response], pause: float = 0.0) -> None:
        """Start one more client that sends until the block ends."""
        self.url = shop.url
        thread = threading.Thread(target=self._ask, args=(shop, send, pause), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _ask(self, shop: Shop, send: Callable[[httpx2.Client], httpx2.Response], pause: float) -> None:
        with httpx2.Client(base_url=shop.url, timeout=90) as client:
            while not self.stop.is_set():
                began, status = time.monotonic(), 0
                with suppress(httpx2.HTTPError):
                    status = send(client).status_code
                self.answers.append((began, time.monotonic() - began, status))
                self.stop.wait(pause)

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(100)

    def between(self, start: float, end: float) -> list[tuple[float, float, int]]:
        """The answers to requests sent between two moments of the monotonic clock."""
        return [each for each in self.answers if start <= each[0] < end]

    def count_5xx(self) -> int:
        """How many were answered 5xx or not at all."""
        return sum(status >= 500 or status == 0 for *_, status in self.answers)
