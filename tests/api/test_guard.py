"""What the guard keeps out: hostile bodies, odd requests, other sites; and the headers every answer has."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from foresell import logs
from foresell.api.app import RESOURCES, create_app
from foresell.api.http import request_stats, slow_clients
from foresell.api.http.dependencies import operations
from foresell.api.http.rate_limits import Limits
from foresell.api.http.request_validation import DEPTH_LIMIT, HEADERS, JSON_LIMIT, RequestValidation, wrong_with
from foresell.settings import Settings
from tests.api.hostile import bodies, strings
from tests.api.operations import fill_path
from tests.support.served import Served, running

#: Where a body of no harm would end the sessions the other tests run in, or needs a body that is no JSON.
WRITES = sorted(
    (method, route.path)
    for route, _ in operations(resource.router for resource in RESOURCES)
    for method in route.methods or ()
    if method in ("POST", "PUT", "PATCH")
)


def texts_of(schema: dict[str, Any], whole: dict[str, Any], depth: int = 0) -> dict[str, Any] | None:
    """The names of an object's fields, for filling all of them with the same hostile string."""
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for part in schema.get("anyOf", []):
        if (found := texts_of(part, whole, depth)) is not None:
            return found
    return schema.get("properties")


@pytest.mark.parametrize("method, path", WRITES, ids=str)
def test_no_hostile_body_is_our_fault(
    served: Served, method: str, path: str, record_property: Callable[[str, object], None]
) -> None:
    client = served.client("admin")
    url = fill_path(path, served)
    schema = served.openapi()["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    names = texts_of(schema.get("application/json", {}).get("schema", {}), served.openapi()) or {"a": {}}
    failed, sent = [], 0
    for what, body in bodies():
        answer = client.request(method, url, content=body, headers={"content-type": "application/json"})
        sent += 1
        if answer.status_code >= 500:
            failed.append((what, answer.status_code))
    for text in strings():
        body = json.dumps(dict.fromkeys(names, text)).encode()
        answer = client.request(method, url, content=body, headers={"content-type": "application/json"})
        sent += 1
        if answer.status_code >= 500:
            failed.append((text, answer.status_code))
        if answer.status_code == 401:
            client = served.client("admin")
    record_property("hostile requests", sent)
    record_property("answered 5xx", len(failed))
    assert failed == []


def test_hostile_strings_as_parameters_are_not_our_fault(served: Served) -> None:
    client = served.client("admin")
    failed = []
    for text in strings():
        for name in ("q", "segment", "category", "country", "from", "cursor", "min_value", "sort", "limit"):
            answer = client.get("/api/customers", params={name: text[:2000]})
            if answer.status_code not in (200, 400):
                failed.append((name, text, answer.status_code))
    assert failed == []


def test_control_without_the_guard_such_bodies_are_our_fault() -> None:
    """The planted defect: the same operation, no guard before it."""
    app = FastAPI()

    @app.post("/x")
    async def x(request: Request) -> str:
        return (await request.body()).decode() and json.dumps(json.loads(await request.body()), allow_nan=False)

    async def ask(body: bytes) -> int:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.post("/x", content=body)).status_code

    assert 500 in {asyncio.run(ask(body)) for body in (b'{"a":NaN}', b"[" * 100_000, b"\xff")}


