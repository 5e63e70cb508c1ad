"""Seals and opens contact data in bulk, and computes blind indexes of e-mail addresses and phone numbers."""

from __future__ import annotations

import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foresell.errors import NotFound
from foresell.privacy.envelope import (
    FIELDS,
    KEY_BYTES,
    NONCE_BYTES,
    contact_aad,
    open_envelope,
    open_text,
    seal,
    seal_text,
    unwrap,
    wrap,
)
from foresell.privacy.key_store import BYTES, KeyStore
from foresell.secret_files import write_once
from foresell.settings import Settings

INDEX_BYTES = 16
PSEUDONYM = "erased-"
RANDOM_BYTES = KEY_BYTES + 2 * NONCE_BYTES

#: One row per record to be sealed. kek_id, wrapped: its data key, null where it has none yet.
SEALED = pa.schema(
    {
        "record_id": pa.int64(),
        "contact": pa.binary(),
        "email_index": pa.binary(),
        "phone_index": pa.binary(),
        "kek_id": pa.int32(),
        "wrapped_key": pa.binary(),
        "is_new_key": pa.bool_(),
    }
)
OPENED = pa.schema({"record_id": pa.int64(), **dict.fromkeys(FIELDS, pa.string())})
KEYS = pa.schema({"record_id": pa.int64(), "kek_id": pa.int32(), "wrapped_key": pa.binary()})
CUSTOMER_KEYS = pa.schema({"customer_id": pa.string(), "kek_id": pa.int32(), "wrapped_key": pa.binary()})
ERASED = pa.schema({"source": pa.string(), "source_key_hash": pa.binary()})


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """What the home keeps to make a restored backup readable: `records` (KEYS), `customers` (CUSTOMER_KEYS), `erased` (ERASED)."""

    records: pa.Table
    customers: pa.Table
    erased: pa.Table


KeyReader = Callable[[int], AESGCM]
Hasher = Callable[[str, bytes], bytes]


