"""An HTTP server on 127.0.0.1 that plays faults, and keeps a journal of the calls it got."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the imitation got. `fault`: what it played instead of an answer."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    fault: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `body` as JSON, or a text as it is."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


#: The faults that any service may have; a share of the calls gets one of them.
FAULTS = ("429 with Retry-After", "429", "500", "503 as a page", "cut body", "dropped connection")

Handle = Callable[[str, str, Mapping[str, str], Mapping[str, str]], Reply]


class Imitation:
    """A server for `handle(method, path, parameters, headers)`. `fault_share` of the calls fail, as `random` says.

    As a context manager it serves at `url` until the end.
    """

    def __init__(self, handle: Handle, *, seed: int = 1, fault_share: float = 0.0) -> None:
        self.handle, self.fault_share = handle, fault_share
        self.random = Random(seed)  # noqa: S311 - chooses faults
        self.calls: list[Call] = []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> tuple[Reply, str | None]:
        url = urlsplit(target)
        params = dict(parse_qsl(url.query)) | dict(parse_qsl(content.decode("utf-8", "replace")))
        with self.lock:
            fault = self.random.choice(FAULTS) if self.random.random() < self.fault_share else None
            self.calls.append(Call(method, url.path, params, dict(headers), fault))
            if fault in FAULTS[:4]:
                wait = {"Retry-After": "1"} if fault == FAULTS[0] else {}
                status = int(fault[:3]) if fault else 500
                body: Any = "<html>Service unavailable</html>" if status == 503 else {"error": "try again"}
                return Reply(status, body, wait), fault
            return self.handle(method, url.path, params, headers), fault

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        imitation = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # otherwise each answer waits 40 ms for its second part

            def do_GET(self) -> None:
                self._reply("GET")

            def do_POST(self) -> None:
                self._reply("POST")

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the journal has it."""

            def _reply(self, method: str) -> None:
                content = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1 << 20))
                reply, fault = imitation._answer(method, self.path, dict(self.headers), content)
                if fault == "dropped connection":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                data = body.encode()
                self.send_response(reply.status)
                self.send_header("Content-Type", "text/html" if isinstance(reply.body, str) else "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if fault == "cut body" else data)
                if fault == "cut body":
                    self.close_connection = True

        return Handler
