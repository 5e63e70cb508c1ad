"""Logs go to the standard error of the moment."""

from __future__ import annotations

import io
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
