"""Exports of shop systems, ledgers and spreadsheets, loaded without a mapping: right by themselves, asked about, or silently wrong.

    .venv/bin/python -m benchmarks.export_corpus

Prints what becomes of each file of the corpus (tests/spec/sources/corpus/) and of the cases next to the public data, where they are. The
control changes one right figure of every file that came out right: each must then be judged wrong.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.spec.sources import corpus
from tests.spec.sources.corpus import QUESTION, REJECTED, RIGHT, WRONG, Expected, Judged


def main() -> int:
    """Print both tables; 1 where a file is silently wrong or the control is missed."""
    failed = False
    for title, answers in (("Corpus", corpus.read_corpus()), ("Cases", corpus.read_cases())):
        here = [expected for expected in answers if expected.path.exists()]
        print(f"{title}: {len(here)} of {len(answers)} files are here")
        if here:
            judged = _judge_all(here)
            missed = _miss_wrong_figures(judged)
            _print_table(judged, missed)
            failed |= bool(missed) or any(result.kind == WRONG for result in judged)
    return int(failed)


def _judge_all(answers: list[Expected]) -> list[Judged]:
    with tempfile.TemporaryDirectory() as folder:
        return [corpus.judge(expected, Path(folder)) for expected in answers]


def _miss_wrong_figures(judged: list[Judged]) -> list[str]:
    """The files whose answer was made wrong by a cent without being noticed."""
    made_wrong = [
        replace(result.expected, net={**result.expected.net, first: f"{float(result.expected.net[first]) + 0.01:.2f}"})
        for result in judged
        if result.kind == RIGHT and isinstance(result.expected.net, dict)
        for first in list(result.expected.net)[:1]
    ]
    return [result.expected.name for result in _judge_all(made_wrong) if result.kind != WRONG]


def _print_table(judged: list[Judged], missed: list[str]) -> None:
    for result in judged:
        expected = result.expected
        noted = "" if result.as_expected else f"  <-- {result.detail[:400]}"
        print(f"{expected.platform:22} {expected.language:3} {expected.name:34} {result.kind:8}{noted}")
    kinds = Counter(result.kind for result in judged)
    due = sum(result.expected.outcome != "right" for result in judged)
    print(
        f"{len({r.expected.platform for r in judged})} platforms, {len({r.expected.language for r in judged})} languages: "
        f"{corpus.count_right(judged):.1%} of {len(judged) - due} right by themselves; {kinds[QUESTION]} asked ({due} must or may be); "
        f"{kinds[REJECTED]} with lines rejected; {kinds[WRONG]} silently wrong. Control: {len(missed)} wrong figures missed.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
