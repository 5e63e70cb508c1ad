"""Files of secrets: complete or absent, also after a power failure, and readable by their owner only."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

#: What new files and folders grant to other users: nothing.
UMASK = 0o077
#: The folders of a home. The home itself may be a folder that the user chose and shares.
FOLDERS = ("backups", "keys", "rejects", "snapshots", "uploads", "work")


def close_to_others(home: Path) -> None:
    """Take from other users what earlier versions let them do in the folders of a home."""
    for folder in (home / name for name in FOLDERS):
        with suppress(FileNotFoundError, PermissionError):
            if folder.stat().st_mode & UMASK:
                folder.chmod(0o700)


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
