"""Resolve: which records are one customer, for all records. Reads, normalizes, compares, clusters, and moves what differs.

Contact data is opened in memory only. Everything is written in one transaction: killed at any point, customers are what they
were before, or what they are after.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.types.json import Jsonb

from foresell.database import Database
from foresell.db import ArrowStatements, Statements
from foresell.errors import BadInput, Busy, ForesellError
from foresell.identity import clustering, guards, pairs, training
from foresell.identity.clustering import Clusters, Pair
from foresell.identity.fingerprint import NOT_VALUES, hash_values
from foresell.identity.keys import RULES
from foresell.identity.model import Model, load
from foresell.identity.normalization import shared_values
from foresell.identity.reconcile import Plan, plan_moves
from foresell.identity.record import Kind, RawRecord
from foresell.identity.record_tables import key_table, normalize_table, read_records_of
from foresell.identity.scorer import Scorer, expand
from foresell.logs import logger
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.types import Progress, no_progress
from foresell.workflows.golden import choose_missing_records

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

SQL = Statements("foresell.identity")
BULK = ArrowStatements("foresell.identity")
KINDS: tuple[Kind, ...] = ("person", "company")
#: From this number of records on, starting more processes takes less time than they save.
WORTH_PROCESSES = 50_000
SEED = 1
MEMBERS = pa.schema([("record_id", pa.int64()), ("customer_id", pa.string())])

log = logger("identity")


@dataclass(slots=True)
class Compared:
    """What a run has found, before anything is written. members: by record, its customer now."""

    records: pa.Table
    keys: pa.Table
    members: dict[int, str]
    models: dict[Kind, Model] = field(default_factory=dict)
    pairs: dict[Kind, pa.Table] = field(default_factory=dict)
    decided: dict[Pair, str] = field(default_factory=dict)
    clusters: Clusters = field(default_factory=lambda: Clusters(()))
    plan: Plan = field(default_factory=lambda: Plan((), ()))
    counts: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    trained: set[Kind] = field(default_factory=set)


def resolve_records(
    settings: Settings,
    database: Database,
    *,
    dry_run: bool = False,
    models: Mapping[Kind, Model] | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Compare all records and move them to the customers they belong to; with `dry_run`, say what would move.

    The first run trains the models; later ones use those that are served, or `models`. Returns counts, timings, remarks and,
    of a dry run, the customers concerned. Raises Busy while another run or a load is under way; then nothing is changed.
    """
    timings: dict[str, float] = {}
    with _only_run(database), _record_run(database, dry_run) as run_id:
        vault = vault_of(settings)
        compared = read_records(settings, database, timings, progress)
        _find_models(database, vault, compared, models, timings)
        compare_records(database, compared, settings, timings)
        if not dry_run:
            with _timed(timings, "write"):
                _write(database, vault, compared, run_id)
            with _timed(timings, "golden records"):
                choose_missing_records(settings, database)
        result = {
            "run_id": None if dry_run else run_id,
            "counts": compared.counts,
            "timings": {name: round(seconds, 2) for name, seconds in timings.items()},
            "remarks": compared.remarks,
            "customers": sorted(compared.plan.customers()) if dry_run else [],
        }
        if not dry_run:
            with database.connect() as con:
                message = " ".join(compared.remarks) or None
                SQL.run(
                    con, "runs.finish", run_id=run_id, counts=Jsonb(compared.counts), timings=Jsonb(result["timings"]),
                    message=message,
                )  # fmt: skip
    log.info("records resolved", action="resolve", run_id=run_id, **compared.counts)
    return result


def resolve_new_records(
    settings: Settings, database: Database, progress: Progress = no_progress
) -> dict[str, Any] | None:
    """The same where records wait for their first comparison: before the first run, and after loads of very many.

    None when there are none, or while a load or another run is under way: they wait for the next time.
    """
    with database.connect() as con:
        waiting = SQL.row(con, "runs.records_wait")
    if not waiting or not waiting["wait"]:
        return None
    try:
        return resolve_records(settings, database, progress=progress)
    except Busy:
        log.info("records wait", action="resolve")
        return None


