"""The words of a text with marks for what is negated, and the terms that the model counts: one word, or two in sequence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple


def word_list(name: str) -> frozenset[str]:
    """A list of word_lists.toml."""
    lists = tomllib.loads(files("foresell.feedback").joinpath("word_lists.toml").read_text(encoding="utf-8"))
    return frozenset(lists[name].split())


NEGATIONS = word_list("negations")
#: Words that negate what follows in this module only; in VADER "no" has a valence of its own.
ALSO_NEGATING = frozenset(("no", "hardly", "barely"))
#: How many words after a negation are marked, at most up to the next punctuation mark.
REACH = 3
MARK = "not_"
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,;:!?]|[^\w\s]{2,}")
_STOP = frozenset(".,;:!?")


class Word(NamedTuple):
    """A word of a text from `start` to `end`; `marked`: in lower case, with MARK before it where a negation precedes it."""

    marked: str
    start: int
    end: int


def find_words(text: str) -> list[Word]:
    """The words of a text; punctuation and signs count as words."""
    words, left = [], 0
    for match in _TOKEN.finditer(text):
        token = match.group().lower().replace("’", "'")
        negates = token in NEGATIONS or token in ALSO_NEGATING or token.endswith("n't")
        marked = MARK + token if left > 0 and not negates and token not in _STOP else token
        left = REACH if negates else 0 if token in _STOP else left - 1
        words.append(Word(marked, match.start(), match.end()))
    return words


def mark_words(text: str) -> list[str]:
    """The words of a text, as `find_words` marks them."""
    return [word.marked for word in find_words(text)]


def list_terms(words: Sequence[str]) -> list[str]:
    """Each word and each pair of words that follow each other."""
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]
