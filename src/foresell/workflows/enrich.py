"""Finds customers in directories, proposes what they say, and lets golden records follow what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any

import phonenumbers

from foresell.database import Database
from foresell.db import Connection, Row
from foresell.enrichment import entries, hosts, proposals
from foresell.enrichment.fields import FIELDS, SOURCES, TERMS, Field, Source, Terms, find_value
from foresell.enrichment.proposals import Decision, NewProposal, Provenance
from foresell.errors import BadInput, NotFound
from foresell.identity import guards
from foresell.identity.keys import key_parts, make_keys
from foresell.identity.model import Model, load, starting_model
from foresell.identity.normalization import normalize
from foresell.identity.normalization.addresses import normalize_address
from foresell.identity.normalization.phones import normalize_phone
from foresell.identity.normalization.records import is_named_like_a_person, normalize_as_company
from foresell.identity.normalization.text import fold
from foresell.identity.record import RawRecord, Record
from foresell.identity.scorer import Scored, Scorer
from foresell.logs import logger
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.workflows.directories import REGISTRIES, name_parts, normalize_entry
from foresell.workflows.golden import choose_golden_records
from foresell.workflows.opened_records import open_rows

#: Customers that are opened and compared at a time.
AT_ONCE = 500
#: A whole company name that only one entry of a registry has in the country (measured: benchmarks/directories.py).
NAME_ONLY_CONFIDENCE = 0.95
#: An entry is taken only if the next best of its directory, another business, is at least as many bits behind.
LEAST_LEAD = 2.0
_NAMES = ("record_id", "source", "name", "email", "phone", "address", "city", "region", "postcode", "country")

log = logger("enrichment")


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that is about a customer, and the record it was found by."""

    entry: Row
    record_id: int
    confidence: float


@dataclass(slots=True)
class Enrichment:
    """What a run did. customers: companies that were compared; objected, persons: customers that were left out."""

    customers: int = 0
    persons: int = 0
    objected: int = 0
    matched: int = 0
    proposed: dict[str, int] = field(default_factory=dict)
    accepted: int = 0


@dataclass(slots=True)
class Customer:
    """A customer with its opened records, those also normalized as they are and as a company."""

    customer_id: str
    rows: list[Row]
    plain: list[Record]
    records: list[Record]


class Matcher:
    """Compares records with directory entries by the model that compares records with each other."""

    def __init__(self, con: Connection, secret: bytes) -> None:
        self._con, self._secret = con, secret
        self._scorer = Scorer(_read_model(con, secret).for_records(2 * max(entries.count_entries(con), 1_000)))
        self._normalized: dict[str, Record] = {}

    def find(self, records: Sequence[Record]) -> dict[int, dict[Source, Match]]:
        """By place in `records` and source the entry that is about it; none where it is not sure enough."""
        parts = [(at, part) for at, each in enumerate(records) for part in (*key_parts(each), *name_parts(each))]
        keys = make_keys((part for _, part in parts), self._secret).tolist()
        known = entries.find_candidates(self._con, sorted(set(keys)))
        candidates: dict[int, set[str]] = {}
        by_name: dict[int, list[str]] = {}
        for (at, part), key in zip(parts, keys, strict=True):
            found = known.get(key, [])
            candidates.setdefault(at, set()).update(found)
            if part.startswith("entry_name"):
                by_name.setdefault(at, []).extend(found)
        rows = entries.read_entries(self._con, (each for found in candidates.values() for each in found))
        return {
            at: self._choose(records[at], found, by_name.get(at, []), rows) for at, found in candidates.items() if found
        }

    def _choose(
        self, record: Record, candidates: Iterable[str], by_name: Sequence[str], rows: Mapping[str, Row]
    ) -> dict[Source, Match]:
        """The best entry of each source."""
        scored: dict[Source, list[tuple[float, str]]] = {}
        for each in sorted(candidates):
            row = rows[each]
            entry = self._normalize(each, row)
            if record.country and entry.country and record.country != entry.country:
                continue
            found = self._scorer.score(record, entry)
            if is_sure(found, record, entry):
                scored.setdefault(row["directory"], []).append((found.weight, each))
        best: dict[Source, Match] = {}
        for source, pairs in scored.items():
            ranked = sorted(pairs, reverse=True)
            if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < LEAST_LEAD and not self._are_same(*ranked[:2]):
                continue
            weight, each = ranked[0]
            best[source] = Match(rows[each], record.record_id, min(0.9999, 1 / (1 + 2**-weight)))
        for registry in REGISTRIES:
            named = [each for each in by_name if rows[each]["directory"] == registry]
            if registry not in best and len(named) == 1:
                best[registry] = Match(rows[named[0]], record.record_id, NAME_ONLY_CONFIDENCE)
        return best

    def _are_same(self, one: tuple[float, str], other: tuple[float, str]) -> bool:
        """Whether two entries of one directory are the same business at the same place, listed twice."""
        a, b = self._normalized[one[1]], self._normalized[other[1]]
        return (a.name, a.street, a.house, a.postcode) == (b.name, b.street, b.house, b.postcode) and bool(a.street)

    def _normalize(self, each: str, row: Row) -> Record:
        if each not in self._normalized:
            self._normalized[each] = normalize_entry(row["directory"], row["name"], row["details"])
        return self._normalized[each]


