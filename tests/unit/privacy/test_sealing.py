"""Envelopes, blind indexes and the safe, also with AWS KMS (a stand-in that keeps its contract)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import ForesellError
from foresell.privacy.envelope import FIELDS, contact_aad, on_file, open_envelope, seal, unwrap, wrap
from foresell.privacy.key_store import KeyStore
from foresell.privacy.vault import Vault

CONTACTS = st.fixed_dictionaries({field: st.none() | st.text(max_size=80) for field in FIELDS})
RECORDS = pa.schema(
    {
        "record_id": pa.int64(), "source_key": pa.string(), "email": pa.string(), "phone": pa.string(),
        "address": pa.string(), "kek_id": pa.int32(), "wrapped_key": pa.binary(),
    }
)  # fmt: skip


@given(CONTACTS, st.binary(min_size=32, max_size=32), st.binary(min_size=12, max_size=12))
def test_what_is_sealed_opens_and_says_what_it_holds(contact: dict[str, str | None], key: bytes, nonce: bytes) -> None:
    envelope = seal(key, nonce, contact, b"here")
    assert open_envelope(key, envelope, b"here") == contact
    assert on_file(envelope) == {field for field, value in contact.items() if value is not None}


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_no_bit_of_an_envelope_can_be_changed(place: int) -> None:
    key = os.urandom(32)
    envelope = bytearray(seal(key, os.urandom(12), {"email": "ada@post.example"}, b"here"))
    envelope[place % len(envelope)] ^= 1
    with pytest.raises(ForesellError, match="does not open"):
        open_envelope(key, bytes(envelope), b"here")


def test_neither_envelope_nor_key_opens_in_anothers_place() -> None:
    key, kek = os.urandom(32), AESGCM(os.urandom(32))
    envelope = seal(key, os.urandom(12), {"email": "ada@post.example"}, contact_aad("shop", "1"))
    with pytest.raises(ForesellError):
        open_envelope(key, envelope, contact_aad("shop", "2"))
    wrapped = wrap(kek, 1, os.urandom(12), key, 7)
    assert unwrap(kek, 1, wrapped, 7) == key
    for kek_id, record_id in ((1, 8), (2, 7)):
        with pytest.raises(ForesellError):
            unwrap(kek, kek_id, wrapped, record_id)


def test_the_same_contact_is_sealed_differently_each_time_and_found_the_same(tmp_path: Path) -> None:
    vault = Vault(KeyStore(tmp_path))
    vault.make_kek(1)
    rows = [
        {"record_id": 1, "source_key": "a", "email": "Ada@Post.example ", "phone": "+44 (20) 7946-0018"},
        {"record_id": 2, "source_key": "b", "email": "ada@post.example", "phone": "0044 20 7946 0018"},
    ]
    one, two = vault.seal("shop", 1, pa.Table.from_pylist(rows, RECORDS)).to_pylist()
    assert one["contact"] != two["contact"] and one["wrapped_key"] != two["wrapped_key"]
    assert one["email_index"] == two["email_index"] and one["phone_index"] == two["phone_index"]
    assert one["email_index"] in vault.indexes("ADA@post.EXAMPLE") and one["phone_index"] in vault.indexes(
        "44 2079460018"
    )
    assert one["email_index"] not in vault.indexes("eve@post.example")
    assert Vault(KeyStore(tmp_path / "other")).indexes("ada@post.example")[0] != one["email_index"]


@pytest.fixture
def kms_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with moto.mock_aws():
        yield boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]


def test_a_safe_on_kms_keeps_nothing_readable(tmp_path: Path, kms_key: str) -> None:
    safe = KeyStore(tmp_path, kms_key)
    vault = Vault(safe)
    vault.make_kek(1)
    sealed = vault.seal(
        "shop", 1, pa.Table.from_pylist([{"record_id": 1, "source_key": "a", "email": "ada@post.example"}], RECORDS)
    )
    row = {**sealed.to_pylist()[0], "source": "shop", "source_key": "a"}
    assert next(vault.open_records([row]))["email"] == "ada@post.example"
    assert {file.name for file in tmp_path.iterdir()} == {"kek-1.kms", "index.kms"}
    assert all(safe.read(name) not in file.read_bytes() for name in ("kek-1", "index") for file in tmp_path.iterdir())
    (tmp_path / "kek-2.kms").write_bytes((tmp_path / "kek-1.kms").read_bytes())
    with pytest.raises(ForesellError, match="AWS KMS does not open the key kek-2"):
        safe.read("kek-2")
    assert vault.destroy_keys_before(3) == [1, 2]
    with pytest.raises(ForesellError, match="kek-1 is missing"):
        next(vault.open_records([row]))


def test_a_secret_is_made_once_and_its_file_is_its_owners(tmp_path: Path) -> None:
    safe = KeyStore(tmp_path / "keys")
    safe.make("kek-1")
    first = safe.read("kek-1")
    safe.make("kek-1")
    assert safe.read("kek-1") == first and len(first) == 32
    assert (tmp_path / "keys" / "kek-1").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys" / "kek-1").write_bytes(b"short")
    with pytest.raises(ForesellError, match="damaged"):
        safe.read("kek-1")
