"""`foresell alarms` as the owner of the machine runs it."""

from __future__ import annotations

import pytest
from tests.support.shell import Shell

from foresell.database import Database
from foresell.settings import Settings


@pytest.fixture
def foresell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.home)


def detector(foresell: Shell, name: str) -> dict[str, object]:
    rows = foresell.json("alarms", "detectors")
    assert isinstance(rows, list)
    [row] = [row for row in rows if row["detector"] == name]
    return {key: row[key] for key in ("threshold", "factor", "window_minutes", "mode", "answer")}


def test_a_detector_is_changed_and_the_change_audited(foresell: Shell) -> None:
    name = "many_reveals"
    before = detector(foresell, name)
    options = ("--threshold", "40", "--factor", "5", "--minutes", "60", "--mode", "answer", "--answer", "end session")
    assert "40" in foresell("alarms", "set", name, *options)
    after = {"threshold": 40, "factor": 5, "window_minutes": 60, "mode": "answer", "answer": "end session"}
    assert detector(foresell, name) == after
    changed = foresell.json("alarms", "set", name, "--mode", "off")
    assert isinstance(changed, dict)
    assert {key: changed[key] for key in after} == after | {"mode": "off"}, "the rest stays"
    events = foresell.json("audit", "list", "--action", "detector.changed")
    assert isinstance(events, list)
    assert [(event["actor"], event["subject"], event["detail"]) for event in events] == [
        (None, f"detector:{name}", {"before": after, "after": after | {"mode": "off"}}),
        (None, f"detector:{name}", {"before": before, "after": after}),
    ]


@pytest.mark.parametrize(("options", "code", "words"), [
    (["password_spray"], 2, "Say what to change"),
    (["password_spray", "--threshold", "0"], 2, "--threshold"),
    (["password_spray", "--threshold", "1000001"], 2, "--threshold"),
    (["password_spray", "--minutes", "1441"], 2, "--minutes"),
    (["password_spray", "--mode", "loud"], 2, "--mode"),
    (["password_spray", "--answer", "end session"], 2, "it can only record"),
    (["password_spray", "--factor", "3"], 2, "does not compare"),
    (["no_such_one", "--mode", "off"], 8, "There is no detector no_such_one"),
])  # fmt: skip
def test_what_a_detector_cannot_be_is_refused(foresell: Shell, options: list[str], code: int, words: str) -> None:
    assert words in foresell("alarms", "set", *options, code=code)
    assert foresell.json("audit", "list", "--action", "detector.changed") == []
