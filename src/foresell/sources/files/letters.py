"""Tells one-byte encodings apart by their letters: which reading has the letters of a language, in places where they stand."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

#: Encodings with the languages written in them, the most common first: it wins a draw.
_ENCODINGS: dict[str, tuple[str, ...]] = {
    "cp1252": ("äöüß", "éèêëàâçîïôûùœ", "áéíóúñü", "áéíóúâêôãõàç", "àèéìòù", "åäöéøæ", "éëïöáóèü"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čšžćđ"),
    "cp1251": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",),
    "iso8859-2": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čšžćđ"),
    "mac-roman": ("äöüß", "éèêëàâçîïôûùœ", "áéíóúñü", "áéíóúâêôãõàç", "àèéìòù", "åäöéøæ", "éëïöáóèü"),
}
_NAMES = {
    "cp1252": "Western", "cp1250": "Central European", "cp1251": "Cyrillic", "iso8859-2": "Central European",
    "mac-roman": "Western",
}  # fmt: skip
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_MOST_WORDS = 2_000
_PUNCTUATION = "\xa0“”„‘’«»…–—"
_SIGNS = _PUNCTUATION + "€£°®™§·"


@dataclass(frozen=True, slots=True)
class Reading:
    """An encoding, the share of its letters that fit a language (1: all, below 0: none), and its first words."""

    encoding: str
    fit: float
    words: tuple[str, ...]


def rank_readings(head: bytes) -> list[Reading]:
    """The readings of the words in `head` that are not ASCII, best first; readings of the same words are listed once."""
    words = [text for text in dict.fromkeys(_WORD.findall(head)) if len(text) > 1][:_MOST_WORDS]  # not `£` of `£5`
    found: dict[tuple[str, ...], Reading] = {}
    for encoding, languages in _ENCODINGS.items():
        try:
            read = tuple(word.decode(encoding) for word in words)
        except UnicodeDecodeError:
            continue
        if read and read not in found:
            found[read] = Reading(encoding, _measure_fit(read, languages), read)
    return sorted(found.values(), key=lambda reading: -reading.fit)


def _measure_fit(words: tuple[str, ...], languages: tuple[str, ...]) -> float:
    """How many of the letters beyond ASCII one language has; a sign or a capital inside a word speaks against a reading."""
    letters = [c for word in words for c in word.lower() if c > "\x7f" and (c.isalpha() or c in _SIGNS)]
    known = [sum(c in language or c in _SIGNS for c in letters) for language in languages]
    anyone = sum(c in _SIGNS or any(c in language for language in languages) for c in letters)
    odd = sum(bool(_is_odd(word)) for word in words)
    return (0.5 * anyone + 0.5 * max(known) - (len(letters) - anyone) - 2 * odd) / max(1, len(letters) + odd)


def _is_odd(word: str) -> bool:
    cyrillic = any("\u0400" <= c <= "\u04ff" for c in word)
    if any("\x80" <= c <= "\x9f" for c in word) or (cyrillic and any(c.isascii() for c in word)):
        return True
    if not cyrillic and re.search(r"[^\x00-\x7f]{4}", word):
        return True  # only other scripts have such a number of letters beyond ASCII in a row
    inside = re.search(r"[^\W\d_]", word) and any(
        c > "\x7f" and not c.isalpha() and c not in _PUNCTUATION for c in word
    )
    return bool(inside or re.search("[a-zà-öø-ÿą-ž][A-ZÀ-ÖØ-ÞŸŽŠŚŹŻŁ]", word))


def find_doubt(head: bytes, encoding: str) -> tuple[str, str, str] | None:
    """Another encoding that is about as likely, a word as `encoding` reads it and the same word as the other reads it."""
    readings = rank_readings(head)
    chosen = next((r for r in readings if same_encoding(r.encoding, encoding)), None)
    if chosen is None:
        return None
    others = (r for r in readings if r is not chosen and r.fit > max(0.0, chosen.fit - 0.5))
    if (other := next(others, None)) is None:
        return None
    word, instead = next(pair for pair in zip(chosen.words, other.words, strict=True) if pair[0] != pair[1])
    return other.encoding, word, instead


def same_encoding(one: str, other: str) -> bool:
    """Whether two names are of one encoding."""
    return codecs.lookup(one).name == codecs.lookup(other).name


def name_script(encoding: str) -> str | None:
    """`Central European` of cp1250; None for encodings that this module does not compare."""
    return next((name for known, name in _NAMES.items() if same_encoding(known, encoding)), None)
