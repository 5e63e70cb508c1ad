"""Standard forms of what sources write about a customer, for people to read: each by a rule with an id and a version.

Built on the normalization that matching uses, so that both read a value alike. The value as its source writes it is never
changed: a standard form is computed where it is shown, and what is wrong is a sentence next to it. An e-mail address with what
looks like a typing error gets a suggestion; only a person may act on it (docs/decisions/0026-standard-forms-and-lineage.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, ValidationResult
from rapidfuzz.distance import OSA

from foresell.identity.normalization import normalize
from foresell.identity.normalization.addresses import fits_country, normalize_postcode
from foresell.identity.normalization.companies import split_company_words
from foresell.identity.normalization.countries import name_country, normalize_country
from foresell.identity.normalization.emails import NO_MAILBOX, PUBLIC, is_address, normalize_email
from foresell.identity.normalization.people import FIRST_NAMES, PARTICLES
from foresell.identity.normalization.phones import normalize_phone
from foresell.identity.normalization.placeholders import is_placeholder
from foresell.identity.normalization.text import MOST_READ, fold
from foresell.identity.normalization.word_lists import read_words, split_words
from foresell.identity.record import RawRecord

StandardField = Literal["name", "email", "phone", "postcode", "country"]
RuleId = Literal["phone", "email", "person", "company", "postcode", "country"]
FIELDS: tuple[StandardField, ...] = ("name", "email", "phone", "postcode", "country")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of standardisation. version: raised whenever any value gets another standard form. data: what it was built on."""

    rule: RuleId
    version: int
    sentence: str
    data: str | None = None


@dataclass(frozen=True, slots=True)
class StandardForm:
    """A value as its source writes it, and its standard form.

    standard: None where the value is not valid. problem: what is wrong with it, as a phrase. suggestion: another value that may
    be meant; never applied.
    """

    rule: RuleId
    version: int
    raw: str
    standard: str | None = None
    problem: str | None = None
    suggestion: str | None = None


RULES: Mapping[RuleId, Rule] = {
    each.rule: each
    for each in (
        Rule(
            "phone", 1, "International format, read as in the customer's country; extensions are kept.",
            f"numbering plans {phonenumbers.__version__}",
        ),
        Rule("email", 1, "The domain in lower case, without what stands around the address."),
        Rule("person", 1, "First name first; capitals where all letters were of one case."),
        Rule("company", 1, "Without needless spaces; spelling and case stay."),
        Rule("postcode", 1, "Capitals, and the blank or hyphen of the country."),
        Rule("country", 1, "English name of the ISO 3166 code."),
    )
}  # fmt: skip

_CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+")
_ALPHANUMERIC = re.compile(r"\w")
_EXTENSION = re.compile(r"(?:ext(?:ension)?|extn|x|#|durchwahl|poste)[.:]?\s*(\d{1,6})\s*$", re.IGNORECASE)
_AROUND = " \t<>()[]\"',;:."
_MAILBOXES = read_words("mailboxes")["suggested"]
_PROVIDERS = split_words(_MAILBOXES["domains"])
_WRONG_ENDINGS = frozenset(split_words(_MAILBOXES["endings"]))
#: By country, where a blank or hyphen stands in a postcode: how many characters are after it, or before it if positive.
_SPLITS: Mapping[str, tuple[int, str]] = {
    "GB": (-3, " "), "IE": (3, " "), "NL": (4, " "), "SE": (3, " "), "GR": (3, " "), "CZ": (3, " "), "CA": (3, " "),
    "PL": (2, "-"), "PT": (4, "-"),
}  # fmt: skip
#: So few digits are no number that can be called from elsewhere.
_FEW_DIGITS = 6
_ZIP = re.compile(r"\d{5}-?\d{4}")
_UPPER_AFTER = re.compile(r"(?:^|(?<=[\s\-.]))(?:(Mc|O'|D'|L')(?=\w{2}))?(\w)", re.IGNORECASE)
_LENGTHS = {ValidationResult.TOO_SHORT: "too short, ", ValidationResult.TOO_LONG: "too long, "}


