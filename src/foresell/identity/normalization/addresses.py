"""Postal addresses: street with its words written out, house number, postcode without blanks, city."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from foresell.identity.normalization.placeholders import is_placeholder, is_placeholder_street
from foresell.identity.normalization.text import UMLAUT_COUNTRIES, fold, is_repetition, shorten
from foresell.identity.normalization.word_lists import fold_umlauts, invert, read_words, split_words

_STREETS = read_words("streets")
_DROP = frozenset(split_words(_STREETS["drop"]["words"]))
#: Languages that say first what kind of street it is.
_KIND_FIRST = frozenset(("FR", "ES", "IT"))
_LANGUAGE = {"AT": "DE", "CH": "DE", "BE": "NL", "LU": "FR"}


def _any_of(words: str) -> str:
    return "|".join(
        sorted((re.escape(word).replace(r"\ ", r"\s*") for word in split_words(words)), key=len, reverse=True)
    )


_BOX = re.compile(rf"(?<![a-z0-9])(?:{_any_of(_STREETS['boxes']['words'])})(?:\s*(?:n|no|nr|\.|:)+)*\s*(\d[\d ]*)")
_UNIT = re.compile(
    rf"(?<![a-z0-9])(?:\d+(?:st|nd|rd|th|er|eme|o|a)?\s*\.?\s*(?:floor|flr|etage|og|piso|planta|stock|tr|verdieping|piano)\b"
    rf"|(?:{_any_of(_STREETS['units']['words'])})(?![a-z])\.?\s*[:#]?\s*(?:no\.?\s*)?(?:\d+\s?[a-z]?|[a-z])(?![a-z0-9])"
    rf"|#\s*\d+[a-z]?)"
)
_LEADING = re.compile(
    r"\D{0,3}(\d{1,6})(?:\s?([a-z])(?![a-z0-9])|\s?(b)is\b|\s?(t)er\b|\s?(q)uater\b)?(?![a-z0-9])(?:\s*[-/+&]\s*\d+\s?(?:[a-z]\b)?)*[\s.]+(?=.*[a-z])(.*)",
    re.DOTALL,
)
_LAST = re.compile(
    r"(.*?[a-z].*?)(?:\s+|(?<=\.))(\d{1,6})(?:\s?([a-z])(?![a-z0-9])|\s?(b)is\b|\s?(t)er\b|\s?(q)uater\b)?(?![a-z0-9])(?:\s*[-/+&]\s*\w+)*\W*$",
    re.DOTALL,
)
_INSIDE = re.compile(r"(.*?[a-z]{2}.*?)\s(\d{1,6})\s?([a-z]\b)?", re.DOTALL)
#: Number and street, or street and number, and nothing else.
_SIMPLE = re.compile(
    r"([1-9]\d{0,4})([a-z]?),? ([a-z]{2}[a-z .-]+)|([a-z]{2}[a-z .-]+?[a-z.]),? ([1-9]\d{0,4})([a-z]?)"
)
_ATTACHED = re.compile(r"(?<=[a-z]\.)(?=\d)|(?<=[a-z]{3})(?=\d+[a-z]?$)")
_ONLY_NUMBER = re.compile(r"\W*\d{1,6}\s?(?:[a-z]|bis|ter)?\W*")
_PARTS = re.compile(r"[,;\n\r\t|]+")
_WORDS = re.compile("[a-z0-9]+")
_LETTER, _DIGIT = re.compile("[a-z]"), re.compile("[0-9]")
_NOT_WORDS = re.compile("[^a-z0-9]+")
_BRACKETS = re.compile(r"\([^)]*\)")

_LETTERS_ONLY = {code: " " for code in range(128) if not chr(code).isalpha() and chr(code) != "#"}
#: Words after which an address is more than a street and a house number.
_SPECIAL = frozenset(
    word
    for kind in ("boxes", "units")
    for phrase in split_words(_STREETS[kind]["words"])
    for word in phrase.translate(_LETTERS_ONLY).split()
) | {"#", "stock", "pobox", "bis", "ter", "quater"}

#: What a postcode without blanks looks like, and the length to which leading zeros lost in a spreadsheet are added.
_POSTCODES: dict[str, tuple[re.Pattern[str], int]] = {
    **dict.fromkeys(("DE", "FR", "ES", "IT", "FI"), (re.compile(r"\d{5}"), 5)),
    "US": (re.compile(r"(\d{5})(?:\d{4})?"), 5),
    **dict.fromkeys(("AT", "CH", "BE", "DK", "NO", "LU", "HU", "NZ"), (re.compile(r"\d{4}"), 0)),
    "AU": (re.compile(r"\d{4}"), 4),
    **dict.fromkeys(("SE", "GR", "CZ"), (re.compile(r"\d{5}"), 0)),
    "NL": (re.compile(r"\d{4}[a-z]{2}"), 0),
    "PL": (re.compile(r"\d{5}"), 5),
    "PT": (re.compile(r"\d{4}(?:\d{3})?"), 0),
    "GB": (re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}"), 0),
    "IE": (re.compile(r"[a-z]\d[\dw][a-z\d]{4}"), 0),
    "CA": (re.compile(r"[a-z]\d[a-z]\d[a-z]\d"), 0),
}
#: The same, inside a line of text.
_IN_LINE = {
    "GB": re.compile(r"\b([a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2})\b"),
    "IE": re.compile(r"\b([a-z]\d[\dw]\s?[a-z\d]{4})\b"),
    "NL": re.compile(r"\b(\d{4}\s?[a-z]{2})\b"),
    "SE": re.compile(r"\b(\d{3}\s?\d{2})\b"),
    "US": re.compile(r"\b(\d{5})(?:-\d{4})?\b"),
    **dict.fromkeys(("DE", "FR", "ES", "IT"), re.compile(r"\b(?:[a-z]{1,2}-)?(\d{5})\b")),
    **dict.fromkeys(("AT", "CH", "BE", "DK", "NO", "AU"), re.compile(r"\b(?:[a-z]{1,2}-)?(\d{4})\b")),
}


#: What kind of street it is, in any country: "road", "calle".
_KINDS = frozenset(word for country in _STREETS if len(country) == 2 for word in _STREETS[country])


class Address(NamedTuple):
    """Where a record says it is. A post office box is the street "po box" with its number as the house."""

    street: str | None = None
    house: str | None = None
    postcode: str | None = None
    city: str | None = None


def normalize_address(address: str | None, city: str | None, postcode: str | None, country: str | None) -> Address:
    """The address in comparable words. Flats and floors are dropped; a postcode is looked for in the address where it is
    not given by itself."""
    street = house = None
    folded = _fold_for(address, country).strip() if address else ""
    if (match := _SIMPLE.fullmatch(folded)) and (street := _simple_street(match[3] or match[4], country)):
        house = f"{match[1]}{match[2]}" if match[1] else f"{match[5]}{match[6]}"
    elif folded and not is_placeholder(folded):
        parts = [part.strip() for part in _PARTS.split(folded) if part and not part.isspace()]
        if not postcode and len(parts) > 1:
            parts, postcode, found_city = _take_postcode(parts, country)
            city = city or found_city
        street, house = _street_and_house(parts, country)
    return Address(street, house, normalize_postcode(postcode, country), normalize_city(city, country))


@lru_cache(maxsize=65_536)
def _simple_street(text: str, country: str | None) -> str | None:
    """The street, None if a flat or a box is in it: a short way for most addresses, with the same result as the long one."""
    plain = _SPECIAL.isdisjoint(text.translate(_LETTERS_ONLY).split())
    return _normalize_street(text, country) if plain else None


@lru_cache(maxsize=65_536)
def telling_word(street: str) -> str:
    """The longest word of a normalized street that does not only say what kind of street it is."""
    words = street.split()
    return max([each for each in words if each not in _KINDS] or words, key=len)


def normalize_postcode(text: str | None, country: str | None) -> str | None:
    """The postcode without blanks and country letters. One that the country cannot have is kept if it has a digit."""
    if not text:
        return None
    code = text.replace(" ", "").lower()
    if not (code.isascii() and code.isalnum()):
        code = _NOT_WORDS.sub("", fold(text))
    form = _POSTCODES.get(country or "")
    if form:
        pattern, padded = form
        if country and len(code) > 5 and code.startswith(country.lower()):
            code = code[2:]
        if code[:1].isalpha() and code[1:].isdigit() and country in ("DE", "FR", "SE", "ES", "IT", "AT", "CH", "BE"):
            code = code[1:]
        if padded and code.isdigit() and len(code) == padded - 1:
            code = code.zfill(padded)
        if match := pattern.fullmatch(code):
            code = match[1] if pattern.groups else code
    if not 3 <= len(code) <= 10 or code.isalpha() or is_repetition(code) or code in ("12345", "1234"):
        return None
    return code


def fits_country(code: str, country: str | None) -> bool | None:
    """Whether a normalized postcode can be one of the country; None where the country's form is not known."""
    form = _POSTCODES.get(country or "")
    return bool(form[0].fullmatch(code)) if form else None


