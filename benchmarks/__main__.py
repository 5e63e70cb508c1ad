"""Run the benchmarks: all of them, or those named. Each is a script of its own and a process of its own.

    .venv/bin/python -m benchmarks [NAME ...] [--quick] [--list]

Together they take more than an hour on two cores. `--quick` checks within minutes that they work, and saves no results.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.ground import FOLDER

#: Every script in the order they run, small data first: its question, and the options of its small version (None: none).
SCRIPTS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "online_retail": ("File to published run, compared with a bare copy of the same rows.", ("--quick",)),
    "export_corpus": ("Exports without a mapping: right by themselves, asked about, or silently wrong.", ()),
    "polluted_csv": ("2,000 CSV files with faults: no crash, every row accounted for.", ("--quick",)),
    "seed_model": ("The documents' model with a label that is not leaked, compared with ours.", None),
    "forecast_peers": ("The revenue forecast compared with seasonal naive and AutoETS.", None),
    "service_gate": ("Which predictions each public shop allows, and how often chance is served.", ("--quick",)),
    "sentiment": ("Sentiment of 3,000 unseen sentences, compared with VADER and with one answer for all.", None),
    "standard_forms": ("Standard forms of names, contact details and places, compared with matching.", ("--quick",)),
    "batch_profiles": ("What differs in a batch: false alarms, and planted faults that are found.", None),
    "expected_money": ("Expected revenue and lifetime value out of time, compared with last year's revenue.", None),
    "call_list": ("Who is called and why: how many order anyway, compared with other rankings.", None),
    "bgnbd_at_size": ("BG/NBD at 10,000 to 1,000,000 customers, compared with a library.", None),
    "scores_at_size": ("Features, scores and reasons as the shop grows.", ("--customers", "10000")),
    "golden_records": (
        "Golden records, timeline and relations with a million customers; how complete customers are.",
        ("--quick",),
    ),
    "saving": ("Saving a million predictions with their run.", ("--quick",)),
    "faults": ("Kills of the API and PostgreSQL under load: no call lost, no call stored twice.", ("--quick",)),
    "pandas_peer": ("Against pandas read_csv, to_sql and RFM with NTILE.", ("--quick",)),
    "million": ("A million customers: load and refresh, time and memory.", ("--quick",)),
    "identity_matching": (
        "Persons and companies matched: public sets, the demo shop, speed of the scorer.",
        ("--quick",),
    ),
    "identity_run": ("Which of a million records are one customer: time, memory, precision, arrivals.", ("--quick",)),
    "connected_source": ("20,000 sales read from an imitated QuickBooks while they are edited.", ("--quick",)),
    "directories": ("Made-up customers found in real directories: precision and recall, with a control.", None),
    "events": ("Events acknowledged a second, how soon on a page, replay of a million.", ("--quick",)),
    "linear": ("Load and refresh from ten thousand to a million customers.", ("--quick",)),
}


def main() -> int:
    """Run the selected scripts. Returns 1 when one failed; a target that is not met is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", choices=[*SCRIPTS, []], metavar="NAME", help=", ".join(SCRIPTS))
    parser.add_argument("--quick", action="store_true", help="small data; saves no results")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    arguments = parser.parse_args()
    if arguments.list:
        width = max(map(len, SCRIPTS)) + 2
        print("\n".join(f"{name:{width}}{question}" for name, (question, _) in SCRIPTS.items()))
        return 0
    failed = []
    with tempfile.TemporaryDirectory(prefix="foresell-bench-") as folder:
        environment = {FOLDER: folder} | dict(os.environ)
        for name in arguments.names or SCRIPTS:
            small = SCRIPTS[name][1]
            if arguments.quick and small is None:
                print(f"{name}: has no small version, left out", flush=True)
                continue
            command = [sys.executable, "-m", f"benchmarks.{name}", *(small or ()) * arguments.quick]
            if subprocess.run(command, env=environment, cwd=Path(__file__).parents[1], check=False).returncode:
                failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