def standardise(field: StandardField, raw: str, country: str | None = None) -> StandardForm:
    """The standard form of one value; never raises.

    country: of the record, as its source writes it or as alpha-2; it decides how phone numbers and postcodes are read.
    """
    return _STANDARDISE[field](raw, normalize_country(country))


def standardise_values(values: Mapping[Any, Any], country: str | None = None) -> dict[str, StandardForm]:
    """The standard forms of the values that are known and have a rule. country: where the values name none."""
    place = values.get("country") or country
    return {field: standardise(field, str(values[field]), place) for field in FIELDS if values.get(field)}


def _tidy(text: str, form: Literal["NFC", "NFKC"] = "NFKC") -> str:
    """The text without control characters, surrogates and needless spaces, at most MOST_READ characters."""
    text = text[:MOST_READ]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize(form, _CONTROLS.sub(" ", text)).split())[:MOST_READ].strip()


def _says_nothing(text: str) -> bool:
    """Whether a text stands for a missing value: n/a, none, unknown, a dash."""
    return not _ALPHANUMERIC.search(text) or is_placeholder(fold(text).strip())


def _form(rule: RuleId, raw: str, standard: str | None, problem: str | None = None) -> StandardForm:
    return StandardForm(rule, RULES[rule].version, raw, standard, problem)


def _placeholder(rule: RuleId, raw: str) -> StandardForm:
    return _form(rule, raw, None, "stands for no value")


def _standardise_phone(raw: str, country: str | None) -> StandardForm:
    text = _tidy(raw)
    digits = normalize_phone(text, country)
    if digits is None:
        return (
            _placeholder("phone", raw)
            if _says_nothing(text)
            else _form("phone", raw, None, _phone_problem(text, country))
        )
    extension = _EXTENSION.search(text)
    shown = _format_phone(digits)
    return _form("phone", raw, f"{shown} ext. {extension[1]}" if extension else shown)


def _format_phone(digits: str) -> str:
    """E.164 digits as +44 20 7946 0018. The number is made from its digits: parsing it again takes as long as everything else."""
    code = next(digits[:size] for size in (1, 2, 3) if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE)
    bare = digits[len(code) :]
    zeros = len(bare) - len(bare.lstrip("0"))
    number = phonenumbers.PhoneNumber(
        int(code), int(bare), italian_leading_zero=zeros > 0, number_of_leading_zeros=zeros if zeros > 1 else None
    )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _phone_problem(text: str, country: str | None) -> str:
    count = sum(character.isdigit() for character in text)
    if not count:
        return "not a phone number: no digits"
    digits = f"{count} digit{'' if count == 1 else 's'}"
    where = f" of {country}" if country else ""
    try:
        number = phonenumbers.parse(text[:80], country)
    except phonenumbers.NumberParseException:
        if not country and not text.startswith(("+", "00")):
            return "a national number, and the country is not known"
        return f"not a phone number{where}: {digits}"
    length = _LENGTHS.get(phonenumbers.is_possible_number_with_reason(number), "")
    if count > _FEW_DIGITS and not length and phonenumbers.is_possible_number(number):
        return "a number that reaches no one: filled in, or for films"
    return f"not a phone number{where}: {length}{digits}"


def _standardise_email(raw: str, _country: str | None) -> StandardForm:
    text = _tidy(raw)
    address = text.replace("mailto:", "").replace("MAILTO:", "").strip(_AROUND)
    user, _, domain = address.rpartition("@")
    if "@" not in address:
        problem = "not an e-mail address: no @"
        return _placeholder("email", raw) if _says_nothing(text) else _form("email", raw, None, problem)
    if "@" in user:
        return _form("email", raw, None, "more than one @: an address or two")
    if not is_address(address):
        return _form("email", raw, None, "not an e-mail address")
    if normalize_email(address) is NO_MAILBOX:
        return _form("email", raw, None, "an address that reaches no one: filled in")
    standard = f"{user}@{domain.lower()}"
    suggested = suggest_domain(domain.lower())
    question = f"did you mean {suggested}?" if suggested else None
    return StandardForm(
        "email", RULES["email"].version, raw, standard, question, f"{user}@{suggested}" if suggested else None
    )