@lru_cache(maxsize=65_536)
def normalize_city(text: str | None, country: str | None) -> str | None:
    """The city in ASCII words, without what stands in brackets; by its local name where `words/cities.toml` knows another one."""
    if not text:
        return None
    folded = _fold_for(text, country)
    if "(" in folded:
        folded = _BRACKETS.sub(" ", folded)
    words = _NOT_WORDS.sub(" ", folded).strip()
    if is_placeholder(words) or words.isdigit():
        return None
    return shorten(_city_names(country).get(words, words))


@cache
def _city_names(country: str | None) -> dict[str, str]:
    """Name of a city in another language -> its local name; of all countries where none is known."""
    known = read_words("cities")
    tables = [known.get(country, {})] if country else list(known.values())
    return {name: city for table in reversed(tables) for name, city in invert(table).items()}


def _fold_for(text: str, country: str | None) -> str:
    folded = fold(text)
    return fold_umlauts(folded) if country in UMLAUT_COUNTRIES else folded


def _take_postcode(parts: list[str], country: str | None) -> tuple[list[str], str | None, str | None]:
    """The parts without the one that holds the postcode, the postcode, and the city if it stands next to it."""
    pattern = _IN_LINE.get(country or "")
    if pattern is None:
        return parts, None, None
    for at in range(len(parts) - 1, 0, -1):
        if match := pattern.search(parts[at]):
            rest = (parts[at][: match.start()] + parts[at][match.end() :]).strip(" -.")
            return parts[:at], match[1], rest or (parts[at - 1] if at > 1 else None)
    return parts, None, None