def is_sure(found: Scored, record: Record, entry: Record) -> bool:
    """Whether an entry is about a customer: as sure as a merge of two records, by an identifier (phone, e-mail, company number,
    street address), or by name, web domain and town of a customer whose street is not known."""
    findings = guards.find("company", found.codes)
    if found.weight < found.model.thresholds.merge or not findings.compatible or findings.contradiction:
        return False
    if findings.strong:
        return True
    has_one_street = not (record.street and entry.street)
    return has_one_street and record.domain is not None and record.domain == entry.domain and _is_near(record, entry)


def _is_near(record: Record, entry: Record) -> bool:
    return any(getattr(record, part) and getattr(record, part) == getattr(entry, part) for part in ("postcode", "city"))


def _read_model(con: Connection, secret: bytes) -> Model:
    """The served model of companies, else the one that new installations begin with."""
    [*rows] = con.execute(
        "select body from identity.match_models where kind = 'company' and state = 'served'"
    ).fetchall()
    try:
        return load(rows[0]["body"], secret) if rows else starting_model("company", 0, secret)
    except BadInput:  # of another version: the next run of identity trains a new one
        return starting_model("company", 0, secret)


def enrich_customers(
    settings: Settings,
    database: Database,
    *,
    customer_id: str | None = None,
    dry_run: bool = False,
    today: date | None = None,
) -> Enrichment:
    """Propose what directories say about customers that are companies, and accept what the rules allow.

    customer_id: of this one only. dry_run: nothing is written. What is known of a customer is not proposed, nor what was
    refused, nor anything about someone who objected. Raises NotReady, or Busy while a load runs.
    """
    today = today or datetime.now(UTC).date()
    vault = vault_of(settings)
    done = Enrichment()
    with database.connect() as con:
        entries.take_lock(con)
        matcher = Matcher(con, vault.matching_secret())
        for customers in _batches(read_customers(con, vault, customer_id)):
            found = _propose(con, vault, matcher, customers, today, done)
            if not dry_run:
                proposals.save_proposals(con, vault, found, today)
        if not dry_run:
            done.accepted = proposals.accept_by_rules(con)
    if not dry_run:
        follow_decisions(settings, database)
    log.info("customers enriched", action="enrich", customers=done.customers, matched=done.matched)
    return done


def _batches(customers: Iterator[Customer]) -> Iterator[list[Customer]]:
    while batch := list(islice(customers, AT_ONCE)):
        yield batch


def read_customers(con: Connection, vault: Vault, customer_id: str | None) -> Iterator[Customer]:
    """All customers with a name, opened as they are read."""
    with con.cursor(name="enriched", withhold=False) as cur:
        cur.itersize = 5_000
        cur.execute(proposals.SQL.text("proposals.records").encode(), {"customer_id": customer_id})
        for customer, group in groupby(open_rows(cur, vault), key=lambda row: row["customer_id"]):
            rows = list(group)
            raw = [RawRecord(**{name: row.get(name) for name in _NAMES}) for row in rows]  # type: ignore[arg-type]
            yield Customer(
                customer, rows, [normalize(each) for each in raw], [normalize_as_company(each) for each in raw]
            )


