"""How often one may ask, and what the installation says of itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from foresell import logs
from foresell.api.app import create_app
from foresell.api.http import request_stats
from foresell.api.http.rate_limits import EXPORTS_A_MINUTE, REVEALS_A_MINUTE, Limits, RateLimited
from foresell.api.http.request_stats import RequestStats
from foresell.settings import Settings
from tests.support.served import Served, running, superuser


@asynccontextmanager
async def client_of(
    served: Served, who: str | None, **settings: Any
) -> AsyncIterator[tuple[FastAPI, httpx2.AsyncClient]]:
    """An app of its own on the shared home, called in process."""
    app = create_app(replace(served.settings, **settings))
    headers = {"authorization": f"Bearer {served.token(who)}"} if who else {}
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            yield app, client


async def statuses(client: httpx2.AsyncClient, path: str, times: int, method: str = "GET") -> list[httpx2.Response]:
    return [await client.request(method, path) for _ in range(times)]


def assert_refused_after(most: int, found: list[int]) -> None:
    """As many are let through, or one more: what is counted is an estimate where two windows meet."""
    passed = [status for status in found if status != 429]
    assert most <= len(passed) <= most + 1 and found == passed + [429] * (len(found) - len(passed))


def test_a_user_who_asks_too_often_waits(served: Served) -> None:
    async def ask() -> list[httpx2.Response]:
        async with client_of(served, "analyst", user_rate=30) as (_, client):
            return await statuses(client, "/api/customers/segments", 8)

    answers = asyncio.run(ask())
    assert_refused_after(5, [answer.status_code for answer in answers])
    assert answers[0].headers["ratelimit-policy"] == '"user";q=5;w=10'
    assert answers[0].headers["ratelimit"].startswith('"user";r=4;t=')
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"user";r=0;')
    assert refused.json()["status"] == 429 and refused.headers["content-security-policy"]


def test_the_limit_of_one_user_is_not_anothers(served: Served) -> None:
    async def ask() -> list[int]:
        async with client_of(served, "analyst", user_rate=30) as (_, client):
            await statuses(client, "/api/customers/segments", 6)
            other = {"authorization": f"Bearer {served.token('marketer')}"}
            return [(await client.get("/api/customers/segments", headers=other)).status_code]

    assert asyncio.run(ask()) == [200]


def test_an_address_no_one_signed_in_from_waits_sooner(served: Served) -> None:
    async def ask() -> list[int]:
        async with client_of(served, None, address_rate=10) as (_, client):
            return [answer.status_code for answer in await statuses(client, "/api/customers", 12)]

    assert_refused_after(10, asyncio.run(ask()))


@pytest.mark.parametrize("path", ["/api/customers", "/api/health", "/api/nowhere"])
@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer fsk_nonsense", "Basic eDp5"])
def test_bad_tokens_count_against_the_address(served: Served, path: str, authorization: str) -> None:
    async def ask() -> list[int]:
        async with client_of(served, None, address_rate=10) as (_, client):
            client.headers["authorization"] = authorization
            return [answer.status_code for answer in await statuses(client, path, 12)]

    assert_refused_after(10, asyncio.run(ask()))


def test_signing_in_is_counted_more_strictly(served: Served) -> None:
    async def ask() -> list[int]:
        async with client_of(served, None, address_rate=10) as (_, client):
            return [answer.status_code for answer in await statuses(client, "/api/auth/sign-in", 4, "POST")]

    assert_refused_after(2, asyncio.run(ask()))


@pytest.mark.parametrize(("kind", "most"), [("export", EXPORTS_A_MINUTE), ("reveal", REVEALS_A_MINUTE)])
def test_exports_and_reveals_have_limits_of_their_own(kind: str, most: int) -> None:
    limits = Limits(Settings(home=None))  # type: ignore[arg-type]
    count = getattr(limits, kind)
    for _ in range(most):
        count(1)
    count(2)
    with pytest.raises(RateLimited):
        count(1)


def test_contact_details_are_not_shown_by_the_dozen(served: Served) -> None:
    async def ask() -> list[int]:
        async with client_of(served, "rep") as (_, client):
            path = f"/api/customers/{served.customers['rep'][0]}/contact/reveal"
            return [answer.status_code for answer in await statuses(client, path, REVEALS_A_MINUTE + 3, "POST")]

    assert_refused_after(REVEALS_A_MINUTE, asyncio.run(ask()))


def test_status_tells_speed_run_database_and_worker(served: Served) -> None:
    with superuser(served.settings) as con:
        con.execute("delete from job_queue.procrastinate_workers")
    client = served.client("admin")
    for _ in range(20):
        client.get("/api/customers/segments")
    client.get("/api/customers/C999999/details")
    found = client.get("/api/status").json()
    assert found["version"] and found["database"]["answers"] and found["run"]["run_id"] >= 1
    assert found["worker"] == {"alive": False, "seen_at": None}
    by_route = {(each["method"], each["route"]): each for each in found["operations"]}
    segments = by_route["GET", "/api/customers/segments"]
    assert segments["requests"] >= 20 and segments["failed"] == 0 and segments["availability"] == 1
    assert 0 < segments["p50_ms"] <= segments["p95_ms"] <= segments["p99_ms"] < 5000
    assert ("GET", "/api/customers/{customer_id}/details") in by_route
    assert not [route for _, route in by_route if "C999999" in route]


def test_metrics_are_prometheus_text_and_name_no_customer(served: Served) -> None:
    client = served.client("admin")
    client.get("/api/customers/C000001/details")
    text = client.get("/metrics").text
    assert (
        'foresell_http_requests_total{method="GET",route="/api/customers/{customer_id}/details",status="200"}' in text
    )
    assert "foresell_http_request_seconds_bucket" in text
    assert "C000001" not in text


@pytest.mark.parametrize("path", ["/api/status", "/metrics"])
def test_figures_of_the_installation_need_a_permission(served: Served, path: str) -> None:
    assert served.client(None).get(path).status_code == 401
    assert served.client("rep").get(path).status_code == 403
    assert served.client("steward").get(path).status_code == 200


def test_the_log_has_the_route_and_nothing_of_the_parameters(served: Served) -> None:
    async def ask() -> None:
        async with client_of(served, "rep") as (_, client):
            await client.get("/api/customers", params={"q": "Canary Person"})
            await client.get("/api/customers/C123456/details")
            await client.get("/api/Canary/Person")

    logs.configure(verbose=True)
    try:
        with capture_logs() as lines:
            asyncio.run(ask())
    finally:
        logs.configure()
    seen = [line for line in lines if line.get("action") == "request"]
    assert [(line["route"], line["status"]) for line in seen] == [
        ("/api/customers", 200), ("/api/customers/{customer_id}/details", 404), (request_stats.ELSEWHERE, 404)
    ]  # fmt: skip
    assert seen[0]["user_id"] == served.users["rep"] and seen[0]["request_id"] and seen[0]["ms"] > 0
    assert "Canary" not in json.dumps(lines, default=str) and "C123456" not in json.dumps(lines, default=str)


def test_refusals_are_logged_without_asking_for_it(served: Served) -> None:
    async def ask() -> None:
        async with client_of(served, "rep", user_rate=18) as (_, client):
            for _ in range(3):
                await client.get("/api/users")
            for _ in range(3):
                await client.get("/api/customers/segments")

    logs.configure()
    with capture_logs() as lines:
        asyncio.run(ask())
    requests = [line for line in lines if line.get("action") == "request"]
    seen = [(line["route"], line["status"], line["user_id"], line["log_level"]) for line in requests]
    assert {line.get("action") for line in lines} <= {"request", "library"}, lines  # library: what a dependency says
    assert seen[:1] == [("/api/users", 403, served.users["rep"], "warning")]
    assert {status for _, status, _, _ in seen} == {403, 429}, "what was answered is not among them"


def test_quantiles_are_read_off_the_classes() -> None:
    of = RequestStats(requests=100, failed=1, classes={0.01: 50, 0.02: 90, 0.1: 100, float("inf"): 100})
    assert of.quantile_ms(0.5) == pytest.approx(10)
    assert of.quantile_ms(0.7) == pytest.approx(15)
    assert of.quantile_ms(0.95) == pytest.approx(60)
    assert of.availability == 0.99
    assert RequestStats().quantile_ms(0.5) is None


def test_a_collector_gets_spans_without_values(served: Served) -> None:
    """Traces, in a process of their own: a collector of ours takes them, and no value of a request is in them."""
    import os
    import subprocess
    import sys
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    collector = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    program = """
import asyncio, sys, httpx2
from pathlib import Path
from opentelemetry import trace
from foresell.api.app import create_app
from foresell.settings import Settings
async def main():
    app = create_app(Settings(home=Path(sys.argv[1]), traces_url=sys.argv[2]))
    async with app.router.lifespan_context(app):
        headers = {"authorization": "Bearer " + sys.argv[3], "traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost", headers=headers) as client:
            assert (await client.get("/api/customers", params={"q": "Canary Person"})).status_code == 200
            for body in ({"contact": "canary@post.example"}, {"contact": ["Canary"]}, {"more": "0799 Canary"}):
                await client.post("/api/customers/by-contact", json=body)
            await client.get("/api/customers/Canary%20Street/details")
            await client.post("/api/customers/C000001/contact/reveal", json={"fields": ["Canary"]})
