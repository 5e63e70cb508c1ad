"""Retired words stay retired: in names, documentation and interface. `tests/retired_words.toml` has the list."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests" / "retired_words.toml"
#: Generated, fixed by others, or the list itself.
LEFT_OUT = re.compile(
    r"^(contracts/|requirements\.lock|LICENSE|frontend/package|benchmarks/results/|docs/images/|tests/retired_words\.toml"
    r"|tests/unit/test_vocabulary\.py|src/foresell/(demo/words|access/common_words)|frontend/src/api/schema)"
)
TEXT = {".py", ".sql", ".md", ".ts", ".tsx", ".css", ".toml", ".sh", ".mjs", ".html", ".csv", ""}
#: Part of a name: lower-case letters, or a capital and what follows it.
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*\b")
RETIRED = tomllib.loads(LIST.read_text(encoding="utf-8"))


def find_retired(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, retired word, replacement) for each line of a text that uses one."""
    words = RETIRED["words"]
    for number, line in enumerate(text.splitlines(), 1):
        parts = {part.lower() for part in PART.findall(line)}
        for word in sorted(parts & words.keys()):
            if word in RETIRED["unless"] and re.search(RETIRED["unless"][word], line):
                continue
            yield number, word, words[word]
        folded = line.lower()
        for phrase, use in RETIRED["phrases"].items():
            if phrase in folded and re.search(rf"\b{re.escape(phrase)}\b", folded):
                yield number, phrase, use


def find_retired_names(code: str) -> Iterator[tuple[int, str, str]]:
    """The same for the names that code gives: parts of identifiers that may stand in a sentence but not in a name."""
    for number, line in enumerate(code.splitlines(), 1):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|`[^`]*`|#.*|--.*|//.*", "", line)
        parts = {part.lower() for name in NAME.findall(bare) for part in PART.findall(name)}
        for word in sorted(parts & RETIRED["names"].keys()):
            if word in RETIRED["unless"] and re.search(RETIRED["unless"][word], line):
                continue
            yield number, word, RETIRED["names"][word]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [
        ROOT / name
        for name in listed
        if not LEFT_OUT.match(name) and Path(name).suffix in TEXT and (ROOT / name).is_file()
    ]


def complaints(pages: list[Path]) -> list[str]:
    found = []
    for page in pages:
        text = page.read_text(encoding="utf-8", errors="ignore")
        name = page.relative_to(ROOT)
        found += [f"{name}: the name says {word!r}; use {use}" for _, word, use in find_retired(str(name))]
        hits = list(find_retired(text))
        if page.suffix in {".py", ".sql", ".ts", ".tsx"}:
            hits += find_retired_names(text)
        found += [f"{name}:{number}: {word!r} is retired; use {use}" for number, word, use in hits]
    return found


def test_retired_words_are_not_used() -> None:
    found = complaints(tracked_files())
    assert not found, f"{len(found)} retired words:\n" + "\n".join(found[:60])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("model = on_shelf(day)", "shelf"),
        ("const onShelf = 1", "shelf"),
        ("class ShelvedModel:", "shelved"),
        ("It is erased for good.", "for good"),
        ("Nobody may do this", "nobody"),
    ],
)
def test_the_list_finds_a_word_in_names_and_sentences(text: str, word: str) -> None:
    assert [found for _, found, _ in find_retired(text)] == [word]


@pytest.mark.parametrize("text", ["a bookshelf", "warehouse", "truthy", "forgoodness", "an indoor shop"])
def test_other_words_that_contain_one_are_left_alone(text: str) -> None:
    assert not list(find_retired(text))


def test_some_words_are_refused_in_names_only() -> None:
    assert [word for _, word, _ in find_retired_names("said = 1  # as we said")] == ["said"]
    assert not list(find_retired_names('log("what happened")'))
