"""Seals the secrets of connected sources, and what they send until it is loaded, with a key of the home (AES-256-GCM)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foresell.errors import ForesellError
from foresell.privacy.envelope import NONCE_BYTES
from foresell.privacy.key_store import KeyStore
from foresell.settings import Settings

NAME = "connections-{}"
#: The number of the key, which each sealed value begins with.
NUMBER_BYTES = 2


class SecretBox:
    """Seals with the newest of the keys `connections-N`, and opens with the one that a value was sealed with."""

    def __init__(self, key_store: KeyStore) -> None:
        self._key_store = key_store
        self._ciphers: dict[int, AESGCM] = {}

    def seal(self, plain: bytes, place: str) -> bytes:
        """Key number, nonce and ciphertext, which open at this place only, such as a connection and a key."""
        number, nonce = self._newest_key(), os.urandom(NONCE_BYTES)
        sealed = self._read_cipher(number).encrypt(nonce, plain, place.encode())
        return number.to_bytes(NUMBER_BYTES) + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed. Raises ForesellError when it was sealed with another key or at another place."""
        nonce_end = NUMBER_BYTES + NONCE_BYTES
        try:
            cipher = self._read_cipher(key_number(sealed))
            return cipher.decrypt(sealed[NUMBER_BYTES:nonce_end], sealed[nonce_end:], place.encode())
        except InvalidTag:
            raise ForesellError(
                "The secret of a connected source does not open: it or its key was changed.",
                remedy="Give it again: foresell sources secret NAME",
            ) from None

    def add_key(self) -> int:
        """Make a key, with which everything is sealed from now on. Returns its number."""
        number = max(self.key_numbers(), default=0) + 1
        self._key_store.make(NAME.format(number))
        return number

    def destroy_key(self, number: int) -> None:
        """Destroy a key: what is sealed with it can never be opened again."""
        self._ciphers.pop(number, None)
        self._key_store.destroy(NAME.format(number))

    def key_numbers(self) -> set[int]:
        """The numbers of the keys that there are."""
        return {int(name.rpartition("-")[2]) for name in self._key_store.names(NAME.format("[0-9]+"))}

    def _newest_key(self) -> int:
        return max(self.key_numbers(), default=0) or self.add_key()

    def _read_cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            self._ciphers[number] = AESGCM(self._key_store.read(NAME.format(number)))
        return self._ciphers[number]


def key_number(sealed: bytes) -> int:
    """The number of the key that a value was sealed with."""
    return int.from_bytes(sealed[:NUMBER_BYTES])


def secret_box_of(settings: Settings) -> SecretBox:
    """The secret box of a home."""
    return SecretBox(KeyStore(settings.keys, settings.kms_key))