asyncio.run(main())
trace.get_tracer_provider().shutdown()
"""
    url = f"http://127.0.0.1:{collector.server_address[1]}"
    command = [sys.executable, "-c", program, str(served.settings.home), url, served.token("admin")]
    subprocess.run(command, check=True, timeout=60, env={**os.environ})
    collector.shutdown()
    spans = [span for each in taken for span in each["resourceSpans"][0]["scopeSpans"][0]["spans"]]
    request, *others = [span for span in spans if span["kind"] == 2]
    assert request["name"] == "GET /api/customers" and len(others) == 5
    assert request["traceId"] == "ab" * 16 and request["parentSpanId"] == "cd" * 8
    assert {"snapshot", "database"} <= {span["name"] for span in spans}
    assert "canary" not in json.dumps(taken).lower()
    assert "/api/customers/by-contact" in json.dumps(taken), "what is searched is there"


def test_two_processes_share_their_figures(served: Served, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the folder a process knows only what it answered itself."""
    import os
    import subprocess
    import sys

    counts = "from foresell.api.http import request_stats; request_stats._count({'state': {}}, 'GET', 200, 0.01)"
    shared = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", counts], check=True, env=shared)
    reads = "from foresell.api.http import request_stats; print({k: v.requests for k, v in request_stats.read_stats().items()})"
    output = subprocess.run(
        [sys.executable, "-c", reads], check=True, env=shared, capture_output=True, text=True
    ).stdout
    assert output.strip() == "{('GET', 'other'): 2}"
    alone = subprocess.run([sys.executable, "-c", reads], check=True, capture_output=True, text=True).stdout
    assert alone.strip() == "{}"


def test_a_stopped_database_answers_with_a_time_to_retry(served: Served) -> None:
    settings = replace(served.settings, database_url="postgresql://unknown@127.0.0.1:1/none")
    with running(settings) as url:
        answer = httpx2.get(f"{url}/api/health", timeout=30)
        assert answer.json()["status"] == "degraded"
        token = served.token("admin")
        away = httpx2.get(f"{url}/api/customers", headers={"authorization": f"Bearer {token}"}, timeout=30)
    assert away.status_code == 503
    assert int(away.headers["retry-after"]) >= 1
    assert away.json()["error"] == "Internal server error"
