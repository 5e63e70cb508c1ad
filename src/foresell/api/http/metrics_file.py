"""The file that a process counts in, for /metrics of all processes: its disk space is taken before it is written to.

prometheus_client maps sparse files into memory. On a full disk the kernel ends a process that writes to a part of such a file
that has no space yet (SIGBUS).
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

RESERVED_BYTES = 1 << 18
#: What an entry needs besides its key: length, padding, value and time.
ENTRY_BYTES = 32


class ReservedFile(MmapedDict):
    """Where the disk has no space, counting goes on in memory: this process's counts are then missing from /metrics."""

    def __init__(self, filename: str) -> None:
        super().__init__(_reserve(filename))  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        """Make a new entry, and space for it."""
        if self._used + len(key.encode()) + ENTRY_BYTES > self._capacity:
            self._grow()
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self) -> None:
        content, self._capacity = self._m[:], self._capacity * 2
        try:
            os.posix_fallocate(self._f.fileno(), 0, self._capacity)
        except OSError:
            self._f.close()
            self._f = os.fdopen(os.memfd_create("metrics"), "w+b")
            self._f.truncate(self._capacity)
        self._m = mmap.mmap(self._f.fileno(), self._capacity)
        self._m[: len(content)] = content


def _reserve(filename: str) -> str:
    """The file, with its space; on a full disk the name of a file in memory."""
    try:
        with Path(filename).open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
        return filename
    except OSError:
        with suppress(OSError):
            Path(filename).unlink()
        return f"/proc/self/fd/{os.memfd_create('metrics')}"


def install() -> None:
    """Have prometheus_client count in such files; before any metric is defined."""
    values.MmapedDict = ReservedFile  # type: ignore[attr-defined, assignment]
