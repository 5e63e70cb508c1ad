"""Write the starting weights of matching: what a new installation matches with before it has trained.

    .venv/bin/python -m benchmarks.starting_weights

It is no benchmark: run it after a change to the comparisons. The weights are counted on a demo shop and its contact list, of which the true pairs are known, and mixed with ASSUMED: numbers
for what the demo does not show (middle names, generations, birth dates, company numbers) or shows too seldom. Phone numbers
of the demo come from the few that regulators reserve for fiction, so they are alike more often than real ones: those of
ASSUMED are kept.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from benchmarks.identity_matching import demo_records

from foresell.identity.comparisons import COMPARISONS
from foresell.identity.model import LevelWeight, Model, check
from foresell.identity.record import Kind
from foresell.identity.training import fit_known

FOLDER = Path(__file__).parents[1] / "src" / "foresell" / "identity"
CUSTOMERS, SEED = 20_000, 7

#: Pairs of one customer per record: fewer than in the demo, so that a new installation rather asks than merges.
DUPLICATES = 0.12

PHONE = {"same phone": (0.80, 2e-6), "phone differs by one digit": (0.02, 5e-6), "different phone": (0.18, 1.0)}
ADDRESS = {
    "same street, house number and postcode": (0.60, 2e-6),
    "same house number and postcode": (0.10, 5e-7),
    "same street and house number, postcode differs": (0.03, 5e-7),
    "same street, other house number": (0.01, 3e-6),
    "same postcode": (0.02, 2e-5),
    "same street and house number in another place": (0.005, 2e-6),
    "same city, postcode differs by a typo": (0.02, 3e-5),
    "same city": (0.08, 1.5e-2),
    "different address": (0.14, 1.0),
}

#: {kind: {comparison: {level: (m, u)}}}; scaled to add up to 1.
ASSUMED: dict[Kind, dict[str, dict[str, tuple[float, float]]]] = {
    "person": {
        "name": {
            "same first and last name": (0.60, 2e-5),
            "nickname, same last name": (0.08, 4e-6),
            "swapped names": (0.03, 1e-6),
            "initial only, same last name": (0.07, 1e-5),
            "first name differs by a typo": (0.08, 3e-5),
            "last name differs by a typo": (0.06, 3e-5),
            "part of a double last name": (0.02, 1e-6),
            "initial only, last name differs by a typo": (0.01, 2e-6),
            "both names differ by a typo": (0.01, 2e-5),
            "swapped names, with a typo": (0.005, 2e-6),
            "same last name, first name missing": (0.02, 1e-5),
            "same last name, other first name": (0.01, 2e-3),
            "same first name, other last name": (0.015, 1.5e-2),
            "different name": (0.005, 1.0),
        },
        "middle": {"same middle initial": (0.97, 0.08), "other middle initial": (0.03, 0.92)},
        "generation": {
            "same generation": (0.50, 0.02),
            "only one has a generation": (0.48, 0.95),
            "other generation (father and son)": (0.02, 0.03),
        },
        "birth_date": {
            "same birth date": (0.90, 5e-5),
            "birth date differs by a typo": (0.05, 8e-4),
            "day and month swapped": (0.02, 3e-5),
            "birth date differs in two places": (0.015, 1.5e-2),
            "other birth date": (0.015, 1.0),
        },
        "email": {
            "same e-mail": (0.65, 1e-7),
            "e-mail differs by a typo": (0.05, 2e-7),
            "same mailbox name at another provider": (0.05, 1e-6),
            "different e-mail": (0.20, 1.0),
        },
        "phone": PHONE,
        "address": ADDRESS,
    },
    "company": {
        "name": {
            "same name": (0.70, 5e-5),
            "same words in another sequence": (0.01, 1e-6),
            "name differs by a typo": (0.15, 1e-5),
            "one name has all words of the other": (0.08, 2e-4),
            "similar name": (0.02, 2e-4),
            "same first word": (0.015, 1e-3),
            "a word in common": (0.015, 2e-2),
            "different name": (0.01, 1.0),
        },
        "legal_form": {"same legal form": (0.95, 0.3), "other legal form": (0.05, 0.7)},
        "company_number": {
            "same company number": (0.93, 1e-6),
            "company number differs by one sign": (0.04, 1e-5),
            "other company number": (0.03, 1.0),
        },
        "email": {
            "same e-mail": (0.55, 3e-6),
            "same web domain": (0.22, 8e-5),
            "e-mail differs by a typo": (0.03, 1e-6),
            "different e-mail and domain": (0.20, 1.0),
        },
        "phone": PHONE,
        "address": ADDRESS,
    },
}


def main() -> None:
    """Write both files."""
    records, customer = demo_records(CUSTOMERS, seed=SEED)
    for kind in COMPARISONS:
        of_kind = records.filter(pc.equal(records["kind"], kind))
        assumed = assume(kind)
        fitted = fit_known(of_kind, true_pairs(of_kind, customer), kind, assumed, seed=SEED)
        weights = {**fitted.weights, "phone": assumed.weights["phone"]}
        card = {
            "what": f"Starting weights, counted on a demo shop of {CUSTOMERS:,} customers and assumed where it shows nothing."
        }
        model = replace(fitted, duplicates=DUPLICATES, records=0, weights=weights, card=card)
        check(model)
        path = FOLDER / f"starting_{kind}.json"
        path.write_text(model.dump() + "\n", encoding="utf-8")
        print(path)


def assume(kind: Kind) -> Model:
    """The assumed weights as a model."""
    weights = {}
    for comparison, levels in ASSUMED[kind].items():
        sums = [sum(pair[side] for pair in levels.values()) for side in (0, 1)]
        weights[comparison] = {name: LevelWeight(m / sums[0], u / sums[1]) for name, (m, u) in levels.items()}
    return Model(kind, "starting", DUPLICATES, 0, weights, {})


def true_pairs(records: pa.Table, customer: dict[int, int]) -> pa.Table:
    """All pairs (a, b) of records of one customer."""
    members: dict[int, list[int]] = defaultdict(list)
    for record in records["record_id"].to_pylist():
        members[customer[record]].append(record)
    pairs = [pair for group in members.values() for pair in itertools.combinations(sorted(group), 2)]
    return pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]})


if __name__ == "__main__":
    main()
