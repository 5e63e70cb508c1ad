"""schemathesis on operations, alone and in sequences: no server error and no status that the contract does not document.

The control is the same tool with the same options on an operation that fails, and on one with an undocumented status.
Used by `tests/drills/hostile_requests.py` (everything) and by `tests/api/test_fuzzing.py` (a little of it).
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

#: For a test that must end soon: the event stream lasts nine minutes; starting and publishing runs keeps the worker busy.
LEFT_OUT = (
    "--exclude-path",
    "/api/stream",
    "--exclude-operation-id",
    "start_run",
    "--exclude-operation-id",
    "publish_run",
)
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
#: What schemathesis returns where it found a fault; anything else but 0 says that it could not test.
FAULTS_FOUND = 1


def fuzz(
    contract: str, key: str, examples: int, *more: str, seed: int = 1, environment: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run schemathesis. Returns its exit status (0: no fault found, 1: faults) and its summary, or why it could not test."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", contract, "--checks", CHECKS, "--phases",
        "examples,coverage,fuzzing,stateful", "-n", str(examples), "--seed", str(seed), "--no-shrink", "--continue-on-failure",
        "--suppress-health-check", "all", "--no-color", "--wait-for-schema", "60", "--request-timeout", "60", *(("-H", f"Authorization: Bearer {key}") if key else ()), *more,
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=folder, env={**os.environ, **(environment or {})}
        )
    _, failures, summary = done.stdout.partition("== FAILURES")
    return done.returncode, (failures + summary)[:20_000] or (done.stdout + done.stderr)[-2_000:]


def serve_planted_faults() -> tuple[str, tuple[str, ...]]:
    """Serve an app with planted faults. Returns its address and the paths of the faults."""
    app = FastAPI()

    @app.get("/fails")
    def fails(number: int) -> float:
        return 1 / (number if number != 0 else 0)

    @app.get("/undocumented")
    def undocumented(number: int) -> Response:
        return Response(status_code=418)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    return f"http://127.0.0.1:{port}", ("/fails", "/undocumented")


def count_cases(summary: str) -> int:
    """The number of requests that schemathesis says it generated."""
    return int((re.search(r"(\d+) generated", summary) or ["", "0"])[1])
