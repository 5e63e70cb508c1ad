"""Which process is the PostgreSQL server of a data folder, as the kernel says: by its executable and its current folder.

A number in a pid file is no proof. After a reboot another process may have it, and in the copy of a home it is that of the
original's server. (The start time in the file is not compared: setting the clock moves it.)
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def find_server(data: Path) -> int | None:
    """The process id in the data folder's pid file, if that process is the folder's server; else None."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        title = (PROC / str(pid) / "cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    is_backend = title.startswith(b"postgres: ")
    return pid if not is_backend and _runs_on(PROC / str(pid), data) else None


def has_processes(data: Path) -> bool:
    """Whether any process of PostgreSQL works on the data folder: its server, or what a killed server left behind."""
    return any(_runs_on(process, data) for process in PROC.iterdir() if process.name.isdigit())


def _runs_on(process: Path, data: Path) -> bool:
    """Whether it is PostgreSQL in this very folder. Of a process that has ended or is not ours, nothing can be read: no."""
    with suppress(OSError):
        return (process / "exe").readlink().name.startswith("postgres") and (process / "cwd").samefile(data)
    return False