def value_reviews(database: Database) -> None:
    """After a run is published: what is at stake in each open review is as of that run."""
    with database.connect() as con:
        SQL.run(con, "runs.value_reviews")


def read_records(
    settings: Settings, database: Database, timings: dict[str, float], progress: Progress = no_progress
) -> Compared:
    """All records, normalized, with their comparison keys and customers; nothing compared yet."""
    vault = vault_of(settings)
    with _timed(timings, "read"):
        raw, members = _read(database, vault, progress)
    with _timed(timings, "normalize"):
        processes = settings.threads if len(raw) >= WORTH_PROCESSES else 1
        records = shared_values(normalize_table(raw, processes=processes))
        table = key_table(records, vault.matching_secret(), processes=processes)
    return Compared(records, table, members)


def _read(database: Database, vault: Vault, progress: Progress) -> tuple[list[RawRecord], dict[int, str]]:
    """All records as their sources write them, and the customer of each."""
    raw: list[RawRecord] = []
    with database.arrow() as pg, pg.cursor() as cur:
        cur.execute("set transaction isolation level repeatable read, read only")
        members = BULK.table(cur, "batch.members")
        for (source,) in BULK.rows(cur, "batch.sources"):
            BULK.run(cur, "batch.records", source)
            for batch in cur.fetch_record_batch():
                raw += _open(vault, source, batch)
                progress(len(raw), None, "records read")
    return raw, dict(zip(members["record_id"].to_pylist(), members["customer_id"].to_pylist(), strict=True))


def _open(vault: Vault, source: str, batch: pa.RecordBatch) -> Iterator[RawRecord]:
    sealed = batch.filter(pc.is_valid(batch["wrapped_key"]))
    opened = {
        record: (email, phone, address)
        for each in vault.open(source, [sealed])
        for record, email, phone, address in zip(*(each[i].to_pylist() for i in range(4)), strict=True)
    }
    columns = (batch[name].to_pylist() for name in ("record_id", "name", "city", "region", "postcode", "country"))
    for record, name, city, region, postcode, country in zip(*columns, strict=True):
        email, phone, address = opened.get(record, (None, None, None))
        yield RawRecord(record, source, name, email, phone, address, city, region, postcode, country)


def _find_models(
    database: Database, vault: Vault, compared: Compared, given: Mapping[Kind, Model] | None, timings: dict[str, float]
) -> None:
    """Of each kind the given model, else the served one, else a new one trained on these records."""
    secret = vault.matching_secret()
    with database.arrow() as pg, pg.cursor() as cur:
        served = BULK.rows(cur, "batch.served_models")
    for kind, body in served:
        with suppress(BadInput):  # of another version of Foresell
            compared.models[kind] = load(body, secret)
    compared.models |= given or {}
    with _timed(timings, "train"):
        for kind in KINDS:
            if kind not in compared.models:
                records = compared.records.filter(pc.equal(compared.records["kind"], kind))
                model = training.train(records, kind, seed=SEED, trained_at=datetime.now(UTC), secret=secret)
                compared.models[kind] = model
                compared.trained.add(kind)


def compare_records(database: Database, compared: Compared, settings: Settings, timings: dict[str, float]) -> None:
    """Score the pairs with `compared.models`, cluster the records, and plan the moves."""
    with database.arrow() as pg, pg.cursor() as cur:
        compared.decided = {(a, b): verdict for a, b, verdict in BULK.rows(cur, "batch.decisions")}
    with _timed(timings, "score"):
        for kind in KINDS:
            of_kind = compared.records.filter(pc.equal(compared.records["kind"], kind))
            model = compared.models[kind] = compared.models[kind].for_records(of_kind.num_rows)
            with_keys = compared.keys.filter(pc.is_in(compared.keys["record_id"], of_kind["record_id"]))
            scores = pairs.score_pairs(
                of_kind, with_keys, model, memory_gib=settings.memory_gib, threads=settings.threads
            )
            compared.pairs[kind] = scores.pairs
            compared.counts[f"pairs_{kind}"] = scores.compared
            compared.remarks += [
                f"Not compared by {RULES[left.rule]} alone, which more than {pairs.most_per_key(left.rule)} records share:"
                f" {left.records:,} records."
                for left in scores.left_out
            ]
    if alone := compared.records.num_rows - pc.count_distinct(compared.keys["record_id"]).as_py():
        compared.remarks.append(f"Not compared, since a name or less is all that is known of them: {alone:,} records.")
    with _timed(timings, "cluster"):
        compared.clusters = _cluster(compared)
    with _timed(timings, "reconcile"):
        members = pa.table([list(compared.members), list(compared.members.values())], schema=MEMBERS)
        compared.plan = plan_moves(members, compared.clusters.members)
    compared.counts |= {
        "records": len(compared.members),
        "compared_records": compared.records.num_rows,
        "clusters": len(compared.clusters.members),
        "splits": len(compared.plan.splits),
        "merges": len(compared.plan.merges),
        "customers_merged": sum(len(merge.customer_ids) - 1 for merge in compared.plan.merges),
    }


