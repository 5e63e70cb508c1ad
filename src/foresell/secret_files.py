"""Files of secrets: complete or absent, also after a power failure, and readable by their owner only."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_once(file: Path, content: bytes) -> None:
    """Write a file that is never changed. If two processes write the same file, the first one's content stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".draft-", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    with suppress(FileExistsError):
        os.link(draft.name, file)
    Path(draft.name).unlink()
    _sync_folder(file.parent)


def destroy(file: Path) -> None:
    """Overwrite a file and delete it. Raises FileNotFoundError."""
    with file.open("r+b") as content:
        content.write(os.urandom(file.stat().st_size))
        content.flush()
        os.fsync(content.fileno())
    file.unlink()
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
