"""Comparison keys: two records are compared if they share one. The same keys serve the batch and the arrival of one record.

| rule | of | made of |
|---|---|---|
| email | both | the e-mail address |
| email_user | persons | the part before the @, where it is long enough to be one person's at any provider |
| phone | both | the telephone number |
| address | both | street, house number, postcode |
| address_city | both | street, house number, city |
| name_postcode | persons | first name (its root) and surname, in either order; postcode |
| name_city | persons | the same; city, or where there is none the postcode area |
| sound_postcode | persons | sound of the first surname, initial, postcode |
| sound_birth | persons | sound of the first surname, date of birth |
| first_birth | persons | first name (its root), date of birth |
| birth_postcode | persons | date of birth, postcode |
| number | companies | company number |
| domain | companies | web domain |
| company_area | companies | distinctive words; postcode area, or where there is none the city |
| word_postcode | companies | longest distinctive word; postcode |
| words_city | companies | the two longest distinctive words, in either order; city |

A key is a signed 64-bit BLAKE2b of the rule and its parts, keyed with a secret of the installation: without the secret a
stored key cannot be tried against a dictionary of names or numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

from foresell.errors import UsageError
from foresell.identity.phonetic import sound_code
from foresell.identity.record import Record

SECRET_BYTES = 32
SEPARATOR = "\x1f"
#: A user part of an e-mail address this long is one person's at any provider, if it is not a plain word.
_TELLING_USER = 8
_LEAST_WORD = 3


def keys(record: Record, secret: bytes) -> list[tuple[str, int]]:
    """The comparison keys of a record as (rule, key), each rule at most once.

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
    return list(_company_parts(record) if record.kind == "company" else _person_parts(record))


def _person_parts(record: Record) -> Iterator[str]:
    yield from _contact_parts(record)
    user = record.email_user
    if user and len(user) >= _TELLING_USER and not user.isalpha():
        yield f"email_user\x1f{user}"
    last, first, postcode, birth_date = record.last, record.first_root, record.postcode, record.birth_date
    if not last:
        return
    sound = sound_code(last.partition(" ")[0])
    if first and len(first) > 1:
        names = f"{first}\x1f{last}" if first < last else f"{last}\x1f{first}"
        if postcode:
            yield f"name_postcode\x1f{names}\x1f{postcode}"
        if place := record.city or _area(record):
            yield f"name_city\x1f{names}\x1f{place}"
        if birth_date:
            yield f"first_birth\x1f{first}\x1f{birth_date}"
    if first and postcode:
        yield f"sound_postcode\x1f{sound}\x1f{first[0]}\x1f{postcode}"
    if birth_date:
        yield f"sound_birth\x1f{sound}\x1f{birth_date}"
        if postcode:
            yield f"birth_postcode\x1f{birth_date}\x1f{postcode}"


def _company_parts(record: Record) -> Iterator[str]:
    yield from _contact_parts(record)
    if record.company_number:
        yield f"number\x1f{record.country}\x1f{record.company_number}"
    if record.domain:
        yield f"domain\x1f{record.domain}"
    if not record.tokens:
        return
    if area := _area(record) or record.city:
        yield f"company_area\x1f{record.tokens}\x1f{area}"
    words = sorted(set(record.tokens.split()), key=_rarest_first)
    if len(words[0]) >= _LEAST_WORD and record.postcode:
        yield f"word_postcode\x1f{words[0]}\x1f{record.postcode}"
    if len(words) > 1 and record.city:
        one, two = sorted(words[:2])
        yield f"words_city\x1f{one}\x1f{two}\x1f{record.city}"


def _contact_parts(record: Record) -> Iterator[str]:
    if record.email:
        yield f"email\x1f{record.email}"
    if record.phone:
        yield f"phone\x1f{record.phone}"
    if record.house and record.street:
        if record.postcode:
            yield f"address\x1f{record.street}\x1f{record.house}\x1f{record.postcode}"
        if record.city:
            yield f"address_city\x1f{record.street}\x1f{record.house}\x1f{record.city}"


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
