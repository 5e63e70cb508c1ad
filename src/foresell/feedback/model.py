"""The sentiment model: logistic regression on terms (tf-idf, counted once a text) and VADER's four numbers.

It is trained by scripts/sentiment_model.py and kept as compressed JSON; scoring needs no library. FORMAT is the file's.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from foresell.feedback.valence import measure_valence
from foresell.feedback.words import MARK, find_words, list_terms, mark_words

FORMAT = 1
FILE = "sentiment_model.json.gz"
#: Weights are kept in thousandths.
SCALE = 1000
#: Of how many words of a text it is found out what they add.
CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """`terms`: inverse document frequency and weight by term; `numbers`: weights of VADER's four; `lexicon`: its valences."""

    terms: Mapping[str, tuple[float, float]]
    numbers: Sequence[float]
    intercept: float
    lexicon: Mapping[str, float]
    card: Mapping[str, Any]
    digest: str

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is one that the model or VADER counts."""
        return word in self.terms or word in self.lexicon

    def has_valence(self, text: str) -> bool:
        """Whether VADER knows a word of the text."""
        return measure_valence(text, self.lexicon).neutral < 1

    def score(self, text: str) -> float:
        """The log odds that a text is positive."""
        terms = [self.terms[term] for term in set(list_terms(mark_words(text))) if term in self.terms]
        length = math.sqrt(sum(idf * idf for idf, _ in terms)) or 1.0
        numbers = measure_valence(text, self.lexicon).numbers
        return (
            self.intercept
            + sum(idf * weight for idf, weight in terms) / length
            + sum(weight * number for weight, number in zip(self.numbers, numbers, strict=True))
        )

    def weigh_words(self, text: str) -> dict[str, float]:
        """How much each of the telling words adds to the score: how it changes when the word is left out.

        Words as `mark_words` writes them. At most CANDIDATES are tried, those with the largest weights.
        """
        whole = self.score(text)
        words = find_words(text)
        tried = sorted(words, key=lambda each: -self._size(each.marked))[:CANDIDATES]
        added: dict[str, float] = {}
        for word in tried:
            if self._size(word.marked):
                points = whole - self.score(f"{text[: word.start]} {text[word.end :]}")
                added[word.marked] = max(added.get(word.marked, 0.0), points, key=abs)
        return added

    def _size(self, marked: str) -> float:
        """How telling a word may be."""
        idf, weight = self.terms.get(marked, (0.0, 0.0))
        return abs(idf * weight) + abs(self.lexicon.get(marked.removeprefix(MARK), 0.0))


@cache
def load_model() -> SentimentModel:
    """The model that comes with Foresell."""
    content = files("foresell.feedback").joinpath(FILE).read_bytes()
    return read_model(content)


def read_model(content: bytes) -> SentimentModel:
    """A model as `scripts/sentiment_model.py` writes it."""
    kept = json.loads(gzip.decompress(content))
    assert kept["format"] == FORMAT, kept["format"]
    idf = [value / SCALE for value in kept["idf"]]
    weights = [value / SCALE for value in kept["weights"]]
    return SentimentModel(
        dict(zip(kept["terms"], zip(idf, weights, strict=True), strict=True)),
        tuple(kept["numbers"]),
        kept["intercept"],
        dict(zip(kept["lexicon"]["words"], (value / 10 for value in kept["lexicon"]["valences"]), strict=True)),
        kept["card"],
        hashlib.sha256(content).hexdigest(),
    )
