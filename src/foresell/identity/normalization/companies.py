"""The names of companies: their legal form, their distinctive words, a registration number."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from foresell.identity.normalization.text import shorten
from foresell.identity.normalization.word_lists import invert, read_words, split_words

_FORMS = read_words("legal_forms")
_FORM_OF = invert(_FORMS["forms"])
_LAST_OF_FORM = frozenset(spelling.rpartition(" ")[2] for spelling in _FORM_OF)
_LEADING = frozenset(split_words(_FORMS["leading"]["forms"]))
_AMBIGUOUS = frozenset(split_words(_FORMS["ambiguous"]["forms"]))
_LONGEST_FORM = max(spelling.count(" ") for spelling in _FORM_OF) + 1
#: Forms that no person's name holds, wherever they stand.
_CLEAR = (
    frozenset(each for each in _FORM_OF if " " not in each and len(each) > 2)
    - _AMBIGUOUS
    - {"cic", "teo", "sapa", "cie", "cia"}
)

_WORDS = read_words("companies")
_FAMILY = frozenset(split_words(_WORDS["family"]["words"]))
_TRADES = frozenset(split_words(_WORDS["trades"]["words"]))
_SURNAMES = frozenset(split_words(_WORDS["surnames"]["words"]))
_COMMON = frozenset(split_words(_WORDS["common"]["words"]))
_ENDINGS = split_words(_WORDS["trades"]["endings"])
_LEAST_COMPOUND = 9
_SIGNS = _CLEAR | _TRADES

AND = frozenset(("&", "and", "und", "et", "en", "och", "y", "e", "u"))
_DOTTED = re.compile(r"(?<![a-z0-9])(?:[a-z]\.)+[a-z](?![a-z0-9])")
_SPLIT = re.compile("[a-z0-9]+|&")
_NUMBER = re.compile(
    r"\b(hrb|hra|crn|siren|siret|kvk|cif|nif|company (?:no|number|reg)|co[. ]{1,2}reg(?:[. ]{1,2}no)?|reg[. ]{1,2}no|registered no|org[ .]?nr|organisationsnummer|orgnr)"
    r"\b[\s.:]*([a-z]{0,2}[\s-]?\d[\d\s.-]{2,15}\d[a-z]?)\b"
)


class CompanyName(NamedTuple):
    """`name`: without the legal form; `tokens`: its distinctive words."""

    name: str | None
    legal_form: str | None
    tokens: str | None


def split_company_words(folded: str) -> list[str]:
    """The words of a folded name, "G.m.b.H." as one of them."""
    if "." in folded:
        folded = _DOTTED.sub(_join_letters, folded)
    return _SPLIT.findall(folded)


def _join_letters(match: re.Match[str]) -> str:
    return match[0].replace(".", "")


def is_company(words: list[str], first_names: frozenset[str]) -> bool:
    """Whether the words of a name are a company's. In doubt they are a person's."""
    if len(words) < 2:
        return bool(words) and ((words[0] in _TRADES and words[0] not in _SURNAMES) or _is_compound(words[0]))
    known = words[0] in first_names
    if words[-1] in _LAST_OF_FORM and _has_form(words, known):
        return True
    if words[0] in _LEADING and not known:
        return True
    if not _SIGNS.isdisjoint(words) and not (known and len(words) == 2 and words[1] in _SURNAMES):
        return True
    if any([len(word) >= _LEAST_COMPOUND and word.endswith(_ENDINGS) for word in words]):  # noqa: C419  (twice as fast)
        return True
    if len(words) < 3 or AND.isdisjoint(words):
        return False
    if any(word in AND and after in _FAMILY for word, after in pairwise(words)):
        return True
    return len(words) == 3 and words[1] == "&" and not known and words[2] not in first_names


def _has_form(words: list[str], known: bool) -> bool:
    """Whether the name ends in a legal form; one that may be a surname does not count behind a first name alone."""
    size, _ = _form_at_end(words)
    if not size:
        return False
    return not (known and len(words) == 2 and words[-1] in _AMBIGUOUS)


def _form_at_end(words: list[str]) -> tuple[int, str | None]:
    """(number of words, form) of the longest legal form at the end that leaves a word of the name."""
    if words[-1] not in _LAST_OF_FORM:
        return 0, None
    plain = ["&" if each in AND else each for each in words[-_LONGEST_FORM:]]
    for size in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        if form := _FORM_OF.get(" ".join(plain[-size:])):
            return size, form
    return 0, None


def _is_compound(word: str) -> bool:
    return len(word) >= _LEAST_COMPOUND and word.endswith(_ENDINGS)


def normalize_company(words: list[str]) -> CompanyName:
    """The parts of a company's name, given its words."""
    words, form = _remove_form(words)
    words = _join_single_letters(["&" if word in AND and at else word for at, word in enumerate(words)])
    while words and words[-1] == "&":
        words = words[:-1]
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    distinctive = [each for each in words if each not in _COMMON and each != "&"] or [
        each for each in words if each != "&"
    ]
    return CompanyName(shorten(" ".join(words)), form, shorten(" ".join(distinctive)))


def _remove_form(words: list[str]) -> tuple[list[str], str | None]:
    first = None
    if len(words) > 2 and words[-1] == "the":
        words = words[:-1]
    while len(words) > 1:
        size, form = _form_at_end(words)
        if not size:
            break
        words, first = words[:-size], form if first in (None, "co") else first
    if first is None and len(words) > 1 and words[0] in _LEADING:
        return words[1:], _FORM_OF.get(words[0])
    if first is None and (inside := next((each for each in words[1:] if each in _CLEAR), None)):
        return [each for each in words if each != inside], _FORM_OF[inside]
    return words, first


def _join_single_letters(words: list[str]) -> list[str]:
    """ "a b c trading" as "abc trading"."""
    if not any(len(word) == 1 for word in words):
        return words
    joined: list[str] = []
    run = False
    for word in words:
        single = len(word) == 1 and word != "&"
        if single and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = single
    return joined


def take_company_number(folded: str) -> tuple[str, str | None]:
    """The name without a registration number and the number, where it is announced as one ("HRB 1234", "Company no. ...")."""
    match = _NUMBER.search(folded)
    if match is None:
        return folded, None
    kind = match[1] if match[1] in ("hrb", "hra") else ""
    number = "".join(filter(str.isalnum, match[2]))
    return folded[: match.start()] + " " + folded[match.end() :], kind + number
