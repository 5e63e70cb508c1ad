"""Does what was asked for in the API: `python -m foresell.worker`, kept up by `foresell up`, or `foresell worker`."""

from __future__ import annotations

import os
import time

from foresell import logs
from foresell.lifeline import await_go
from foresell.settings import Settings, read_settings


def run(settings: Settings) -> None:
    """Until told to stop."""
    while True:
        time.sleep(1)


def main() -> None:
    """As a child of `foresell up`."""
    logs.configure(verbose=bool(os.environ.get("FORESELL_VERBOSE")))
    settings = read_settings()
    await_go()
    run(settings)


if __name__ == "__main__":
    main()
