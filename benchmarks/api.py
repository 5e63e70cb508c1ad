"""The API on a large home, beside a bare FastAPI on as many processes, in the same minutes.

    .venv/bin/python -m benchmarks.api HOME [--small HOME] [--seconds 15] [--quick]

HOME: a Foresell with a published run, best of a million customers; --small: one of ten thousand, for the degradation.
Throughput is wrk's (16 connections), each figure between two of the bare FastAPI. Latencies are those of 50 requests a
second sent on time whether or not the earlier ones are answered, each for another customer, page or filter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psutil
from benchmarks.ground import SEED
from benchmarks.measure import Bar, keep, table

from foresell.access.tokens import fingerprint, new_secret
from foresell.database import Database
from foresell.settings import Settings
from foresell.store.database import open_database

WORKERS = 2
RATE = 50
QUIET_SECONDS = 8
#: What is asked, the share of the hello's rate it must reach, and of how many customers in turn.
SHARES = (("segments", 0.3, 1), ("details", 0.15, 2000), ("details, of the same hundred", 0.15, 100))
LISTS = ("rfm page", "customers page", "date range and category")
MIB = 2**20


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api")
    parser.add_argument("home", type=Path)
    parser.add_argument("--small", type=Path)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; nothing kept")
    parser.add_argument("--seconds", type=int, default=15, help="how long each figure is measured")
    asked = parser.parse_args()
    seconds = 3 if asked.quick else asked.seconds
    bars: list[Bar] = []
    found: dict[str, Any] = {"rates": {}, "latencies_ms": {}}
    with served(asked.home) as (url, key, started, process):
        bars.append(Bar("start to first answer", started, 3.0, unit="s"))
        at_rest(process)
        headers = {"authorization": f"Bearer {key}"}
        questions = asyncio.run(prepared(url, headers))
        for name, ask in questions.items():
            found["latencies_ms"][name] = times = asyncio.run(latencies(url, headers, ask, seconds))
            bars.append(Bar(f"{name}, p95 at {RATE}/s", times["p95"], 150 if "category" in name else 50, unit="ms"))
        with hello() as bare:
            for name, share, customers in SHARES:
                rng = random.Random(SEED)
                paths = sorted({questions[name.split(",")[0]](rng) for _ in range(customers)})
                turns = [
                    (wrk(bare, ["/hello"], seconds), wrk(url, paths, seconds, key))
                    for _ in range(1 if asked.quick else 3)
                ]
                ours, theirs = (statistics.median(turn[place] for turn in turns) for place in (1, 0))
                found["rates"][name] = {"ours": ours, "hello": theirs}
                bars.append(Bar(f"{name}, requests/s beside hello's", ours / theirs, share, at_least=True))
        found["export"] = export(url, headers, process)
        bars.append(Bar("export, first byte", found["export"]["first_byte_s"], 1.0, unit="s"))
        bars.append(Bar("export, memory above idle", found["export"]["memory_mib"], 200, unit="MiB"))
    if asked.small:
        with served(asked.small) as (url, key, _, process):
            at_rest(process)
            headers = {"authorization": f"Bearer {key}"}
            questions = asyncio.run(prepared(url, headers))
            found["small_ms"] = {name: asyncio.run(latencies(url, headers, questions[name], seconds)) for name in LISTS}
            for name in LISTS:
                ratio = found["latencies_ms"][name]["p50"] / found["small_ms"][name]["p50"]
                bars.append(Bar(f"{name}, a million beside ten thousand (p50)", ratio, 2.0))
    latency = table(
        ("milliseconds at 50 requests/s", "p50", "p95", "p99"),
        [(name, *times.values()) for name, times in found["latencies_ms"].items()],
    )
    rates = table(
        ("requests/s (wrk, 16 connections)", "Foresell", "bare FastAPI"),
        [(name, round(each["ours"]), round(each["hello"])) for name, each in found["rates"].items()],
    )
    sent = found["export"]
    text = (
        f"{latency}\n\n{rates}\n\nThe export: {sent['rows']:,} customers in {sent['seconds']} s,"
        f" {sent['memory_mib']} MiB above idle. {WORKERS} processes of the API."
    )
    keep("api", "The API beside a bare FastAPI", bars, found, text)


@contextmanager
def served(home: Path) -> Iterator[tuple[str, str, float, int]]:
    """`foresell up` on the home: its address, an API key of somebody who sees all, seconds to the first answer, its process."""
    settings = Settings(home=home.absolute())
    key = key_of(open_database(settings))
    port = free_port()
    environment = os.environ | {
        "FORESELL_HOME": str(settings.home), "FORESELL_USER_RATE": "900000", "FORESELL_ADDRESS_RATE": "900000",
        "FORESELL_WEB_WORKERS": str(WORKERS),
    }  # fmt: skip
    began = time.perf_counter()
    command = [sys.executable, "-m", "foresell", "up", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        headers = {"authorization": f"Bearer {key}"}
        until(lambda: httpx2.get(f"{url}/api/customers/segments", headers=headers, timeout=10).status_code == 200)
        yield url, key, time.perf_counter() - began, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def at_rest(process: int, most_seconds: int = 180) -> None:
    """Wait until Foresell has asked itself the usual questions of the run it opened, as it has hours after a start."""

    def worked() -> float:
        seconds = 0.0
        for each in (psutil.Process(process), *psutil.Process(process).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                seconds += sum(each.cpu_times()[:2])
        return seconds

    quiet = 0
    for _ in range(most_seconds):
        before = worked()
        time.sleep(1)
        quiet = quiet + 1 if worked() - before < 0.1 else 0
        if quiet == QUIET_SECONDS:
            return
    raise AssertionError("it does not come to rest")


@contextmanager
def hello() -> Iterator[str]:
    """A bare FastAPI on as many processes."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.hello:app", "--port", str(port), "--workers", str(WORKERS),
        "--no-access-log", "--loop", "uvloop", "--http", "httptools",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: httpx2.get(f"{url}/hello").status_code == 200)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def key_of(database: Database) -> str:
    """An API key of an analyst made for this."""
    key = new_secret("fsk_")
    with database.connect("app") as con:
        con.execute(
            "insert into access.users (name, email) values ('Benchmark', 'benchmark@foresell.example') on conflict do nothing"
        )
        con.execute(
            "insert into access.user_roles (user_id, role) select user_id, 'analyst' from access.users"
            " where email = 'benchmark@foresell.example' on conflict do nothing"
        )
        con.execute(
            "insert into access.api_keys (user_id, name, key_hash, hint, permissions, expires_at)"
            " select user_id, 'benchmark', %s, %s, array['customers.read', 'segments.read', 'customers.export', 'sales.read'],"
            " now() + interval '1 day' from access.users where email = 'benchmark@foresell.example'",
            [fingerprint(key), key[:8]],
        )
    return key


