"""Reviews and mentions in the store: saved by key, joined to customers, listed and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, get_args

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements
from foresell.errors import Busy, CustomerNotFound
from foresell.feedback.sentiment import Judgement
from foresell.feedback.summary import describe_group

SQL = Statements("foresell.feedback")
ASYNC_SQL = AsyncStatements("foresell.feedback")
Kind = Literal["review", "mention"]
LegalBasis = Literal["consent", "contract", "legitimate interest"]
Part = Literal["all", "month", "product", "segment", "source"]
PARTS: tuple[Part, ...] = get_args(Part)


class ReviewVault(Protocol):
    """The vault as reviews use it."""

    def make_kek(self, kek_id: int) -> None:
        """Create the key-encryption key with this number."""

    def make_record_key(self, kek_id: int, record_id: int) -> bytes:
        """A new data key for a customer record, wrapped."""

    def seal_reviews(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The texts of rows with record_id, kek_id and wrapped_key, sealed."""

    def open_reviews(self, rows: Iterable[Mapping[str, Any]]) -> list[str | None]:
        """The texts of such rows."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where reviews come from and on what terms they are kept; each review has its own copy.

    `licence` and `origin` in words; `keeps_text`: whether the licence allows to keep texts.
    """

    kind: Kind
    source: str
    licence: str
    legal_basis: LegalBasis
    origin: str
    retention_until: date
    keeps_text: bool


@dataclass(frozen=True, slots=True)
class NewReview:
    """One review to be saved. `text`: kept only with a `record_id`, sealed; `fingerprint`: of all that the source says."""

    key: str
    record_id: int | None
    product: str | None
    product_id: int | None
    written_at: datetime
    rating: float | None
    best_rating: int
    text: str | None
    judged: Judgement
    fingerprint: bytes


def take_lock(con: Connection) -> None:
    """No load, erasure or rotation until the transaction ends. Raises Busy."""
    row = SQL.row(con, "reviews.take_lock")
    if not row or not row["taken"]:
        raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")


def find_known(con: Connection, source: str, keys: Sequence[str]) -> dict[str, Row]:
    """By key, what is saved under it: fingerprint, record_id, product_id, has_text, erased_at."""
    return {row["source_key"]: row for row in SQL.rows(con, "reviews.known", source=source, keys=list(keys))}


def find_records(con: Connection, source: str, keys: Sequence[str], indexes: Sequence[bytes]) -> dict[str | bytes, int]:
    """The record of each customer key of the source, and of each blind index of an e-mail that one customer has."""
    of_keys = SQL.rows(con, "reviews.records_of_keys", source=source, keys=list(keys))
    of_emails = SQL.rows(con, "reviews.records_of_emails", indexes=list(indexes))
    found: dict[str | bytes, int] = {row["source_key"]: row["record_id"] for row in of_keys}
    return found | {bytes(row["email_index"]): row["record_id"] for row in of_emails}


def list_erased(con: Connection, source: str) -> set[bytes]:
    """The keyed hashes of the source's customers who were erased."""
    return {bytes(row["source_key_hash"]) for row in SQL.rows(con, "reviews.erased_customers", source=source)}


def find_products(con: Connection, source: str, names: Sequence[str]) -> dict[str, int]:
    """The product that each number or name stands for: of this source, or the only one of all sources."""
    rows = SQL.rows(con, "reviews.products", names=list(names))
    found = {}
    for name in names:
        for field in ("sku", "name"):
            same = [row for row in rows if row[field] == name]
            own = [row for row in same if row["source"] == source]
            if len(chosen := own or same) == 1:
                found[name] = int(chosen[0]["product_id"])
                break
    return found


