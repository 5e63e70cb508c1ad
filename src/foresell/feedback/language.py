"""The language of a text: as the source states it, otherwise detected (py3langid)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

ENGLISH = "en"
#: Nigerian Pidgin is written with English words; the detector takes short English texts for it.
ALSO_ENGLISH = frozenset(("pcm",))
#: Below this the detector's answer counts less than whether the words are known.
SURE = 0.5
KNOWN_SHARE = 2 / 3
_CODE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es", "español": "es",
    "italian": "it", "italiano": "it", "dutch": "nl", "portuguese": "pt", "polish": "pl", "swedish": "sv", "danish": "da",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "nld": "nl", "por": "pt",
}  # fmt: skip


def read_language(stated: str) -> str | None:
    """The code of a language that a source states, such as en for en-GB, English or eng; None where it is none."""
    text = stated.strip().lower()
    if text in _NAMES:
        return _NAMES[text]
    match = _CODE.fullmatch(text)
    return match.group(1) if match else None


def detect_language(text: str, knows: Callable[[str], bool]) -> str | None:
    """The code of the most likely language (ISO 639); None for a text without words.

    Short texts are guessed wrongly now and then: where the detector is unsure and two thirds of the words are known
    English ones (`knows`), the text is English.
    """
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    if not words:
        return None
    language, probability = _identifier().classify(text)
    if language in ALSO_ENGLISH or (probability < SURE and sum(map(knows, words)) >= KNOWN_SHARE * len(words)):
        return ENGLISH
    return str(language)


@cache
def _identifier() -> Any:
    """The detector. Loading it takes a second and 60 MB, so only a process that needs it does."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
