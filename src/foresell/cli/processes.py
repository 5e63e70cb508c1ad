"""Child processes that are kept running: started together, restarted when they die, stopped in order."""

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

#: A process that ends sooner than SHORT_LIFE_SECONDS has failed to start; after SHORT_LIVES in a row it is not restarted.
SHORT_LIFE_SECONDS = 2.0
SHORT_LIVES = 5


@dataclass
class SupervisedProcess:
    """One child process: a module of Foresell, its arguments, and the file descriptors it inherits.

    It starts in a waiting state (see foresell.parent_watch), so that its imports overlap with other start-up work.
    """

    name: str
    module: str
    arguments: Sequence[str] = ()
    descriptors: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 15.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    short_lives: int = 0

    def start(self) -> None:
        """Start the process; it waits for `start_work`. In a session of its own, so that Ctrl-C reaches only the supervisor."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            stdin=subprocess.PIPE,
            pass_fds=self.descriptors,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        self.started_at = time.monotonic()

    def start_work(self) -> None:
        """Let the process start its work."""
        assert self.process and self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.write(GO)
            self.process.stdin.flush()

    def restart_if_dead(self) -> int | None:
        """Returns the process id of the dead process when it was restarted, else None.

        Raises ForesellError when the process keeps dying right after its start.
        """
        if self.process is None or self.process.poll() is None:
            return None
        dead, lifetime = self.process.pid, time.monotonic() - self.started_at
        if self.process.stdin:
            self.process.stdin.close()
        self.short_lives = self.short_lives + 1 if lifetime < SHORT_LIFE_SECONDS else 0
        if self.short_lives >= SHORT_LIVES:
            raise ForesellError(
                f"The {self.name} keeps stopping (exit code {self.process.returncode}).",
                remedy="Read its output above, then: foresell doctor",
            )
        self.start()
        self.start_work()
        return dead

    def terminate(self) -> None:
        """Ask the process to finish its current work and exit."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait until the process has exited. After `stop_seconds` it is killed, which loses no committed work."""
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


def stop_all(processes: Sequence[SupervisedProcess]) -> None:
    """Stop these processes together and wait for all of them."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


def delete_gauges(folder: Path, process_id: int) -> None:
    """Delete the live gauges that a dead process left for /metrics."""
    for file in folder.glob(f"gauge_live*_{process_id}.db"):
        file.unlink(missing_ok=True)