@lru_cache(maxsize=65_536)
def suggest_domain(domain: str) -> str | None:
    """The mail domain that a typing error may stand for: gmail.con -> gmail.com; None where there is none."""
    label, _, ending = domain.partition(".")
    if domain in PUBLIC or domain in _PROVIDERS or not ending:
        return None
    if ending in _WRONG_ENDINGS:
        ending = "com"
    for provider in _PROVIDERS:
        name, _, its = provider.partition(".")
        if its == ending and OSA.distance(label, name, score_cutoff=1) <= 1:
            return provider
    host, _, last = domain.rpartition(".")
    return f"{host}.com" if last in _WRONG_ENDINGS - {"co", "cm", "om"} else None


def _standardise_name(raw: str, country: str | None) -> StandardForm:
    text = _tidy(raw, "NFC")
    record = normalize(RawRecord(0, "", name=text, country=country))
    if record.name is None:
        problem = "an e-mail address, not a name" if "@" in text else None
        return _form("person", raw, None, problem) if problem else _placeholder("person", raw)
    if record.kind == "company":
        return _form("company", raw, text)
    return _form("person", raw, _capitalise(_first_name_first(text)))


def _first_name_first(text: str) -> str:
    """ "Emma Church" of "Church, Emma", where a known first name follows the only comma."""
    before, comma, after = text.partition(",")
    given = split_company_words(fold(after))
    if comma and "," not in after and before.strip() and given and given[0] in FIRST_NAMES:
        return f"{after.strip()} {before.strip()}"
    return text


def _capitalise(text: str) -> str:
    """The name with capitals, where all its letters are of one case. Particles between names stay small."""
    if not (text.isupper() or text.islower()) or (not text.isascii() and text.upper().lower() != text.lower()):
        return text
    words = [
        word if at > 0 and word in PARTICLES else _UPPER_AFTER.sub(_raise_letter, word)
        for at, word in enumerate(text.lower().split())
    ]
    return " ".join(words)


def _raise_letter(match: re.Match[str]) -> str:
    prefix = match[1] or ""
    return (prefix[:1].upper() + prefix[1:] if prefix else "") + match[2].upper()


def _standardise_postcode(raw: str, country: str | None) -> StandardForm:
    text = _tidy(raw).upper()
    code = normalize_postcode(text, country)
    if code is None:
        return _placeholder("postcode", raw) if _says_nothing(text) else _form("postcode", raw, None, "not a postcode")
    fits = fits_country(code, country)
    if fits is None:
        return _form("postcode", raw, text)
    if not fits:
        return _form("postcode", raw, None, f"not a postcode of {country}")
    if country == "US" and _ZIP.fullmatch(text):
        return _form("postcode", raw, f"{text[:5]}-{text[-4:]}")
    at, mark = _SPLITS.get(country or "", (0, ""))
    code = code.upper()
    return _form("postcode", raw, f"{code[:at]}{mark}{code[at:]}" if at and code[at:] else code)


def _standardise_country(raw: str, _: str | None) -> StandardForm:
    text = _tidy(raw)
    code = normalize_country(text)  # before anything else: NA is Namibia, NO is Norway
    if code:
        return _form("country", raw, name_country(code))
    return _placeholder("country", raw) if _says_nothing(text) else _form("country", raw, None, "not a known country")


_STANDARDISE: Mapping[StandardField, Callable[[str, str | None], StandardForm]] = {
    "name": _standardise_name, "email": _standardise_email, "phone": _standardise_phone,
    "postcode": _standardise_postcode, "country": _standardise_country,
}  # fmt: skip
