"""No acknowledged call is lost and none is stored twice: kill -9 of the API, its worker and PostgreSQL under load.

    .venv/bin/python -m benchmarks.faults [--quick]

Eight writers log calls through HTTP, each call with an Idempotency-Key, and repeat a request until it is acknowledged.
Meanwhile processes of `foresell up` are killed one after the other. Afterwards every acknowledged call must be in the
database exactly once, and every call in the database must have been sent. Two planted defects are the
control: commits that do not wait for the disk (acknowledged calls get lost), and writers without a key (calls are stored twice).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import psycopg
from benchmarks.ground import SEED
from benchmarks.measure import Target, is_quick, table, write_results

from foresell import demo, logs
from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.database import embedded_conninfo
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.store import embedded
from foresell.store.database import open_database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

FAULTS, MUTANT_FAULTS = 100, 12
WRITERS = 8
PAUSE_SECONDS = (0.3, 1.5)
PATIENCE_SECONDS = 60.0
VICTIMS = ("api", "api", "postgres", "postgres", "backend", "worker")
TOKEN_SECONDS = 300.0


@dataclass
class Ledger:
    """The writers' view. `sent` and `acknowledged` hold the note that identifies each call; `answered`: when the
    last acknowledged request was sent."""

    sent: set[str] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    attempts: int = 0
    answered: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Shop:
    """A home that is served, its users and its customers."""

    settings: Settings
    users: list[int]
    customers: list[str]
    url: str = ""
    process: subprocess.Popen[bytes] | None = None

    def token(self, user_id: int) -> str:
        """A fresh access token. Sessions are inserted directly, so that sign-in is not part of the measurement."""
        with psycopg.connect(embedded_conninfo(self.settings.home, "foresell_app")) as con:
            row = con.execute(
                "insert into access.sessions (user_id, signed_in_by, device, expires_at)"
                " values (%s, 'password', 'faults', now() + interval '1 day') returning session_id",
                [user_id],
            ).fetchone()
        assert row
        return tokens.sign(Keyring(self.settings.home / "keys"), user_id, str(row[0]))


@contextmanager
def create_shop(*, predict: bool = False) -> Iterator[Shop]:
    """A small scored shop with an administrator for each writer."""
    with tempfile.TemporaryDirectory(prefix="foresell-faults-") as folder:
        settings = Settings(home=Path(folder) / "home", memory_gib=1.0)
        database = open_database(settings)
        try:
            files = demo.write_shop(demo.Shop(customers=200, seed=SEED), Path(folder) / "shop")
            for file in (files.customers, files.products, files.orders):
                load_file(settings, database, file, source="shop")
            run_refresh(settings, database, predict=predict)
            with database.connect() as con:
                rows = con.execute(
                    "insert into access.users (name, email) select 'Writer ' || n, 'writer' || n || '@foresell.example'"
                    " from generate_series(1, %s) as n returning user_id", [WRITERS],
                ).fetchall()  # fmt: skip
                users = [row["user_id"] for row in rows]
                con.execute("insert into access.user_roles (user_id, role) select unnest(%s::int[]), 'admin'", [users])
                con.execute("update access.roles set requires_second_factor = false")
                ids = [r["customer_id"] for r in con.execute("select customer_id from customers").fetchall()]
            yield Shop(settings, users, ids)
        finally:
            embedded.stop(settings.home)


@contextmanager
def serve_shop(one: Shop, environment: dict[str, str] | None = None) -> Iterator[Shop]:
    """Run `foresell up` on the shop until the block ends, with these environment variables besides the home."""
    with tempfile.TemporaryFile("w+b") as output:
        port = free_port()
        one.url = f"http://127.0.0.1:{port}"
        one.process = subprocess.Popen(
            [sys.executable, "-m", "foresell", "up", "--port", str(port)],
            env={**os.environ, "FORESELL_HOME": str(one.settings.home), **(environment or {})}, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                with suppress(httpx2.HTTPError):
                    if httpx2.get(f"{one.url}/api/health", timeout=2).json()["published"]:
                        break
                assert time.monotonic() < deadline and one.process.poll() is None, "foresell up did not start"
                time.sleep(0.1)
            yield one
        except BaseException:
            output.seek(0)
            print(output.read()[-3000:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait(60)


def free_port() -> int:
    """A port that is not in use."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write(one: Shop, ledger: Ledger, stop: threading.Event, with_keys: bool, number: int) -> None:
    """Log calls one after the other and repeat each until it is acknowledged."""
    chance, user_id = random.Random(SEED * 100 + number), one.users[number]
    bearer, since = one.token(user_id), time.monotonic()
    with httpx2.Client(base_url=one.url, timeout=10) as client:
        while not stop.is_set():
            note = str(uuid.uuid4())
            with ledger.lock:
                ledger.sent.add(note)
            call = {"customer_id": chance.choice(one.customers), "outcome": "reached", "note": note}
            key = {"Idempotency-Key": note} if with_keys else {}
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                if time.monotonic() - since > TOKEN_SECONDS:
                    with suppress(psycopg.Error):
                        bearer, since = one.token(user_id), time.monotonic()
                status, sent_at = 0, time.monotonic()
                with suppress(httpx2.HTTPError):
                    status = client.post(
                        "/api/calls", json=call, headers={"authorization": f"Bearer {bearer}", **key}
                    ).status_code
                with ledger.lock:
                    ledger.attempts += 1
                    if status in (200, 201):
                        ledger.acknowledged[note] = sent_at
                        ledger.answered = max(ledger.answered, sent_at)
                    else:
                        ledger.refused[status] = ledger.refused.get(status, 0) + 1
                if status in (200, 201):
                    break
                time.sleep(0.05)


