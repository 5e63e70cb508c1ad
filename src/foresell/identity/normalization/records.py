"""One record, normalized: what every comparison of records, in a batch or on arrival, works on."""

from __future__ import annotations

import re

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
from foresell.identity.normalization.people import FIRST_NAMES, GENERATIONS, normalize_person
from foresell.identity.normalization.phones import normalize_phone
from foresell.identity.normalization.placeholders import is_placeholder, is_placeholder_name
from foresell.identity.normalization.text import MOST_READ, UMLAUT_COUNTRIES, fold
from foresell.identity.normalization.word_lists import fold_umlauts
from foresell.identity.record import Kind, RawRecord, Record

_EAST_ASIAN = re.compile("[\u3400-\u9fff\uac00-\ud7af]{2,4}")
_EAST_ASIAN_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,4}")


def normalize(raw: RawRecord, *, own_domains: frozenset[str] = frozenset(), home_country: str | None = None) -> Record:
    """The record in lower case ASCII, every value at most 200 characters; never raises, whatever the text.

    own_domains: mail domains of the company that uses Foresell, which say nothing about a customer. home_country:
    alpha-2 of the country where a record names none; it decides how telephone numbers and addresses are read, and is
    not written into the record.
    """
    country = normalize_country(raw.country)
    place = country or home_country
    mailbox = normalize_email(raw.email, own_domains)
    address = normalize_address(raw.address, raw.city, raw.postcode, place)
    kind, words, folded, number = _read_name(raw.name, place)
    shared = {
        "domain": mailbox.domain,
        "email": mailbox.email,
        "email_user": mailbox.user,
        "phone": normalize_phone(raw.phone, place),
        "street": address.street,
        "house": address.house,
        "postcode": address.postcode,
        "city": address.city,
        "country": country,
    }
    if kind == "company":
        company = normalize_company(words)
        return Record(
            raw.record_id, raw.source, kind, company.name,
            legal_form=company.legal_form, tokens=company.tokens, company_number=number, **shared,
        )  # fmt: skip
    person = normalize_person(folded, place) if words else None
    if person is None or not person.last:
        return Record(raw.record_id, raw.source, kind, birth_date=normalize_birth_date(raw.birth_date, place), **shared)
    return Record(
        raw.record_id, raw.source, kind, person.name, person.first, person.first_root, person.middle, person.last,
        person.generation, birth_date=normalize_birth_date(raw.birth_date, place), **shared,
    )  # fmt: skip


def _read_name(text: str | None, country: str | None) -> tuple[Kind, list[str], str, str | None]:
    """(kind, words, folded text, company number); no words where the name is missing or a placeholder."""
    if not text or "@" in text:
        return "person", [], "", None
    folded = _fold_name(text, country)
    number = None
    if any(map(str.isdigit, folded)):
        folded, number = take_company_number(folded)
    words = split_company_words(folded)
    if is_placeholder_name(words) or is_placeholder(folded.strip()):
        return "person", [], "", None
    if number or is_company(words, FIRST_NAMES) or _has_number(words):
        return "company", words, folded, number
    return "person", words, folded, None


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
