"""The entry point `python -m foresell.worker`, as `foresell up` starts it."""

import os

from foresell import logs
from foresell.parent_watch import await_go
from foresell.settings import read_settings
from foresell.worker import run_worker

logs.configure(verbose=bool(os.environ.get("FORESELL_VERBOSE")))
settings = read_settings()
await_go()
run_worker(settings)