def _street_and_house(parts: list[str], country: str | None) -> tuple[str | None, str | None]:
    if not parts:
        return None, None
    if len(parts) == 1 and _SPECIAL.isdisjoint(parts[0].translate(_LETTERS_ONLY).split()):
        return _split_house(parts[0], country)
    line = parts[0] if len(parts) == 1 else _choose_line(parts)
    if box := _BOX.search(line):
        return "po box", box[1].replace(" ", "")[:10]
    bare = _UNIT.sub(" ", line).strip()
    line = bare if _LETTER.search(bare) else line
    return _split_house(line, country)


def _choose_line(parts: list[str]) -> str:
    """The part with a number; a number that stands alone goes with its neighbour."""
    bare = [part for part in (_UNIT.sub(" ", part).strip() for part in parts) if part] or parts
    for at, part in enumerate(bare):
        if _DIGIT.search(part):
            if not _ONLY_NUMBER.fullmatch(part):
                return part
            return f"{bare[at - 1]} {part}" if at else " ".join(bare[:2])
    return bare[0]


def _split_house(line: str, country: str | None) -> tuple[str | None, str | None]:
    if country in ("AU", "NZ") and (unit := re.match(r"\w+\s?/\s?(?=\d)", line)):
        line = line[unit.end() :]
    if not _DIGIT.search(line):
        return _normalize_street(line, country), None
    if match := _LEADING.match(line):
        number, *letters, street = match.groups()
        if letters[0] and match.start(2) > match.end(1) and _is_kind(letters[0], street, country):
            letters, street = [], f"{letters[0]}. {street}"
    else:
        spaced = _ATTACHED.sub(" ", line)
        match = _LAST.match(spaced) or _INSIDE.match(spaced)
        if match is None:
            return _normalize_street(line, country), None
        street, number, *letters = match.groups()
    street = _normalize_street(street, country)
    number = number.lstrip("0")
    if not number or street is None:
        return street, None
    return street, number + next(filter(None, letters), "").strip()


def _is_kind(letter: str, street: str, country: str | None) -> bool:
    """Whether a letter between house number and street says what kind of street it is, not which house: "105 R. Peupliers"."""
    section = _LANGUAGE.get(country or "", country)
    if section not in _KIND_FIRST:
        return False
    kinds, _ = _words_of(section)
    first = next(iter(_WORDS.findall(street)), "")
    return letter in kinds and kinds.get(first, first) not in _STREETS[section]


@lru_cache(maxsize=65_536)
def _normalize_street(text: str, country: str | None) -> str | None:
    table, endings = _words_of(country or "")
    words = _WORDS.findall(text.replace("c/", "calle "))
    kept = [each for each in words if each not in _DROP] or words
    last = len(kept) - 1
    found: list[str] = []
    for at, word in enumerate(kept):
        full = table.get(word, word)
        if word == "st" and full == "street" and at < last:
            full = "saint"
        full = _expand_ending(full, endings, word + "." in text)
        if found and full in endings.values() and at == last:
            found[-1] += full
        else:
            found.append(full)
    street = " ".join(found)
    if is_placeholder_street(street):
        return None
    return shorten(street)


def _expand_ending(word: str, endings: dict[str, str], dotted: bool) -> str:
    """ "lindenstr" as "lindenstrasse"; endings of one letter or two need their dot."""
    for short, full in endings.items():
        if (
            len(word) > len(short) + 2
            and word.endswith(short)
            and (dotted or len(short) > 2)
            and not word.endswith(full)
        ):
            return word[: -len(short)] + full
    return word


@cache
def _words_of(country: str) -> tuple[dict[str, str], dict[str, str]]:
    """(word of a street -> the word written out, end of a word -> the end written out) of a country."""
    section = _LANGUAGE.get(country, country)
    words = _STREETS.get(section, _STREETS["GB"])
    pairs = (pair.partition("=") for pair in split_words(_STREETS["endings"].get(section, "")))
    return invert(words), {short: full for full, _, short in pairs}
