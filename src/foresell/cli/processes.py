"""Processes that are kept alive: started together, brought back when they die, stopped in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from foresell.errors import ForesellError
from foresell.parent_watch import GO

#: A process that ends sooner than this did not really start; so many times in a row are no accident.
SHORT_LIFE_SECONDS = 2.0
SHORT_LIVES = 5


@dataclass
class Kept:
    """One process to keep alive: a module of ours, its arguments, the descriptors it inherits.

    It is started waiting (see foresell.parent_watch), so that its imports overlap with whatever comes first.
    """

    name: str
    module: str
    arguments: Sequence[str] = ()
    descriptors: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 15.0
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    short_lives: int = 0

    def start(self) -> None:
        """Start it; it waits for `go`. In a session of its own: Ctrl-C is for whoever keeps it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            stdin=subprocess.PIPE,
            pass_fds=self.descriptors,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        self.born = time.monotonic()

    def go(self) -> None:
        """Tell it to begin."""
        assert self.process and self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.write(GO)
            self.process.stdin.flush()

    def look(self) -> int | None:
        """Bring it back if it died; then the process id that is gone. Raises ForesellError when it never stays."""
        if self.process is None or self.process.poll() is None:
            return None
        gone, lived = self.process.pid, time.monotonic() - self.born
        if self.process.stdin:
            self.process.stdin.close()
        self.short_lives = self.short_lives + 1 if lived < SHORT_LIFE_SECONDS else 0
        if self.short_lives >= SHORT_LIVES:
            raise ForesellError(
                f"The {self.name} does not stay up (exit code {self.process.returncode}).",
                remedy="Read what it printed above, then: foresell doctor",
            )
        self.start()
        self.go()
        return gone

    def ask_to_stop(self) -> None:
        """Ask it to finish what is under way and leave."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stopped(self) -> None:
        """Wait until it is gone; what takes too long is killed, which every process of ours survives unharmed."""
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


def stop(kept: Sequence[Kept]) -> None:
    """Stop these together, and wait for all."""
    for each in kept:
        each.ask_to_stop()
    for each in kept:
        each.stopped()


def forget_gauges(folder: Path, process_id: int) -> None:
    """Delete the live gauges a dead process left for /metrics."""
    for file in folder.glob(f"gauge_live*_{process_id}.db"):
        file.unlink(missing_ok=True)
