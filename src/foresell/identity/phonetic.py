"""How a name sounds: one code for spellings that are pronounced alike in English, German, French, Dutch, Spanish or Swedish.

Like Soundex and the Kölner Phonetik it keeps groups of consonants and drops vowels, but it treats the first letter as all
others, and combinations of letters as the one sound they stand for in any of these languages.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Letters that stand for one sound together.
_TOGETHER = (
    ("tsch|tch|sch|stj|skj|sh|sj|ch|cz|tz|ts|ds|zh|c(?=[eiy])|[zx]", "s"),
    ("dt|th|td|ght", "t"),
    ("wr|rh", "r"),
    ("ph|pf|wh", "f"),
    ("ck|kh|gh|qu|gu(?=[ei])", "k"),
    ("kn|gn", "n"),
)
_COMBINED = re.compile("|".join(f"({letters})" for letters, _ in _TOGETHER))
_SOUNDS = [sound for _, sound in _TOGETHER]
_GROUPS = str.maketrans("bpfvwkcqgdtlmnrsaeiouhjy", "112223333445667800000000")
_AGAIN = re.compile(r"(.)\1+")
_LONGEST = 6


@lru_cache(maxsize=65_536)
def sound_code(word: str) -> str:
    """The code of a word of lower case ASCII letters: digits, "0" for a vowel at the beginning; at most six."""
    plain = _COMBINED.sub(lambda match: _SOUNDS[(match.lastindex or 1) - 1], word)
    digits = _AGAIN.sub(r"\1", plain.translate(_GROUPS))
    return (digits[:1] + digits[1:].replace("0", ""))[:_LONGEST]
