"""Ties a child process to its parent: it starts on the parent's signal, and ends when the parent ends."""

from __future__ import annotations

import os
import signal
import sys
import threading

GO = b"go\n"


def await_go() -> None:
    """Wait on standard input for the parent's signal; exit if the parent ends first, and also when it ends later.

    Modules imported before this call are imported while the parent starts the database.
    """
    if os.read(0, len(GO)) != GO:
        sys.exit(0)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
