"""The named statements of the .sql files."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

import pytest

from foresell.sql import named_queries


def test_every_file_of_named_statements_names_each_once() -> None:
    root = Path(str(resources.files("foresell")))
    files = [file for file in root.rglob("*.sql") if "-- name: " in file.read_text(encoding="utf-8")]
    assert len(files) > 30
    for file in files:
        package = "foresell" if file.parent == root else f"foresell.{'.'.join(file.parent.relative_to(root).parts)}"
        assert named_queries(package, file.name)


def test_two_statements_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "statements_twice").mkdir()
    (tmp_path / "statements_twice" / "calls.sql").write_text("-- name: find\nselect 1\n-- name: find\nselect 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="the same name"):
        named_queries("statements_twice", "calls.sql")
    sys.modules.pop("statements_twice", None)