def _cluster(compared: Compared) -> Clusters:
    """Clusters of both kinds: a person may decide that a person and a company are one customer."""

    def weigh(wanted: Sequence[Pair]) -> Mapping[Pair, float]:
        found: dict[Pair, float] = {}
        given = pa.table({"a": [a for a, _ in wanted], "b": [b for _, b in wanted]})
        for kind in KINDS:
            of_kind = compared.records.filter(pc.equal(compared.records["kind"], kind))
            scored = pairs.score_given_pairs(of_kind, given, compared.models[kind])
            found |= {(a, b): weight for a, b, weight in _rows(scored, "a", "b", "weight")}
        return found

    edges = [
        edge
        for table in compared.pairs.values()
        for edge in _rows(table.filter(pc.equal(table["verdict"], "merge")), "a", "b", "weight")
    ]
    decided = compared.decided
    return clustering.cluster(
        edges,
        same=[pair for pair, verdict in decided.items() if verdict == "same"],
        different=[pair for pair, verdict in decided.items() if verdict == "different"],
        weigh=weigh,
    )


def _write(database: Database, vault: Vault, compared: Compared, run_id: int) -> None:
    """Move records, and save what the next record that arrives, a reviewer and an explanation need. One transaction."""
    with database.arrow() as pg, pg.cursor() as cur:
        if not BULK.value(cur, "batch.lock_loads"):
            raise Busy("A load is running on this database.", remedy="Wait for it, then try again.")
        BULK.run(cur, "batch.lock_moves")
        _check_unmoved(cur, compared)
        _save_models(cur, compared)
        _move(cur, compared, run_id)
        _save_keys(cur, vault, compared)
        _save_pairs(cur, compared, run_id)
        if faults := int(BULK.value(cur, "batch.faults")):
            raise ForesellError(
                f"Nothing was changed: {faults:,} customers would be without records, or merged with some."
            )
        BULK.run(cur, "batch.record_in_audit", str(run_id), json.dumps(compared.counts))


def _check_unmoved(cur: adbc.Cursor, compared: Compared) -> None:
    """Raises Busy when records came, went or moved since they were read: their comparison is of another state."""
    members = BULK.table(cur, "batch.members")
    now = dict(zip(members["record_id"].to_pylist(), members["customer_id"].to_pylist(), strict=True))
    if now != compared.members:
        raise Busy("Records were loaded, merged or split while they were compared.", remedy="Run it again.")


def _save_models(cur: adbc.Cursor, compared: Compared) -> None:
    """A new model of a kind is served at once where there is none of this version that it could be compared with."""
    for kind, model in compared.models.items():
        if kind in compared.trained:
            BULK.run(cur, "batch.replace_model", kind)
            BULK.run(cur, "batch.add_model", kind, "served", model.dump(), json.dumps(dict(model.card)))


