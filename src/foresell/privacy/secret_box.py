"""Seals the secrets of connected sources, and what they send until it is loaded, with a key of the home (AES-256-GCM)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foresell.errors import ForesellError
from foresell.privacy.envelope import NONCE_BYTES
from foresell.privacy.key_store import KeyStore
from foresell.settings import Settings

KEY = "connections"


class SecretBox:
    """Seals and opens with the key `connections`, which the first sealing makes."""

    def __init__(self, key_store: KeyStore) -> None:
        self._key_store = key_store
        self._cipher: AESGCM | None = None

    def seal(self, plain: bytes, place: str) -> bytes:
        """Nonce and ciphertext, which open at this place only, such as a connection and a key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._read_cipher().encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed. Raises ForesellError when it was sealed with another key or at another place."""
        try:
            return self._read_cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise ForesellError(
                "The secret of a connected source does not open: it or its key was changed.",
                remedy="Give it again: foresell sources secret NAME",
            ) from None

    def _read_cipher(self) -> AESGCM:
        if self._cipher is None:
            if not self._key_store.names(KEY):
                self._key_store.make(KEY)
            self._cipher = AESGCM(self._key_store.read(KEY))
        return self._cipher


def secret_box_of(settings: Settings) -> SecretBox:
    """The secret box of a home."""
    return SecretBox(KeyStore(settings.keys, settings.kms_key))