def save_reviews(con: Connection, vault: ReviewVault, provenance: Provenance, reviews: Sequence[NewReview]) -> None:
    """Insert or replace reviews; take_lock comes first. Texts are sealed with the data keys of their records."""
    sealed = _seal_texts(con, vault, [each for each in reviews if provenance.keeps_text and each.text])
    rows = [
        {
            "kind": provenance.kind, "source": provenance.source, "source_key": each.key, "record_id": each.record_id,
            "product": each.product, "product_id": each.product_id, "written_at": each.written_at, "rating": each.rating,
            "best_rating": each.best_rating, "text": sealed.get(each.key), "language": each.judged.language,
            "sentiment": each.judged.sentiment, "probability": each.judged.probability,
            "words": Jsonb([{"word": word.word, "points": word.points} for word in each.judged.words]),
            "model_version": each.judged.version, "licence": provenance.licence, "origin": provenance.origin,
            "legal_basis": provenance.legal_basis, "retention_until": provenance.retention_until,
            "fingerprint": each.fingerprint,
        }
        for each in reviews
    ]  # fmt: skip
    with con.cursor() as cur:
        cur.executemany(SQL.text("reviews.save"), rows)


def _seal_texts(con: Connection, vault: ReviewVault, reviews: Sequence[NewReview]) -> dict[str, bytes]:
    """By key of the review its text, sealed. Without a customer a text is not kept: no erasure would find it."""
    of_customers = [each for each in reviews if each.record_id is not None]
    records = sorted({each.record_id for each in of_customers if each.record_id is not None})
    keys = {row["record_id"]: row for row in SQL.rows(con, "reviews.data_keys", records=records)}
    for record_id in records:
        if record_id not in keys:
            kek_id = _current_kek(con, vault)
            key = {"record_id": record_id, "kek_id": kek_id, "wrapped_key": vault.make_record_key(kek_id, record_id)}
            SQL.run(con, "reviews.add_data_key", **key)
            keys[record_id] = key
    texts = vault.seal_reviews({**keys[each.record_id], "text": each.text} for each in of_customers)
    return {each.key: text for each, text in zip(of_customers, texts, strict=True)}


def _current_kek(con: Connection, vault: ReviewVault) -> int:
    row = SQL.row(con, "reviews.current_key")
    if row and row["kek_id"] is not None:
        return int(row["kek_id"])
    created = SQL.row(con, "reviews.create_key")
    assert created
    vault.make_kek(created["kek_id"])
    return int(created["kek_id"])


def delete_expired(con: Connection, today: date) -> int:
    """Delete reviews whose retention has ended. Returns how many."""
    return SQL.run(con, "reviews.delete_expired", today=today)


def list_reviews(
    con: Connection, *, customer_id: str | None = None, product: str | None = None, limit: int | None = None
) -> list[Row]:
    """Reviews and mentions, the newest first, without their texts. `product`: its number or name."""
    return SQL.rows(con, "reviews.listed", customer_id=customer_id, product=product, limit=limit)


def summarize(
    con: Connection, by: Part, product: str | None = None, segment: str | None = None
) -> list[dict[str, Any]]:
    """By month, product, segment, source or all together: n, and the share of each sentiment (see `describe_group`)."""
    rows = SQL.rows(con, "reviews.counts", by=by, product=product, segment=segment)
    return [describe_group(row) for row in rows]


async def summarize_visible(
    con: AsyncConnection, by: Part, product: str | None, segment: str | None
) -> list[dict[str, Any]]:
    """`summarize` of the customers visible to the acting user."""
    rows = await ASYNC_SQL.rows(con, "reviews.visible_counts", by=by, product=product, segment=segment)
    return [describe_group(row) for row in rows]


async def list_of_customer(
    con: AsyncConnection, vault: ReviewVault, customer_id: str, limit: int
) -> tuple[list[Row], int]:
    """The newest reviews by a customer with their texts (None without customers.names), and how many there are.

    Raises CustomerNotFound for a customer who is not visible.
    """
    if await ASYNC_SQL.row(con, "reviews.is_visible", customer_id=customer_id) is None:
        raise CustomerNotFound(remedy="Find the customer in the list: /api/customers?q=")
    rows = await ASYNC_SQL.rows(con, "reviews.of_customer", customer_id=customer_id, limit=limit)
    hidden = ("record_id", "kek_id", "wrapped_key", "total")
    opened = [
        {name: value for name, value in row.items() if name not in hidden} | {"text": text}
        for row, text in zip(rows, vault.open_reviews(rows), strict=True)
    ]
    return opened, rows[0]["total"] if rows else 0
