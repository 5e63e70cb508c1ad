"""The sentiment of a text: positive, negative, not sure or not analysed, with the words that decided."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from foresell.feedback.language import ENGLISH, detect_language
from foresell.feedback.model import load_model
from foresell.feedback.phrases import load_phrases
from foresell.feedback.words import MARK, word_list

Sentiment = Literal["positive", "negative", "not sure", "not analysed"]
SENTIMENTS: tuple[Sentiment, ...] = get_args(Sentiment)
#: Between these probabilities that it is positive, a text is "not sure".
NEGATIVE_BELOW, POSITIVE_ABOVE = 0.3, 0.7
#: The same for a text without any word that has a valence: the model is right less often there (see the data card).
WITHOUT_VALENCE = (0.1, 0.9)
STRONGEST = 3
#: Words that add less than this share of what the strongest adds are not shown: they decided nothing.
LEAST_SHARE = 0.25
FUNCTION_WORDS = word_list("function_words")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase and the log odds that it added; above 0 towards positive."""

    word: str
    points: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`probability` that the text is positive: None where it was not analysed. `words`: the strongest, in that sequence."""

    sentiment: Sentiment
    probability: float | None
    words: Sequence[Word]
    language: str | None
    version: str


def judge(text: str, language: str | None = None) -> Judgement:
    """The sentiment of an English text. `language`: its code where it is known; otherwise it is detected.

    A text in another language, or without a word or sign of the phrase table, is not analysed.
    """
    version = model_version()
    model = load_model()
    rest, found = load_phrases().take_out(html.unescape(text))
    language = language or detect_language(rest, model.knows) or (ENGLISH if found else None)
    if language != ENGLISH or not (found or any(map(str.isalpha, rest))):
        return Judgement("not analysed", None, (), language, version)
    has_words = any(map(str.isalpha, rest))
    points = sum(found.values()) + (model.score(rest) if has_words else 0.0)
    probability = 1 / (1 + math.exp(-points))
    words = _pick_strongest({**(model.weigh_words(rest) if has_words else {}), **found})
    limits = (NEGATIVE_BELOW, POSITIVE_ABOVE) if found or model.has_valence(rest) else WITHOUT_VALENCE
    return Judgement(_name(probability, *limits), round(probability, 4), words, language, version)


@cache
def model_version() -> str:
    """Changes with the model and with the table of phrases."""
    return f"en-{load_model().digest[:8]}-{load_phrases().digest[:8]}"


def _name(probability: float, negative_below: float, positive_above: float) -> Sentiment:
    if probability < negative_below:
        return "negative"
    return "positive" if probability > positive_above else "not sure"


def _pick_strongest(points: Mapping[str, float]) -> tuple[Word, ...]:
    ranked = sorted(points.items(), key=lambda each: (-abs(each[1]), each[0]))
    telling = [(name, value) for name, value in ranked if _tells(name)][:STRONGEST]
    least = max((abs(value) for _, value in telling), default=0.0) * LEAST_SHARE
    return tuple(Word(name.replace(MARK, "not "), round(value, 2)) for name, value in telling if abs(value) >= least)


def _tells(name: str) -> bool:
    """Whether a word is one that a reader understands as a reason: not punctuation, "the" or "this"."""
    return any(map(_shows, name)) and name.removeprefix(MARK) not in FUNCTION_WORDS


def _shows(character: str) -> bool:
    """Whether a character is a letter or a sign such as an emoji, not punctuation."""
    return character.isalpha() or not character.isascii()
