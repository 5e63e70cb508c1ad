"""Retired words stay retired: in names, documentation and interface. `tests/retired_words.toml` has the list."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
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


def find_retired_names(code: str, suffix: str = ".py") -> Iterator[tuple[int, str, str]]:
    """The same for the names that code gives: parts of identifiers that may stand in a sentence but not in a name."""
    for number, name in identifiers(code, suffix):
        line = code.splitlines()[number - 1]
        for word in sorted({part.lower() for part in PART.findall(name)} & RETIRED["names"].keys()):
            if not (word in RETIRED["unless"] and re.search(RETIRED["unless"][word], line)):
                yield number, word, RETIRED["names"][word]


def identifiers(code: str, suffix: str) -> Iterator[tuple[int, str]]:
    """(line number, name) of each identifier; comments, strings and docstrings are left out."""
    if suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME:
                yield token.start[0], token.string
        return
    quiet = r"--[^\n]*|'[^'\n]*'" if suffix == ".sql" else r"/\*.*?\*/|//[^\n]*|`[^`]*`|'[^'\n]*'|\"[^\"\n]*\""
    bare = re.sub(quiet, lambda found: "\n" * found[0].count("\n"), code, flags=re.DOTALL)
    for number, line in enumerate(bare.splitlines(), 1):
        for name in NAME.findall(line):
            yield number, name


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
            hits += find_retired_names(text, page.suffix)
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
