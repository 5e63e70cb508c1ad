"""The country of a record as ISO 3166 alpha-2."""

from __future__ import annotations

import re

from phonenumbers import SUPPORTED_REGIONS

from foresell.identity.normalization.text import fold
from foresell.identity.normalization.word_lists import invert, read_words

_OTHER = re.compile("[^a-z]+")
_NAMES: dict[str, str] = dict(read_words("country_names")["names"])


def _fold_name(text: str) -> str:
    return _OTHER.sub(" ", fold(text)).strip()


_CODES = {_fold_name(name): code for code, name in _NAMES.items()}
_CODES |= {
    word: code.upper() for code, words in read_words("countries").items() for word in invert({code.lower(): words})
}
_CODES |= {code.lower(): code for code in SUPPORTED_REGIONS if len(code) == 2} | {"uk": "GB"}
_EXACT = {code: code for code in _CODES.values()}


def normalize_country(text: str | None) -> str | None:
    """The alpha-2 code of a country's code or name in English, or in one of the languages of `words/countries.toml`; None if
    unknown."""
    if not text:
        return None
    return _EXACT.get(text) or _CODES.get(_fold_name(text))


def name_country(code: str) -> str:
    """The English name of a country; the code itself if it has none."""
    return _NAMES.get(code, code)
