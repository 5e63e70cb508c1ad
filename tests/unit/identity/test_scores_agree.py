"""One pair has one weight: in Splink, in the batch, and in the Python scorer."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from splink import DuckDBAPI, Linker, SettingsCreator

from foresell.identity.comparisons import COMPARISONS, TERMS
from foresell.identity.model import Calibration, Model, Terms, Thresholds, load, starting_model
from foresell.identity.pairs import open_duckdb, score_given_pairs
from foresell.identity.record import Kind, Record
from foresell.identity.scorer import Scorer
from foresell.identity.training import splink_comparison
from tests.unit.identity.records import random_pairs, to_table

KINDS = get_args(Kind)
UNCALIBRATED = Calibration()
logging.getLogger("splink").setLevel(logging.ERROR)
logging.getLogger("splink").disabled = True

#: Splink takes half a second for each example, too long to shrink one.
LISTS = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None
)


def with_terms(kind: Kind, records: list[Record], calibration: Calibration = UNCALIBRATED) -> Model:
    """The starting model, with made-up shares of the values of half the records."""
    model = dataclasses.replace(starting_model(kind, 1000, b"secret"), calibration=calibration)
    names = {level.term for each in COMPARISONS[kind] for level in each.levels if level.term}
    terms = {}
    for term in names:
        values = sorted({str(TERMS[term][1](record)) for record in records[::2]})
        hashes = [hashlib.sha256((model.salt(term) + value).encode()).hexdigest()[:16] for value in values]
        terms[term] = Terms(1e-4, {each: (n + 1) / 1000 for n, each in enumerate(hashes)})
    return dataclasses.replace(model, terms=terms)


def splink_weights(model: Model, records: list[Record]) -> dict[tuple[int, int], float]:
    """The match weight of each pair (2n, 2n + 1) as Splink computes it."""
    comparisons = []
    for comparison in COMPARISONS[model.kind]:
        entry = splink_comparison(comparison, model)
        for level in entry["comparison_levels"][1:]:
            level["u_probability"] = model.weights[comparison.name][level["label_for_charts"]].u
            declared = next((each for each in comparison.levels if each.name == level["label_for_charts"]), None)
            if declared and declared.term:
                level["tf_adjustment_column"] = declared.term
                level["disable_tf_exact_match_detection"] = declared.base is None
        comparisons.append(entry)
    configuration = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=comparisons,
        probability_two_random_records_match=model.prior,
        blocking_rules_to_generate_predictions=["l.record_id // 2 = r.record_id // 2"],
        retain_matching_columns=False,
    )
    with open_duckdb() as con:
        con.register("given", to_table(records))
        extra = [
            f"{sql} as {name}"
            for name, (sql, _) in TERMS.items()
            if name in model.terms and name not in ("last", "tokens")
        ]
        con.execute(f"create table input as select {', '.join(['*', *extra])} from given")
        api = DuckDBAPI(con)
        linker = Linker(api.register("input", dataset_display_name="records"), configuration)
        for term, terms in model.terms.items():
            values = [
                row[0] for row in con.execute(f"select distinct {term} from input where {term} is not null").fetchall()
            ]
            table = pa.table({term: values, f"tf_{term}": [model.share(term, value) for value in values]})
            if values:
                lookup = api.register(table, dataset_display_name=f"shares_{term}")
                linker.table_management.register_term_frequency_lookup(lookup, term)
            assert terms
        found = linker.inference.predict().as_record_list()
    return {(row["record_id_l"], row["record_id_r"]): row["match_weight"] for row in found}


def numbered(pairs: list[tuple[Record, Record]]) -> list[Record]:
    return [
        dataclasses.replace(record, record_id=n) for n, record in enumerate(each for pair in pairs for each in pair)
    ]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(LISTS)
def test_the_scorer_agrees_with_splink(kind: Kind, data: st.DataObject) -> None:
    records = numbered(data.draw(st.lists(random_pairs(kind), min_size=5, max_size=20)))
    model = with_terms(kind, records)
    scorer, expected = Scorer(model), splink_weights(model, records)
    assert len(expected) == len(records) // 2
    for (a, b), weight in expected.items():
        assert scorer.score(records[a], records[b]).weight == pytest.approx(weight, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(LISTS)
def test_the_batch_agrees_with_the_scorer_also_on_the_verdict(kind: Kind, data: st.DataObject) -> None:
    records = numbered(data.draw(st.lists(random_pairs(kind), min_size=5, max_size=20)))
    calibration = Calibration(data.draw(st.floats(-20, 20)), {"name": 1.25, "email": 0.5})
    model = with_terms(kind, records, calibration)
    model = dataclasses.replace(model, thresholds=Thresholds(merge=5.0, review=-5.0))
    scorer = Scorer(model)
    pairs = pa.table({"a": range(0, len(records), 2), "b": range(1, len(records), 2)})
    rows = score_given_pairs(to_table(records), pairs, model).to_pylist()
    assert len(rows) == pairs.num_rows
    for row in rows:
        for a, b in ((row["a"], row["b"]), (row["b"], row["a"])):
            scored = scorer.score(records[a], records[b])
            judgement = scored.judge()
            assert scored.weight == pytest.approx(row["weight"], abs=1e-9)
            assert (scored.compact(), judgement.verdict) == (row["levels"], row["verdict"])
            assert row["relation"] == (judgement.relation if judgement.verdict == "related" else None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_the_same_after_it_was_written_and_read(kind: Kind) -> None:
    model = with_terms(
        kind, [Record(1, "s", kind, first="ann", last="lee", tokens="lee bakery")], Calibration(1.5, {"name": 2.0})
    )
    text = model.dump()
    assert load(text, b"secret") == model
    assert load(text, b"secret").dump() == text
    assert "secret" not in text
    assert "lee" not in text


def test_the_levels_of_a_pair_name_each_comparison_once() -> None:
    model = starting_model("person", 10)
    ann = Record(1, "s", "person", first="ann", first_root="ann", last="lee", email="a@b.example")
    scored = Scorer(model).score(ann, dataclasses.replace(ann, record_id=2))
    assert scored.levels["name"][0] == "same first and last name"
    assert scored.levels["phone"] == ("not compared", 0.0)
    assert scored.weight == pytest.approx(model.prior_bits + sum(bits for _, bits in scored.levels.values()))