@pytest.mark.parametrize(
    "body", [b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":1,"a":2}', b"\xff", b"{",
             b"[" * 100_000, b"[" * (DEPTH_LIMIT + 2) + b"]" * (DEPTH_LIMIT + 2), b'{"a":99999999999999999999}'], ids=str,
)  # fmt: skip
def test_what_is_no_json_is_named(body: bytes) -> None:
    assert wrong_with(body)


@pytest.mark.parametrize("body", [b"{}", b'{"a":[1,2.5,"x",null,true]}', '{"é":"🙂"}'.encode(), b"1", b'"x"'])
def test_what_is_json_passes(body: bytes) -> None:
    assert wrong_with(body) is None


def test_a_body_too_large_is_refused_unread(served: Served) -> None:
    answer = served.client("admin").post("/api/export/customers", content=b'{"a":"' + b"x" * JSON_LIMIT + b'"}')
    assert answer.status_code == 413
    assert answer.json()["parameter"] == "body"


@pytest.mark.parametrize(
    "path, status",
    [("/api/health", 200), ("/api/customers", 200), ("/api/nothing", 404), ("/api/customers?limit=0", 400),
     ("/api/customers/C999999", 404), ("/api/openapi.json", 200), ("/", 404)],
)  # fmt: skip
def test_every_answer_closes_the_browsers_doors(served: Served, path: str, status: int) -> None:
    answer = served.client("admin").get(path)
    assert answer.status_code == status or path == "/"
    for name in HEADERS:
        assert answer.headers[name], name
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "*" not in policy
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers or "uvicorn" in answer.headers["server"]


def test_problems_carry_the_headers_too(served: Served) -> None:
    answer = served.client(None).get("/api/customers")
    assert answer.status_code == 401
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_head_is_get_without_the_body(served: Served) -> None:
    """On one connection, which stays open: uptime checkers ask this way."""
    client, url = served.client("admin"), urlsplit(served.url)
    whole = client.get("/api/customers/segments")
    con = HTTPConnection(str(url.hostname), url.port, timeout=30)
    con.connect()
    connection = con.sock
    for path, status in (
        ("/api/customers/segments", 200),
        ("/api/health", 200),
        ("/api/customers/C999999", 404),
        ("/", 0),
    ):
        con.request("HEAD", path, headers=dict(client.headers))
        head = con.getresponse()
        assert (head.status, head.read()) == (status or head.status, b"")
        if path == "/api/customers/segments":
            assert head.headers["content-length"] == whole.headers["content-length"]
    assert con.sock is connection
    con.close()
    assert served.client(None).head("/api/customers").status_code == 401
    counted = {(each["method"], each["route"]) for each in client.get("/api/status").json()["operations"]}
    assert ("HEAD", "/api/health") in counted


def test_an_answer_that_breaks_off_counts_as_failed(served: Served) -> None:
    """The client got a 200 and half a body: availability counts what it saw, unless it left by itself."""

    async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        if scope["path"] == "/left":
            await receive()
        scope["route"] = SimpleNamespace(path=f"/test{scope['path']}")

    async def ask(path: str) -> None:
        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        async def send(_: object) -> None: ...

        app = SimpleNamespace(state=SimpleNamespace(activity=SimpleNamespace(observe=lambda _: None)))
        await request_stats.Observe(break_off)(
            {"type": "http", "method": "GET", "path": path, "headers": [], "app": app}, receive, send
        )

    for path in ("/broken", "/left"):
        asyncio.run(ask(path))
    stats = request_stats.read_stats()
    assert (stats["GET", "/test/broken"].failed, stats["GET", "/test/left"].failed) == (1, 0)


AMBIGUOUS = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: +5",
    "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked", "Content-Length: 5\r\n Transfer-Encoding: chunked",
]  # fmt: skip


@pytest.mark.parametrize("headers", AMBIGUOUS)
def test_where_a_request_ends_is_never_in_doubt(served: Served, headers: str) -> None:
    """Request smuggling: of two requests in one, the second must not be answered."""
    url = urlsplit(served.url)
    smuggled = f"0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=30) as con:
        con.sendall(f"POST /api/auth/refresh HTTP/1.1\r\nHost: {url.netloc}\r\n{headers}\r\n\r\n{smuggled}".encode())
        con.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: con.recv(1 << 16), b""))
    assert answer.startswith(b"HTTP/1.1 400") and b"healthy" not in answer


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND", "FOO", "CONNECT"])
def test_odd_methods_are_refused(served: Served, method: str) -> None:
    url = urlsplit(served.url)
    with socket.create_connection((url.hostname, url.port)) as con:
        con.sendall(f"{method} /api/health HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode())
        status = con.recv(200).split(b" ")[1]
    assert status in (b"405", b"400")


def test_a_method_an_operation_does_not_have_is_405(served: Served) -> None:
    answer = served.client("admin").delete("/api/health")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("query, parameter", [("limitt=5", "limitt"), ("limit=5&limit=6", "limit"), ("q=a&q=b", "q")])
def test_parameters_unknown_or_given_twice_are_named(served: Served, query: str, parameter: str) -> None:
    answer = served.client("admin").get(f"/api/customers?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_no_operation_takes_unknown_parameters(served: Served) -> None:
    client = served.client("admin")
    for route, _ in operations(resource.router for resource in RESOURCES):
        for method in route.methods or ():
            answer = client.request(method, fill_path(route.path, served), params={"surprise": "1"})
            assert answer.status_code == 400 and answer.json()["parameter"] == "surprise", (method, route.path)


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "x" * 9000])
def test_odd_queries_are_refused(served: Served, query: str) -> None:
    assert served.client("admin").get(f"/api/customers?{query}").status_code == 400


