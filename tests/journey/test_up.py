"""`foresell up` as users run it: it answers soon, restarts processes that die, and lets current requests finish."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from foresell.database import Database
from foresell.settings import Settings
from foresell.store import embedded

pytestmark = pytest.mark.slow_proof

#: Seconds to wait for steps that take two on an idle machine.
PATIENCE = 60.0


@dataclass
class Up:
    """One `foresell up`, and what it printed."""

    process: subprocess.Popen[str]
    url: str
    output: str

    def children(self, module: str) -> list[psutil.Process]:
        found = []
        for each in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # also of zombies
                if f"foresell.{module}" in each.cmdline():
                    found.append(each)
        return found

    def answers(self) -> bool:
        try:
            return bool(httpx2.get(f"{self.url}/api/health", timeout=1).json()["database"])
        except (httpx2.TransportError, ValueError, KeyError):
            return False


def wait_until(condition: object, seconds: float) -> None:
    """Wait until the condition holds."""
    started = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - started < seconds, "the condition did not hold in time"
        time.sleep(0.02)


def start(home: Path, port: int) -> Up:
    environment = {**os.environ, "FORESELL_HOME": str(home), "FORESELL_PORT": str(port), "FORESELL_MEMORY_GIB": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "foresell", "up"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    output = ""
    while "Stop with" not in output:
        line = process.stdout.readline()
        assert line, "foresell up ended"
        output += line
    url = re.search(r"http://localhost:\d+", output)
    assert url
    up = Up(process, url[0], output)
    wait_until(up.answers, PATIENCE)
    return up


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def up(settings: Settings, database: Database) -> Iterator[Up]:
    embedded.stop(settings.home)
    one = start(settings.home, free_port())
    yield one
    if one.process.poll() is None:
        one.process.terminate()
    one.process.wait(60)


def test_it_answers_on_this_machine_only(up: Up) -> None:
    port = int(up.url.rsplit(":", 1)[1])
    addresses = {each.laddr.ip for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == port}
    assert addresses == {"127.0.0.1"}


def test_killed_processes_are_restarted(up: Up, settings: Settings) -> None:
    """kill -9 of one API process, of all, of the worker, of the database: Foresell answers again and the worker runs."""
    for victims in ("one", "all", "worker", "database", "all", "database"):
        if victims == "database":
            process_id = embedded.process_id(settings.home)
            assert process_id
            os.kill(process_id, signal.SIGKILL)
        else:
            found = up.children("worker" if victims == "worker" else "api.serve")
            for each in found[:1] if victims == "one" else found:
                each.kill()
        time.sleep(0.05)
        wait_until(up.answers, PATIENCE)
        wait_until(lambda: len(up.children("api.serve")) == 2 and up.children("worker"), PATIENCE)


def test_a_taken_port_is_no_obstacle(settings: Settings, database: Database) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        one = start(settings.home, taken)
    assert str(taken) not in one.url
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(60) == 0


def test_requests_under_way_finish_and_streams_end(up: Up) -> None:
    """Foresell is stopped while the body of a request still arrives: the request is answered anyway."""
    token = re.search(r"token=(\S+)", up.output)
    assert token, "no user exists yet, so a sign-in link is printed"
    signed_in = httpx2.post(f"{up.url}/api/auth/link", json={"token": token[1]})
    assert signed_in.status_code == 200, signed_in.text
    headers = {"authorization": f"Bearer {signed_in.json()['access_token']}"}
    heard: list[str] = []
    streaming = threading.Thread(target=listen, args=(up.url, headers, heard))
    streaming.start()
    wait_until(lambda: heard, PATIENCE)
    with socket.create_connection(("127.0.0.1", int(up.url.rsplit(":", 1)[1]))) as half:
        body = b'{"email": "unknown@example.com", "password": "not the right one"}'
        head = f"POST /api/auth/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        half.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        up.process.terminate()
        time.sleep(1)
        half.sendall(body[10:])
        half.settimeout(60)
        assert half.recv(12) == b"HTTP/1.1 401"
    assert up.process.wait(60) == 0
    streaming.join(60)
    assert not streaming.is_alive()


def listen(url: str, headers: dict[str, str], heard: list[str]) -> None:
    with httpx2.stream("GET", f"{url}/api/stream", headers=headers, timeout=30) as answer:
        for line in answer.iter_lines():
            heard.append(line)


def test_children_end_with_their_parent(up: Up) -> None:
    children = [*up.children("api.serve"), *up.children("worker")]
    assert len(children) == 3
    up.process.kill()
    wait_until(lambda: not any(each.is_running() and each.status() != "zombie" for each in children), PATIENCE)
