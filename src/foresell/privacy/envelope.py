"""The contact data of one record in one envelope: version, fields present, nonce, and AES-256-GCM ciphertext.

The data key is the record's own; it is kept wrapped by a key-encryption key. Both are bound to the record they belong to,
so that neither opens in another's aad.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foresell.errors import ForesellError

FIELDS = ("email", "phone", "address")
KEY_BYTES, NONCE_BYTES = 32, 12
VERSION = 1
HEAD_BYTES = 2

Contact = Mapping[str, str | None]


def seal(key: bytes, nonce: bytes, contact: Contact, aad: bytes) -> bytes:
    """The envelope. `nonce` is never used twice with one key; `aad` binds it to its record (see `contact_aad`)."""
    values = [contact.get(field) for field in FIELDS]
    head = bytes((VERSION, sum(1 << bit for bit, value in enumerate(values) if value is not None)))
    return head + nonce + AESGCM(key).encrypt(nonce, json.dumps(values).encode(), head + aad)


def open_envelope(key: bytes, envelope: bytes, aad: bytes) -> dict[str, str | None]:
    """What was sealed. Raises ForesellError when it was not sealed with this key and AAD."""
    head, nonce, sealed = envelope[:HEAD_BYTES], envelope[HEAD_BYTES:14], envelope[14:]
    try:
        return dict(zip(FIELDS, json.loads(AESGCM(key).decrypt(nonce, sealed, head + aad)), strict=True))
    except InvalidTag:
        raise _damaged_envelope() from None


def on_file(envelope: bytes | None) -> frozenset[str]:
    """Which fields an envelope holds, without opening it."""
    return frozenset(field for bit, field in enumerate(FIELDS) if envelope and envelope[1] & 1 << bit)


def seal_text(key: bytes, nonce: bytes, text: str, customer_id: str) -> bytes:
    """A note about a customer: version, nonce and AES-256-GCM ciphertext, bound to the customer."""
    head = bytes((VERSION,))
    return head + nonce + AESGCM(key).encrypt(nonce, text.encode(), head + _text_aad(customer_id))


def open_text(key: bytes, sealed: bytes, customer_id: str) -> str:
    """What `seal_text` sealed. Raises ForesellError when it was not sealed with this key for this customer."""
    head, nonce, content = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, content, head + _text_aad(customer_id)).decode()
    except InvalidTag:
        raise _damaged_envelope() from None


def wrap(kek: AESGCM, kek_id: int, nonce: bytes, key: bytes, owner: int | str) -> bytes:
    """The key of a record (its number) or of a customer (its id), as it is stored."""
    return nonce + kek.encrypt(nonce, key, f"{kek_id} {owner}".encode())


def unwrap(kek: AESGCM, kek_id: int, wrapped: bytes, owner: int | str) -> bytes:
    """The key of a record or customer. Raises ForesellError when it was not wrapped by this key for this owner."""
    try:
        return kek.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], f"{kek_id} {owner}".encode())
    except InvalidTag:
        raise _damaged_envelope() from None


def contact_aad(source: str, source_key: str) -> bytes:
    """The additional authenticated data of an envelope: the customer record it belongs to."""
    return f"{source}\0{source_key}".encode()


def _text_aad(customer_id: str) -> bytes:
    return f"note\0{customer_id}".encode()


def _damaged_envelope() -> ForesellError:
    return ForesellError(
        "Encrypted data does not open: it or its key was changed.", remedy="Restore the database and its keys together."
    )
