"""What ties a child process to whoever started it: it begins when told to, and ends when the other is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading

GO = b"go\n"


def await_go() -> None:
    """Wait on standard input until told to begin; leave if the parent ends first, and end with it from then on.

    What is imported before this call is imported while the parent still starts the database.
    """
    if os.read(0, len(GO)) != GO:
        sys.exit(0)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
