"""Proposals in the store: sealed with the key of their record, accepted, refused, undone, and deleted when their time ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

import pyarrow as pa

from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements
from foresell.enrichment.fields import (
    ADDRESS_PARTS,
    RECORD_FIELDS,
    SOURCES,
    TRANSFORM_VERSION,
    Field,
    LegalBasis,
    Source,
)

Decision = Literal["accepted", "refused", "open"]
SQL = Statements("foresell.enrichment")
ASYNC_SQL = AsyncStatements("foresell.enrichment")
#: A person is told within a month of what was collected about them elsewhere (GDPR, Article 14).
NOTICE_DAYS = 30
_HIDDEN = ("record_id", "kek_id", "wrapped_key", "total")


class ProposalVault(Protocol):
    """What is needed of the vault."""

    def seal_proposals(self, rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The `value` of each row, sealed with the data key of its record."""
        ...

    def open_proposals(self, rows: Iterable[Mapping[str, Any]]) -> list[str | None]:
        """What `seal_proposals` sealed; None where there is no key."""
        ...

    def make_record_key(self, kek_id: int, record_id: int) -> bytes:
        """A new data key for a record, wrapped."""
        ...

    def make_kek(self, kek_id: int) -> None:
        """Create a key-encryption key."""
        ...

    def digests(self, source: str, source_keys: Iterable[str]) -> list[bytes]:
        """Keyed hashes."""
        ...

    def seal(self, source: str, kek_id: int, records: pa.Table) -> pa.Table:
        """Contact data, sealed with data keys."""
        ...


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value is from and on what terms it is held: of each proposal all of it is known."""

    source: Source
    entry_key: str
    origin: str
    fetched_at: datetime
    licence: str
    attribution: str
    legal_basis: LegalBasis
    purpose: str
    retention_until: date
    is_made_up: bool = False


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A value for a field of the customer who has this record. confidence: that the entry is about this customer."""

    record_id: int
    field: Field
    value: Any
    provenance: Provenance
    confidence: float


