"""The four numbers of VADER (Hutto and Gilbert, ICWSM 2014): how positive the words of a text are, with what stands before them.

The rules are those of the paper: words have a valence between -4 and 4; degree words before them, capitals, negations, "but"
and exclamation marks change it. Two details differ from the package vaderSentiment 3.3.2: "but" weighs each word by its
place, and an emoji is read as its Unicode name.
"""

from __future__ import annotations

import math
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.feedback.words import NEGATIONS, word_list

#: How much a degree word adds to the word after it, and capitals to a word among others in lower case.
DEGREE, CAPITALS = 0.293, 0.733
#: How much of the degree word's effect is left one, two and three words later.
DISTANCE = (1.0, 0.95, 0.9)
#: What a negation does to a word within three words, and "never so" or "never this" to it.
NEGATED, NEVER_SO = -0.74, 1.25
BEFORE_BUT, AFTER_BUT = 0.5, 1.5
EXCLAMATION, MOST_EXCLAMATIONS = 0.292, 4
QUESTION, MANY_QUESTIONS = 0.18, 0.96
#: What the sum of valences is compared with, to bring it between -1 and 1.
ALPHA = 15

STRONGER = word_list("stronger")
WEAKER = frozenset(
    [
        "almost",
        "barely",
        "hardly",
        "kinda",
        "kindof",
        "kind-of",
        "less",
        "little",
        "marginal",
        "marginally",
        "occasional",
        "occasionally",
        "partly",
        "scarce",
        "scarcely",
        "slight",
        "slightly",
        "somewhat",
        "sorta",
        "sortof",
        "sort-of",
    ]
)
WEAKER_PHRASES = frozenset((("just", "enough"), ("kind", "of"), ("sort", "of")))
#: Phrases with a valence of their own.
IDIOMS: Mapping[tuple[str, ...], float] = {
    ("the", "shit"): 3,
    ("the", "bomb"): 3,
    ("bad", "ass"): 1.5,
    ("bus", "stop"): 0,
    ("yeah", "right"): -2,
    ("kiss", "of", "death"): -1.5,
    ("to", "die", "for"): 3,
    ("beating", "heart"): 3.5,
}


@dataclass(frozen=True, slots=True)
class Valence:
    """`negative`, `neutral` and `positive` are shares of the text and add up to 1; `compound` is between -1 and 1.

    `words`: the words of the text with the valence that each has at its place.
    """

    negative: float
    neutral: float
    positive: float
    compound: float
    words: Sequence[tuple[str, float]]

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """The four numbers."""
        return self.negative, self.neutral, self.positive, self.compound


def measure_valence(text: str, lexicon: Mapping[str, float]) -> Valence:
    """The four numbers of a text. `lexicon`: the valence of words in lower case."""
    words = _split(_name_emoji(text))
    if not words:
        return Valence(0.0, 0.0, 0.0, 0.0, ())
    low = [word.lower() for word in words]
    capitals = sum(map(str.isupper, words))
    has_both_cases = 0 < capitals < len(words)
    valences = [_measure_word(words, low, i, lexicon, has_both_cases) for i in range(len(words))]
    if "but" in low:
        but = low.index("but")
        valences = [v * (BEFORE_BUT if i < but else AFTER_BUT if i > but else 1) for i, v in enumerate(valences)]
    return _sum_up(valences, _measure_emphasis(text), words)


def _sum_up(valences: Sequence[float], emphasis: float, words: Sequence[str]) -> Valence:
    total = sum(valences)
    if total:
        total += math.copysign(emphasis, total)
    positive = sum(v + 1 for v in valences if v > 0)
    negative = sum(1 - v for v in valences if v < 0)
    neutral = sum(v == 0 for v in valences)
    if positive > negative:
        positive += emphasis
    elif negative > positive:
        negative += emphasis
    whole = positive + negative + neutral
    compound = total / math.sqrt(total * total + ALPHA)
    return Valence(
        negative / whole, neutral / whole, positive / whole, compound, tuple(zip(words, valences, strict=True))
    )


