"""R5: a request that is repeated, by many at once or after its answer was lost, has its effect once."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
from benchmarks.faults import count_notes

from tests.drills.drill import Options, Outcome, least, most
from tests.drills.killed_processes import count
from tests.drills.shop import Shop, administrator_token, create_shop, processes_of, serving

PATIENCE_SECONDS = 60.0
#: How long a caller waits while the first request with its key is under way. Without a pause they leave it no processor time.
AGAIN_SECONDS = 0.5


def repeat(options: Options) -> Outcome:
    """R5. A call is logged with a key; the note names the key, so that effects can be counted."""
    keys, callers, kills = options.size(500, 10), options.size(50, 5), options.size(20, 2)
    with create_shop() as shop:
        with serving(shop):
            sent, answers = asyncio.run(call_at_once(shop, keys, callers))
            refused = asyncio.run(send_other_bodies(shop, list(answers)))
            lost = [lose_an_answer(shop) for _ in range(kills)]
        many, twice = count_effects(shop)
        with serving(shop, plant="no idempotency"):
            asyncio.run(call_at_once(shop, 20, 5))
        more, _ = count_effects(shop)
    figures = [
        least("requests", sum(sent.values()), keys * callers),
        most("keys with more than one effect", twice, 0),
        most("keys without an effect", keys + kills - many, 0),
        most("keys whose callers got different answers", sum(len(bodies) > 1 for bodies in answers.values()), 0),
        least("another body with a used key, refused", 100 * refused / keys, 100, "%"),
        least("processes killed between commit and answer", kills, kills),
        most("repetitions after such a kill that acted again or were not answered", lost.count(False), 0),
    ]
    return Outcome(
        figures,
        [least("effects above one a key, when keys are ignored", more - many - 20, 1)],
        [f"Statuses: {dict(sent)}. A 409 says that the first request is under way; its sender repeats it."],
    )  # fmt: skip


def make_call(shop: Shop, note: str) -> dict[str, str]:
    """The body of the request that is repeated."""
    return {"customer_id": shop.customers[0], "outcome": "reached", "note": note}


async def call_at_once(shop: Shop, keys: int, callers: int) -> tuple[Counter[int], dict[str, set[bytes]]]:
    """Send each key by all callers at once. Returns how often each status was answered, and the answers by key."""
    statuses: Counter[int] = Counter()
    answers: dict[str, set[bytes]] = {}
    limits = httpx2.Limits(max_connections=callers, max_keepalive_connections=callers)
    async with httpx2.AsyncClient(base_url=shop.url, timeout=60, limits=limits) as client:

        async def send(key: str, token: str) -> None:
            headers = {"Idempotency-Key": key, "authorization": f"Bearer {token}"}
            while True:
                try:
                    answer = await client.post("/api/calls", json=make_call(shop, key), headers=headers)
                except httpx2.HTTPError:  # an idle connection was closed: repeated, as a client would
                    statuses[0] += 1
                    continue
                statuses[answer.status_code] += 1
                if answer.status_code != 409:
                    break
                await asyncio.sleep(AGAIN_SECONDS)
            if answer.status_code in (200, 201):
                answers[key].add(answer.content)

        for number in range(keys):
            if number % 100 == 0:
                token = administrator_token(shop.settings.home, shop.users[0])
            key = str(uuid.uuid4())
            answers[key] = set()
            await asyncio.gather(*(send(key, token) for _ in range(callers)))
    return statuses, answers


async def send_other_bodies(shop: Shop, keys: list[str]) -> int:
    """Use each key again with another body. Returns how many were refused for that reason."""
    headers = {"authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[0])}"}
    refused = 0
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=shop.url, timeout=60, headers=headers, limits=limits) as client:
        for key in keys:
            answer = await client.post("/api/calls", json=make_call(shop, "other"), headers={"Idempotency-Key": key})
            refused += answer.status_code == 422 or answer.json().get("code") == "key_reused"
    return refused


def lose_an_answer(shop: Shop) -> bool:
    """Kill the API when the answer begins, then repeat the request. Returns whether it was answered, twice the same."""
    key = str(uuid.uuid4())
    headers = {
        "Idempotency-Key": key,
        "authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[0])}",
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cutting = threading.Thread(target=cut_off, args=(shop, listener), daemon=True)
        cutting.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            httpx2.post(f"{url}/api/calls", json=make_call(shop, key), headers=headers, timeout=30)
            return False  # the answer was not lost
        except httpx2.HTTPError:
            cutting.join(30)
    answers: list[bytes] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(answers) < 2 and time.monotonic() < deadline:
        with suppress(httpx2.HTTPError):
            answer = httpx2.post(f"{shop.url}/api/calls", json=make_call(shop, key), headers=headers, timeout=10)
            if answer.status_code in (200, 201):
                answers.append(answer.content)
        time.sleep(0.05)
    return len(answers) == 2 and answers[0] == answers[1]


def cut_off(shop: Shop, listener: socket.socket) -> None:
    """Pass one request on to the API; when its answer begins, kill the API and hang up."""
    client, _ = listener.accept()
    url = urlsplit(shop.url)
    with client, socket.create_connection((str(url.hostname), url.port)) as upstream:
        upstream.settimeout(30)
        client.settimeout(0.5)
        with suppress(TimeoutError):
            while piece := client.recv(65_536):
                upstream.sendall(piece)
        upstream.recv(1)
        for each in processes_of(shop, "foresell.api.serve"):
            each.kill()


def count_effects(shop: Shop) -> tuple[int, int]:
    """How many calls are stored, and how many of their keys are stored more than once."""
    stored = count(shop, "select count(*) from engagement.calls")
    return stored, sum(many > 1 for many in count_notes(shop.settings).values())
