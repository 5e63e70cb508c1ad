"""Run the drills, or those named: `python -m tests.drills [--only R7,S3] [--seed 1] [--quick]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from foresell import logs
from tests.drills import page
from tests.drills.catalogue import DRILLS
from tests.drills.drill import Drill, Options, run_drill


def main(given: Sequence[str] | None = None, drills: Sequence[Drill] = DRILLS) -> int:
    """Run, print and save. Returns 1 when a drill failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="small versions; saves nothing")
    parser.add_argument("--list", action="store_true", help="list the drills")
    arguments = parser.parse_args(given)
    if arguments.list:
        print("\n".join(f"{drill.name:8} {drill.goal}" for drill in drills))
        return 0
    known = {drill.name: drill for drill in drills}
    names = [name for name in arguments.only.split(",") if name] or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such drill: {', '.join(unknown)}")
    logs.configure()
    options, failed = Options(arguments.seed, arguments.quick), []
    for name in names:
        print(f"{name}: {known[name].subject}", flush=True)
        record = run_drill(known[name], options)
        print(page.render_record(name, record), flush=True)
        if record["state"] == "failed":
            failed.append(name)
        if not options.quick:
            page.save({name: record}, list(known))
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
