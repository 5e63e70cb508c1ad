"""A disk that is really full: a small file system of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = """
import os, sys
from contextlib import suppress
from pathlib import Path

def fill_disk():
    with Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))

full_before = sys.argv[1] == "before"
if full_before:
    fill_disk()
from foresell.api.http import request_stats
request_stats._counters("GET", "/first", 200)[1].inc()
fill_disk()
for number in range(500):
    seconds, requests = request_stats._counters("GET", f"/{number}", 200)
    seconds.observe(1)
    requests.inc()
assert full_before or ("GET", "/first") in request_stats.read_stats()
print("alive")
"""


@pytest.mark.parametrize("full", ["before", "later"])
def test_counting_survives_a_full_disk(tmp_path: Path, full: str) -> None:
    """A process that writes to a mapped file without space is killed by the kernel: the API must not be."""
    disk = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    namespace = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]
    result = subprocess.run(
        [*namespace, "sh", "-c", '"$@" || exit 77; exec "$PYTHON" -c "$CODE" "$FULL"', "sh", *disk],
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "CODE": COUNT,
            "FULL": full,
            "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    if result.returncode == 77 or result.stderr.startswith("unshare:"):
        pytest.skip(f"this machine allows no file system of one's own: {result.stderr.strip()}")
    assert (result.returncode, result.stdout) == (0, "alive\n"), result.stderr[-2000:]
