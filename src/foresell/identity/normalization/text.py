"""Any text as lower case ASCII, of bounded length."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from anyascii import anyascii

#: Characters of a value that are read, and that a normalized value may have.
MOST_READ, MOST = 400, 200

#: Countries in which "ae", "oe" and "ue" are another spelling of one letter.
UMLAUT_COUNTRIES = frozenset(("DE", "AT", "CH", "LU", "SE", "NO", "DK", "FI"))

#: UTF-8 that was read as Windows-1252 ("MÃ¼ller") shows these letters.
_MOJIBAKE = re.compile("[ÂÃÅÄØÙ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€")
#: Marks of direction and width, combining accents, symbols and pictures.
_INVISIBLE = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2190-\u2bff\ufe00-\ufe0f\ufeff\U0001f000-\U0001faff\U000e0000-\U000e0fff]"
)
_APOSTROPHES = str.maketrans("", "", "'`\"")


def fold(text: str) -> str:
    """The text in lower case ASCII without apostrophes; other scripts are transliterated, wrongly decoded UTF-8 is repaired."""
    text = text[:MOST_READ]
    if not text.isascii():
        text = _transliterate(text)
    return text.lower().translate(_APOSTROPHES)


def _transliterate(text: str) -> str:
    if _MOJIBAKE.search(text):
        with suppress(UnicodeError):
            text = text.encode("cp1252").decode("utf-8")
    # composed first, because a combining accent alone is dropped; ª and º would become letters of the word
    text = unicodedata.normalize("NFC", text)
    folded: str = anyascii(_INVISIBLE.sub("", text).replace("\u00a0", " "))
    return folded[:MOST_READ]


def shorten(text: str) -> str | None:
    """The text cut at MOST characters; None if nothing is left."""
    return text[:MOST].rstrip() or None


def is_repetition(text: str) -> bool:
    """Whether it is one character over and over ("xxx", "0000000")."""
    return len(text) > 1 and text[0] == text[-1] and text.count(text[0]) == len(text)
