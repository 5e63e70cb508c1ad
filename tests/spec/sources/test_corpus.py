"""A real export comes out right by itself, or it raises a question: the corpus, file by file and as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.spec.sources import corpus
from tests.spec.sources.corpus import QUESTION, RIGHT, WRONG, Expected, Judged

CORPUS = corpus.read_corpus()
CASES = corpus.read_cases()
_judged: dict[Path, Judged] = {}


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[Expected], Judged]:
    """judge(expected) -> Judged; each file is staged once for all tests."""

    def run(expected: Expected) -> Judged:
        if expected.path not in _judged:
            _judged[expected.path] = corpus.judge(expected, tmp_path / "work")
        return _judged[expected.path]

    return run


@pytest.mark.parametrize("expected", CORPUS, ids=lambda expected: expected.name)
def test_an_export_comes_out_right_or_raises_its_question(
    expected: Expected, judge: Callable[[Expected], Judged]
) -> None:
    result = judge(expected)
    assert result.as_expected, f"{result.kind}: {result.detail}"


@pytest.mark.parametrize("expected", CASES, ids=lambda expected: expected.name)
def test_a_case_comes_out_right_or_raises_its_question(expected: Expected, judge: Callable[[Expected], Judged]) -> None:
    if not expected.path.exists():
        pytest.skip(f"{expected.folder} is not here: set FORESELL_CASES")
    result = judge(expected)
    assert result.as_expected, f"{result.kind}: {result.detail}"


def test_nothing_is_silently_wrong_and_nine_in_ten_are_right(judge: Callable[[Expected], Judged]) -> None:
    results = [judge(expected) for expected in CORPUS]
    assert [f"{r.expected.name}: {r.detail}" for r in results if r.kind == WRONG] == []
    assert corpus.count_right(results) >= 0.9


def test_the_corpus_is_as_wide_as_promised() -> None:
    assert len(CORPUS) >= 60
    assert len({expected.platform for expected in CORPUS}) >= 25
    assert len({expected.language for expected in CORPUS}) >= 6
    assert {path.name for path in (corpus.HERE / "corpus").iterdir()} == {expected.name for expected in CORPUS}


CONTROLS = {
    "net": {"net": {"F1": "30.01", "F2": "5.50"}},
    "an order too many": {"net": {"F1": "30.00"}},
    "an order too few": {"net": {"F1": "30.00", "F2": "5.50", "F3": "1.00"}},
    "customers": {"customers": 3},
    "anonymous orders": {"anonymous": 1},
    "left out": {"left_out": 1},
    "currency": {"currency": "CHF"},
    "label": {"label": "Shopify orders export"},
    "rows": {"rows": "customers"},
    "a file that should raise a question": {"outcome": "ask"},
}


@pytest.mark.parametrize("wrong", CONTROLS)
def test_a_wrong_figure_is_noticed(wrong: str, tmp_path: Path) -> None:
    right = next(expected for expected in CORPUS if expected.name == "inhouse_fr.csv")
    assert corpus.judge(right, tmp_path / "work").kind == RIGHT
    assert corpus.judge(replace(right, **CONTROLS[wrong]), tmp_path / "work").kind == WRONG


def test_a_question_about_something_else_is_noticed(tmp_path: Path) -> None:
    guests = next(expected for expected in CORPUS if expected.name == "inhouse_guests.csv")
    result = corpus.judge(replace(guests, asks=("time zone",)), tmp_path / "work")
    assert (result.kind, result.as_expected) == (QUESTION, False)
