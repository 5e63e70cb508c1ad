"""Temporary folders, each named after its process, so that those of killed processes can be found and deleted."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foresell.errors import DiskTrouble


@contextmanager
def temporary_folder(work: Path, purpose: str) -> Iterator[Path]:
    """An empty folder below `work`, deleted when the block ends. Raises DiskTrouble when it cannot be created."""
    try:
        work.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", suffix=f"-{os.getpid()}", dir=work))
    except OSError as error:
        raise DiskTrouble(
            f"Foresell cannot write to {work}: {error.strerror}.",
            remedy="Free some space, or point FORESELL_HOME to a folder that you can write to.",
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_temporary_folders(work: Path) -> None:
    """Delete the temporary folders of processes that have ended."""
    for folder in work.glob("*-*"):
        pid = folder.name.rsplit("-", 1)[-1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
