"""One record, normalized: what every comparison of records, in a batch or on arrival, works on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from foresell.identity.normalization.addresses import normalize_address
from foresell.identity.normalization.birth_dates import normalize_birth_date
from foresell.identity.normalization.companies import (
    is_company,
    normalize_company,
    split_company_words,
    take_company_number,
)
from foresell.identity.normalization.countries import normalize_country
from foresell.identity.normalization.emails import normalize_email
from foresell.identity.normalization.people import FIRST_NAMES, GENERATIONS, PersonName, normalize_person
from foresell.identity.normalization.phones import normalize_phone
from foresell.identity.normalization.placeholders import is_placeholder, is_placeholder_name
from foresell.identity.normalization.text import MOST_READ, UMLAUT_COUNTRIES, fold
from foresell.identity.normalization.word_lists import fold_umlauts
from foresell.identity.record import Kind, RawRecord, Record

_DIGIT = re.compile("[0-9]")
_NO_NAME = PersonName(None, None, None, None, None, None)
_EAST_ASIAN = re.compile("[\u3400-\u9fff\uac00-\ud7af]{2,4}")
_EAST_ASIAN_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,4}")


def normalize(raw: RawRecord, *, own_domains: frozenset[str] = frozenset(), home_country: str | None = None) -> Record:
    """The record in lower case ASCII, every value at most 200 characters; never raises.

    own_domains: mail domains of the company that uses Foresell, which say nothing about a customer. home_country:
    alpha-2 of the country where a record names none; it decides how telephone numbers and addresses are read, and is
    not written into the record.
    """
    return Record(*normalize_values(raw, own_domains, home_country))


def normalize_as_company(raw: RawRecord, *, home_country: str | None = None) -> Record:
    """The same, with the name read as a company's: for entries of directories, and what is compared with them."""
    record = normalize(raw, home_country=home_country)
    if record.kind == "company" or not raw.name:
        return replace(record, kind="company")
    company = normalize_company(split_company_words(_fold_name(raw.name, record.country or home_country)))
    people = dict.fromkeys(("first", "first_root", "middle", "last", "generation", "birth_date"))
    return replace(
        record,
        kind="company",
        name=company.name,
        legal_form=company.legal_form,
        tokens=company.tokens,
        **people,  # type: ignore[arg-type]
    )


def is_named_like_a_person(record: Record) -> bool:
    """Whether a normalized record has a person's name that begins with a known first name."""
    return record.kind == "person" and record.first in FIRST_NAMES


def normalize_values(raw: RawRecord, own_domains: frozenset[str], home_country: str | None) -> tuple[Any, ...]:
    """The same as a tuple, the values in the sequence of the fields of Record."""
    country = normalize_country(raw.country)
    place = country or home_country
    mailbox = normalize_email(raw.email, own_domains)
    address = normalize_address(raw.address, raw.city, raw.postcode, place)
    kind, words, folded, number = _read_name(raw.name, place)
    phone = normalize_phone(raw.phone, place)
    if kind == "company":
        company = normalize_company(words)
        return (
            raw.record_id, raw.source, kind, company.name, None, None, None, None, None,
            company.legal_form, company.tokens, number, *mailbox, phone, *address, country, None,
        )  # fmt: skip
    person = (normalize_person(folded, place) if words else None) or _NO_NAME
    birth_date = normalize_birth_date(raw.birth_date, place)
    return (
        raw.record_id, raw.source, kind, *person, None, None, None, *mailbox, phone, *address, country, birth_date,
    )  # fmt: skip


def _read_name(text: str | None, country: str | None) -> tuple[Kind, list[str], str, str | None]:
    """(kind, words, folded text, company number); no words where the name is missing or a placeholder."""
    if not text or "@" in text:
        return "person", [], "", None
    folded = _fold_name(text, country)
    number, has_digit = None, bool(_DIGIT.search(folded))
    if has_digit:
        folded, number = take_company_number(folded)
    words = split_company_words(folded)
    if is_placeholder_name(words) or is_placeholder(folded.strip()):
        return "person", [], "", None
    if number or is_company(_given_name_first(folded, words), FIRST_NAMES) or (has_digit and _has_number(words)):
        return "company", words, folded, number
    return "person", words, folded, None


def _given_name_first(folded: str, words: list[str]) -> list[str]:
    """The words of "Church, Emma" as "Emma Church", where a known first name follows the comma."""
    if "," not in folded:
        return words
    before, _, after = folded.partition(",")
    given = split_company_words(after)
    return [*given, *split_company_words(before)] if given and given[0] in FIRST_NAMES else words


def _has_number(words: list[str]) -> bool:
    """Whether a word has a digit, apart from a generation ("2nd") at the end."""
    return any(not word.isalpha() and word != "&" and word not in GENERATIONS for word in words)


def _fold_name(text: str, country: str | None) -> str:
    """East Asian names of two to four characters begin with the surname."""
    text = text[:MOST_READ]
    if not text.isascii():
        bare = text.strip()
        if _EAST_ASIAN.fullmatch(bare):
            text = f"{bare[0]}, {bare[1:]}"
        elif len(pieces := bare.split()) == 2 and all(map(_EAST_ASIAN_WORD.fullmatch, pieces)):
            text = ", ".join(pieces)
    folded = fold(text)
    return fold_umlauts(folded) if country in UMLAUT_COUNTRIES else folded
