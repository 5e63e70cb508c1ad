"""Comparison keys: two records are compared if they share one. The same keys serve the batch and the arrival of one record.

| rule | of | made of |
|---|---|---|
| email | both | the e-mail address |
| email_user | persons | the part before the @, where it is long enough to be one person's at any provider |
| phone | both | the telephone number |
| address | both | house number, sound of the street, postcode |
| address_city | both | house number, sound of the street, sound of the city |
| names_city | persons | sounds of first name (its root) and surname, in either order; sound of the city, or else the postcode area |
| initial_postcode | persons | initial, sound of the first surname, postcode |
| name_house | persons | sound of the first name (its root), and a second key with the surname's; house number, postcode |
| name_street | persons | the same; sound of the street, postcode |
| birth_initials | persons | date of birth, both initials in either order |
| birth_surname | persons | date of birth, sound of the first surname |
| birth_postcode | persons | date of birth, postcode |
| birth_city | persons | date of birth, sound of the city |
| birth_house | persons | date of birth, house number |
| number | companies | company number |
| domain | companies | web domain |
| company_area | companies | distinctive words; postcode area, or where there is none the city |
| word_postcode | companies | longest distinctive word; postcode |
| words_city | companies | the two longest distinctive words, in either order; city |

Postcodes, and the date of birth in birth_postcode, are made of their characters in ascending sequence: two that were
swapped in typing make no difference.

A key is a signed 64-bit BLAKE2b of the rule and its parts, keyed with a secret of the installation: without the secret a
stored key cannot be tried against a dictionary of names or numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from foresell.errors import UsageError
from foresell.identity.normalization.addresses import telling_word
from foresell.identity.phonetic import sound_code
from foresell.identity.record import Record

SECRET_BYTES = 32
SEPARATOR = "\x1f"

#: The rules in words: what two records share.
RULES = {
    "email": "e-mail", "email_user": "part of the e-mail before the @", "phone": "phone", "number": "company number",
    "domain": "web domain", "address": "street, house number and postcode", "address_city": "street, house number and city",
    "names_city": "first and last name and city", "initial_postcode": "initial, last name and postcode",
    "name_house": "name, house number and postcode", "name_street": "name, street and postcode",
    "birth_surname": "birth date and last name", "birth_initials": "birth date and initials",
    "birth_postcode": "birth date and postcode", "birth_city": "birth date and city", "birth_house": "birth date and house number",
    "company_area": "company name and postal area", "word_postcode": "word of the company name and postcode",
    "words_city": "words of the company name and city",
}  # fmt: skip
#: A user part of an e-mail address this long is one person's at any provider, if it is not a plain word.
_TELLING_USER = 8
_LEAST_WORD = 3


def keys(record: Record, secret: bytes) -> list[tuple[str, int]]:
    """The comparison keys of a record as (rule, key); name_house and name_street have two.

    Raises UsageError if the secret does not have 32 bytes.
    """
    check_secret(secret)
    parts = key_parts(record)
    rules = [part[: part.index(SEPARATOR)] for part in parts]
    return list(zip(rules, make_keys(parts, secret).tolist(), strict=True))


def check_secret(secret: bytes) -> None:
    """Raises UsageError if the secret does not have 32 bytes."""
    if len(secret) != SECRET_BYTES:
        raise UsageError(
            f"The secret of comparison keys has {len(secret)} bytes.", remedy=f"Use one of {SECRET_BYTES} random bytes."
        )


def make_keys(parts: Iterable[str], secret: bytes) -> np.ndarray:
    """The keys (int64) of rules with their parts."""
    keyed = blake2b(digest_size=8, key=secret)
    digests: list[bytes] = []
    for part in parts:
        one = keyed.copy()
        one.update(part.encode())
        digests.append(one.digest())
    return np.frombuffer(b"".join(digests), dtype=">i8").astype(np.int64)


def key_parts(record: Record) -> list[str]:
    """What the keys of a record are made of: for each rule its name and its parts, joined by SEPARATOR."""
    return _company_parts(record) if record.kind == "company" else _person_parts(record)


def _person_parts(record: Record) -> list[str]:
    found = _contact_parts(record)
    user = record.email_user
    if user and len(user) >= _TELLING_USER and not user.isalpha():
        found.append(f"email_user\x1f{user}")
    if not record.last:
        return found
    surname, first = sound_code(record.last.partition(" ")[0]), record.first_root
    postcode = _sort_characters(record.postcode) if record.postcode else None
    names = [_sound_of(record.last)]
    if first and len(first) > 1:
        names = sorted((*names, sound_code(first)))
        if place := _sound_of(record.city) if record.city else _area(record):
            found.append(f"names_city\x1f{names[0]}\x1f{names[1]}\x1f{place}")
    if postcode:
        if first:
            found.append(f"initial_postcode\x1f{first[0]}\x1f{surname}\x1f{postcode}")
        found += _name_at_address_parts(record, names, postcode)
    if record.birth_date:
        found += _birth_parts(record, record.birth_date, surname, postcode)
    return found


def _name_at_address_parts(record: Record, names: list[str], postcode: str) -> list[str]:
    found = []
    if record.house:
        found += [f"name_house\x1f{name}\x1f{record.house}\x1f{postcode}" for name in names]
    if record.street:
        street = sound_code(telling_word(record.street))
        found += [f"name_street\x1f{name}\x1f{street}\x1f{postcode}" for name in names]
    return found


def _birth_parts(record: Record, birth_date: str, surname: str, postcode: str | None) -> list[str]:
    found = [f"birth_surname\x1f{birth_date}\x1f{surname}"]
    if record.first_root and record.last:
        one, two = sorted((record.first_root[0], record.last[0]))
        found.append(f"birth_initials\x1f{birth_date}\x1f{one}\x1f{two}")
    if postcode:
        found.append(f"birth_postcode\x1f{_sort_characters(birth_date)}\x1f{postcode}")
    if record.city:
        found.append(f"birth_city\x1f{birth_date}\x1f{_sound_of(record.city)}")
    if record.house:
        found.append(f"birth_house\x1f{birth_date}\x1f{record.house}")
    return found


def _company_parts(record: Record) -> list[str]:
    found = _contact_parts(record)
    if record.company_number:
        found.append(f"number\x1f{record.country}\x1f{record.company_number}")
    if record.domain:
        found.append(f"domain\x1f{record.domain}")
    if not record.tokens:
        return found
    if area := _area(record) or record.city:
        found.append(f"company_area\x1f{record.tokens}\x1f{area}")
    words = sorted(set(record.tokens.split()), key=_rarest_first)
    if len(words[0]) >= _LEAST_WORD and record.postcode:
        found.append(f"word_postcode\x1f{words[0]}\x1f{_sort_characters(record.postcode)}")
    if len(words) > 1 and record.city:
        one, two = sorted(words[:2])
        found.append(f"words_city\x1f{one}\x1f{two}\x1f{record.city}")
    return found


def _contact_parts(record: Record) -> list[str]:
    found = []
    if record.email:
        found.append(f"email\x1f{record.email}")
    if record.phone:
        found.append(f"phone\x1f{record.phone}")
    if record.house and record.street:
        street = sound_code(telling_word(record.street))
        if record.postcode:
            found.append(f"address\x1f{record.house}\x1f{street}\x1f{_sort_characters(record.postcode)}")
        if record.city:
            found.append(f"address_city\x1f{record.house}\x1f{street}\x1f{_sound_of(record.city)}")
    return found


def _sort_characters(text: str) -> str:
    return "".join(sorted(text))


def _sound_of(text: str) -> str:
    """The sound of several words; where they are divided does not matter."""
    return sound_code(text.replace(" ", ""))


def _rarest_first(word: str) -> tuple[int, str]:
    """Long words are rare ones; no count of words is needed, so that one record alone gets the same keys as in a batch."""
    return -len(word), word


def _area(record: Record) -> str | None:
    """The postal area: letters of a British postcode, three characters of an Irish, Swedish or American one, two otherwise."""
    postcode = record.postcode
    if not postcode:
        return None
    if record.country == "GB":
        return postcode[:2] if postcode[1:2].isalpha() else postcode[:1]
    return postcode[:3] if record.country in ("IE", "SE", "US", "CA", "ES") else postcode[:2]
