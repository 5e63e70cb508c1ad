"""Which records are one customer, judged by what is known to be true: public sets and the demo shop; and the scorer's speed.

    .venv/bin/python -m benchmarks.identity_matching [--quick]

Every model is trained without labels; precision, recall and F1 are of pairs of records in one final cluster. "Reachable" is the
share of true pairs that compared pairs connect: what any clustering can find at most. FEBRL has persons with wrong names on
purpose and no contact data: it is measured with the guards of merging off and a pair counted as one person from a probability
of one half, and with the guards and the threshold of a real list. The baseline of the demo shop merges records with the same
e-mail address. Time and memory at a million records: benchmarks.identity_run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from benchmarks.ground import SEED
from benchmarks.identity_sets import FEBRL, SETS, IdentitySet, connected_share, read_set
from benchmarks.measure import Target, is_quick, table, write_results

from foresell.demo import Shop
from foresell.demo.contacts import draw_contacts
from foresell.demo.people import draw_parties, draw_traits
from foresell.demo.shop import CHUNK
from foresell.identity.clustering import Clusters, Pair, cluster
from foresell.identity.comparisons import COMPARISONS
from foresell.identity.model import Model, Thresholds
from foresell.identity.normalization import shared_values
from foresell.identity.pairs import Scores, score_given_pairs, score_pairs
from foresell.identity.record import RawRecord
from foresell.identity.record_tables import key_table, normalize_table, read_records_of
from foresell.identity.scorer import Scorer
from foresell.identity.training import train

SIZES = (2_000, 20_000)
SCORED_PAIRS = 200_000
UNGUARDED = Thresholds(merge=0.0, guarded=False)
TRAINED_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = bytes(32)
Figures = dict[str, float]


def demo_records(customers: int, seed: int = SEED) -> tuple[pa.Table, dict[int, int]]:
    """Records of a demo shop and its contact list, normalized, and the customer of each; strangers have negative numbers."""
    shop, taken, raw, customer = Shop(seed=seed, customers=customers), set[str](), list[RawRecord](), dict[int, int]()
    for chunk in range(-(-customers // CHUNK)):
        parties = draw_parties(shop, draw_traits(shop, chunk), taken, chunk)
        contacts = draw_contacts(shop, parties, taken, chunk)
        owners = [(party, CHUNK * chunk + slot) for slot, party in enumerate(parties)]
        listed = [(party, index, "shop") for party, index in owners if index < customers]
        for row, index, source in [*listed, *((contact, contact.customer, "crm") for contact in contacts)]:
            code = row.country if isinstance(row.country, str) else row.country.code
            values = [row.name, row.email, row.phone, row.street, row.city, None, row.postcode, code]
            customer[len(raw)] = -1 - len(raw) if index is None else index
            raw.append(RawRecord(len(raw), source, *(value or None for value in values)))
    return shared_values(normalize_table(raw, home_country="GB", processes=2)), customer


def match(records: pa.Table, keys: pa.Table, model: Model) -> tuple[Scores, Clusters]:
    """The pairs of one kind, and the clusters they make."""
    scores = score_pairs(records, keys, model)
    merged = scores.pairs.filter(pc.equal(scores.pairs["verdict"], "merge"))
    edges = zip(*(merged[name].to_pylist() for name in ("a", "b", "weight")), strict=True)

    def weigh(pairs: Sequence[Pair]) -> dict[Pair, float]:
        given = pa.table(
            {"a": pa.array([a for a, _ in pairs], pa.int64()), "b": pa.array([b for _, b in pairs], pa.int64())}
        )
        scored = score_given_pairs(records, given, model)
        found = zip(scored["a"].to_pylist(), scored["b"].to_pylist(), strict=True)
        return dict(zip(found, scored["weight"].to_pylist(), strict=True))

    return scores, cluster(edges, weigh=weigh, cut=model.thresholds.cut)


def judge(groups: Iterable[Sequence[int]], entity_of: dict[int, Any], records: Iterable[int]) -> Figures:
    """Precision, recall and F1 of the pairs in groups."""
    found = right = 0
    for members in groups:
        found += len(members) * (len(members) - 1) // 2
        right += _count_pairs(entity_of[record] for record in members)
    true = _count_pairs(entity_of[record] for record in records)
    precision, recall = right / max(1, found), right / max(1, true)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def _count_pairs(entities: Iterable[Any]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(entities).values())


def measure_set(found: IdentitySet) -> dict[str, Figures]:
    """One public set, with and without the guards."""
    records = normalize_table(found.records)
    keys = key_table(records, SECRET)
    ids = records["record_id"].to_pylist()
    groups: dict[str, list[Sequence[int]]] = {"unguarded": [], "guarded": []}
    compared: set[Pair] = set()
    for kind in COMPARISONS:
        of_kind = records.filter(pc.equal(records["kind"], kind))
        model = train(of_kind, kind, seed=SEED, trained_at=TRAINED_AT, secret=SECRET)
        for label, thresholds in (("unguarded", UNGUARDED), ("guarded", Thresholds())):
            scores, clusters = match(of_kind, keys, replace(model, thresholds=thresholds))
            groups[label] += clusters.members
        compared |= set(zip(scores.pairs["a"].to_pylist(), scores.pairs["b"].to_pylist(), strict=True))
    reachable = connected_share(found, compared)
    return {label: judge(each, found.entity_of, ids) | {"reachable": reachable} for label, each in groups.items()}


def measure_demo(customers: int) -> tuple[dict[str, Figures], Figures]:
    """The demo shop with its contact list, persons and companies together, with the baseline; and the scorer's speed."""
    records, customer = demo_records(customers)
    keys = key_table(records, SECRET, processes=2)
    groups: list[Sequence[int]] = []
    speed: Figures = {}
    for kind in COMPARISONS:
        of_kind = records.filter(pc.equal(records["kind"], kind))
        model = train(of_kind, kind, seed=SEED, trained_at=TRAINED_AT)
        scores, clusters = match(of_kind, keys, model)
        groups += clusters.members
        speed = speed or score_one_by_one(of_kind, scores.pairs, model)
    mailboxes: dict[str, list[int]] = {}
    for record, email in zip(records["record_id"].to_pylist(), records["email"].to_pylist(), strict=True):
        if email:
            mailboxes.setdefault(email, []).append(record)
    ids = records["record_id"].to_pylist()
    figures = {"matching": judge(groups, customer, ids), "same e-mail": judge(mailboxes.values(), customer, ids)}
    return figures, speed


