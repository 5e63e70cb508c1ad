"""Runs the worker next to a served API, and waits for the results of its jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from foresell.parent_watch import GO
from foresell.settings import Settings
from tests.support.served import Served


class Worker:
    """The worker as `foresell up` starts it."""

    def __init__(self, home: Served | Settings) -> None:
        settings = home if isinstance(home, Settings) else home.settings
        environment = {**os.environ, "FORESELL_HOME": str(settings.home), "FORESELL_MEMORY_GIB": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "foresell.worker"], env=environment, stdin=subprocess.PIPE
        )
        assert self.process.stdin
        self.process.stdin.write(GO)
        self.process.stdin.flush()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def wait_until(look: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true result of `look`. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("the condition did not hold in time")
