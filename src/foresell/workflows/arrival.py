"""Matches records as they arrive, in the transaction that loads them: attached to a customer, related, put up for review, or new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from foresell.db import ArrowStatements
from foresell.errors import BadInput
from foresell.identity import clustering, keys
from foresell.identity.clustering import Pair
from foresell.identity.fingerprint import fingerprint
from foresell.identity.model import load
from foresell.identity.normalization.shared_values import MOST_NAMES
from foresell.identity.pairs import most_per_key
from foresell.identity.record import Kind, Record
from foresell.identity.scorer import Scored, Scorer
from foresell.privacy.vault import Vault
from foresell.workflows.opened_records import open_records

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = ArrowStatements("foresell.identity")

#: A batch with more records is left to the next run, which compares all records much faster.
MOST_ARRIVALS = 20_000
#: Rules whose key is one value: when very many records have it, the value is a switchboard's and no evidence.
VALUE_OF_RULE = {"email": ("email", "email_user"), "phone": ("phone",), "domain": ("domain",)}


_known: dict[tuple[Kind, int, bytes], Scorer] = {}


@dataclass(slots=True)
class _Found:
    """What was found about pairs of records, as it is written."""

    edges: list[tuple[int, int, float]] = field(default_factory=list)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    scored: dict[Pair, Scored] = field(default_factory=dict)


def match_batch(cur: adbc.Cursor, vault: Vault, batch_id: int) -> tuple[str, ...]:
    """Match the records that a batch brought with all others. Returns what to say about it; nothing before the first run."""
    secret = vault.matching_secret()
    scorers = _read_scorers(cur, secret)
    if not scorers:
        return ()
    count = int(SQL.value(cur, "arrival.count", batch_id))
    if count > MOST_ARRIVALS:
        return (f"{count:,} customer records were not compared with others yet; do it now: foresell identity run",)
    rows = SQL.table(cur, "arrival.records_of_batch", batch_id).to_pylist()
    records = {record.record_id: record for record in open_records(rows, vault)}
    if not records:
        return ()
    changed = [row["record_id"] for row in rows if not row["is_new"]]
    if changed:
        SQL.run(cur, "arrival.forget_keys", json.dumps(changed))
    attached, reviews = _match(cur, vault, scorers, records, {row["record_id"] for row in rows if row["is_new"]})
    notes: list[str] = []
    if attached:
        notes.append(f"{attached:,} of {len(rows):,} customer records belong to customers that were known already.")
    if reviews:
        notes.append(f"{reviews:,} pairs of records wait for a decision: foresell identity review")
    return tuple(notes)


def _read_scorers(cur: adbc.Cursor, secret: bytes) -> dict[Kind, Scorer]:
    """Of each kind a scorer with the served model; a model is read once."""
    served: dict[Kind, int] = dict(SQL.rows(cur, "arrival.served_models"))
    for kind, model_id in served.items():
        if (kind, model_id, secret) not in _known:
            for old in [each for each in _known if each[0] == kind and each[2] == secret]:
                del _known[old]
            with suppress(BadInput):  # of another version of Foresell: the next run trains a new one
                _known[kind, model_id, secret] = Scorer(load(SQL.value(cur, "arrival.model", model_id), secret))
    return {kind: found for kind, model_id in served.items() if (found := _known.get((kind, model_id, secret)))}


def _match(
    cur: adbc.Cursor, vault: Vault, scorers: Mapping[Kind, Scorer], records: dict[int, Record], new: set[int]
) -> tuple[int, int]:
    """How many records were attached to other customers, and how many reviews were opened."""
    secret = vault.matching_secret()
    own_keys = [(record.record_id, rule, key) for record in records.values() for rule, key in keys.keys(record, secret)]
    SQL.run(cur, "arrival.add_keys", _json({"key": key, "record_id": record} for record, _, key in own_keys))
    SQL.run(
        cur,
        "arrival.add_records",
        _json(
            {"record_id": each.record_id, "kind": each.kind, "fingerprint": fingerprint(each, secret).hex()}
            for each in records.values()
        ),
    )
    wanted = _json(
        {"record_id": record, "rule": rule, "key": key, "most": most_per_key(rule)} for record, rule, key in own_keys
    )
    candidates: dict[int, set[int]] = {}
    for record, rule, others in SQL.rows(cur, "arrival.candidates", wanted):
        sharing = [other for other in json.loads(others) if other != record]
        if rule in VALUE_OF_RULE and len(sharing) > MOST_NAMES:
            blank: Any = dict.fromkeys(VALUE_OF_RULE[rule])
            records[record] = replace(records[record], **blank)
            continue
        candidates.setdefault(record, set()).update(sharing)
    customers = _add_known(cur, vault, records, candidates)
    decided = {(a, b): verdict for a, b, verdict in SQL.rows(cur, "arrival.decisions", json.dumps(sorted(records)))}
    found = _score(
        scorers, records, {record: others for record, others in candidates.items() if record in new}, decided
    )
    attached = _attach(cur, found, customers, new, decided)
    for step, rows in (("add_pairs", found.pairs), ("add_reviews", found.reviews), ("add_relations", found.relations)):
        if rows:
            SQL.run(cur, f"arrival.{step}", _json(rows))
    return attached, len(found.reviews)


def _add_known(
    cur: adbc.Cursor, vault: Vault, records: dict[int, Record], candidates: Mapping[int, set[int]]
) -> dict[int, str]:
    """Open the records that are candidates and not in `records` yet. Returns the customer of each record of both."""
    wanted = sorted({*records, *(other for others in candidates.values() for other in others)})
    rows = SQL.table(cur, "arrival.records", json.dumps(wanted)).to_pylist()
    for record in open_records([row for row in rows if row["record_id"] not in records], vault):
        records[record.record_id] = record
    return {row["record_id"]: row["customer_id"] for row in rows}


def _score(
    scorers: Mapping[Kind, Scorer],
    records: Mapping[int, Record],
    candidates: Mapping[int, set[int]],
    decided: Mapping[Pair, str],
) -> _Found:
    """Score each new record with its candidates."""
    found = _Found()
    for a, b in sorted({(min(a, b), max(a, b)) for a, others in candidates.items() for b in others}):
        x, y = records.get(a), records.get(b)
        if x is None or y is None or x.kind != y.kind or x.kind not in scorers:
            continue
        scored = scorers[x.kind].score(x, y)
        verdict = decided.get((a, b))
        judged = scored.judge(verdict if verdict in ("same", "different") else None)  # type: ignore[arg-type]
        if judged.verdict == "none":
            continue
        found.scored[a, b] = scored
        pair = {"a": a, "b": b, "weight": scored.weight}
        found.pairs.append({**pair, "levels": scored.evidence, "verdict": judged.verdict})
        if judged.verdict == "merge":
            found.edges.append((a, b, scored.weight))
        elif judged.verdict == "review" and verdict is None:
            found.reviews.append(_review(a, b, scored, "conflict" if scored.is_conflict() else "pair"))
        if judged.relation:
            found.relations.append({**pair, "kind": judged.relation, "evidence": judged.reason})
    return found


def _attach(
    cur: adbc.Cursor, found: _Found, customers: Mapping[int, str], new: set[int], decided: Mapping[Pair, str]
) -> int:
    """Merge the customers of new records into the known customer they fit, or into one another.

    A new record never makes two known customers one: what fits two is put up for review.
    """
    different = [pair for pair, verdict in decided.items() if verdict == "different"]
    merges: dict[str, list[str]] = {}
    for members in clustering.cluster(found.edges, different=different).members:
        known = sorted({customers[record] for record in members if record not in new})
        arrived = sorted({customers[record] for record in members if record in new} - set(known))
        if len(known) > 1:
            found.reviews += [
                _review(a, b, found.scored[a, b], "two customers fit")
                for a, b, _ in found.edges
                if a in members and b in members
            ]
        elif arrived:
            into, *others = [*known, *arrived]
            if others:
                merges[into] = others
    if merges:
        SQL.value(cur, "arrival.merge", json.dumps(list(merges)), json.dumps(list(merges.values())))
    return sum(len(others) for others in merges.values())


def _review(a: int, b: int, scored: Scored, why: str) -> dict[str, Any]:
    pattern = f"{scored.model.kind} {scored.compact()}"
    return {"a": a, "b": b, "why": why, "weight": scored.weight, "pattern": pattern}


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows))
