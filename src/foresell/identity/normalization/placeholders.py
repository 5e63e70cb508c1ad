"""Values that people type when they do not know or do not want to say."""

from __future__ import annotations

from foresell.identity.normalization.text import is_repetition
from foresell.identity.normalization.word_lists import read_words, split_words

_WORDS = read_words("placeholders")
_ANY = frozenset(split_words(_WORDS["any"]["words"]))
_NAMES = _ANY | frozenset(split_words(_WORDS["names"]["words"]))
_STREETS = _ANY | frozenset(split_words(_WORDS["streets"]["words"]))
_FIRST_WORDS = frozenset(phrase.partition(" ")[0] for phrase in _NAMES)
_DIGITS = "01234567890123456789"


def is_placeholder(folded: str) -> bool:
    """Whether a folded value of any field says nothing."""
    return folded in _ANY or is_repetition(folded)


def is_placeholder_name(words: list[str]) -> bool:
    """Whether the words of a name, without numbers, say nothing: "guest 12", "Test Test", "xxx", "Max Mustermann"."""
    if words and words[0] not in _FIRST_WORDS and words[0][0] not in words[0][1:2] and not words[0].isdigit():
        return False
    words = [each for each in words if not each.isdigit()]
    if not words or " ".join(words) in _NAMES:
        return True
    return all(word in _NAMES or (is_repetition(word) and len(word) > 2) for word in words)


def is_placeholder_street(words: str) -> bool:
    """Whether a street says nothing: "no address", "pickup"."""
    return words in _STREETS or is_repetition(words.replace(" ", ""))


def is_placeholder_number(digits: str) -> bool:
    """Whether digits are typed to fill a field: one digit only, or counted up or down (1234567, 987654)."""
    if not digits or digits.count(digits[-1]) >= len(digits) - 1:
        return True
    return len(digits) > 4 and (digits in _DIGITS or digits[::-1] in _DIGITS)
