"""Whether the values of a record changed, without keeping them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from foresell.identity.record import Record

BYTES = 16
#: What identifies a record is no value of it.
NOT_VALUES = ("record_id", "source")


def fingerprint(record: Record, secret: bytes) -> bytes:
    """The keyed hash (BLAKE2b, 16 bytes) of the normalized values of a record."""
    return hash_values((getattr(record, name) for name in Record.__slots__ if name not in NOT_VALUES), secret)


def hash_values(values: Iterable[str | None], secret: bytes) -> bytes:
    """The same of the values alone, in the sequence of the fields of Record."""
    content = "\x1f".join(value or "" for value in values)
    return hashlib.blake2b(content.encode(), digest_size=BYTES, key=secret).digest()