def write_value(value: Any) -> str:
    """A value as it is sealed and hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def hash_values(vault: ProposalVault, values: Iterable[Any]) -> list[bytes]:
    """The keyed hash of each value."""
    return vault.digests("proposal", (write_value(value) for value in values))


def save_proposals(con: Connection, vault: ProposalVault, proposals: Sequence[NewProposal], today: date) -> None:
    """Save proposals; one that is there already is held longer, and a decision about it stays."""
    if not proposals:
        return
    keys = _find_keys(con, vault, sorted({each.record_id for each in proposals}))
    sealed = vault.seal_proposals({**keys[each.record_id], "value": write_value(each.value)} for each in proposals)
    hashes = hash_values(vault, (each.value for each in proposals))
    rows = [
        {
            "record_id": each.record_id, "field": each.field, "value": value, "value_hash": digest,
            "source": each.provenance.source, "entry_key": each.provenance.entry_key, "origin": each.provenance.origin,
            "fetched_at": each.provenance.fetched_at, "licence": each.provenance.licence,
            "attribution": each.provenance.attribution, "legal_basis": each.provenance.legal_basis,
            "purpose": each.provenance.purpose, "retention_until": each.provenance.retention_until,
            "notice_due": today + timedelta(days=NOTICE_DAYS), "confidence": each.confidence,
            "transform_version": TRANSFORM_VERSION, "is_made_up": each.provenance.is_made_up,
        }
        for each, value, digest in zip(proposals, sealed, hashes, strict=True)
    ]  # fmt: skip
    with con.cursor() as cur:
        cur.executemany(SQL.text("proposals.save"), rows)


def _find_keys(con: Connection, vault: ProposalVault, records: list[int]) -> dict[int, Row]:
    """The data key of each record; a new one where it has none."""
    keys = {row["record_id"]: row for row in SQL.rows(con, "proposals.data_keys", records=records)}
    for record_id in records:
        if record_id not in keys:
            kek_id = _current_kek(con, vault)
            key = {"record_id": record_id, "kek_id": kek_id, "wrapped_key": vault.make_record_key(kek_id, record_id)}
            SQL.run(con, "proposals.add_data_key", **key)
            keys[record_id] = key
    return keys


def _current_kek(con: Connection, vault: ProposalVault) -> int:
    row = SQL.row(con, "proposals.current_key")
    if row and row["kek_id"] is not None:
        return int(row["kek_id"])
    created = SQL.row(con, "proposals.create_key")
    assert created
    vault.make_kek(created["kek_id"])
    return int(created["kek_id"])


def decide(con: Connection, ids: Sequence[int], decision: Decision) -> list[int]:
    """Accept or refuse open proposals, or open decided ones again. Returns those that were changed."""
    return [row["proposal_id"] for row in SQL.rows(con, "proposals.decide", ids=list(ids), decision=decision)]


def accept_by_rules(con: Connection) -> int:
    """Accept what the rules of fields allow. Returns how many."""
    return SQL.run(con, "proposals.accept_by_rules")


def has_pending(con: Connection) -> bool:
    """Whether the golden record of anyone does not follow a decision yet."""
    row = SQL.row(con, "proposals.has_pending")
    return bool(row and row["waiting"])


def apply_decisions(con: Connection, vault: ProposalVault) -> list[str]:
    """Let the records of accepted values follow the decisions. Returns the customers that changed.

    Of several accepted values of a field the one of the first source counts (SOURCES), then the newest.
    """
    records = [row["record_id"] for row in SQL.rows(con, "proposals.pending")]
    if not records:
        return []
    anchors = SQL.rows(con, "proposals.anchors", records=records)
    accepted = SQL.rows(con, "proposals.accepted", records=records)
    values: dict[int, dict[str, Any]] = {}
    best = sorted(
        accepted, key=lambda row: (SOURCES.index(row["source"]), -row["fetched_at"].timestamp()), reverse=True
    )
    for row, text in zip(best, vault.open_proposals(best), strict=True):
        if text is not None:
            values.setdefault(row["record_id"], {})[row["field"]] = json.loads(text)
    kept = [anchor for anchor in anchors if values.get(anchor["anchor_id"])]
    dropped = [anchor["record_id"] for anchor in anchors if anchor not in kept and anchor["record_id"] is not None]
    if kept:
        _write_records(con, vault, kept, values)
    for statement in ("drop_links", "drop_keys", "drop_records"):
        SQL.run(con, f"proposals.{statement}", records=dropped)
    SQL.run(con, "proposals.mark_applied", records=records)
    return sorted({anchor["customer_id"] for anchor in anchors})


def _write_records(
    con: Connection, vault: ProposalVault, anchors: Sequence[Row], values: Mapping[int, Mapping[str, Any]]
) -> None:
    """Write the record of the source directories for each of these records."""
    batch = SQL.row(con, "proposals.add_batch", lines=len(anchors))
    assert batch
    new = {anchor["anchor_id"] for anchor in anchors if anchor["record_id"] is None}
    for anchor in anchors:
        if anchor["record_id"] is None:
            row = SQL.row(con, "proposals.next_record")
            assert row
            anchor["record_id"] = row["record_id"]
    found = {anchor["anchor_id"]: values[anchor["anchor_id"]] for anchor in anchors}
    sealed = vault.seal("directories", _current_kek(con, vault), _make_contacts(anchors, found)).to_pylist()
    for anchor, contact in zip(anchors, sealed, strict=True):
        address = found[anchor["anchor_id"]].get("address") or {}
        row = {
            "record_id": anchor["record_id"], "source_key": _source_key(anchor), "customer_id": anchor["customer_id"],
            **{part: address.get(part) for part in ADDRESS_PARTS if part != "street"},
            "country": found[anchor["anchor_id"]].get("country"), "batch_id": batch["batch_id"],
            "contact": contact["contact"], "phone_index": contact["phone_index"],
        }  # fmt: skip
        is_new = anchor["anchor_id"] in new
        SQL.run(con, "proposals.add_record" if is_new else "proposals.change_record", **row)
        if contact["is_new_key"]:
            key = {name: contact[name] for name in ("record_id", "kek_id", "wrapped_key")}
            SQL.run(con, "proposals.add_data_key", **key)
        if is_new:
            SQL.run(con, "proposals.link_record", anchor_id=anchor["anchor_id"], record_id=anchor["record_id"])


def _source_key(anchor: Row) -> str:
    return f"record-{anchor['anchor_id']}"


def _make_contacts(anchors: Sequence[Row], values: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    """What the vault seals: telephone number and street of each record, with the data key it has."""
    rows = [values[anchor["anchor_id"]] for anchor in anchors]
    columns: dict[str, tuple[list[Any], pa.DataType]] = {
        "record_id": ([anchor["record_id"] for anchor in anchors], pa.int64()),
        "source_key": ([_source_key(anchor) for anchor in anchors], pa.string()),
        "email": ([None] * len(rows), pa.string()),
        "phone": ([row.get("phone") for row in rows], pa.string()),
        "address": ([(row.get("address") or {}).get("street") for row in rows], pa.string()),
        "kek_id": ([anchor["kek_id"] for anchor in anchors], pa.int32()),
        "wrapped_key": ([anchor["wrapped_key"] for anchor in anchors], pa.binary()),
    }
    return pa.table({name: pa.array(column, kind) for name, (column, kind) in columns.items()})


def delete_expired(con: Connection, today: date) -> list[int]:
    """Delete proposals whose retention has ended, accepted ones as well. Returns their records; `apply_decisions` follows."""
    rows = SQL.rows(con, "proposals.delete_expired", today=today)
    SQL.run(con, "proposals.apply_again", records=[row["record_id"] for row in rows if row["state"] == "accepted"])
    return [row["record_id"] for row in rows]


def list_proposals(
    con: Connection,
    vault: ProposalVault,
    *,
    state: str | None = None,
    field: str | None = None,
    customer_id: str | None = None,
    ids: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Proposals with their values, the oldest first."""
    rows = SQL.rows(
        con,
        "proposals.list",
        state=state,
        field=field,
        customer_id=customer_id,
        ids=None if ids is None else list(ids),
        limit=limit,
    )
    return open_rows(vault, rows)


