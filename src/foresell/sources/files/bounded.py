"""Runs a parser of untrusted files in a child process with limits of its own; its death is a sentence, never ours."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from foresell.errors import BadInput
from foresell.sources.files.child_limits import RAISED
from foresell.types import Progress, no_progress

MIB, GIB = 1 << 20, 1 << 30
_LEAST_SECONDS, _SECONDS_PER_MIB, _MOST_SECONDS = 60, 10, 3600
_WAIT = 4  # a busy machine gives a child a part of a processor: it may take this many times its processor time
_LOOK_EVERY = 0.2
_OUT_OF_MEMORY = (b"memory allocation", b"memoryerror", b"bad_alloc", b"capacity overflow", b"out of memory")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a parser may use: `memory` and `expanded` (what it makes of the file) in bytes.

    `progress` is called while a child works; an exception from it ends the child.
    """

    memory: int = GIB
    expanded: int = 16 * GIB
    progress: Progress = no_progress


def build_limits(memory_gib: float, progress: Progress) -> Limits:
    """The limits of a load: a parser may use as much memory as its DuckDB, and 16 times as much disk."""
    memory = max(int(memory_gib * GIB), 256 * MIB)
    return Limits(memory, 16 * memory, progress)


class _OutOfMemory(Exception):
    """The child says so itself."""


class Answers:
    """The answers of a child, in order."""

    def __init__(self, file: io.BufferedReader[_Pipe], name: str) -> None:
        self._file = file
        self._name = name
        self.done = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while line := self._file.readline():
            answer = json.loads(line)
            if "done" in answer:
                self.done = True
                return
            if "error" not in answer:
                yield answer
            elif answer["error"] in RAISED:
                raise RAISED[answer["error"]](answer["message"], remedy=answer["remedy"])
            elif answer["error"] == "MemoryError":
                raise _OutOfMemory
            elif answer["error"] == "OSError":
                raise OSError(answer["number"], answer["message"])
            else:
                raise BadInput(
                    f"{self._name} is damaged or not what it seems ({answer['message']}).", remedy="Export it again."
                )

    def read_rows(self) -> pa.RecordBatchReader:
        """The rows that follow an answer with `rows`; they must be read before the next answer."""
        return pa.ipc.open_stream(self._file)


@contextmanager
def run_reader(
    module: str, path: Path, name: str, limits: Limits, *, memory: int | None = None, **request: Any
) -> Iterator[Answers]:
    """Run the module foresell.sources.files.`module` on a file and yield its answers; the child ends with the block.

    `memory` is the child's limit where it is less than that of `limits`. Raises BadInput when the child exceeds a
    limit or dies, naming the file as `name`.
    """
    memory = min(limits.memory, memory or limits.memory)
    seconds = min(_MOST_SECONDS, _LEAST_SECONDS + _SECONDS_PER_MIB * path.stat().st_size // MIB)
    sent = {"path": str(path.absolute()), "name": name, "memory": memory, "seconds": seconds, **request}
    sent |= {"parent": os.getpid(), "expanded": limits.expanded}
    command = [sys.executable, "-P", "-m", f"foresell.sources.files.{module}", json.dumps(sent)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=_build_environment()
        )
        pipe = _Pipe(process, name, limits, time.monotonic() + _WAIT * seconds)
        try:
            with io.BufferedReader(pipe, MIB) as file:
                answers = Answers(file, name)
                yield answers
                for _ in answers if not answers.done else ():
                    pass  # what the caller did not want to hear
        except _OutOfMemory:
            raise _describe_excess(name, memory, limits) from None
        except Exception:
            if pipe.fault:  # libraries wrap what a progress callback raises
                raise pipe.fault from None
            if process.poll():
                raise _describe_death(name, process, memory, limits, errors) from None
            raise
        else:
            if not answers.done:
                raise _describe_death(name, process, memory, limits, errors)
        finally:
            process.kill()
            process.wait()


def _build_environment() -> dict[str, str]:
    """No secrets for a process that reads what strangers wrote."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LD_LIBRARY_PATH") or k.startswith("PYTHON")}
    # the other memory pools reserve more than they use, which the limit would count
    return {**kept, "ARROW_DEFAULT_MEMORY_POOL": "system", "RUST_BACKTRACE": "0", "OPENBLAS_NUM_THREADS": "1"}


def _describe_excess(name: str, memory: int, limits: Limits) -> BadInput:
    if memory < limits.memory:
        return BadInput(
            f"{name} would need more than {memory // MIB:,} MiB of memory, far more than its contents: it has cells"
            " far outside its table.",
            remedy="Delete the empty rows and columns beyond the table, or save the sheet as CSV and load that.",
        )
    return BadInput(
        f"{name} needs more than the {memory // MIB:,} MiB of memory that reading it may use.",
        remedy="Save it as CSV and load that, or raise FORESELL_MEMORY_GIB.",
    )


def _describe_death(
    name: str, process: subprocess.Popen[bytes], memory: int, limits: Limits, errors: IO[bytes]
) -> BadInput:
    code = process.wait()
    errors.seek(0)
    output = errors.read(MIB).lower()
    if any(words in output for words in _OUT_OF_MEMORY):
        return _describe_excess(name, memory, limits)
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _describe_delay(name)
    return BadInput(
        f"{name} is damaged: the program that reads it ended (code {code}).",
        remedy="Open it, save it again, and load that.",
    )


def refuse_size(name: str, limits: Limits) -> BadInput:
    """The error for a file that expands beyond its limit."""
    return BadInput(
        f"{name} becomes more than {limits.expanded // MIB:,} MiB when it is read.",
        remedy="Split it, or raise FORESELL_MEMORY_GIB.",
    )


def _describe_delay(name: str) -> BadInput:
    return BadInput(f"{name} takes too long to read: it was stopped.", remedy="Save the table as CSV and load that.")


class _Pipe(io.RawIOBase):
    """A child's output, read with a deadline and a limit on its size; waiting calls the progress callback."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, limits: Limits, deadline: float) -> None:
        stream = process.stdout
        if stream is None:
            raise ValueError("the child has no pipe")
        self._stream: IO[bytes] = stream
        self._ready = select.poll()  # select.select() fails in a process with more than 1,024 open files
        self._ready.register(stream, select.POLLIN)
        self._name, self._limits, self._deadline = name, limits, deadline
        self._received, self._looked = 0, 0.0
        self.fault: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._ready.poll(1000 * _LOOK_EVERY):
                self._look()
            if time.monotonic() > self._looked + _LOOK_EVERY:
                self._look()
            got = os.readv(self._stream.fileno(), [buffer])
            self._received += got
            if self._received > self._limits.expanded:
                raise refuse_size(self._name, self._limits)
        except Exception as fault:
            self.fault = fault
            raise
        return got

    def _look(self) -> None:
        self._looked = time.monotonic()
        self._limits.progress(self._received, None, "bytes")
        if self._looked > self._deadline:
            raise _describe_delay(self._name)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
