"""schemathesis on every operation, alone and in sequences: no server error and no status that the contract does not document.

    .venv/bin/python -m benchmarks.fuzzing URL KEY [--examples 60]

URL: a running Foresell whose data may be changed; KEY: an API key with every permission a key can have. The control is the
same tool with the same options on an operation that fails, and on one with an undocumented status.
"""

from __future__ import annotations

import argparse
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

#: The event stream never ends; starting and publishing runs would keep the worker busy all the time.
LEFT_OUT = (
    "--exclude-path",
    "/api/stream",
    "--exclude-operation-id",
    "start_run",
    "--exclude-operation-id",
    "publish_run",
)
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
LEAST = 10_000
#: What schemathesis returns where it found a fault; anything else but 0 says that it could not test.
FAULTS_FOUND = 1


def main() -> int:
    """Returns 1 when a fault was found, there were too few cases, or a planted fault was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzzing")
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--examples", type=int, default=60)
    arguments = parser.parse_args()
    url, faults = serve_planted_faults()
    missed = [path for path in faults if fuzz(f"{url}/openapi.json", "", 5, "--include-path", path)[0] != FAULTS_FOUND]
    print(f"control: {len(faults) - len(missed)} of {len(faults)} planted faults found", flush=True)
    code, summary = fuzz(f"{arguments.url}/api/openapi.json", arguments.key, arguments.examples, *LEFT_OUT)
    print(summary)
    cases = int((re.search(r"(\d+) generated", summary) or ["", "0"])[1])
    return int(bool(missed) or code != 0 or cases < LEAST)


def fuzz(contract: str, key: str, examples: int, *more: str) -> tuple[int, str]:
    """Run schemathesis. Returns its exit status (0: no fault found, 1: faults) and its summary, or why it could not test."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", contract, "--checks", CHECKS, "--phases",
        "examples,coverage,fuzzing,stateful", "-n", str(examples), "--seed", "1", "--no-shrink", "--continue-on-failure",
        "--suppress-health-check", "all", "--no-color", "--wait-for-schema", "60", "--request-timeout", "60", "-H", f"Authorization: Bearer {key}", *more,
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
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


if __name__ == "__main__":
    raise SystemExit(main())