def test_an_address_is_decoded_once(served: Served) -> None:
    """`%2500` is the text `%00`, and `C%2530` no customer: decoded twice, they would be a NUL and a digit."""
    client = served.client("admin")
    assert client.get("/api/customers?q=%2500").json()["total"] == 0
    number = served.customers["rep"][0]
    written = "".join(f"%{ord(letter):02X}" for letter in number)
    assert client.get(f"/api/customers/{written}").status_code == 200
    assert client.get(f"/api/customers/{written.replace('%', '%25')}").status_code in (400, 404)


def test_there_are_no_pages_for_developers(served: Served) -> None:
    client = served.client("admin")
    for path in ("/api/docs", "/api/redoc", "/docs", "/redoc", "/openapi.json", "/api/debug", "/debug", "/.git/config"):
        answer = client.get(path)
        assert "swagger" not in answer.text.lower() and "[core]" not in answer.text
        assert answer.status_code in (404, 503) or "<title>Foresell</title>" in answer.text, path


def test_an_unexpected_error_is_logged_and_says_nothing(served: Served) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("select secret from /home/canary")

    logs.configure()
    with capture_logs() as lines:
        answer = asgi(build_guard(fail, served), "GET", "/x")
    assert (answer.status_code, answer.json()["error"]) == (500, "Internal server error")
    assert "canary" not in answer.text and "Runtime" not in answer.text and "Traceback" not in answer.text
    [line] = lines
    assert (line["log_level"], line["kind"], line["action"]) == ("error", "RuntimeError", "request")
    assert "canary" not in str(line)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                {"origin": "null"}],
)  # fmt: skip
def test_other_sites_change_nothing(served: Served, headers: dict[str, str]) -> None:
    answer = served.client("admin").post("/api/export/customers", json={}, headers=headers)
    assert answer.status_code == 403


HOSTS = [
    ("localhost", 401), ("localhost:8000", 401), ("127.0.0.1:9", 401), ("[::1]:8000", 401), ("10.2.3.4", 401),
    ("sales.shop.example", 401), ("SALES.shop.example.:443", 401), ("foresell:8000", 401), ("evil.example", 421),
    ("localhost.evil.example", 421), ("evil.example:8000", 421), ("", 421), ("[::1", 421), ("localhost@evil.example", 421),
]  # fmt: skip


@pytest.mark.parametrize(("host", "status"), HOSTS)
def test_a_host_that_is_not_ours_is_refused(served: Served, host: str, status: int) -> None:
    app = create_app(replace(served.settings, public_url="https://sales.shop.example", hosts=("foresell",)))
    answer = asgi(app, "GET", "/api/customers", headers={"host": host})
    assert answer.status_code == status


def test_health_answers_under_any_host_name(served: Served) -> None:
    for path in ("/api/health", "/api/health/live"):
        assert served.client(None).get(path, headers={"host": "10-2-3-4.pods.example"}).status_code == 200


def test_other_sites_read_nothing(served: Served) -> None:
    answer = served.client("admin").get("/api/customers", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def asgi(app: Any, method: str, path: str, **options: Any) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())


def test_a_site_that_was_let_in_gets_in_without_cookies(served: Served) -> None:
    app = create_app(Settings(home=served.settings.home, cors_origins=("https://partner.example",)))
    requested = {"origin": "https://partner.example", "access-control-request-method": "POST",
             "access-control-request-headers": "authorization"}  # fmt: skip
    answer = asgi(app, "OPTIONS", "/api/export/customers", headers=requested)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://partner.example"
    assert "access-control-allow-credentials" not in answer.headers
    assert (
        asgi(
            app, "OPTIONS", "/api/export/customers", headers={**requested, "origin": "https://evil.example"}
        ).status_code
        == 400
    )


