"""The API on a large home, compared with a bare FastAPI on as many processes, measured in the same minutes.

    .venv/bin/python -m benchmarks.api HOME [--small HOME] [--seconds 15] [--quick]

HOME: a Foresell home with a published run, preferably of a million customers; --small: one of ten thousand customers, to
measure how the latency grows with the data.
Throughput is measured by wrk with 16 connections, in turns with the bare FastAPI. Latencies are measured at 50 requests a
second, each sent when it is due even if earlier ones are still open, and each for another customer, page or filter.
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
from benchmarks.measure import Target, table, write_results

from foresell.access.tokens import fingerprint, new_secret
from foresell.database import Database
from foresell.settings import Settings
from foresell.store.database import open_database

WORKERS = 2
RATE = 50
QUIET_SECONDS = 8
#: (request, share of the hello endpoint's rate it must reach, number of customers to cycle through)
SHARES = (("segments", 0.3, 1), ("details", 0.15, 2000), ("details, of the same hundred", 0.15, 100))
LISTS = ("rfm page", "customers page", "date range and category")
MIB = 2**20


def main() -> None:
    """Measure, print and save the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api")
    parser.add_argument("home", type=Path)
    parser.add_argument("--small", type=Path)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; saves no results")
    parser.add_argument("--seconds", type=int, default=15, help="how long to measure each value")
    arguments = parser.parse_args()
    seconds = 3 if arguments.quick else arguments.seconds
    targets: list[Target] = []
    found: dict[str, Any] = {"rates": {}, "latencies_ms": {}}
    with serve(arguments.home) as (url, key, started, process):
        targets.append(Target("start to first answer", started, 3.0, unit="s"))
        wait_until_idle(process)
        headers = {"authorization": f"Bearer {key}"}
        requests = asyncio.run(prepare_requests(url, headers))
        for name, ask in requests.items():
            found["latencies_ms"][name] = times = asyncio.run(measure_latencies(url, headers, ask, seconds))
            targets.append(
                Target(f"{name}, p95 at {RATE}/s", times["p95"], 150 if "category" in name else 50, unit="ms")
            )
        with serve_hello() as bare:
            for name, share, customers in SHARES:
                rng = random.Random(SEED)
                paths = sorted({requests[name.split(",")[0]](rng) for _ in range(customers)})
                turns = [
                    (run_wrk(bare, ["/hello"], seconds), run_wrk(url, paths, seconds, key))
                    for _ in range(1 if arguments.quick else 3)
                ]
                ours, theirs = (statistics.median(turn[place] for turn in turns) for place in (1, 0))
                found["rates"][name] = {"ours": ours, "hello": theirs}
                targets.append(Target(f"{name}, requests/s relative to hello", ours / theirs, share, at_least=True))
        found["export"] = measure_export(url, headers, process)
        targets.append(Target("export, first byte", found["export"]["first_byte_s"], 1.0, unit="s"))
        targets.append(Target("export, memory above idle", found["export"]["memory_mib"], 200, unit="MiB"))
    if arguments.small:
        with serve(arguments.small) as (url, key, _, process):
            wait_until_idle(process)
            headers = {"authorization": f"Bearer {key}"}
            requests = asyncio.run(prepare_requests(url, headers))
            found["small_ms"] = {
                name: asyncio.run(measure_latencies(url, headers, requests[name], seconds)) for name in LISTS
            }
            for name in LISTS:
                ratio = found["latencies_ms"][name]["p50"] / found["small_ms"][name]["p50"]
                targets.append(Target(f"{name}, a million relative to ten thousand customers (p50)", ratio, 2.0))
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
    write_results("api", "The API compared with a bare FastAPI", targets, found, text)


