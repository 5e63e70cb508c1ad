"""What a drill is: a goal, the function that measures it, and what it found."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Target

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Options:
    """How the drills are run: the seed of every random choice, and whether a small version is enough."""

    seed: int = 1
    quick: bool = False

    def size(self, full: int, quick: int) -> int:
        """One of two sizes."""
        return quick if self.quick else full


@dataclass(slots=True)
class Outcome:
    """What a drill measured. `controls`: the same measurements with a planted defect, which must be noticed."""

    figures: list[Target]
    controls: list[Target]
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every goal is met and every planted defect was noticed. Without a control a drill proves nothing."""
        return bool(self.controls) and all(each.met for each in (*self.figures, *self.controls))


class NotRun(Exception):
    """The drill cannot be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A goal and how it is measured. `run` raises NotRun where it cannot."""

    name: str
    subject: str
    goal: str
    run: Callable[[Options], Outcome]


def run_drill(drill: Drill, options: Options) -> dict[str, Any]:
    """Run one drill. Returns its record, as it is stored: JSON values only."""
    started, load = time.monotonic(), os.getloadavg()[0]
    record: dict[str, Any] = {
        "subject": drill.subject,
        "goal": drill.goal,
        "seed": options.seed,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": read_commit(),
        "load_before": round(load, 1),
        "figures": [],
        "controls": [],
        "notes": [],
    }
    try:
        found = drill.run(options)
        record |= {
            "state": "passed" if found.passed else "failed",
            "figures": [describe(each) for each in found.figures],
            "controls": [describe(each) for each in found.controls],
            "notes": found.notes,
        }
    except NotRun as why:
        record |= {"state": "not run", "notes": [str(why)]}
    except Exception as error:  # one that breaks must not end the others, nor be hidden
        record |= {"state": "failed", "notes": [f"The drill itself ended with {type(error).__name__}: {error}"[:600]]}
    return record | {"seconds": round(time.monotonic() - started), "load_after": round(os.getloadavg()[0], 1)}


def describe(target: Target) -> dict[str, Any]:
    """A measured value and its limit as JSON values."""
    return {
        "what": target.what,
        "value": round(target.value, 3),
        "limit": target.limit,
        "at_least": target.at_least,
        "unit": target.unit,
        "met": target.met,
    }


def read_commit() -> str:
    """The commit that is checked out; `+` when files of the program differ from it."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    changed = subprocess.run([*git, "status", "--porcelain", "src"], capture_output=True, text=True, check=False).stdout
    return commit.strip() + ("+" if changed.strip() else "")


def most(what: str, value: float, limit: float, unit: str = "") -> Target:
    """A figure that may be at most the limit."""
    return Target(what, value, limit, unit=unit)


def least(what: str, value: float, limit: float, unit: str = "") -> Target:
    """A figure that must be at least the limit."""
    return Target(what, value, limit, at_least=True, unit=unit)