class Slow:
    """An app that does not answer for a minute, and one that answers slowly after it has started to."""

    def __init__(self, begins: bool) -> None:
        self.begins = begins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.4 if self.begins else 60)
        if self.begins:
            await send({"type": "http.response.body", "body": b"done"})


def build_guard(app: Any, served: Served) -> RequestValidation:
    return RequestValidation(app, Limits(served.settings), lambda scope: True, answer_seconds=0.1)


def test_what_takes_too_long_is_stopped(served: Served) -> None:
    started = time.monotonic()
    answer = asgi(build_guard(Slow(begins=False), served), "GET", "/x")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert time.monotonic() - started < 30, "half of what the app would take"


def test_what_has_started_may_take_its_time(served: Served) -> None:
    assert asgi(build_guard(Slow(begins=True), served), "GET", "/x").text == "done"


def send_piecemeal(con: socket.socket, piece: bytes, pieces: int = 1500) -> bytes:
    """Send a piece 50 times a second until the server says something; returns what it says, or nothing when it hangs up."""
    con.settimeout(0.02)
    for _ in range(pieces):
        with suppress(TimeoutError):
            return con.recv(100)
        con.sendall(piece)
    con.settimeout(60)
    return con.recv(100)


def test_slow_clients_are_dropped(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("HEAD_SECONDS", "BODY_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(slow_clients, limit, 0.3)
    body = b"POST /api/auth/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 40000\r\n\r\n"
    with running(served.settings) as url, ExitStack() as stack:

        def connect(begin: bytes = b"") -> socket.socket:
            con = stack.enter_context(socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=60))
            con.sendall(begin)
            return con

        assert connect().recv(1) == b"", "nothing was asked, nothing is answered"
        assert send_piecemeal(connect(b"GET /api/health HTTP/1.1\r\nx: "), b"x").startswith(b"HTTP/1.1 408")
        assert send_piecemeal(connect(body), b"x").startswith(b"HTTP/1.1 408")
        steady = send_piecemeal(connect(body), b"x" * 1000, pieces=40)
        assert steady.startswith(b"HTTP/1.1 400"), "it is no JSON, but it came fast enough"
        unread = connect(b"GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 20)
        with pytest.raises(ConnectionError):
            for _ in range(1500):
                unread.sendall(b"x")
                time.sleep(0.02)


def test_a_request_sent_along_with_another_has_time_for_its_body(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its head is there: the time limit for heads is over for it."""
    two = b"GET /api/health HTTP/1.1\r\nhost: localhost\r\n\r\nPOST /api/auth/sign-in HTTP/1.1\r\nhost: localhost\r\n"
    with running(served.settings) as url, socket.create_connection(("127.0.0.1", urlsplit(url).port)) as con:
        con.sendall(two + b"content-type: application/json\r\ncontent-length: 3\r\n\r\n")
        first = HTTPResponse(con)
        first.begin()
        assert (first.status, first.read() != b"") == (200, True)
        monkeypatch.setattr(slow_clients, "HEAD_SECONDS", 0.01)
        con.sendall(b"x")
        con.settimeout(0.5)
        with pytest.raises(TimeoutError):
            con.recv(100)
        con.settimeout(60)
        con.sendall(b"yz")
        assert con.recv(100).startswith(b"HTTP/1.1 400")


def test_a_query_no_one_waits_for_is_interrupted(served: Served) -> None:
    from foresell.api.http.app_state import _interruptible
    from foresell.snapshot.reader import Scope, ScopedSnapshot

    file = next(served.settings.snapshots.glob("run-*.duckdb"))
    snapshot = ScopedSnapshot(file, 1)
    endless = "select count(*) from range(100000000000) as a (x) where x % 7 = sqrt(x)"

    async def ask() -> None:
        async with asyncio.timeout(0.3):
            await _interruptible(snapshot, Scope.everyone(), lambda con: con.execute(endless).fetchall())

    with pytest.raises(TimeoutError):
        asyncio.run(ask())
    deadline = time.monotonic() + 60
    while not any(snapshot._idle.values()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert any(snapshot._idle.values()), "the query still runs"
    snapshot.close()
