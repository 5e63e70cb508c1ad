"""The anchor log: each seal's hash, signed and chained, in a file outside the database.

Each line of `home/audit/anchors.jsonl` holds a seal's hash and the hash of the line before, so seals cut from the end of the
database are still known here. Someone who can write both the database and the home can cut both; copies of this file on
write-once storage are the defence against that.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from foresell.errors import AuditBroken
from foresell.secret_files import write_once

_ECDSA = ec.ECDSA(hashes.SHA256())


class AnchorLog:
    """What the audit keeps outside the database: the signing key and the anchors."""

    def __init__(self, home: Path) -> None:
        self._key_file = home / "keys" / "audit"
        self.file = home / "audit" / "anchors.jsonl"

    def sign(self, content: bytes) -> bytes:
        """An ES256 signature (DER)."""
        return self._key().sign(content, _ECDSA)

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Whether this is our signature of the content."""
        try:
            self._key().public_key().verify(signature, content, _ECDSA)
        except InvalidSignature:
            return False
        return True

    def read_lines(self) -> list[bytes]:
        """The anchors, oldest first, as they are stored."""
        return self.file.read_bytes().splitlines() if self.file.exists() else []

    def append(self, seals: Iterable[Mapping[str, Any]]) -> None:
        """Anchor seals; they are on disk when this returns."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.file.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _read_last_line(self.file)
            for seal in seals:
                content = {
                    "seal": seal["seal_id"],
                    "events": (json.loads(last)["events"] if last else 0) + len(seal["event_ids"]),
                    "hash": bytes(seal["hash"]).hex(),
                    "sealed_at": seal["sealed_at"],
                    "previous": hashlib.sha256(last).hexdigest() if last else "",
                }
                signature = self.sign(json.dumps(content).encode())
                last = json.dumps({**content, "signature": signature.hex()}).encode()
                file.write(last + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read_last(self) -> dict[str, Any] | None:
        """The newest anchor. Raises AuditBroken when its line is damaged."""
        line = _read_last_line(self.file)
        try:
            return dict(json.loads(line)) if line else None
        except ValueError:
            raise AuditBroken("The last anchor of the audit is damaged.", remedy="Run: foresell audit verify") from None

    def _key(self) -> ec.EllipticCurvePrivateKey:
        if not self._key_file.exists():
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_once(self._key_file, pem)
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


def _read_last_line(file: Path) -> bytes:
    """The last line of a file, without reading all of it."""
    if not file.exists():
        return b""
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - 4096))
        lines = content.read().splitlines()
    return lines[-1] if lines else b""