def _move(cur: adbc.Cursor, compared: Compared, run_id: int) -> None:
    """Splits first; a part that left joins the customers of its cluster."""
    joined: dict[int, list[str]] = {merge.cluster: list(merge.customer_ids) for merge in compared.plan.merges}
    left: dict[int, list[str]] = {}
    for split in compared.plan.splits:
        new = BULK.value(cur, "batch.split", split.customer_id, json.dumps(split.records), run_id)
        left.setdefault(split.cluster, []).append(new)
    if left:
        stays = _customers_that_stay(compared)
        for cluster, customers in left.items():
            joined.setdefault(cluster, stays.get(cluster, [])).extend(customers)
    merges = [customers for customers in joined.values() if len(customers) > 1]
    if merges:
        firsts, others = [each[0] for each in merges], [each[1:] for each in merges]
        BULK.value(cur, "batch.merge", json.dumps(firsts), json.dumps(others), run_id)


def _customers_that_stay(compared: Compared) -> dict[int, list[str]]:
    """By cluster, the customer that has records of it and did not lose them in a split."""
    cluster_of = {record: members[0] for members in compared.clusters.members for record in members}
    gone = {record for split in compared.plan.splits for record in split.records}
    stays: dict[int, list[str]] = {}
    for record, customer in compared.members.items():
        if record not in gone and record in cluster_of:
            customers = stays.setdefault(cluster_of[record], [])
            if customer not in customers:
                customers.append(customer)
    return stays


def _save_keys(cur: adbc.Cursor, vault: Vault, compared: Compared) -> None:
    """The comparison keys of records whose values changed, and no keys of those that are gone."""
    marked = _fingerprints(compared.records, vault.matching_secret())
    known = BULK.table(cur, "batch.fingerprints")
    with duckdb.connect() as con:
        con.register("marked", marked)
        con.register("known", known)
        con.register("all_keys", compared.keys)
        con.execute("create table changed as select coalesce(m.record_id, k.record_id) as record_id"
                    " from marked as m full join known as k using (record_id)"
                    " where m.fingerprint is distinct from k.fingerprint or m.kind is distinct from k.kind")  # fmt: skip
        changed = con.sql("select record_id from changed").to_arrow_table()
        new_records = con.sql("select m.* from marked as m semi join changed using (record_id)").to_arrow_table()
        new_keys = con.sql("select key, record_id from all_keys semi join changed using (record_id)").to_arrow_table()
    _copy(cur, "changed_records", changed, temporary=True)
    if known.num_rows:
        for step in ("delete_changed_keys", "delete_changed_records"):
            BULK.run(cur, f"batch.{step}")
    _copy(cur, "compared_records", new_records)
    _copy(cur, "match_keys", new_keys)
    compared.counts["records_changed"] = changed.num_rows


def _fingerprints(records: pa.Table, secret: bytes) -> pa.Table:
    """Of each record its kind and the keyed hash of its values."""
    columns = [name for name in records.column_names if name not in NOT_VALUES]
    hashes = [
        hash_values(values, secret) for values in zip(*(records[name].to_pylist() for name in columns), strict=True)
    ]
    return pa.table(
        {"record_id": records["record_id"], "kind": records["kind"], "fingerprint": pa.array(hashes, pa.binary())}
    )


def _save_pairs(cur: adbc.Cursor, compared: Compared, run_id: int) -> None:
    """Pairs with evidence worth keeping, those that a person should decide on, and relations."""
    cluster_of = {record: members[0] for members in compared.clusters.members for record in members}
    oversize = set(compared.clusters.oversize)
    stale = set(BULK.rows(cur, "batch.stale_decisions"))
    settled = compared.decided.keys() - stale
    kept: list[dict[str, Any]] = []
    reviews: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    revenue = dict(BULK.rows(cur, "batch.customer_revenue"))
    for kind, table in compared.pairs.items():
        chosen = table.filter(pc.not_equal(table["verdict"], "none"))
        explain = _Explanations(compared, kind, chosen)
        for a, b, weight, levels, verdict, relation in _rows(
            chosen, "a", "b", "weight", "levels", "verdict", "relation"
        ):
            together = cluster_of.get(a, a) == cluster_of.get(b, b)
            kept.append(
                {"a": a, "b": b, "weight": weight, "levels": json.dumps(explain.levels(a, b)), "verdict": verdict}
            )
            if relation and not together:
                relations.append({"a": a, "b": b, "kind": relation, "evidence": explain.reason(a, b), "weight": weight})
            why = _why_review((a, b), verdict, oversize, stale)
            if why == "pair" and guards.is_conflict(kind, compared.models[kind].thresholds, weight, expand(levels)):
                why = "conflict"
            if why and not together and (a, b) not in settled:
                value = sum(revenue.get(customer, 0.0) for customer in {compared.members[a], compared.members[b]})
                reviews.append(
                    {"a": a, "b": b, "why": why, "weight": weight, "value": value, "pattern": f"{kind} {levels}"}
                )
    _copy(cur, "new_pairs", _table(kept, _PAIRS), temporary=True)
    _copy(cur, "new_reviews", _table(reviews, _REVIEWS), temporary=True)
    _copy(cur, "new_relations", _table(relations, _RELATIONS), temporary=True)
    BULK.run(cur, "batch.delete_pairs")
    BULK.run(cur, "batch.add_pairs", run_id)
    for step in ("close_reviews", "open_reviews", "remove_relations", "add_relations"):
        BULK.run(cur, f"batch.{step}")
    compared.counts |= {"reviews": len(reviews), "relations": len(relations)}


