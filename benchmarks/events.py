"""Events: how many are acknowledged a second, how soon one is on an open page, and how long a replay of a million takes.

    .venv/bin/python -m benchmarks.events [--quick]

Eight writers send batches of ten over HTTP to `foresell up`, which serves and processes on the same cores; compared with a bare
insert of ten rows per commit by one connection. Then one writer sends 100 events a second, and a reader of the live stream notes when
each arrives. Last, a million events are stored, processed as the worker does, and replayed; the rebuilt tables must be equal.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
from benchmarks.faults import WRITERS, Shop, create_shop, serve_shop
from benchmarks.ground import SEED, checkpoint, fresh_home
from benchmarks.measure import Target, is_quick, table, write_results

from foresell.database import Database, embedded_conninfo
from foresell.events.intake import hash_id
from foresell.events.processing import PORTION, maintain_events, process_events
from foresell.events.replay import replay_events

BATCH = 10
INTAKE_SECONDS, RATE, RATE_SECONDS, REPLAYED = 30.0, 100, 30.0, 1_000_000
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("page.viewed", {"path": "/mugs"}), ("page.viewed", {"path": "/"}), ("product.viewed", {"sku": "MUG", "price": 3.5}),
    ("cart.changed", {"items": [{"sku": "MUG", "quantity": 2}], "value": 7}), ("email.opened", {"campaign": "spring"}),
)  # fmt: skip
REPLAY_LIMIT_SECONDS = 300.0
#: What the API prepares after its start is no part of the measurement.
WARM_UP_SECONDS = 8.0


def make_events(rng: random.Random, number: int, customers: Sequence[str]) -> list[dict[str, Any]]:
    """Events of customers and visitors, as a shop would send them."""
    found = []
    for _ in range(number):
        kind, data = rng.choice(KINDS)
        who = (
            {"subject": rng.choice(customers), "customersource": "foresell"}
            if rng.random() < 0.5
            else {"visitorid": f"visitor-{rng.randrange(2000)}"}
        )
        found.append({"specversion": "1.0", "id": str(uuid.UUID(int=rng.getrandbits(128))), "source": "shop", "type": kind, "data": data, **who})  # fmt: skip
    return found


def count_acknowledged(shop: Shop, seconds: float) -> tuple[float, int, int]:
    """Acknowledged events a second over HTTP by all writers, how many, and how often a batch was sent again after a 503."""
    counts, again = [0] * WRITERS, [0] * WRITERS
    ends = time.monotonic() + seconds

    def write(place: int) -> None:
        rng = random.Random(SEED + place)
        headers = {"authorization": f"Bearer {shop.token(shop.users[place])}"}
        with httpx2.Client(base_url=shop.url, headers=headers, timeout=60) as client:
            while time.monotonic() < ends:
                batch = make_events(rng, BATCH, shop.customers)
                while (answer := client.post("/api/events", json=batch)).status_code == 503:
                    again[place] += 1
                    time.sleep(0.1)
                assert answer.status_code == 202, answer.text
                counts[place] += answer.json()["stored"] + answer.json()["duplicates"]

    writers = [threading.Thread(target=write, args=(place,)) for place in range(WRITERS)]
    started = time.monotonic()
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    return sum(counts) / (time.monotonic() - started), sum(counts), sum(again)


def count_bare(database: Database, seconds: float) -> float:
    """Rows a second that one connection inserts into a plain table, ten per commit."""
    rng, rows = random.Random(SEED), 0
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres"), autocommit=True) as con:
        con.execute("create table public.bare (id uuid primary key, at timestamptz default now(), data jsonb)")
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            with con.transaction(), con.cursor() as cur:
                batch = [(uuid.UUID(int=rng.getrandbits(128)), '{"path": "/mugs"}') for _ in range(BATCH)]
                cur.executemany("insert into public.bare (id, data) values (%s, %s)", batch)
            rows += BATCH
        elapsed = time.monotonic() - started
        con.execute("drop table public.bare")
    return rows / elapsed


def measure_latency(shop: Shop, rate: int, seconds: float) -> list[float]:
    """Milliseconds from sending an event to its arrival on the live stream, at this rate."""
    sent: dict[int, float] = {}
    arrived: dict[int, float] = {}
    ready, done = threading.Event(), threading.Event()
    headers = {"authorization": f"Bearer {shop.token(shop.users[0])}"}

    def read() -> None:
        with httpx2.stream("GET", f"{shop.url}/api/stream", headers=headers, timeout=60) as stream:
            for line in stream.iter_lines():
                if line.startswith("event: ready"):
                    ready.set()
                elif line.startswith("data:") and '"seq"' in line:
                    arrived[json.loads(line[5:])["seq"]] = time.monotonic()
                if done.is_set():
                    return

    def send(place: int) -> None:
        rng, token = random.Random(SEED + 100 + place), shop.token(shop.users[place])
        with httpx2.Client(base_url=shop.url, headers={"authorization": f"Bearer {token}"}, timeout=60) as client:
            started = time.monotonic()
            for number in range(int(seconds * rate / senders)):
                due = started + (number * senders + place) / rate
                time.sleep(max(0, due - time.monotonic()))
                at = time.monotonic()
                answer = client.post("/api/events", json=make_events(rng, 1, shop.customers)[0])
                sent[answer.json()["results"][0]["seq"]] = at

    senders = 4
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert ready.wait(30)
    threads = [threading.Thread(target=send, args=(place,)) for place in range(senders)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    time.sleep(2)
    done.set()
    missing = sent.keys() - arrived.keys()
    assert not missing, f"{len(missing)} events did not arrive"
    return [1000 * (arrived[seq] - at) for seq, at in sent.items()]


def fill(database: Database, number: int) -> float:
    """Store events of 20,000 customer numbers and 50,000 visitors over 90 days. Returns how many a second."""
    rng, first = random.Random(SEED), datetime(2026, 8, 1, tzinfo=UTC)
    started = time.monotonic()
    with database.connect() as con:
        for batch in _batches(rng, number, first):
            con.execute("select events.store_events(%s, '{}', 'api')", [json.dumps(batch)])
            con.commit()
    return number / (time.monotonic() - started)


def _batches(rng: random.Random, number: int, first: datetime) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, number, 1000):
        batch = []
        for place in range(min(1000, number - start)):
            kind, data = rng.choice(KINDS) if rng.random() > 0.05 else ("order.placed", {"order_key": "O", "amount": rng.randrange(9999) / 100})  # fmt: skip
            event_id = f"E{start + place}"
            row = {
                "place": place, "id_hash": hash_id("shop", event_id).hex(), "content_hash": f"{start + place:032x}", "source": "shop",
                "id": event_id, "type": kind, "version": 1, "data": data,
                "occurred_at": (first + timedelta(seconds=rng.randrange(90 * 86_400))).isoformat(),
            }  # fmt: skip
            if rng.random() < 0.4:
                row |= {"person_source": "shop", "person_key": f"K{rng.randrange(20_000)}"}
            else:
                row["visitor"] = f"{rng.randrange(50_000):032x}"
            batch.append(row)
        yield batch


def main() -> None:
    """Measure and save the results."""
    seconds, rate_seconds, number = (5.0, 5.0, 20_000) if is_quick() else (INTAKE_SECONDS, RATE_SECONDS, REPLAYED)
    with create_shop() as shop, serve_shop(shop):
        acknowledged, total, again = count_acknowledged(shop, seconds)
        bare = count_bare(Database(shop.settings), seconds / 3)
        time.sleep(5)
        latencies = sorted(measure_latency(shop, RATE, rate_seconds))
    with fresh_home() as database:
        maintain_events(database)
        stored = fill(database, number)
        checkpoint(database)
        started = time.monotonic()
        assert process_events(database, publish=False) == number
        live = number / (time.monotonic() - started)
        checkpoint(database)
        started = time.monotonic()
        found = replay_events(database)
        replayed = time.monotonic() - started
    assert found.is_equal and found.events == number
    p50, p95, p99 = (statistics.quantiles(latencies, n=100)[place] for place in (49, 94, 98))
    targets = [
        Target("acknowledged events a second, batches of ten over HTTP", acknowledged, 1000, True, "events/s"),
        Target("event to open page at 100/s, p99", p99, 100, unit="ms"),
        Target(f"replay of {number:,} events, equal to live", replayed, REPLAY_LIMIT_SECONDS, unit="s"),
    ]
    rows = [
        ("acknowledged over HTTP, batches of ten, eight writers", f"{acknowledged:,.0f} events/s", f"{total:,} events, {again} batches sent again"),
        ("bare insert of ten rows per commit, one connection", f"{bare:,.0f} rows/s", f"intake is {acknowledged / bare:.2f} of it"),
        ("event to open page at 100/s", f"p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms", f"{len(latencies):,} events, none missing"),
        ("stored by the function alone, batches of 1,000", f"{stored:,.0f} events/s", ""),
        (f"processed live, portions of {PORTION}", f"{live:,.0f} events/s", ""),
        (f"replay of {number:,}", f"{replayed:.1f} s", f"{number / replayed:,.0f} events/s"),
    ]  # fmt: skip
    details = {
        "acknowledged_a_second": acknowledged, "bare_a_second": bare, "latency_ms": {"p50": p50, "p95": p95, "p99": p99},
        "stored_a_second": stored, "live_a_second": live, "replay_seconds": replayed, "replayed": number,
    }  # fmt: skip
    text = table(("what", "measured", ""), rows) + "\n\n" + table(
        ("derived table", "rows", "equal"), [(each.table, f"{each.live_rows:,}", "yes") for each in found.tables]
    )  # fmt: skip
    write_results("events", "Events", targets, details, text)


if __name__ == "__main__":
    main()