def _propose(
    con: Connection, vault: Vault, matcher: Matcher, customers: Sequence[Customer], today: date, done: Enrichment
) -> list[NewProposal]:
    """What is proposed about these customers; open proposals that no source makes any more are deleted."""
    companies = [each for each in customers if not any(map(is_named_like_a_person, each.plain))]
    done.persons += len(customers) - len(companies)
    done.customers += len(companies)
    matches = _match_customers(matcher, companies)
    refused = find_objected(con, vault, companies, matches)
    records = [row["record_id"] for each in companies for row in each.rows]
    known: dict[int, list[Row]] = {}
    for row in proposals.SQL.rows(con, "proposals.known", records=records):
        known.setdefault(row["record_id"], []).append(row)
    found: list[NewProposal] = []
    for each in companies:
        by_source = matches.get(each.customer_id, {})
        if not by_source:
            continue
        if each.customer_id in refused:
            done.objected += 1
            continue
        done.matched += 1
        decided = [row for record in each.rows for row in known.get(record["record_id"], [])]
        found += choose_proposals(vault, each.rows, each.plain, by_source, decided, today)
    for proposal in found:
        done.proposed[proposal.field] = done.proposed.get(proposal.field, 0) + 1
    return found


def _match_customers(matcher: Matcher, companies: Sequence[Customer]) -> dict[str, dict[Source, Match]]:
    """By customer and source the entry that any of its records is sure to be."""
    flat = [(each, record) for each in companies for record in each.records]
    found: dict[str, dict[Source, Match]] = {}
    for at, by_source in matcher.find([record for _, record in flat]).items():
        kept = found.setdefault(flat[at][0].customer_id, {})
        for source, match in by_source.items():
            if source not in kept or match.confidence > kept[source].confidence:
                kept[source] = match
    return found


def choose_proposals(
    vault: Vault,
    rows: Sequence[Row],
    records: Sequence[Record],
    matches: Mapping[Source, Match],
    decided: Sequence[Row],
    today: date,
) -> list[NewProposal]:
    """For each field that is not known the value of the first source that has a usable one.

    rows, records: of one customer, opened, and normalized; decided: earlier proposals about it. A value that was refused is not
    proposed again, and what a better source said and was accepted stays.
    """
    held = _find_held(records)
    place = next(filter(None, (record.country for record in records)), None)
    found = []
    for name in FIELDS:
        if name in held:
            continue
        earlier = [row for row in decided if row["field"] == name]
        refused = {bytes(row["value_hash"]) for row in earlier if row["state"] == "refused"}
        accepted = min(
            (SOURCES.index(row["source"]) for row in earlier if row["state"] == "accepted"), default=len(SOURCES)
        )
        for source in SOURCES[: accepted + 1]:
            match = matches.get(source)
            value = check_value(name, match.entry, rows, place) if match else None
            if match is None or value is None or proposals.hash_values(vault, [value])[0] in refused:
                continue
            terms = make_provenance(match.entry, source)
            if terms.retention_until > today:
                found.append(NewProposal(match.record_id, name, value, terms, match.confidence))
                break
    return found


def make_provenance(entry: Row, source: Source) -> Provenance:
    """Where a value of an entry is from, and on what terms it is held."""
    terms: Terms = entry.get("terms") or TERMS[entry["directory"]]
    return Provenance(
        source,
        entry["entry_key"],
        f"{entry['origin']}, entry {entry['entry_key']}",
        entry["fetched_at"],
        entry["licence"],
        entry["attribution"],
        terms.legal_basis,
        terms.purpose,
        entry["fetched_at"].date() + timedelta(days=terms.keep_days),
        entry["is_made_up"],
    )


def _find_held(records: Sequence[Record]) -> set[str]:
    """Fields that a customer's own records have something usable for."""
    held = {name for name in ("phone", "country") if any(getattr(record, name) for record in records)}
    if any(record.street and (record.postcode or record.city) for record in records):
        held.add("address")
    return held


def check_value(name: Field, entry: Row, rows: Sequence[Row], country: str | None) -> Any:
    """What an entry proposes for a field: through the same normalization as customers' own values, and plausible next to them;
    None otherwise. country: of the customer, where known."""
    details = entry["details"]
    value = find_value(name, details)
    place = country or details.get("country")
    if value is None:
        return None
    if name == "phone":
        number = normalize_phone(value, place)
        return f"+{number}" if number and _is_of_country(number, place) else None
    if name == "address":
        return value if _fits(value, rows, place) else None
    if name == "parent":
        names = {fold(row["name"]) for row in rows if row["name"]}
        return value if fold(value) not in names else None
    return value


def _is_of_country(number: str, country: str | None) -> bool:
    """Whether a number (digits with the code of its country) is of this country; where none is known it may be of any."""
    return country is None or number.startswith(str(phonenumbers.country_code_for_region(country)))


