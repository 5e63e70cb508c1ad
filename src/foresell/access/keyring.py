"""The keys of a home that access uses: pairs that sign tokens, and one secret that seals and digests.

Layout: `home/keys/signing/<kid>.json` (ES256 pairs, the newest signs, older ones still verify for a day),
`home/keys/access` (32 bytes). All are made on first use and readable by the owner only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import ECKey

from foresell.secret_files import write_once

ROTATED_AFTER_SECONDS = 30 * 86_400
RETIRED_AFTER_SECONDS = 86_400
LOOKED_AGAIN_AFTER_SECONDS = 1.0
NONCE_BYTES = 12


class Keyring:
    """The keys below one folder. Safe to share between threads and, through the folder, between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pairs: dict[str, ECKey] = {}
        self._newest: str | None = None
        self._loaded_at = 0.0
        self._secret: bytes | None = None

    def signing_key(self) -> tuple[str, ECKey]:
        """The id and pair that sign now; a new one when there is none or it is a month old."""
        self._load_pairs()
        if self._newest is None or self._age_seconds(self._newest) > ROTATED_AFTER_SECONDS:
            self.rotate()
        assert self._newest
        return self._newest, self._pairs[self._newest]

    def verifying_key(self, kid: str) -> ECKey | None:
        """The pair with this id, if it is one of ours; looks again for what another process made."""
        self._load_pairs()
        if kid not in self._pairs and time.monotonic() - self._loaded_at > LOOKED_AGAIN_AFTER_SECONDS:
            self._load_pairs(again=True)
        return self._pairs.get(kid)

    def rotate(self) -> str:
        """Make a new signing pair and retire those whose tokens have all expired. Returns its id."""
        pair = ECKey.generate_key("P-256", private=True)
        kid = f"{time.time_ns()}-{secrets.token_hex(4)}"
        write_once(self._folder / "signing" / f"{kid}.json", json.dumps(pair.as_dict(private=True)).encode())
        for file in sorted((self._folder / "signing").glob("*.json"))[:-1]:
            if self._age_seconds(_find_successor(file)) > RETIRED_AFTER_SECONDS:
                file.unlink(missing_ok=True)
        self._load_pairs(again=True)
        return kid

    def seal(self, text: bytes, purpose: str) -> bytes:
        """Encrypted with AES-GCM and bound to its purpose (say, `totp of 7`)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._derive("seal")).encrypt(nonce, text, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for this purpose. Raises cryptography's InvalidTag for anything else."""
        return AESGCM(self._derive("seal")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())

    def digest(self, text: str) -> bytes:
        """A keyed hash of a text; useless to someone who has only the database."""
        return hmac.digest(self._derive("digest"), text.encode(), hashlib.sha256)

    def _derive(self, use: str) -> bytes:
        if self._secret is None:
            file = self._folder / "access"
            if not file.exists():
                write_once(file, os.urandom(32))
            self._secret = file.read_bytes()
        return hmac.digest(self._secret, use.encode(), hashlib.sha256)

    def _load_pairs(self, *, again: bool = False) -> None:
        if self._pairs and not again:
            return
        files = sorted((self._folder / "signing").glob("*.json"))
        self._pairs = {file.stem: ECKey.import_key(json.loads(file.read_bytes())) for file in files}
        self._newest = files[-1].stem if files else None
        self._loaded_at = time.monotonic()

    def _age_seconds(self, kid: str) -> float:
        return time.time() - int(kid.split("-")[0]) / 1e9


def _find_successor(file: Path) -> str:
    """The id of the next key pair; from then on this one only verifies."""
    return next(other.stem for other in sorted(file.parent.glob("*.json")) if other.name > file.name)
