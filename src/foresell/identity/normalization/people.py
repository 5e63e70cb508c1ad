"""The names of people: first name and what it is short for, initials, surname with its particles, generation."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from foresell.identity.normalization.word_lists import invert, read_words, split_words

_WORDS = read_words("names")
_ANY_TITLES = frozenset(split_words(_WORDS["titles"]["any"]))
_HONOURS = frozenset(split_words(_WORDS["honours"]["any"]))
_GENERATION_OF = invert(_WORDS["generations"])
PARTICLES = frozenset(split_words(_WORDS["particles"]["any"])) - {"d", "t", "l", "o", "y"}
_NICKNAMES = read_words("nicknames")
_LANGUAGES = {
    **dict.fromkeys(("GB", "US", "AU", "CA", "NZ"), "en"),
    **dict.fromkeys(("DE", "AT", "CH"), "de nl se"),
    **dict.fromkeys(("SE", "NO", "DK", "FI"), "se de"),
    **dict.fromkeys(("ES", "MX", "AR", "CO", "CL", "PE", "IT", "PT"), "es fr"),
    "FR": "fr es",
    "LU": "fr de",
    "BE": "nl fr",
    "NL": "nl de",
    "IE": "ie",
}
#: Countries where people have two surnames.
_TWO_SURNAMES = frozenset(("ES", "MX", "CO", "CL", "PE", "AR"))
#: What stands before an Irish surname, written apart.
_IRISH = frozenset(("o", "ni", "nic", "mac", "mc"))
_IRISH_PARTICLES = PARTICLES | _IRISH
_COUPLE = frozenset(("&", "and", "und", "et", "en", "och", "+"))

GENERATIONS = frozenset(_GENERATION_OF)
FIRST_NAMES = frozenset(
    word for table in _NICKNAMES.values() for root, forms in table.items() for word in split_words(f"{root}, {forms}")
) | frozenset(split_words(read_words("firstnames")["names"]))

_LONGEST_FIRST, _LONGEST_SURNAME = 60, 100

_SPLIT = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*|[&+]")
_ASIDE = re.compile(r"\([^)]*\)?|\[[^\]]*\]?")


class PersonName(NamedTuple):
    """`name`: first name, initials and surname. `middle`: initials, separated by blanks. `last`: particles joined to their
    name ("vandenberg"), two surnames apart."""

    name: str | None
    first: str | None
    first_root: str | None
    middle: str | None
    last: str | None
    generation: str | None


def normalize_person(folded: str, country: str | None) -> PersonName | None:
    """The parts of a person's name, folded to ASCII. "Smith, John" is John Smith; of a couple the first person counts. None if
    no word is left."""
    if "(" in folded or "[" in folded:
        folded = _ASIDE.sub(" ", folded)
    titles = _titles_of(country)
    if "," in folded:
        parts = [words for part in folded.split(",") if (words := _SPLIT.findall(part))]
        generation, parts = _take_suffix_parts(parts)
        if len(parts) > 1:
            return _reversed(parts[0], parts[1], titles, generation, country)
        words = parts[0] if parts else []
    else:
        generation, words = None, _SPLIT.findall(folded)
    words = _first_of_couple(_strip_titles(words, titles), titles)
    words, found = _strip_suffix(words, 2)
    if not words:
        return None
    return _make(*_split_surname(words, country), generation or found, country)


def _reversed(
    last: list[str], given: list[str], titles: frozenset[str], generation: str | None, country: str | None
) -> PersonName:
    last, found = _strip_suffix(_strip_titles(last, titles), 1)
    given, other = _strip_suffix(_first_of_couple(_strip_titles(given, titles), titles), 1)
    while len(given) > 1 and given[-1] in PARTICLES:
        last = [given[-1], *last]
        given = given[:-1]
    return _make(given, last, generation or found or other, country)


def _make(given: list[str], last: list[str], generation: str | None, country: str | None) -> PersonName:
    if "-" in "".join(given):
        given = [piece for word in given for piece in word.split("-")]
    surname = last[0].replace("-", " ") if len(last) == 1 else " ".join(_join_particles(last))
    surname = surname[:_LONGEST_SURNAME].rstrip()
    if not given:
        return PersonName(surname, None, None, None, surname, generation)
    first = given[0][:_LONGEST_FIRST]
    root = _roots(country).get(first, first)
    if len(given) == 1:
        return PersonName(f"{first} {surname}", first, root, None, surname, generation)
    middle = " ".join([word[0] for word in given[1:6]])
    return PersonName(f"{first} {middle} {surname}", first, root, middle, surname, generation)


def _strip_titles(words: list[str], titles: frozenset[str]) -> list[str]:
    """A title of one letter (French M.) could be an initial: it needs two names behind it."""
    at = 0
    while at < len(words) - 1 and words[at] in titles and (len(words[at]) > 1 or len(words) - at > 2):
        at += 1
    return words[at:] if at else words


def _strip_suffix(words: list[str], names: int) -> tuple[list[str], str | None]:
    """The words without honours and generation behind at least `names` names, and the generation."""
    generation = None
    while len(words) > names and (words[-1] in _HONOURS or words[-1] in _GENERATION_OF):
        generation = generation or _GENERATION_OF.get(words[-1])
        words = words[:-1]
    return words, generation


def _take_suffix_parts(parts: list[list[str]]) -> tuple[str | None, list[list[str]]]:
    """The generation that stands between commas, and the other parts ("Smith, John, Jr", "John Smith, PhD")."""
    generation = None
    kept: list[list[str]] = []
    for at, words in enumerate(parts):
        if at and all(word in _HONOURS or word in _GENERATION_OF for word in words):
            generation = generation or next(filter(None, map(_GENERATION_OF.get, words)), None)
        else:
            kept.append(words)
    return generation, kept


def _first_of_couple(words: list[str], titles: frozenset[str]) -> list[str]:
    if _COUPLE.isdisjoint(words):
        return words
    at = next(at for at, word in enumerate(words) if word in _COUPLE)
    before = [each for each in words[:at] if each not in titles]
    after = _strip_titles([each for each in words[at + 1 :] if each not in _COUPLE], titles)
    if not before:
        return after
    return [*before, *after[1:]] if len(before) == 1 and len(after) > 1 else before


def _split_surname(words: list[str], country: str | None) -> tuple[list[str], list[str]]:
    """(given names, surname)."""
    size = len(words)
    if size < 2:
        return [], words
    if size == 2:
        return words[:1], words[1:]
    if surname := _leading_surname(words, country):
        return words[surname:], words[:surname]
    begin = next((at for at in range(1, size - 1) if words[at] in PARTICLES), size - 1)
    if country == "IE" and words[-2] in _IRISH:
        begin = min(begin, size - 2)
    if country in _TWO_SURNAMES:
        two = 1 if words[1] not in FIRST_NAMES or (size == 3 and words[1] in PARTICLES) else 2
        begin = min(begin, max(two, 1) if size <= 4 else max(two, size - 3))
    return words[:begin], words[begin:]


def _leading_surname(words: list[str], country: str | None) -> int:
    """How many words in front are a surname with its particles: "van den Berg Jan", "O Donaill Sean"; 0 where they are not.

    Only where what follows begins with a first name and the surname is none: "La Toya Jackson" begins with a first name.
    """
    particles = _IRISH_PARTICLES if country == "IE" else PARTICLES
    at = 0
    while at < len(words) - 2 and words[at] in particles:
        at += 1
    return at + 1 if at and words[at] not in FIRST_NAMES and words[at + 1] in FIRST_NAMES else 0


def _join_particles(words: list[str]) -> list[str]:
    joined: list[str] = []
    prefix = ""
    for at, word in enumerate(words):
        prefix += word
        if at == len(words) - 1 or not (word in PARTICLES or (word in ("o", "y", "ni", "nic") and len(words) > 1)):
            joined.extend(prefix.split("-"))
            prefix = ""
    return joined


@cache
def _titles_of(country: str | None) -> frozenset[str]:
    language = {"AT": "DE", "CH": "DE", "LU": "DE", "BE": "NL", "FI": "SE"}.get(country or "", country or "")
    listed = _WORDS["titles"].get(language)
    if listed is None and language not in ("GB", "US", "IE", "AU", "CA", "NZ"):
        listed = ", ".join(_WORDS["titles"].values())
    return _ANY_TITLES | frozenset(split_words(listed or ""))


@cache
def _roots(country: str | None) -> dict[str, str]:
    """Nickname -> first name. The language of the country decides first, then its relatives, then all others."""
    roots: dict[str, str] = {}
    for language in dict.fromkeys((*_LANGUAGES.get(country or "", "en").split(), *_NICKNAMES)):
        roots = invert(_NICKNAMES[language]) | roots
    return roots