def open_rows(vault: ProposalVault, rows: Sequence[Row]) -> list[Row]:
    """Rows without their keys, with the value opened; None where there is no key."""
    return [
        {name: value for name, value in row.items() if name not in _HIDDEN}
        | {"value": None if text is None else json.loads(text)}
        for row, text in zip(rows, vault.open_proposals(rows), strict=True)
    ]


def find_without_provenance(con: Connection) -> list[int]:
    """Proposals of which source, terms or time are not known: none, by the constraints of the table."""
    return [row["proposal_id"] for row in SQL.rows(con, "proposals.without_provenance")]


async def list_of_customer(con: AsyncConnection, vault: ProposalVault, customer_id: str) -> list[Row]:
    """Accepted and open proposals about a visible customer; values as far as the rights go."""
    return open_rows(vault, await ASYNC_SQL.rows(con, "proposals.web_of_customer", customer_id=customer_id))


async def list_for_review(con: AsyncConnection, vault: ProposalVault, **filters: Any) -> tuple[list[Row], int]:
    """Proposals in one state, the oldest first, and how many there are. filters: as web.list_proposals."""
    rows = await ASYNC_SQL.rows(con, "proposals.web_list", **filters)
    return open_rows(vault, rows), rows[0]["total"] if rows else 0


def is_record_field(name: str) -> bool:
    """Whether an accepted value is part of the golden record."""
    return name in RECORD_FIELDS
