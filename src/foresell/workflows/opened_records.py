"""Opens customer records in memory, and normalizes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresell.identity.normalization import normalize
from foresell.identity.record import RawRecord, Record
from foresell.privacy.vault import Vault

_NOTHING: dict[str, str | None] = dict.fromkeys(("email", "phone", "address"))


def open_records(rows: Sequence[dict[str, Any]], vault: Vault) -> list[Record]:
    """Rows of customer_records with kek_id and wrapped_key (null: without contact data), opened and normalized."""
    sealed = [row for row in rows if row["wrapped_key"] is not None]
    contacts = dict(zip((row["record_id"] for row in sealed), vault.open_records(sealed), strict=True))
    return [
        normalize(
            RawRecord(
                row["record_id"], row["source"], row["name"], **contacts.get(row["record_id"], _NOTHING),
                city=row["city"], region=row["region"], postcode=row["postcode"], country=row["country"],
            )
        )
        for row in rows
    ]  # fmt: skip
