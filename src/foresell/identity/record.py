"""A customer record as it is compared with others: normalized values, and nothing that does not identify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["person", "company"]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One customer record as its source writes it, opened inside this process.

    country: ISO 3166 alpha-2 or the source's word for it, or None where the source does not say. birth_date: year, month
    and day, as the source writes it.
    """

    record_id: int
    source: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    birth_date: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One customer record, normalized. Every value is lower case ASCII; None where it is missing or no evidence
    (placeholders, role mailboxes, switchboards).

    first_root: the first name that a nickname stands for ("bill" -> "william"), else the first name itself.
    middle: initials. generation: "jr", "sr", "2", "3" ... name: of a company without its legal form; of a person first,
    middle and last. tokens: distinctive words of a company's name, in its sequence, joined by a space.
    email_user: the part of `email` before the @; domain: the web domain of an own mail server, None for public providers.
    phone: E.164 digits without "+". house: house number with its letter. country: ISO 3166 alpha-2, upper case.
    birth_date: ISO 8601.
    """

    record_id: int
    source: str
    kind: Kind
    name: str | None = None
    first: str | None = None
    first_root: str | None = None
    middle: str | None = None
    last: str | None = None
    generation: str | None = None
    legal_form: str | None = None
    tokens: str | None = None
    company_number: str | None = None
    email: str | None = None
    email_user: str | None = None
    domain: str | None = None
    phone: str | None = None
    street: str | None = None
    house: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    birth_date: str | None = None


#: The columns of a table of records, in the sequence of the fields of Record.
SCHEMA = pa.schema(
    [("record_id", pa.int64()), *((name, pa.string()) for name in Record.__slots__ if name != "record_id")]
)