def victim_of(one: Shop, kind: str) -> int | None:
    """The ID of a process of the kind, or None when there is none at the moment."""
    postmaster = embedded.process_id(one.settings.home)
    if kind == "postgres":
        return postmaster
    with suppress(psutil.Error):
        if kind == "backend" and postmaster:
            backends = [p.pid for p in psutil.Process(postmaster).children() if "foresell_web" in " ".join(p.cmdline())]
            return random.choice(backends) if backends else None
        assert one.process
        module = "foresell.api.serve" if kind == "api" else "foresell.worker"
        found = [p.pid for p in psutil.Process(one.process.pid).children(recursive=True) if module in p.cmdline()]
        return random.choice(found) if found else None
    return None


def kill_one(one: Shop, ledger: Ledger, kind: str) -> float | None:
    """Kill a process of the kind. Returns the seconds until a call sent afterwards is acknowledged; None without such a process."""
    pid = victim_of(one, kind)
    if pid is None:
        return None
    killed = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while time.monotonic() - killed < PATIENCE_SECONDS:
        time.sleep(0.01)
        with ledger.lock:
            answered = ledger.answered
        if answered > killed:
            return time.monotonic() - killed
    raise AssertionError(
        f"nothing was acknowledged within {PATIENCE_SECONDS:.0f} s after killing {kind}; refused by status: {ledger.refused}"
    )


def count_notes(settings: Settings) -> Counter[str]:
    """How many stored calls have each note; the notes are stored encrypted."""
    with open_database(settings).connect() as con:
        rows = con.execute(
            "select customer_id, note, kek_id, wrapped_key"
            " from engagement.calls left join privacy.customer_keys using (customer_id) where note is not null"
        ).fetchall()
    return Counter(row["note"] for row in vault_of(settings).open_texts(rows, ["note"]))


def verify(one: Shop, ledger: Ledger) -> dict[str, int]:
    """Compare the writers' ledger with the stored calls."""
    stored = count_notes(one.settings)
    return {
        "acknowledged": len(ledger.acknowledged),
        "attempts": ledger.attempts,
        "lost": sum(note not in stored for note in ledger.acknowledged),
        "duplicated": sum(many > 1 for many in stored.values()),
        "never sent": sum(note not in ledger.sent for note in stored),
    }


def run_faults(
    faults: int, *, calls: int = 0, with_keys: bool = True, durable: bool = True, seed: int = SEED
) -> tuple[dict[str, int], dict[str, list[float]]]:
    """Inject this number of faults under load, or more until enough calls are acknowledged.

    Returns `verify`'s counts, and the seconds to recover by kind of process.
    """
    chance, recovery = random.Random(seed), {kind: [] for kind in dict.fromkeys(VICTIMS)}
    with create_shop() as one:
        if not durable:
            with psycopg.connect(embedded_conninfo(one.settings.home, "postgres"), autocommit=True) as con:
                con.execute("alter role foresell_web set synchronous_commit = off")
                con.execute("alter system set wal_writer_delay = '10s'")
                con.execute("alter system set wal_writer_flush_after = '2GB'")
                con.execute("select pg_reload_conf()")
        # The server that gets killed must be a child of `foresell up`, which restarts it.
        embedded.stop(one.settings.home)
        with serve_shop(one):
            ledger, stop = Ledger(), threading.Event()
            writers = [threading.Thread(target=write, args=(one, ledger, stop, with_keys, n)) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            done = 0
            while done < faults or len(ledger.acknowledged) < calls:
                time.sleep(chance.uniform(*PAUSE_SECONDS))
                kind = chance.choice(VICTIMS if durable else ("postgres",))
                seconds = kill_one(one, ledger, kind)
                if seconds is not None:
                    recovery[kind].append(seconds)
                    done += 1
                    if done % 10 == 0:
                        print(f"{done} faults, {len(ledger.acknowledged):,} calls acknowledged", flush=True)
            stop.set()
            for writer in writers:
                writer.join(PATIENCE_SECONDS + 15)
        return verify(one, ledger), recovery


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Measure, also with the planted defects, and save the results."""
    logs.configure()
    faults, mutant_faults = (12, 6) if is_quick() else (FAULTS, MUTANT_FAULTS)
    found, recovery = run_faults(faults)
    without_disk, _ = run_faults(mutant_faults, durable=False)
    without_keys, _ = run_faults(mutant_faults, with_keys=False)
    seconds = [each for kind in recovery.values() for each in kind]
    rows = [
        (kind, len(each), f"{percentile(each, 0.5):.2f}", f"{max(each):.2f}") for kind, each in recovery.items() if each
    ]
    write_results(
        "faults",
        f"{faults} kills under load",
        [
            Target("acknowledged calls lost", found["lost"], 0, unit=""),
            Target("calls stored twice", found["duplicated"], 0, unit=""),
            Target("calls never sent", found["never sent"], 0, unit=""),
            Target("seconds to the next acknowledged call, median", percentile(seconds, 0.5), 3.0, unit="s"),
            Target("control: lost without waiting for the disk", without_disk["lost"], 1, at_least=True, unit=""),
            Target("control: stored twice without keys", without_keys["duplicated"], 1, at_least=True, unit=""),
        ],
        {"found": found, "without_disk": without_disk, "without_keys": without_keys, "recovery": recovery},
        f"{found['acknowledged']:,} calls acknowledged in {found['attempts']:,} requests by {WRITERS} writers.\n\n"
        + table(("killed", "times", "median seconds to recover", "longest"), rows),
    )


if __name__ == "__main__":
    main()
