"""Drills that the test suite contains already: they are run here, and their figures are read off the report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.drills.drill import ROOT, NotRun, Options, Outcome, least, most

#: JSONTestSuite's files in `json/`, and the big list of naughty strings as `blns.json`.
CORPORA = ROOT / ".cache" / "corpora"


@dataclass(slots=True)
class Report:
    """What pytest reported. `recorded`: the sums of the numbers that tests recorded, by name."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    recorded: dict[str, float] = field(default_factory=dict)


def run_pytest(tests: Sequence[str], environment: dict[str, str] | None = None) -> Report:
    """Run tests, given as paths or node IDs. Raises NotRun when pytest could not run them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", f"--junitxml={file}", *tests],
            cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode not in (0, 1) or not file.exists():
            raise NotRun(f"pytest could not run the tests: {(done.stdout + done.stderr)[-300:]}")
        return read_report(file)


def read_report(file: Path) -> Report:
    """Read pytest's JUnit report."""
    report = Report()
    for case in ElementTree.parse(file).iter("testcase"):  # noqa: S314  (pytest wrote it a moment ago)
        tags = {child.tag for child in case}
        name = f"{case.get('classname')}::{case.get('name')}"
        state = report.failed if tags & {"failure", "error"} else report.skipped if "skipped" in tags else report.passed
        state.append(name)
        for each in case.iter("property"):
            what = str(each.get("name"))
            report.recorded[what] = report.recorded.get(what, 0) + float(each.get("value") or 0)
    return report


def drill_of(
    *tests: str,
    controls: Sequence[str],
    at_most: dict[str, float] | None = None,
    at_least: dict[str, float] | None = None,
    corpora: bool = False,
    environment: dict[str, str] | None = None,
) -> Callable[[Options], Outcome]:
    """A drill that runs these tests. `controls`: parts of the names of those that plant a defect.

    `at_most`, `at_least`: limits of recorded numbers. With `corpora`, the published collections of hostile input are used.
    `environment`: variables by which the tests are made larger than in the test suite.
    """

    def run(options: Options) -> Outcome:
        if corpora and not (CORPORA / "blns.json").exists():
            raise NotRun(
                "Not in .cache/corpora: json/ (test_parsing of JSONTestSuite) and blns.json (the big list of naughty strings)."
            )
        collections = {"FORESELL_CORPORA": str(CORPORA)} if corpora else {}
        report = run_pytest(tests, {**collections, **(environment or {})})
        planted = [name for name in report.passed if any(part in name for part in controls)]
        figures = [
            least("tests passed", len(report.passed) - len(planted), 1),
            most("tests failed", len(report.failed), 0),
            *(most(what, report.recorded.get(what, float("inf")), limit) for what, limit in (at_most or {}).items()),
            *(least(what, report.recorded.get(what, 0), limit) for what, limit in (at_least or {}).items()),
        ]
        notes = [f"Left out here: {name}." for name in report.skipped] + [f"Failed: {name}." for name in report.failed]
        others = [
            f"{what}: {value:,g}"
            for what, value in report.recorded.items()
            if what not in {**(at_most or {}), **(at_least or {})}
        ]
        notes += [f"{'; '.join(others)}."] if others else []
        expected = len(controls)
        return Outcome(figures, [least("planted defects noticed", len(planted), expected)], notes)

    return run
