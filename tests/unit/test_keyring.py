"""The keys of a home: made once, rotated, retired; what is sealed opens for its purpose only."""

from __future__ import annotations

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from foresell.access import keyring, tokens
from foresell.access.keyring import Keyring

SESSION = "0190b4a0-0000-7000-8000-000000000000"


def test_concurrent_first_uses_create_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: Keyring(tmp_path / "keys").digest("x"), range(8)))
    assert len(digests) == 1


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    ring.signing_key()
    ring.digest("x")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").rglob("*")}
    assert modes == {0o600, 0o700}


def test_rotation_keeps_what_was_signed_and_retires_it_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Keyring(tmp_path / "keys"), Keyring(tmp_path / "keys")
    old = tokens.sign(one, 7, SESSION)
    first = one.signing_key()[0]
    assert tokens.read(other, old)
    second = one.rotate()
    assert one.signing_key()[0] == second != first
    monkeypatch.setattr(keyring, "LOOKED_AGAIN_AFTER_SECONDS", 0)
    assert tokens.read(other, tokens.sign(one, 7, SESSION)), "another process finds the new key"
    assert tokens.read(one, old), "what was signed before still counts"
    monkeypatch.setattr(keyring, "RETIRED_AFTER_SECONDS", -1)
    one.rotate()
    assert one.verifying_key(first) is None and tokens.read(one, old) is None


def test_a_month_old_key_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring(tmp_path / "keys")
    first = ring.signing_key()[0]
    assert ring.signing_key()[0] == first
    later = time.time() + keyring.ROTATED_AFTER_SECONDS + 1
    monkeypatch.setattr(keyring.time, "time", lambda: later)
    assert ring.signing_key()[0] != first


def test_what_is_sealed_opens_for_its_purpose_only(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    sealed = ring.seal(b"secret", "totp of 7")
    assert b"secret" not in sealed and ring.seal(b"secret", "totp of 7") != sealed
    assert ring.unseal(sealed, "totp of 7") == b"secret"
    for wrong, purpose in (
        (sealed, "totp of 8"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "totp of 7"),
        (b"", "totp of 7"),
    ):
        with pytest.raises((InvalidTag, ValueError)):
            ring.unseal(wrong, purpose)
    with pytest.raises(InvalidTag):
        Keyring(tmp_path / "other").unseal(sealed, "totp of 7")


def test_no_private_key_is_named_in_a_token(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    token = tokens.sign(ring, 7, SESSION)
    [file] = (tmp_path / "keys" / "signing").iterdir()
    assert json.loads(file.read_text())["d"] not in token and len(token) < 600
