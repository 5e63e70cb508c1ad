"""The words of each country the shop sells to: names, streets, cities, legal forms, and phone ranges that are not in use."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: The home country first: sales at the till happen there.
COUNTRIES = ("GB", "DE", "FR", "IE", "NL", "ES", "SE")

_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "ı": "i",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "Ł": "L",
    }
)


@dataclass(frozen=True, slots=True)
class Country:
    """One country as `words/CODE.toml` describes it. `cities` pairs a city with its postal areas, `forms` a legal form
    with another spelling of it, `short` a word of a street with its abbreviation.
    """

    code: str
    share: float
    dialling: str
    suffix: str
    street_form: str
    postcode_form: str
    double: float
    phones: tuple[str, ...]
    mail: tuple[str, ...]
    first: tuple[str, ...]
    nicknames: dict[str, str]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    street_ends: tuple[str, ...]
    short: dict[str, str]
    cities: tuple[tuple[str, tuple[str, ...]], ...]
    forms: tuple[tuple[str, str], ...]
    trades: tuple[str, ...]


@cache
def countries() -> tuple[Country, ...]:
    """All countries, in the order of COUNTRIES."""
    return tuple(_read_country(code) for code in COUNTRIES)


def _read_country(code: str) -> Country:
    text = resources.files("foresell.demo").joinpath(f"words/{code}.toml").read_text(encoding="utf-8")
    words = tomllib.loads(text)
    return Country(
        code=code,
        share=words["share"],
        dialling=words["dialling"],
        suffix=words["suffix"],
        street_form=words["street"],
        postcode_form=words["postcode"],
        double=words["double"],
        phones=_split_list(words["phones"]),
        mail=_split_list(words["mail"]),
        first=_split_list(words["first"]),
        nicknames=dict(_split_pairs(words["nicknames"])),
        last=_split_list(words["last"]),
        streets=_split_list(words["streets"]),
        street_ends=_split_list(words["street_ends"]) or ("",),
        short=dict(_split_pairs(words["short"])),
        cities=tuple((city, tuple(areas.split())) for city, areas in _split_pairs(words["cities"])),
        forms=_split_pairs(words["forms"]),
        trades=_split_list(words["trades"]),
    )


def _split_list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def _split_pairs(text: str) -> tuple[tuple[str, str], ...]:
    parts = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return tuple((left, right) for left, _, right in parts)


@cache
def to_ascii(text: str) -> str:
    """The text in ASCII letters, as its owner would type it abroad: Müller becomes Mueller, Zoë becomes Zoe."""
    folded = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return folded.encode("ascii", "ignore").decode()
