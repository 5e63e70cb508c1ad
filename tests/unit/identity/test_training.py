"""Training and matching finish with any table, and say what they could not do."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from foresell.errors import BadInput
from foresell.identity.clustering import cluster
from foresell.identity.model import load, starting_model
from foresell.identity.pairs import score_pairs
from foresell.identity.record import SCHEMA, Kind, Record
from foresell.identity.record_tables import key_table
from foresell.identity.training import train
from tests.unit.identity.records import to_table

DAY = datetime(2026, 1, 1, tzinfo=UTC)
ANN = Record(
    1, "s", "person", first="ann", first_root="ann", last="lee", email="a@b.example", email_user="a", city="york"
)
FIRM = Record(1, "s", "company", name="owl bakery", tokens="owl bakery", email="a@owl.example", domain="owl.example")
LETTERS = "abcdefghijklmnopqrst"


def repeated(record: Record, count: int) -> pa.Table:
    row = dataclasses.asdict(record)
    columns = {name: [row[name]] * count for name in SCHEMA.names if name != "record_id"}
    return pa.table({"record_id": range(count), **columns}, schema=SCHEMA)


def strangers(count: int) -> pa.Table:
    """Records that have nothing in common."""
    return to_table(
        Record(
            n,
            "s",
            "person",
            first=f"{LETTERS[n % 20]}{n}x",
            first_root=f"{n}",
            last=f"{n}{LETTERS[n % 7]}",
            email=f"{n}@q.example",
        )
        for n in range(count)
    )


TABLES = {
    "empty": SCHEMA.empty_table(),
    "one record": repeated(ANN, 1),
    "two": repeated(ANN, 2),
    "all identical": repeated(ANN, 1_500),
    "50,000 equal names": repeated(dataclasses.replace(ANN, email=None, email_user=None), 50_000),
    "no overlap": strangers(1_000),
    "nothing but ids": repeated(Record(1, "s", "person"), 1_000),
    "identical companies": repeated(FIRM, 1_000),
}


@pytest.mark.parametrize("case", TABLES)
def test_odd_tables_are_matched_in_bounded_time_and_never_into_one_customer(case: str) -> None:
    table = TABLES[case]
    kind: Kind = "company" if "companies" in case else "person"
    model = train(table, kind, seed=1, trained_at=DAY)
    scores = score_pairs(table, key_table(table, bytes(32)), model)
    merged = [row for row in scores.pairs.to_pylist() if row["verdict"] == "merge"]
    clusters = cluster((row["a"], row["b"], row["weight"]) for row in merged)
    assert max(map(len, clusters.members), default=0) <= 60
    assert model.card["limits"]
    assert load(model.dump()) == model
    if table.num_rows > 200 and case not in ("no overlap", "nothing but ids"):
        assert scores.left_out
        assert scores.compared == 0


def test_a_small_table_keeps_the_starting_weights_and_says_so() -> None:
    model = train(repeated(ANN, 20), "person", seed=1, trained_at=DAY)
    assert model.weights == starting_model("person", 20).weights
    assert any("Only 20 records" in limit for limit in model.card["limits"])


@pytest.mark.parametrize(
    ("old", "new"),
    [('"format": 1', '"format": 2'), ('"kind": "person"', '"kind": "horse"'), ('"merge": 6.63', '"merge": -1'),
     ("different name", "another name"), ('"review": 0.0', '"review": NaN'), ("{", "[")],
)  # fmt: skip
def test_what_is_not_a_model_is_refused(old: str, new: str) -> None:
    with pytest.raises(BadInput):
        load(starting_model("person", 10).dump().replace(old, new, 1))