def _fits(address: Mapping[str, Any], rows: Sequence[Row], country: str | None) -> bool:
    """Whether an address is readable and agrees with the towns and postcodes that are known."""
    _, _, postcode, city = normalize_address(address["street"], address["city"], address["postcode"], country)
    for row in rows:
        _, _, ours, town = normalize_address(None, row["city"], row["postcode"], country)
        if (ours and postcode and ours != postcode) or (not (ours and postcode) and town and city and town != city):
            return False
    return True


def identifiers(rows: Sequence[Row], records: Sequence[Record]) -> list[str]:
    """What someone who objected is known by, normalized: e-mail, phone, company number, name with postcode or town."""
    found = set()
    for row, record in zip(rows, records, strict=True):
        found |= {
            f"{name} {value}" for name in ("email", "phone", "company_number") if (value := getattr(record, name))
        }
        place = record.postcode or record.city
        if row["name"] and place:
            found.add(f"name {fold(row['name']).strip()} {place}")
    return sorted(found)


def find_objected(
    con: Connection, vault: Vault, companies: Sequence[Customer], matches: Mapping[str, Mapping[Source, Match]]
) -> set[str]:
    """The customers who objected, by what is known of them or of their entries."""
    known = [
        (each.customer_id, text)
        for each in companies
        if each.customer_id in matches
        for text in (
            *identifiers(each.rows, each.plain),
            *(text for match in matches[each.customer_id].values() for text in _identifiers_of_entry(match.entry)),
        )
    ]
    hashes = vault.digests("objection", (text for _, text in known))
    objected = {
        bytes(row["identity_hash"])
        for row in proposals.SQL.rows(con, "proposals.objections", hashes=sorted(set(hashes)))
    }
    return {customer for (customer, _), digest in zip(known, hashes, strict=True) if digest in objected}


def _identifiers_of_entry(entry: Row) -> list[str]:
    details = entry["details"]
    record = normalize(
        RawRecord(
            0, "entry", entry["name"], details.get("email"), details.get("phone"), details.get("street"), details.get("city"),
            details.get("region"), details.get("postcode"), details.get("country"),
        )
    )  # fmt: skip
    found = identifiers([entry], [record])
    return found + [f"{name} {details[name]}" for name in ("lei", "company_number") if details.get(name)]


def object_for_customer(settings: Settings, database: Database, customer_id: str) -> int:
    """Keep keyed hashes of what a customer is known by, so that nothing is proposed about them again, and delete what was.

    Returns how many identifiers there are. Raises NotFound for a customer without records with a name, Busy while a load runs.
    """
    vault = vault_of(settings)
    with database.connect() as con:
        entries.take_lock(con)
        customers = list(read_customers(con, vault, customer_id))
        if not customers:
            raise NotFound(f"{customer_id} has no record with a name.", remedy="List them: foresell customers")
        known = [text for each in customers for text in identifiers(each.rows, each.plain)]
        for digest in vault.digests("objection", known):
            proposals.SQL.run(con, "proposals.add_objection", hash=digest)
        proposals.SQL.run(con, "proposals.delete_of_customer", customer_id=customer_id)
    follow_decisions(settings, database)
    log.info("objection recorded", action="object", customer_id=customer_id, identifiers=len(known))
    return len(known)


def decide_proposals(settings: Settings, database: Database, ids: Sequence[int], decision: Decision) -> list[int]:
    """Accept or refuse open proposals, or open decided ones again (open). Returns those that were changed; Busy while a load runs."""
    with database.connect() as con:
        entries.take_lock(con)
        changed = proposals.decide(con, ids, decision)
    follow_decisions(settings, database)
    return changed


def follow_decisions(settings: Settings, database: Database) -> int:
    """Let golden records follow what was accepted, undone or deleted. Returns how many customers. Raises Busy while a load runs."""
    with database.connect() as con:
        entries.take_lock(con)
        customers = proposals.apply_decisions(con, vault_of(settings))
    if customers:
        choose_golden_records(settings, database, customers)
    return len(customers)


def delete_expired(settings: Settings, database: Database, today: date) -> int:
    """Delete proposals and entries whose retention has ended, also accepted values. Returns how many proposals. Raises Busy
    while a load runs."""
    with database.connect() as con:
        entries.take_lock(con)
        gone = proposals.delete_expired(con, today)
        entries.delete_expired(con, today)
        hosts.delete_expired(con, today)
    if gone:
        follow_decisions(settings, database)
        log.info("expired proposals deleted", action="delete", proposals=len(gone))
    return len(gone)
