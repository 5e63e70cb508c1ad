"""R13: ten minutes of steady load leave memory, descriptors, connections and response times where they were."""

from __future__ import annotations

import random
import statistics
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

import httpx2
import psutil
from benchmarks.measure import Target

from foresell.store import embedded
from tests.drills.drill import Options, Outcome, least, most
from tests.drills.shop import Clients, Shop, administrator_token, create_shop, percentile, processes_of, serving

MIB = 2**20
SAMPLE_SECONDS = 5.0
#: Pages as a sales team opens them; one request in twenty logs a call.
READS = (
    "/api/customers?limit=50", "/api/customers/segments", "/api/calls/today", "/api/customers/{}",
    "/api/customers/{}/details", "/api/me", "/api/health",
)  # fmt: skip
CLIENTS, PAUSE_SECONDS = 6, 0.2
TOKEN_SECONDS = 300.0

Sample = dict[str, float]


def soak(options: Options) -> Outcome:
    """R13. The first three minutes fill caches and pools and are not judged."""
    minutes, settled = options.size(10, 1), options.size(3, 0)
    with create_shop() as shop:
        with serving(shop):
            samples, clients = load(shop, minutes * 60.0, options.seed)
        with serving(shop, plant="leak"):
            leaking, _ = load(shop, options.size(180, 20), options.seed)
    start = samples[0]["at"] + settled * 60.0
    judged = [sample for sample in samples if sample["at"] >= start]
    first, last = (clients.between(start + at, start + at + 60.0) for at in (0.0, (minutes - settled - 1) * 60.0))
    p99 = [1000 * percentile([seconds for _, seconds, _ in part], 0.99) for part in (first, last)]
    p50 = [1000 * statistics.median(seconds for _, seconds, _ in part) for part in (first, last)]
    figures = [
        *(slope_of(judged, name) for name in ("API", "worker", "PostgreSQL")),
        most("file descriptors gained", gained(judged, "descriptors"), 5),
        most("connections to the database gained", gained(judged, "connections"), 2),
        most("p99, last minute relative to the first judged", 100 * (p99[1] / p99[0] - 1), 10, "%"),
        most("answered 5xx or not at all", clients.count_5xx(), 0),
        least("requests", len(clients.answers), options.size(10_000, 50)),
    ]
    control = slope_of([sample for sample in leaking if sample["at"] >= leaking[0]["at"] + options.size(60, 5)], "API")
    return Outcome(
        figures,
        [least("memory of an API that keeps 64 KiB of each request grows by", control.value, 1.0, "MiB/min")],
        [f"p50 {p50[0]:.0f} ms, then {p50[1]:.0f} ms; p99 {p99[0]:.0f} ms, then {p99[1]:.0f} ms; {CLIENTS} clients."],
    )


def load(shop: Shop, seconds: float, seed: int) -> tuple[list[Sample], Clients]:
    """Let the clients ask for so long. Returns samples of the processes, and the answers."""
    samples, tokens = [], [administrator_token(shop.settings.home, user_id) for user_id in shop.users[:CLIENTS]]
    renewed = began = time.monotonic()

    def client_of(number: int):  # type: ignore[no-untyped-def]
        chance = random.Random(seed * 100 + number)

        def send(client: httpx2.Client) -> httpx2.Response:
            headers = {"authorization": f"Bearer {tokens[number]}"}
            customer = chance.choice(shop.customers)
            if chance.random() < 0.05:
                call = {
                    "customer_id": customer,
                    "outcome": "reached",
                    "note": str(uuid.UUID(int=chance.getrandbits(128))),
                }
                return client.post("/api/calls", json=call, headers=headers)
            return client.get(chance.choice(READS).format(customer), headers=headers)

        return send

    with Clients() as clients:
        for number in range(CLIENTS):
            clients.start(shop, client_of(number), PAUSE_SECONDS)
        while time.monotonic() - began < seconds:
            time.sleep(SAMPLE_SECONDS)
            samples.append(sample_of(shop))
            if time.monotonic() - renewed > TOKEN_SECONDS:
                tokens[:] = [administrator_token(shop.settings.home, user_id) for user_id in shop.users[:CLIENTS]]
                renewed = time.monotonic()
    return samples, clients


def sample_of(shop: Shop) -> Sample:
    """Memory in MiB by kind of process, and what the API holds open. PostgreSQL's memory is what its processes do not share."""
    api, worker = processes_of(shop, "foresell.api.serve"), processes_of(shop, "foresell.worker")
    postmaster = embedded.process_id(shop.settings.home)
    backends = [psutil.Process(postmaster), *psutil.Process(postmaster).children()] if postmaster else []
    sample = {"at": time.monotonic(), "API": 0.0, "worker": 0.0, "PostgreSQL": 0.0, "descriptors": 0.0}
    for name, processes in (("API", api), ("worker", worker), ("PostgreSQL", backends)):
        for each in processes:
            with suppress(psutil.Error):
                info = each.memory_full_info() if name == "PostgreSQL" else each.memory_info()
                sample[name] += (info.uss if name == "PostgreSQL" else info.rss) / MIB
                sample["descriptors"] += each.num_fds() if name == "API" else 0
    sample["connections"] = float(len([each for each in backends if is_connection(each)]))
    return sample


def is_connection(process: psutil.Process) -> bool:
    """Whether a process of PostgreSQL serves the API."""
    with suppress(psutil.Error):
        return "foresell_web" in " ".join(process.cmdline())
    return False


def slope_of(samples: Sequence[Sample], name: str) -> Target:
    """How fast the memory of a kind of process grows: the slope of the least-squares line."""
    minutes = [sample["at"] / 60.0 for sample in samples]
    slope = statistics.linear_regression(minutes, [sample[name] for sample in samples]).slope
    return most(f"memory of {name} grows by", slope, 1.0, "MiB/min")


def gained(samples: Sequence[Sample], name: str) -> float:
    """The median of the last third above that of the first third."""
    third = max(1, len(samples) // 3)
    middle = [statistics.median(sample[name] for sample in part) for part in (samples[:third], samples[-third:])]
    return middle[1] - middle[0]
