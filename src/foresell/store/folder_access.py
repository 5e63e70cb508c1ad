"""Lets one user pass through a folder, and no one else: an entry in the folder's POSIX access control list."""

from __future__ import annotations

import errno
import os
import stat
import struct
from pathlib import Path

LIST = "system.posix_acl_access"
VERSION = struct.pack("<I", 2)
#: Tags of entries, in their order, and the number that entries without a user or group have (acl(5)).
OWNER, USER, GROUP_OWNER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NO_ID = 0xFFFFFFFF
PASS = 1

#: The permissions by tag and user or group.
Entries = dict[tuple[int, int], int]


def let_user_pass(folder: Path, user: int) -> None:
    """Let a user pass through, not read, a folder. Where the file system has no such lists, everyone may pass through then."""
    mode = folder.stat().st_mode
    if mode & stat.S_IXOTH:
        return
    try:
        entries = _read(folder, mode)
        if not entries.get((USER, user), 0) & entries.get((MASK, NO_ID), PASS) & PASS:
            entries[USER, user] = entries.get((USER, user), 0) | PASS
            entries[MASK, NO_ID] = entries.get((MASK, NO_ID), entries[GROUP_OWNER, NO_ID]) | PASS
            _write(folder, entries)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        folder.chmod(mode | stat.S_IXOTH)


def _read(folder: Path, mode: int) -> Entries:
    """The folder's list; without one, what its mode says."""
    try:
        content = os.getxattr(folder, LIST)[len(VERSION) :]
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return {(OWNER, NO_ID): mode >> 6 & 7, (GROUP_OWNER, NO_ID): mode >> 3 & 7, (OTHER, NO_ID): mode & 7}
    return {(tag, number): permissions for tag, permissions, number in struct.iter_unpack("<HHI", content)}


def _write(folder: Path, entries: Entries) -> None:
    content = (struct.pack("<HHI", tag, permissions, number) for (tag, number), permissions in sorted(entries.items()))
    os.setxattr(folder, LIST, VERSION + b"".join(content))