async def prepared(url: str, headers: dict[str, str]) -> dict[str, Callable[[random.Random], str]]:
    """For each question a maker of paths, each time for something else."""
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        pages = [
            (await client.get("/api/customers", params={"limit": 1000, "page": page})).json() for page in (1, 5, 20)
        ]
        ids = [row["customer_id"] for page in pages for row in page["data"]]
        days = sorted({row["last_purchase_day"] for page in pages for row in page["data"]})
        sales = await client.get("/api/sales", params={"by": "category"})
        assert sales.status_code == 200, sales.text
        categories = [row["name"] for row in sales.json()["data"]]
        segments = list((await client.get("/api/customers/segments")).json()["segments"])
    last = max(pages[0]["total"] // 100 - 1, 1)

    def ranged(rng: random.Random) -> str:
        first, until = sorted(rng.sample(days, 2)) if len(days) > 1 else (days[0], days[0])
        return f"/api/customers?from={first}&to={until}&category={rng.choice(categories).replace(' ', '%20').replace('&', '%26')}"

    return {
        "segments": lambda rng: "/api/customers/segments",
        "rfm page": lambda rng: f"/api/customers/rfm?page={rng.randint(1, last)}&sort_by=monetary",
        "customers page": lambda rng: (
            f"/api/customers?page={rng.randint(1, last)}&sort={rng.choice(['value', 'probability'])}"
        ),
        "segment page": lambda rng: f"/api/customers?segment={rng.choice(segments).replace(' ', '%20')}&limit=50",
        "details": lambda rng: f"/api/customers/{rng.choice(ids)}/details",
        "date range and category": ranged,
    }


async def latencies(
    url: str, headers: dict[str, str], ask: Callable[[random.Random], str], seconds: int
) -> dict[str, float]:
    """Milliseconds of RATE requests a second, sent when they are due; the first second warms up."""
    rng, times = random.Random(SEED), []

    async def one(client: httpx2.AsyncClient, path: str, due: float) -> None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        times.append((time.perf_counter() - due) * 1000)

    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client, asyncio.TaskGroup() as group:
        began = time.perf_counter()
        for number in range(RATE * (seconds + 1)):
            due = began + number / RATE
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            group.create_task(one(client, ask(rng), due))
    return quantiles(times[RATE:])


def quantiles(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99."""
    cuts = statistics.quantiles(times, n=100)
    return {f"p{share}": round(cuts[share - 1], 2) for share in (50, 95, 99)}


def wrk(url: str, paths: Sequence[str], seconds: int, key: str | None = None) -> float:
    """Requests a second, one path after the other; every one must have succeeded."""
    program = shutil.which("wrk")
    assert program, "wrk is not here: apt-get install wrk"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"local paths = {{{', '.join(map(json.dumps, paths))}}}\nlocal next = math.random(#paths)\n")
        script.write("request = function() next = next % #paths + 1; return wrk.format('GET', paths[next]) end\n")
        script.flush()
        bearer = ["-H", f"Authorization: Bearer {key}"] if key else []
        command = [program, "-t2", "-c16", f"-d{seconds}s", "-s", script.name, *bearer, url]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert rate
    return float(rate[1])


def export(url: str, headers: dict[str, str], process: int) -> dict[str, float]:
    """The whole list as CSV: seconds to the first byte and to the last, rows, and what memory the API took for it."""
    idle = api_memory(process)
    peak, rows, first = idle, 0, 0.0
    began = time.perf_counter()
    with httpx2.stream("POST", f"{url}/api/export/customers", json={}, headers=headers, timeout=600) as answer:
        expected = int(answer.headers["x-export-rows"])
        for number, part in enumerate(answer.iter_raw()):
            first = first or time.perf_counter() - began
            rows += part.count(b"\n")
            if number % 20 == 0:
                peak = max(peak, api_memory(process))
    assert rows == expected + 1, (rows, expected)
    return {
        "first_byte_s": round(first, 3), "seconds": round(time.perf_counter() - began, 1), "rows": rows - 1,
        "memory_mib": round((peak - idle) / MIB, 1),
    }  # fmt: skip


def api_memory(process: int) -> int:
    """Bytes the processes of the API below this one hold that are theirs alone."""
    serving = [
        each for each in psutil.Process(process).children(recursive=True) if "foresell.api.serve" in each.cmdline()
    ]
    assert serving, "no process of the API found"
    return sum(each.memory_full_info().uss for each in serving)


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(there: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something to be there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if there():
                return
        except httpx2.HTTPError:
            pass
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.02)


if __name__ == "__main__":
    main()