def score_one_by_one(records: pa.Table, pairs: pa.Table, model: Model) -> Figures:
    """Pairs that the Python scorer does in a processor second, and what comparing each field for equality would do."""
    wanted = pairs.slice(0, SCORED_PAIRS)
    record_of = read_records_of(records, pa.chunked_array([*wanted["a"].chunks, *wanted["b"].chunks], pa.int64()))
    of_pair = [
        (record_of[a], record_of[b]) for a, b in zip(wanted["a"].to_pylist(), wanted["b"].to_pylist(), strict=True)
    ]
    scorer = Scorer(model)
    started = time.process_time()
    for a, b in of_pair:
        scorer.score(a, b)
    middle = time.process_time()
    for a, b in of_pair:
        _ = (a.first == b.first, a.last == b.last, a.email == b.email, a.phone == b.phone, a.postcode == b.postcode)
    ended = time.process_time()
    return {
        "pairs": len(of_pair),
        "scored_per_second": len(of_pair) / (middle - started),
        "scorer_to_equality": (middle - started) / (ended - middle),
    }


def list_targets(
    public: dict[str, dict[str, Figures]], demo: dict[int, dict[str, Figures]], speed: Figures
) -> list[Target]:
    """What is measured against what it should be."""
    targets = [
        Target(f"F1 on {name}", found["unguarded"]["f1"], 0.99, at_least=True, unit="")
        for name, found in public.items()
        if name in FEBRL
    ]
    for size, found in demo.items():
        precision, recall = (found["matching"][figure] for figure in ("precision", "recall"))
        targets += [
            Target(f"precision, demo shop of {size:,}", precision, 0.95, at_least=True, unit=""),
            Target(
                f"recall relative to the same e-mail, {size:,}",
                recall / found["same e-mail"]["recall"],
                1.0,
                at_least=True,
            ),
        ]
    return [
        *targets,
        Target("pairs scored in Python", speed["scored_per_second"], 140_000, at_least=True, unit="per second"),
    ]


def main() -> None:
    """Measure, print and save the results."""
    sets = {name: read_set(name) for name in (SETS[:1] if is_quick() else SETS)}
    public = {name: measure_set(found) for name, found in sets.items() if found}
    demo: dict[int, dict[str, Figures]] = {}
    for size in SIZES[:1] if is_quick() else SIZES:
        demo[size], speed = measure_demo(size)
    measured = {**public, **{f"demo shop, {size:,}": found for size, found in demo.items()}}
    rows = [
        (
            name,
            label,
            *(f"{figures[each]:.4f}" if each in figures else "" for each in ("precision", "recall", "f1", "reachable")),
        )
        for name, found in measured.items()
        for label, figures in found.items()
    ]
    missing = [name for name, found in sets.items() if not found]
    text = table(("set", "how", "precision", "recall", "F1", "reachable"), rows)
    text += f"\n\nNot there, left out: {', '.join(missing)}." if missing else ""
    details = {"seed": SEED, "public": public, "demo": demo, "speed": speed}
    title = "How often records are rightly found to be one customer"
    write_results("identity_matching", title, list_targets(public, demo, speed), details, text)


if __name__ == "__main__":
    main()
