"""Exports of shop systems, ledgers and spreadsheets, loaded without a mapping: right by themselves, asked about, or silently wrong.

    .venv/bin/python -m benchmarks.export_corpus [--altered N | --headers-only]

Prints what becomes of each file of the corpus (tests/spec/sources/corpus/) and of the cases next to the public data, where they are. The
control changes one right figure of every file that came out right: each must then be judged wrong. --altered N: each file of the
corpus N times with its columns in another order, a header by another name, its rows in another order, and in two parts.
--headers-only: no platform's format is known, so that every column is a guess from its header: what the confidence from which a
guess is accepted without a question is worth.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.spec.sources import alterations, corpus
from tests.spec.sources.alterations import Table
from tests.spec.sources.corpus import QUESTION, REJECTED, RIGHT, WRONG, Expected, Judged

from foresell.sources.files.formats import MAPPED

#: The share of accepted guesses that must be right.
_ACCURACY = 0.99


def main() -> int:
    """Print both tables; 1 where a file is silently wrong or the control is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export_corpus")
    parser.add_argument(
        "--altered", type=int, default=0, metavar="N", help="alter each file of the corpus N times instead"
    )
    parser.add_argument("--headers-only", action="store_true", help="know no format: guess each column from its header")
    arguments = parser.parse_args()
    if arguments.altered:
        return _judge_altered(arguments.altered)
    if arguments.headers_only:
        return _judge_headers()
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


def _judge_altered(times: int) -> int:
    """Print what becomes of altered files; 1 where one is silently wrong."""
    kinds: Counter[str] = Counter()
    for table in alterations.read_tables():
        for seed in range(times):
            rng = random.Random(f"{table.expected.name} {seed}")
            with tempfile.TemporaryDirectory() as folder:
                for how, result in _alter(table, rng, Path(folder)):
                    kinds[result.kind] += 1
                    if result.kind == WRONG:
                        print(f"{table.expected.name}, {how}: {result.detail[:400]}", flush=True)
    print(", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()))
    return int(kinds[WRONG] > 0)


def _judge_headers() -> int:
    """Print what becomes of the files read by their headers alone; 1 where fewer than 99 % of those accepted are right."""
    answers = [expected for expected in (*corpus.read_corpus(), *corpus.read_cases()) if expected.path.exists()]
    unknown = [replace(expected, label=None, left_out=None) for expected in answers]
    judged = _judge_all(unknown, format=MAPPED)
    for result in judged:
        if result.kind in (WRONG, REJECTED):
            print(f"{result.expected.name:34} {result.kind:8} {result.detail[:400]}")
    kinds = Counter(result.kind for result in judged)
    print(
        f"By headers alone, {len(judged)} files: {', '.join(f'{count:,} {kind}' for kind, count in kinds.most_common())}."
    )
    print(f"Accepted without a question: {_measure_accepted(judged):.1%} right.")
    return int(_measure_accepted(judged) < _ACCURACY)


def _measure_accepted(judged: list[Judged]) -> float:
    """The share of right files among those of which every line was loaded without a question."""
    accepted = [result.kind == RIGHT for result in judged if result.kind in (RIGHT, WRONG)]
    return sum(accepted) / len(accepted)


def _alter(table: Table, rng: random.Random, folder: Path) -> Iterator[tuple[str, Judged]]:
    yield "columns", alterations.judge(alterations.permute_columns(table, rng), folder, same_names=True)
    if shuffled := alterations.shuffle_rows(table, rng):
        yield "rows", alterations.judge(shuffled, folder, same_names=True)
    if table.expected.outcome != "right":
        return
    if renamed := alterations.rename_header(table, rng):
        yield f"headers {renamed.header}", alterations.judge(renamed, folder, same_names=False)
    if table.expected.net and (parts := alterations.split_rows(table, rng)):
        yield "parts", alterations.judge_parts(parts, folder)


def _judge_all(answers: list[Expected], format: str | None = None) -> list[Judged]:
    with tempfile.TemporaryDirectory() as folder:
        return [corpus.judge(expected, Path(folder), format) for expected in answers]


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
        f"{kinds[REJECTED]} with lines rejected; {kinds[WRONG]} silently wrong: {_measure_accepted(judged):.1%} of what was accepted "
        f"without a question is right. Control: {len(missed)} wrong figures missed.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
