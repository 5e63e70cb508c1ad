"""Loads a file of reviews or mentions: reads it, finds the sentiment of each text, joins customers and products, saves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from foresell.database import Database
from foresell.db import Connection
from foresell.feedback import reviews
from foresell.feedback.language import read_language
from foresell.feedback.reviews import Kind, LegalBasis, NewReview, Provenance
from foresell.feedback.sentiment import Judgement, judge, model_version
from foresell.logs import logger
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.sources.files.review_rows import Reject, ReviewRow, check_rejects, read_reviews
from foresell.tempdirs import clear_temporary_folders

#: Rows that are compared and saved at a time, in one transaction.
AT_ONCE = 1000
#: The record of each row, None for one without a customer, and the numbers of the rows of erased customers.
FindCustomers = Callable[[Connection], tuple[list[int | None], set[int]]]
log = logger("reviews")


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """How a file is read and on what terms its reviews are kept.

    `columns`: headers by field, where they are not recognized; `customers_of`: the source whose customer keys the file has.
    """

    source: str
    licence: str
    legal_basis: LegalBasis
    kind: Kind = "review"
    keep_days: int = 1095
    keeps_text: bool = True
    customers_of: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    best_rating: int = 5
    dates: str | None = None
    max_rejected: float = 2.0


@dataclass(slots=True)
class ReviewLoad:
    """What a load did. `left_out`: by erased customers; `joined`: of those loaded, how many have a customer."""

    source: str
    file_name: str
    lines: int
    columns: Mapping[str, str]
    rejects: Sequence[Reject]
    rejects_file: Path | None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    joined: int = 0
    expired: int = 0
    sentiments: dict[str, int] = field(default_factory=dict)


def load_reviews(
    settings: Settings, database: Database, path: Path, options: ReviewOptions, *, today: date | None = None
) -> ReviewLoad:
    """Load a CSV or Excel file of reviews, in one transaction; the same file again changes nothing.

    Raises BadInput, EmptySource, TooManyRejects or UsageError (nothing is written), and Busy while another load runs.
    """
    clear_temporary_folders(settings.work)
    today = today or datetime.now(UTC).date()
    with read_reviews(
        path,
        workdir=settings.work,
        rejects_folder=settings.rejects,
        source=options.source,
        stated=options.columns,
        best_rating=options.best_rating,
        load_day=today,
        dates=options.dates,
        memory_gib=settings.memory_gib / 2,
        threads=settings.threads,
    ) as file:
        check_rejects(file, options.max_rejected)
        done = ReviewLoad(options.source, file.name, file.lines, file.columns, file.rejects, file.rejects_file)
        terms = Provenance(
            options.kind,
            options.source,
            options.licence,
            options.legal_basis,
            f"file {file.name}",
            today + timedelta(days=options.keep_days),
            options.keeps_text,
        )
        _save(database, vault_of(settings), options, terms, file.rows, done, today)
    log.info("reviews loaded", action="load", source=options.source, added=done.added, changed=done.changed)
    return done


def _save(
    database: Database,
    vault: Vault,
    options: ReviewOptions,
    terms: Provenance,
    rows: Sequence[ReviewRow],
    done: ReviewLoad,
    today: date,
) -> None:
    """Judge the texts that are new or changed before the lock is taken: that takes the longest."""
    parts = [ReviewPart(vault, options, terms, rows[i : i + AT_ONCE]) for i in range(0, len(rows), AT_ONCE)]
    with database.connect() as con:
        for part in parts:
            part.judge_changed(con)
    with database.connect() as con:
        reviews.take_lock(con)
        done.expired = reviews.delete_expired(con, today)
        for part in parts:
            part.save(con, done)


class ReviewPart:
    """Some rows, with their keys and fingerprints. `find_customers`: by what else than number and e-mail customers are found."""

    def __init__(
        self,
        vault: Vault,
        options: ReviewOptions,
        terms: Provenance,
        rows: Sequence[ReviewRow],
        find_customers: FindCustomers | None = None,
    ) -> None:
        self._vault, self._options, self._terms, self._rows = vault, options, terms, rows
        self._find_customers = find_customers or self._find_by_key_and_email
        contents = [_write_content(row) for row in rows]
        hashes = vault.digests("review content", contents)
        self._keys = [row.key or f"row-{digest.hex()}" for row, digest in zip(rows, hashes, strict=True)]
        versions = (f"{content} {_write_terms(options, terms)} {model_version()}" for content in contents)
        self._fingerprints = vault.digests("review", versions)
        self._judged: dict[str, Judgement] = {}

    def judge_changed(self, con: Connection) -> None:
        """Find the sentiment of the texts that are not saved like this already."""
        known = reviews.find_known(con, self._terms.source, self._keys)
        for key, row, fingerprint in zip(self._keys, self._rows, self._fingerprints, strict=True):
            if key not in known or bytes(known[key]["fingerprint"]) != fingerprint:
                self._judged[key] = _judge(row)

    def save(self, con: Connection, done: ReviewLoad) -> None:
        """Save what is new or changed, and count."""
        pseudonyms = self._vault.review_pseudonyms(self._terms.source, self._keys)
        known = reviews.find_known(con, self._terms.source, [*self._keys, *pseudonyms])
        records, erased = self._find_customers(con)
        names = sorted({row.product for row in self._rows if row.product})
        products = reviews.find_products(con, self._customers_of, names)
        changed: dict[str, NewReview] = {}
        for i, (key, row) in enumerate(zip(self._keys, self._rows, strict=True)):
            if pseudonyms[i] in known or i in erased:
                done.left_out += 1
                continue
            product_id = products.get(row.product or "")
            done.joined += records[i] is not None
            was = known.get(key)
            if key in changed or (was and self._is_same(was, i, records[i], product_id)):
                done.unchanged += 1
                continue
            judged = self._judged.get(key) or _judge(row)
            done.sentiments[judged.sentiment] = done.sentiments.get(judged.sentiment, 0) + 1
            done.added += was is None
            done.changed += was is not None
            changed[key] = NewReview(
                key,
                records[i],
                row.product,
                product_id,
                row.written_at,
                row.rating,
                self._options.best_rating,
                row.text,
                judged,
                self._fingerprints[i],
            )
        reviews.save_reviews(con, self._vault, self._terms, list(changed.values()))

    @property
    def _customers_of(self) -> str:
        return self._options.customers_of or self._terms.source

    def _is_same(self, was: Mapping[str, object], i: int, record_id: int | None, product_id: int | None) -> bool:
        return was["fingerprint"] == self._fingerprints[i] and (was["record_id"], was["product_id"]) == (
            record_id,
            product_id,
        )

    def _find_by_key_and_email(self, con: Connection) -> tuple[list[int | None], set[int]]:
        """The record of each row, by customer key, otherwise by e-mail; and the rows of erased customers."""
        keys = [row.customer_key for row in self._rows]
        indexes = self._vault.email_indexes(row.email or "" for row in self._rows)
        stated = [key for key in keys if key]
        found = reviews.find_records(con, self._customers_of, stated, [index for index in indexes if index])
        records = [
            found.get(key or "") or (found.get(index) if index else None)
            for key, index in zip(keys, indexes, strict=True)
        ]
        gone = reviews.list_erased(con, self._customers_of)
        digests = self._vault.digests(self._customers_of, (key or "" for key in keys)) if gone else []
        return records, {i for i, digest in enumerate(digests) if keys[i] and digest in gone}


def _judge(row: ReviewRow) -> Judgement:
    """The sentiment of the text; a review without one is not analysed."""
    if row.text is None:
        return Judgement("not analysed", None, (), None, model_version())
    return judge(row.text, read_language(row.language) if row.language else None)


def _write_content(row: ReviewRow) -> str:
    values: Iterable[object] = (
        row.key, row.customer_key, row.email, row.product, row.rating, row.text, row.language, row.written_at.isoformat(),
    )  # fmt: skip
    return json.dumps(list(values), ensure_ascii=False)


def _write_terms(options: ReviewOptions, terms: Provenance) -> str:
    values = (terms.kind, terms.licence, terms.legal_basis, terms.keeps_text, options.keep_days, options.best_rating)
    return json.dumps(values)
