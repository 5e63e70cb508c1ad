"""Reads the word lists of `words/`: small TOML files of ASCII words, separated by commas."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

#: "ae", "oe" and "ue" that stand for a German or Nordic letter: not at the end (Zoe), not in Bauer, Michael or Manuel.
_UMLAUTS = re.compile(r"ae(?!l|\b)|oe(?!\b)|(?<![aeoq])ue(?!l\b|\b)")


@cache
def read_words(name: str) -> Mapping[str, Any]:
    """The tables of `words/NAME.toml`."""
    text = resources.files("foresell.identity.normalization").joinpath(f"words/{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def split_words(text: str) -> tuple[str, ...]:
    """The words of a list, each with its form without "ae", "oe", "ue" where that differs."""
    words = [word for part in text.split(",") if (word := " ".join(part.split()))]
    return tuple(dict.fromkeys(form for word in words for form in (word, fold_umlauts(word))))


def invert(table: Mapping[str, str]) -> dict[str, str]:
    """Word -> the key it is listed under; a key stands for itself. The first key wins."""
    found: dict[str, str] = {}
    for key, text in table.items():
        for word in split_words(f"{key}, {text}"):
            found.setdefault(word, fold_umlauts(key))
    return found


def fold_umlauts(text: str) -> str:
    """ "mueller" as "muller", as "Müller" becomes in ASCII."""
    return _UMLAUTS.sub(_first_letter, text) if "ae" in text or "oe" in text or "ue" in text else text


def _first_letter(match: re.Match[str]) -> str:
    return match[0][0]
