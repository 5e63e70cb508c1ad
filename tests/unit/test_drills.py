"""The runner of the drills: a missed goal, a defect that goes unnoticed and a missing control each count as failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drills import page
from tests.drills.__main__ import main
from tests.drills.drill import Drill, NotRun, Options, Outcome, least, most


def measure(value: float, noticed: int | None) -> Outcome:
    controls = [] if noticed is None else [least("defects noticed", noticed, 1)]
    return Outcome([most("calls lost", value, 0)], controls, [])


def cannot_run(_: Options) -> Outcome:
    raise NotRun("There is no disk here.")


def breaks(_: Options) -> Outcome:
    raise OSError("no space left")


DRILLS = (
    Drill("A", "Good.", "0 lost", lambda options: measure(0, 1)),
    Drill("B", "Loses calls.", "0 lost", lambda options: measure(options.size(2, 0), 1)),
    Drill("C", "Notices nothing.", "0 lost", lambda options: measure(0, 0)),
    Drill("D", "Has no control.", "0 lost", lambda options: measure(0, None)),
    Drill("E", "Cannot run.", "0 lost", cannot_run),
    Drill("F", "Breaks.", "0 lost", breaks),
)


def test_every_result_is_kept_and_none_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "FILE", tmp_path / "drills.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "security" / "drills.md")
    assert main(["--quick"], DRILLS) == 1 and not page.FILE.exists()
    assert main(["--only", "A,E"], DRILLS) == 0
    assert main(["--seed", "7"], DRILLS) == 1
    records = json.loads(page.FILE.read_text())["drills"]
    states = {name: record["state"] for name, record in records.items()}
    assert states == {"A": "passed", "B": "failed", "C": "failed", "D": "failed", "E": "not run", "F": "failed"}
    text = page.PAGE.read_text()
    assert "1 passed, 4 failed, 1 not run" in text and "There is no disk here." in text and "no space left" in text
    assert "| calls lost | 2 | at most 0 | not met |" in text and "seed 7" in text
    with pytest.raises(SystemExit):
        main(["--only", "Z"], DRILLS)


def test_the_page_says_what_was_measured() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.render_page(), "written by make drills, not by hand"