def _measure_word(
    words: Sequence[str], low: Sequence[str], i: int, lexicon: Mapping[str, float], has_both_cases: bool
) -> float:
    """The valence of word `i`, changed by the three words before it."""
    word = low[i]
    if word not in lexicon or word in STRONGER or word in WEAKER or low[i : i + 2] == ["kind", "of"]:
        return 0.0
    valence = _value_of(low, i, lexicon)
    if words[i].isupper() and has_both_cases:
        valence += CAPITALS if valence > 0 else -CAPITALS
    for distance in (1, 2, 3):
        if i < distance or low[i - distance] in lexicon:
            continue
        valence += DISTANCE[distance - 1] * _degree(words[i - distance], valence, has_both_cases)
        valence *= _negation(low, i, distance)
        if distance == 3:
            valence = _apply_idioms(low, i, valence)
    if i and low[i - 1] == "least" and "least" not in lexicon and (i < 2 or low[i - 2] not in ("at", "very")):
        valence *= NEGATED
    return valence


def _value_of(low: Sequence[str], i: int, lexicon: Mapping[str, float]) -> float:
    """The word's own valence; "no" counts only where it negates no other word."""
    negates_next = low[i] == "no" and i + 1 < len(low) and low[i + 1] in lexicon
    value = 0.0 if negates_next else lexicon[low[i]]
    if "no" in low[max(0, i - 2) : i] or (i > 2 and low[i - 3] == "no" and low[i - 1] in ("or", "nor")):
        value = lexicon[low[i]] * NEGATED
    return value


def _degree(word: str, valence: float, has_both_cases: bool) -> float:
    """What a degree word adds to a valence; 0 for another word."""
    low = word.lower()
    if low not in STRONGER and low not in WEAKER:
        return 0.0
    effect = DEGREE if low in STRONGER else -DEGREE
    if valence < 0:
        effect = -effect
    if word.isupper() and has_both_cases:
        effect += CAPITALS if valence > 0 else -CAPITALS
    return effect


def _negation(low: Sequence[str], i: int, distance: int) -> float:
    """What the word this far before word `i` multiplies its valence by."""
    before, between = low[i - distance], low[i - distance + 1 : i]
    if distance > 1 and before == "never" and between[0] in ("so", "this"):
        return NEVER_SO
    if distance == 3 and between[1] in ("so", "this"):
        return NEVER_SO
    if distance > 1 and before == "without" and "doubt" in between:
        return 1.0
    return NEGATED if before in NEGATIONS or "n't" in before else 1.0


def _apply_idioms(low: Sequence[str], i: int, valence: float) -> float:
    """The valence of word `i`, or of the phrase that ends at it, before it or begins with it."""
    around = ((i - 1, i + 1), (i - 2, i + 1), (i - 2, i), (i - 3, i), (i - 3, i - 1))
    phrases = (tuple(low[start:end]) for start, end in around)
    valence = next((IDIOMS[phrase] for phrase in phrases if phrase in IDIOMS), valence)
    for end in (i + 2, i + 3):
        valence = IDIOMS.get(tuple(low[i:end]), valence)
    weaker = sum(tuple(low[start : start + 2]) in WEAKER_PHRASES for start in (i - 3, i - 2))
    return valence - DEGREE * weaker


def _measure_emphasis(text: str) -> float:
    questions = text.count("?")
    insistence = 0.0 if questions < 2 else QUESTION * questions if questions <= 3 else MANY_QUESTIONS
    return EXCLAMATION * min(text.count("!"), MOST_EXCLAMATIONS) + insistence


def _split(text: str) -> list[str]:
    """Words without punctuation around them; what would leave two characters or fewer stays, for it may be an emoticon."""
    pairs = ((token, token.strip(string.punctuation)) for token in text.split())
    return [bare if len(bare) > 2 else token for token, bare in pairs]


def _name_emoji(text: str) -> str:
    if text.isascii():
        return text
    return "".join(f" {unicodedata.name(c, '').lower()} " if unicodedata.category(c) == "So" else c for c in text)
