"""Opens customer records in memory, and normalizes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from foresell.db import Row
from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord, Record
from foresell.privacy.vault import Vault

_FIELDS = ("record_id", "source", "name", "email", "phone", "address", "city", "region", "postcode", "country")


def open_rows(rows: Iterable[Row], vault: Vault) -> Iterator[Row]:
    """Rows of customer_records with kek_id and wrapped_key, in their sequence, with email, phone and address opened.

    Rows without a key (wrapped_key null) have none of the three.
    """
    waiting: list[Row] = []

    def sealed() -> Iterator[Row]:
        for row in rows:
            waiting.append(row)
            if row["wrapped_key"] is not None:
                yield row

    for contact in vault.open_records(sealed()):
        *plain, last = waiting
        waiting.clear()
        yield from plain
        yield {**last, **contact}
    yield from waiting


def open_records(rows: Iterable[Row], vault: Vault) -> list[Record]:
    """The same rows, normalized."""
    return [
        normalize(RawRecord(**{name: row.get(name) for name in _FIELDS}))  # type: ignore[arg-type]
        for row in open_rows(rows, vault)
    ]