@contextmanager
def serve(home: Path) -> Iterator[tuple[str, str, float, int]]:
    """Run `foresell up` on the home until the block ends.

    Yields its address, the API key of a user who can see all customers, the seconds to the first answer, and its process ID.
    """
    settings = Settings(home=home.absolute())
    key = create_api_key(open_database(settings))
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
        wait_until(lambda: httpx2.get(f"{url}/api/customers/segments", headers=headers, timeout=10).status_code == 200)
        yield url, key, time.perf_counter() - began, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def wait_until_idle(process: int, most_seconds: int = 180) -> None:
    """Wait until the cache warm-up of the opened run is done: no CPU use for QUIET_SECONDS."""

    def cpu_seconds() -> float:
        seconds = 0.0
        for each in (psutil.Process(process), *psutil.Process(process).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                seconds += sum(each.cpu_times()[:2])
        return seconds

    quiet = 0
    for _ in range(most_seconds):
        before = cpu_seconds()
        time.sleep(1)
        quiet = quiet + 1 if cpu_seconds() - before < 0.1 else 0
        if quiet == QUIET_SECONDS:
            return
    raise AssertionError("Foresell is still busy")


@contextmanager
def serve_hello() -> Iterator[str]:
    """Run a bare FastAPI on as many processes until the block ends. Yields its address."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.hello:app", "--port", str(port), "--workers", str(WORKERS),
        "--no-access-log", "--loop", "uvloop", "--http", "httptools",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: httpx2.get(f"{url}/hello").status_code == 200)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def create_api_key(database: Database) -> str:
    """Create an analyst for the benchmark; returns an API key of theirs."""
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


async def prepare_requests(url: str, headers: dict[str, str]) -> dict[str, Callable[[random.Random], str]]:
    """By kind of request: a function that returns a path with random values."""
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

    def build_filter_path(rng: random.Random) -> str:
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
        "date range and category": build_filter_path,
    }


async def measure_latencies(
    url: str, headers: dict[str, str], ask: Callable[[random.Random], str], seconds: int
) -> dict[str, float]:
    """Percentiles in milliseconds of RATE requests a second, sent when they are due; the first second is a warm-up."""
    rng, times = random.Random(SEED), []

    async def send(client: httpx2.AsyncClient, path: str, due: float) -> None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        times.append((time.perf_counter() - due) * 1000)

    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client, asyncio.TaskGroup() as group:
        began = time.perf_counter()
        for number in range(RATE * (seconds + 1)):
            due = began + number / RATE
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            group.create_task(send(client, ask(rng), due))
    return quantiles(times[RATE:])


def quantiles(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99."""
    cuts = statistics.quantiles(times, n=100)
    return {f"p{share}": round(cuts[share - 1], 2) for share in (50, 95, 99)}


def run_wrk(url: str, paths: Sequence[str], seconds: int, key: str | None = None) -> float:
    """Requests a second, cycling through the paths. Fails unless all of them succeed."""
    program = shutil.which("wrk")
    assert program, "wrk is not installed: apt-get install wrk"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"local paths = {{{', '.join(map(json.dumps, paths))}}}\nlocal next = math.random(#paths)\n")
        script.write("request = function() next = next % #paths + 1; return wrk.format('GET', paths[next]) end\n")
        script.flush()
        bearer = ["-H", f"Authorization: Bearer {key}"] if key else []
        command = [program, "-t2", "-c16", f"-d{seconds}s", "-s", script.name, *bearer, url]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in output, output
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert rate
    return float(rate[1])


def measure_export(url: str, headers: dict[str, str], process: int) -> dict[str, float]:
    """Export all customers as CSV: seconds to the first and the last byte, rows, and MiB the API used above idle."""
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
    """Unshared memory (USS), in bytes, of the API processes below this process."""
    serving = [
        each for each in psutil.Process(process).children(recursive=True) if "foresell.api.serve" in each.cmdline()
    ]
    assert serving, "no process of the API found"
    return sum(each.memory_full_info().uss for each in serving)


def free_port() -> int:
    """A port that is not in use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until the condition holds. HTTP errors count as not yet; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except httpx2.HTTPError:
            pass
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.02)


if __name__ == "__main__":
    main()