def _why_review(pair: Pair, verdict: str, oversize: Set[Pair], stale: Set[Pair]) -> str | None:
    """Why a person should look at a pair whose records are two customers; None where the verdict leaves no question."""
    if pair in oversize:
        return "too many"
    if pair in stale and verdict in ("merge", "review"):
        return "values changed"
    return "pair" if verdict == "review" else None


_PAIR = [("a", pa.int64()), ("b", pa.int64()), ("weight", pa.float64())]
_PAIRS = pa.schema([*_PAIR, ("levels", pa.string()), ("verdict", pa.string())])
_REVIEWS = pa.schema([*_PAIR, ("why", pa.string()), ("value", pa.float64()), ("pattern", pa.string())])
_RELATIONS = pa.schema([*_PAIR, ("kind", pa.string()), ("evidence", pa.string())])


class _Explanations:
    """The evidence of scored pairs in words, from their records."""

    def __init__(self, compared: Compared, kind: Kind, chosen: pa.Table) -> None:
        wanted = pa.chunked_array([*chosen["a"].chunks, *chosen["b"].chunks], pa.int64())
        self._records = read_records_of(compared.records, wanted)
        self._scorer = Scorer(compared.models[kind])

    def levels(self, a: int, b: int) -> dict[str, tuple[str, float]]:
        """By comparison, the level and its bits."""
        return self._scorer.score(self._records[a], self._records[b]).evidence

    def reason(self, a: int, b: int) -> str:
        """Why the pair is judged as it is."""
        return self._scorer.score(self._records[a], self._records[b]).judge().reason


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)


def _rows(table: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _copy(cur: adbc.Cursor, table: str, rows: pa.Table, *, temporary: bool = False) -> None:
    """Stream rows into a table with COPY."""
    with cur.connection.cursor() as ingest:  # a cursor keeps the schema it last wrote to
        if temporary:
            ingest.adbc_ingest(table, rows, mode="create", temporary=True)
        else:
            ingest.adbc_ingest(table, rows, mode="append", db_schema_name="identity")


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    timings[step] = timings.get(step, 0.0) + time.monotonic() - started


@contextmanager
def _only_run(database: Database) -> Iterator[None]:
    """One run at a time. Raises Busy."""
    with database.connect() as con:
        row = SQL.row(con, "runs.take_lock")
        if not row or not row["taken"]:
            raise Busy("Records are being compared already.", remedy="Wait for it, then try again.")
        yield


@contextmanager
def _record_run(database: Database, dry_run: bool) -> Iterator[int]:
    """A row of match_runs, marked as failed when the block raises; none for a dry run (0)."""
    if dry_run:
        yield 0
        return
    with database.connect() as con:
        SQL.run(con, "runs.abandon")
        row = SQL.row(con, "runs.start")
    assert row is not None
    try:
        yield row["run_id"]
    except BaseException as error:
        message = str(error) if isinstance(error, ForesellError) else "It failed unexpectedly; see the log."
        with database.connect() as con:
            SQL.run(con, "runs.fail", run_id=row["run_id"], message=message)
        raise
