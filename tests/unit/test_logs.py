"""Logs go to the standard error of the moment."""

from __future__ import annotations

import io
import json
import sys

import pytest

from foresell import logs


def test_a_log_line_goes_to_standard_error_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    logs.configure()
    first.close()
    monkeypatch.setattr(sys, "stderr", second)
    logs.logger("test").warning("still heard", action="test")
    assert '"event": "still heard"' in second.getvalue()


def test_a_value_cannot_begin_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    logs.configure()
    forged = '"}\r\n{"event": "forged"}\u2028\x1b[2J'
    logs.logger("test").warning("refused", action="test", kind=forged)
    [line] = stderr.getvalue().splitlines()
    read = json.loads(line)
    assert (read["event"], read["kind"]) == ("refused", forged) and "\x1b" not in line
    assert read["timestamp"].endswith("Z"), "in UTC"