class Vault:
    """Seals and opens contact data with the keys of one KeyStore. Key-encryption keys are read when needed, not cached."""

    def __init__(self, key_store: KeyStore) -> None:
        self._key_store = key_store

    def make_kek(self, kek_id: int) -> None:
        """Create the key-encryption key with this number."""
        self._key_store.make(f"kek-{kek_id}")

    def key_numbers(self) -> list[int]:
        """The numbers of the existing key-encryption keys, in order."""
        return sorted(int(name[4:]) for name in self._key_store.names(r"kek-\d+"))

    def destroy_keys_before(self, kek_id: int) -> list[int]:
        """Destroy every older key-encryption key; returns their numbers."""
        old = [number for number in self.key_numbers() if number < kek_id]
        for number in old:
            self._key_store.destroy(f"kek-{number}")
        return old

    def seal(self, source: str, kek_id: int, records: pa.Table) -> pa.Table:
        """`records` (record_id, source_key, email, phone, address, kek_id, wrapped) sealed, as SEALED.

        A record that has a data key keeps it, so that what undo restores still opens; the others get one wrapped by `kek_id`.
        """
        read_key = self._make_key_reader()
        hasher = self._make_hasher()
        return pa.Table.from_batches(
            (
                _seal_batch(batch, source, kek_id, read_key, hasher)
                for batch in records.to_batches(max_chunksize=65_536)
            ),
            SEALED,
        )

    def open(self, source: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches of (record_id, source_key, contact, kek_id, wrapped), opened, as OPENED."""
        read_key = self._make_key_reader()
        for batch in batches:
            contacts = [
                open_envelope(unwrap(read_key(kek_id), kek_id, wrapped, record_id), contact, contact_aad(source, key))
                for record_id, key, contact, kek_id, wrapped in _rows(
                    batch, "record_id", "source_key", "contact", "kek_id", "wrapped_key"
                )
            ]
            columns = ([contact[field] for contact in contacts] for field in FIELDS)
            yield pa.record_batch([batch["record_id"], *columns], schema=OPENED)

    def open_records(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str | None]]:
        """The contact data of rows with source, source_key, record_id, contact, kek_id and wrapped, one after the other."""
        read_key = self._make_key_reader()
        for row in rows:
            key = unwrap(read_key(row["kek_id"]), row["kek_id"], row["wrapped_key"], row["record_id"])
            yield open_envelope(key, row["contact"], contact_aad(row["source"], row["source_key"]))

    def rewrap(self, kek_id: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches of KEYS or CUSTOMER_KEYS, wrapped by `kek_id` instead."""
        read_key = self._make_key_reader()
        new = read_key(kek_id)
        for batch in batches:
            nonces = _split(os.urandom(NONCE_BYTES * len(batch)), NONCE_BYTES)
            wrapped = [
                wrap(new, kek_id, nonce, unwrap(read_key(old), old, key, owner), owner)
                for (owner, old, key), nonce in zip(_rows(batch, *batch.schema.names), nonces, strict=True)
            ]
            ids = pa.array([kek_id] * len(batch), pa.int32())
            yield pa.record_batch([batch[0], ids, pa.array(wrapped, pa.binary())], schema=batch.schema)

    def make_record_key(self, kek_id: int, record_id: int) -> bytes:
        """A new data key for a customer record that has none yet, wrapped by `kek_id`."""
        kek = self._make_key_reader()(kek_id)
        return wrap(kek, kek_id, os.urandom(NONCE_BYTES), os.urandom(KEY_BYTES), record_id)

    def seal_reviews(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The `text` of rows with record_id, kek_id and wrapped_key, sealed with the data key of the record."""
        return self._seal_for_records(rows, "text", "review")

    def open_reviews(self, rows: Iterable[Mapping[str, Any]]) -> list[str | None]:
        """The texts of rows that `seal_reviews` sealed; None where a row has no text or no key."""
        return self._open_for_records(rows, "text", "review")

    def seal_proposals(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The `value` (text) of rows with record_id, kek_id and wrapped_key, sealed with the data key of the record."""
        return self._seal_for_records(rows, "value", "proposal")

    def open_proposals(self, rows: Iterable[Mapping[str, Any]]) -> list[str | None]:
        """The values of rows that `seal_proposals` sealed; None where a row has no value or no key."""
        return self._open_for_records(rows, "value", "proposal")

    def _seal_for_records(self, rows: Iterable[Mapping[str, Any]], column: str, what: str) -> list[bytes]:
        read_key = self._make_key_reader()
        return [
            seal_text(
                unwrap(read_key(row["kek_id"]), row["kek_id"], row["wrapped_key"], row["record_id"]),
                os.urandom(NONCE_BYTES),
                row[column],
                f"{what} of record {row['record_id']}",
            )
            for row in rows
        ]

    def _open_for_records(self, rows: Iterable[Mapping[str, Any]], column: str, what: str) -> list[str | None]:
        read_key = self._make_key_reader()
        return [
            open_text(
                unwrap(read_key(row["kek_id"]), row["kek_id"], row["wrapped_key"], row["record_id"]),
                row[column],
                f"{what} of record {row['record_id']}",
            )
            if row[column] is not None and row["kek_id"] is not None
            else None
            for row in rows
        ]

    def make_customer_key(self, kek_id: int, customer_id: str) -> bytes:
        """A new key for the notes about a customer, wrapped by `kek_id`."""
        kek = self._make_key_reader()(kek_id)
        return wrap(kek, kek_id, os.urandom(NONCE_BYTES), os.urandom(KEY_BYTES), customer_id)

    def seal_texts(
        self, customer_id: str, kek_id: int, wrapped_key: bytes, texts: Sequence[str | None]
    ) -> list[bytes | None]:
        """Notes about a customer, sealed with the customer's key; None stays None."""
        key = unwrap(self._make_key_reader()(kek_id), kek_id, wrapped_key, customer_id)
        return [seal_text(key, os.urandom(NONCE_BYTES), text, customer_id) if text else None for text in texts]

    def open_texts(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Rows with kek_id and wrapped_key whose `columns` are sealed: without the key, and those opened.

        The key is that of original_customer_id, where the row has one, else of customer_id. None where the customer has no
        key: there was no note, or the customer was erased.
        """
        read_key = self._make_key_reader()
        opened = []
        for row in rows:
            shown = {
                name: value
                for name, value in row.items()
                if name not in ("original_customer_id", "kek_id", "wrapped_key")
            }
            if any(row[column] is not None for column in columns):
                kek_id, customer_id = row["kek_id"], row.get("original_customer_id") or row["customer_id"]
                key = kek_id and unwrap(read_key(kek_id), kek_id, row["wrapped_key"], customer_id)
                shown |= {
                    name: open_text(key, row[name], customer_id) if key and row[name] else None for name in columns
                }
            opened.append(shown)
        return opened

    def keep_copy(self, kek_id: int, keys: KeptKeys) -> None:
        """Save the wrapped keys and who was erased in the home, instead of an older copy; they open a restored backup."""
        for name, table in (("customers", keys.customers), ("erased", keys.erased), ("subjects", keys.records)):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
            write_once(self._key_store.folder / f"{name}-{kek_id}.arrow", sink.getvalue().to_pybytes())
        for older in self._copy_files()[:-1]:
            for name in ("subjects", "customers", "erased"):
                older.with_name(older.name.replace("subjects", name)).unlink(missing_ok=True)

    def copy(self) -> tuple[int, KeptKeys]:
        """The newest copy of the wrapped keys, and the number of the key-encryption key that opens it. Raises NotFound."""
        for file in reversed(self._copy_files()):
            kek_id = int(file.stem.removeprefix("subjects-"))
            if kek_id in self.key_numbers():
                customers, erased = (
                    _read_arrow(file.with_name(f"{name}-{kek_id}.arrow"), schema)
                    for name, schema in (("customers", CUSTOMER_KEYS), ("erased", ERASED))
                )
                return kek_id, KeptKeys(_read_arrow(file, KEYS), customers, erased)
        raise NotFound(
            "There is no copy of the data keys.", remedy=f"Restore {self._key_store.folder} from its backup."
        )

    def _copy_files(self) -> list[Path]:
        return sorted(self._key_store.folder.glob("subjects-*.arrow"), key=lambda file: int(file.stem.split("-")[1]))

    def indexes(self, text: str) -> list[bytes]:
        """The blind indexes of records with exactly this e-mail address or telephone number."""
        hasher = self._make_hasher()
        found = (
            _blind_index(hasher, "email", _normalize_email(text)),
            _blind_index(hasher, "phone", normalize_phone(text)),
        )
        return [index for index in found if index]

    def email_indexes(self, emails: Iterable[str]) -> list[bytes | None]:
        """The blind index of each e-mail address; None for an empty one."""
        hasher = self._make_hasher()
        return [_blind_index(hasher, "email", _normalize_email(email)) for email in emails]

    def review_pseudonyms(self, source: str, keys: Iterable[str]) -> list[str]:
        """What stands for the key of each review once its customer is erased."""
        return [self.pseudonym(digest) for digest in self.digests(source, (f"review {key}" for key in keys))]

    def digest(self, source: str, source_key: str) -> bytes:
        """The keyed hash that identifies an erased record."""
        return self.digests(source, [source_key])[0]

    def digests(self, source: str, source_keys: Iterable[str]) -> list[bytes]:
        """The keyed hashes that identify erased records."""
        hasher = self._make_hasher()
        return [hasher("erased", contact_aad(source, key)) for key in source_keys]

    def pseudonym(self, digest: bytes) -> str:
        """What stands for the key of an erased record in its source: the keyed hash of that key."""
        return f"{PSEUDONYM}{digest.hex()}"

    def matching_secret(self) -> bytes:
        """The key of the hashes by which records are compared (32 bytes)."""
        return HKDF(SHA256(), BYTES, None, b"matching").derive(self._read_index_secret())

    def _make_key_reader(self) -> KeyReader:
        known: dict[int, AESGCM] = {}

        def kek(kek_id: int) -> AESGCM:
            if kek_id not in known:
                known[kek_id] = AESGCM(self._key_store.read(f"kek-{kek_id}"))
            return known[kek_id]

        return kek

    def _read_index_secret(self) -> bytes:
        if not self._key_store.names("index"):
            self._key_store.make("index")
        return self._key_store.read("index")

    def _make_hasher(self) -> Hasher:
        secret = self._read_index_secret()
        keys = {use: HKDF(SHA256(), BYTES, None, use.encode()).derive(secret) for use in ("email", "phone", "erased")}
        return lambda use, value: hmac.digest(keys[use], value, "sha256")[:INDEX_BYTES]


def is_pseudonym(source_key: str) -> bool:
    """Whether a record was erased."""
    return bool(re.fullmatch(rf"{PSEUDONYM}[0-9a-f]{{{2 * INDEX_BYTES}}}", source_key))


def vault_of(settings: Settings) -> Vault:
    """The vault of a home."""
    return Vault(KeyStore(settings.keys, settings.kms_key))


def _seal_batch(batch: pa.RecordBatch, source: str, kek_id: int, read_key: KeyReader, hasher: Hasher) -> pa.RecordBatch:
    """One batch as SEALED. A plain loop: five microseconds per record, most of them for the cipher."""
    random = _split(os.urandom(RANDOM_BYTES * len(batch)), RANDOM_BYTES)
    kek = read_key(kek_id)
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
    rows = _rows(batch, "record_id", "source_key", *FIELDS, "kek_id", "wrapped_key")
    for (record_id, source_key, email, phone, address, old_kek, old_key), random_bytes in zip(
        rows, random, strict=True
    ):
        nonce, key = random_bytes[:NONCE_BYTES], random_bytes[-KEY_BYTES:]
        if is_new := old_key is None:
            wrapped = wrap(kek, kek_id, random_bytes[NONCE_BYTES:-KEY_BYTES], key, record_id)
        else:
            wrapped, key = old_key, unwrap(read_key(old_kek), old_kek, old_key, record_id)
        contact = {"email": email, "phone": phone, "address": address}
        columns[0].append(seal(key, nonce, contact, contact_aad(source, source_key)))
        columns[1].append(_blind_index(hasher, "email", _normalize_email(email)) if email else None)
        columns[2].append(_blind_index(hasher, "phone", normalize_phone(phone)) if phone else None)
        columns[3].append(kek_id if is_new else old_kek)
        columns[4].append(wrapped)
        columns[5].append(is_new)
    return pa.record_batch([batch["record_id"], *columns], schema=SEALED)


def _read_arrow(file: Path, schema: pa.Schema) -> pa.Table:
    """The table of a file; an empty one where an older version did not write it."""
    if not file.exists():
        return schema.empty_table()
    return pa.ipc.open_file(file.read_bytes()).read_all()


def _rows(batch: pa.RecordBatch, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(batch[name].to_pylist() for name in names), strict=True)


def _blind_index(hasher: Hasher, use: str, plain: str) -> bytes | None:
    return hasher(use, plain.encode()) if plain else None


def _normalize_email(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normalize_phone(text: str) -> str:
    """Digits only, without leading zeros: `+44 20 7946` and `0044 20 7946` are the same number."""
    return re.sub(r"\D", "", text).lstrip("0")


def _split(random: bytes, size: int) -> Iterator[bytes]:
    return (random[start : start + size] for start in range(0, len(random), size))
