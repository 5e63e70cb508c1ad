"""CSV files with every fault that exports, spreadsheets and editors put into them: no crash, and every row accounted for.

    .venv/bin/python -m benchmarks.polluted_csv [--files 2000] [--first 0] [--quick]

Each seed is a file with one to four faults. It is loaded with the likeliest answers taken, every fourth is inspected before; its
rows must be loaded, rejected or left out with a reason, or the file refused with a message. The control counts the lines of a
loaded file after one was taken out of its account: it must be noticed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.spec.sources import pollution

FILES, QUICK = 2_000, 100


def main() -> int:
    """Print the outcomes and each file with a fault; 1 where there is one, or the control is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polluted_csv")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} files")
    arguments = parser.parse_args()
    files = QUICK if arguments.quick else arguments.files
    outcomes: Counter[str] = Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.first, arguments.first + files):
            polluted = pollution.pollute(seed)
            outcome = pollution.try_load(polluted.content, Path(folder), inspect=seed % 4 == 0)
            outcomes[outcome.kind] += 1
            if outcome.fault:
                faults += 1
                print(f"{seed} ({', '.join(polluted.faults)}): {outcome.fault}", flush=True)
    noticed = pollution.find_lost_line(b"a,b\n1,2\n3,4\n", {2}) != ""
    print(
        f"{files:,} files: {', '.join(f'{count:,} {kind}' for kind, count in outcomes.most_common())}; {faults} with a fault."
    )
    print(f"Control: a lost line was {'noticed' if noticed else 'missed'}.")
    return int(faults > 0 or not noticed)


if __name__ == "__main__":
    sys.exit(main())
