"""Training a matching model without labels: Splink on DuckDB (Fellegi-Sunter; expectation maximisation).

How often two records taken at random are alike (u) is counted in a sample of pairs, and for levels too rare for a sample from
the number of records with equal values. How often the records of one customer are alike (m) is estimated among pairs that
share an e-mail, a birth date, or a full name with postcode: never among pairs that share only a phone or an address, because
families do, and their members would teach that first names differ. Where the data has nothing to learn a number from, the
starting weights stay, and the card says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.internals.exceptions import EMTrainingException, SplinkException

from foresell.identity.comparisons import COMPARISONS, MISSING, TERMS, Comparison
from foresell.identity.model import (
    FEWEST_SHARING,
    LEAST_PROBABILITY,
    LevelWeight,
    Model,
    Terms,
    starting_model,
)
from foresell.identity.pairs import MOST_PER_KEY, open_duckdb, prepare_records, weight_sql
from foresell.identity.record import SCHEMA, Kind
from foresell.identity.scorer import expand

# Splink warns of every level that the data does not have; what matters of it is on the card.
logging.getLogger("splink").setLevel(logging.ERROR)

#: Pairs sampled to count how often any two records are alike, and pairs taken to estimate the rest.
U_PAIRS = 1.2e6
EM_PAIRS = 1e6

#: With fewer records, or fewer pairs in a block, nothing is estimated.
FEWEST_RECORDS = 500
FEWEST_PAIRS = 50

#: In a smaller table the records of one customer decide which values are common.
FEWEST_FOR_TERMS = 10_000

#: How much the assumed weights count where pairs are known: other data has levels that the known pairs never show.
ASSUMED_SHARE = 0.2

#: A level that fewer sampled pairs were at is counted from equal values.
FEWEST_SAMPLED = 30

#: How often the weights are fitted, and to how many pairs at most.
ROUNDS = 3
FIT_PAIRS = 3_000_000

#: At least this share of the pairs with a rare equal value is two customers, however few the data shows.
LEAST_CHANCE = 0.05

#: Columns that a pair shares while the comparisons that do not use them are estimated.
BLOCKS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "person": (("email",), ("birth_date",), ("first", "last"), ("first", "last", "postcode")),
    "company": (("email",), ("company_number",), ("phone",), ("tokens", "postcode")),
}

#: More columns that pairs of one customer share.
SHARED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "person": (("phone",), ("street", "house", "postcode"), ("last", "postcode")),
    "company": (("street", "house", "postcode"), ("tokens",), ("domain",)),
}

_COLUMNS = {
    "name": {"first", "last", "tokens"}, "email": {"email"}, "birth_date": {"birth_date"}, "address": {"postcode"},
    "company_number": {"company_number"}, "phone": {"phone"},
}  # fmt: skip


@dataclass(slots=True)
class _Estimates:
    """What was estimated so far, by comparison and level code, and sentences on what was not.

    m: of each block. sampled: shares of a sample of pairs. pairs: all pairs with both values. counted: those at each level.
    """

    m: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    sampled: dict[str, dict[int, float]] = field(default_factory=dict)
    pairs: dict[str, float] = field(default_factory=dict)
    counted: dict[str, dict[int, float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def train(
    records: pa.Table, kind: Kind, *, seed: int, trained_at: datetime, secret: bytes = b"", threads: int = 2
) -> Model:
    """A model of one kind, trained without labels on a table of records (SCHEMA). The same input gives the same model.

    `secret` keys the hashes of values. Where the table allows no training, the starting weights with a remark on the card.
    """
    start = starting_model(kind, records.num_rows, secret)
    if records.num_rows < FEWEST_RECORDS:
        remark = f"Only {records.num_rows:,} records: fewer than {FEWEST_RECORDS} teach nothing."
        return _describe(start, [remark], trained_at, seed)
    estimates = _Estimates()
    with open_duckdb(threads=threads) as con:
        con.register("given_records", records)
        _prepare(con, kind)
        _sample_pairs(con, kind, seed, estimates)
        for block in BLOCKS[kind]:
            _estimate_m(con, kind, block, start, estimates)
        _count_pairs(con, kind, start, estimates)
        model = replace(start, origin="trained", terms=_count_terms(con, kind, start, estimates))
        model = _fit(con, model, estimates)
    return _describe(model, estimates.remarks, trained_at, seed)


def fit_known(records: pa.Table, pairs: pa.Table, kind: Kind, assumed: Model, *, seed: int) -> Model:
    """The weights of records whose pairs of one customer are known (a, b): how the starting weights are made.

    assumed: weights where the records have no value to count; elsewhere they count ASSUMED_SHARE.
    """
    estimates = _Estimates()
    with open_duckdb() as con:
        con.register("given_records", records)
        con.register("given_pairs", pairs)
        _prepare(con, kind)
        _sample_pairs(con, kind, seed, estimates)
        model = assumed.for_records(records.num_rows)
        _count_pairs(con, kind, model, estimates)
        prepare_records(con, model)
        con.execute(
            "create temp table candidates as select distinct least(a, b) as a, greatest(a, b) as b from given_pairs"
        )
        rows = con.execute(f"select levels from ({weight_sql(model)})").fetchall()
    known: dict[str, dict[int, float]] = {}
    for (levels,) in rows:
        for comparison, code in zip(COMPARISONS[kind], expand(levels), strict=True):
            found = known.setdefault(comparison.name, {})
            found[code] = found.get(code, 0.0) + 1
    for comparison in COMPARISONS[kind]:
        counts = {code: count for code, count in known.get(comparison.name, {}).items() if code != MISSING}
        total = sum(counts.values())
        if total >= FEWEST_PAIRS:
            before = assumed.weights[comparison.name]
            estimates.m[comparison.name] = {
                code: [
                    (1 - ASSUMED_SHARE) * counts.get(code, 0.0) / total
                    + ASSUMED_SHARE * before[comparison.level_name(code)].m
                ]
                for code in range(len(comparison.levels) + 1)
            }
    return replace(model, duplicates=len(rows) / records.num_rows, weights=_fit_weights(model, estimates, known))


def _prepare(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Make the table `training`, with one column per block that is null where more than MOST_PER_KEY records share it.

    Splink's hash orders its samples, so rows are sorted to be read in the same sequence each time.
    """
    blocks = [
        f"case when count(*) over (partition by {', '.join(block)}) between 2 and {MOST_PER_KEY}"
        f" then {_joined(block)} end as {_block_column(block)}"
        for block in (*BLOCKS[kind], *SHARED[kind])
    ]
    con.execute(
        f"create table training as select *, {', '.join(dict.fromkeys(blocks))} from given_records order by record_id"
    )


def _joined(columns: Sequence[str]) -> str:
    """The values of columns as one text; null where one is null."""
    return " || chr(31) || ".join(columns)


def _block_column(block: Sequence[str]) -> str:
    return f"block_{'_'.join(block)}"


def _sample_pairs(con: duckdb.DuckDBPyConnection, kind: Kind, seed: int, estimates: _Estimates) -> None:
    """How often any two records are at each level, in a sample of pairs."""
    linker = _linker(con, "for_u", COMPARISONS[kind])
    try:
        linker.training.estimate_u_using_random_sampling(
            max_pairs=U_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
        )
    except (SplinkException, ValueError, duckdb.Error):
        estimates.remarks.append("How often any two records are alike could not be counted.")
        return
    estimates.sampled = {name: dict(levels) for name, levels in _trained(linker, "u_probability")}


def _estimate_m(
    con: duckdb.DuckDBPyConnection, kind: Kind, block: Sequence[str], start: Model, estimates: _Estimates
) -> None:
    """How often records of one customer are at each level, among the pairs of a block; adds to `estimates`."""
    column = _block_column(block)
    pairs = con.execute(
        f"select sum(n * (n - 1) / 2) from (select count(*) as n from training where {column} is not null group by {column})"
    ).fetchall()[0][0]
    if not pairs or pairs < FEWEST_PAIRS:
        return
    used = [each for each in COMPARISONS[kind] if not _COLUMNS.get(each.name, set()) & set(block)]
    used = [each for each in used if estimates.sampled.get(each.name) and _is_compared(con, each, column)]
    if len(used) < 2:
        return
    linker = _linker(con, f"for_{column}", used, start, estimates.sampled)
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            f"l.{column} = r.{column}",
            estimate_without_term_frequencies=True,
            max_pairs=EM_PAIRS,
            record_sample_proportion=1.0,
        )
    except (EMTrainingException, SplinkException, ValueError, duckdb.Error):
        estimates.remarks.append(f"Pairs with the same {' and '.join(block)} taught nothing.")
        return
    for name, levels in _trained(linker, "m_probability"):
        for code, probability in levels:
            estimates.m.setdefault(name, {}).setdefault(code, []).append(probability)


def _is_compared(con: duckdb.DuckDBPyConnection, comparison: Comparison, column: str) -> bool:
    """Whether enough pairs of a block have both values of a comparison."""
    names = _used_columns(comparison.missing_sql)
    sides = ", ".join(f"l.{name} as {name}_l, r.{name} as {name}_r" for name in names)
    query = f"""
        select count(*) from (
            select {sides} from training l join training r on l.{column} = r.{column} and l.record_id < r.record_id
        ) where not ({comparison.missing_sql})
    """
    return bool(con.execute(query).fetchall()[0][0] >= FEWEST_PAIRS)


def _used_columns(sql: str) -> list[str]:
    """The columns of a record that a condition uses."""
    return [name for name in SCHEMA.names if f"{name}_l" in sql]


def _linker(
    con: duckdb.DuckDBPyConnection,
    name: str,
    comparisons: Iterable[Comparison],
    start: Model | None = None,
    u: Mapping[str, Mapping[int, float]] | None = None,
) -> Linker:
    """Splink on the table `training`; with the u estimated so far, and m from the starting weights."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[splink_comparison(each, start, (u or {}).get(each.name)) for each in comparisons],
        probability_two_random_records_match=0.5,
        retain_matching_columns=False,
    )
    api = DuckDBAPI(con)
    return Linker(
        api.register("training", dataset_display_name=name), settings, log_level=None, validate_settings=False
    )


def splink_comparison(
    comparison: Comparison, start: Model | None = None, u: Mapping[int, float] | None = None
) -> dict[str, Any]:
    """A comparison as Splink's settings write it."""
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing_sql, "label_for_charts": "missing", "is_null_level": True}
    ]
    for code in range(len(comparison.levels), -1, -1):
        level = comparison.level(code)
        entry: dict[str, Any] = {
            "sql_condition": level.sql if level else "ELSE",
            "label_for_charts": comparison.level_name(code),
        }
        if start:
            entry["m_probability"] = start.weights[comparison.name][comparison.level_name(code)].m
        if u and u.get(code):
            entry["u_probability"] = max(u[code], LEAST_PROBABILITY)
        levels.append(entry)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _trained(linker: Linker, parameter: str) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """(comparison, [(level code, probability)]) of all levels that Splink has an estimate for."""
    for comparison in linker.misc.save_model_to_json()["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        numbered = enumerate(reversed(levels))
        yield (
            comparison["output_column_name"],
            [
                (code, float(level[parameter]))
                for code, level in numbered
                if isinstance(level.get(parameter), int | float)
            ],
        )


def _count_terms(con: duckdb.DuckDBPyConnection, kind: Kind, start: Model, estimates: _Estimates) -> dict[str, Terms]:
    """How common each value is, for values that at least FEWEST_SHARING records share; all others are at most average."""
    if start.records < FEWEST_FOR_TERMS:
        return {}
    terms: dict[str, Terms] = {}
    for comparison in COMPARISONS[kind]:
        for level in comparison.levels:
            if level.term and level.term not in terms:
                base = estimates.sampled.get(comparison.name, {}).get(comparison.code_of(level.base or level.name))
                terms |= _count_term(con, level.term, start.salt(level.term), base or 1.0)
    return terms


def _count_term(con: duckdb.DuckDBPyConnection, term: str, salt: str, base: float) -> dict[str, Terms]:
    con.execute("set variable salt = $salt", {"salt": salt})
    total, rows = con.execute(
        f"""
        with counted as (
            select {TERMS[term][0]} as value, count(*) as records from given_records group by 1 having value is not null
        )
        select sum(records),
            list((sha256(getvariable('salt') || value)[1:16], records) order by value) filter (records >= {FEWEST_SHARING})
        from counted
        """
    ).fetchall()[0]
    if not total:
        return {}
    shares = {hashed: records / int(total) for hashed, records in rows or ()}
    return {term: Terms(min(base, FEWEST_SHARING / int(total)), shares)}


def _count_pairs(con: duckdb.DuckDBPyConnection, kind: Kind, start: Model, estimates: _Estimates) -> None:
    """How many of all pairs are at each level: as sampled, or counted from equal values where the sample holds too few."""
    sample = min(U_PAIRS, start.records * (start.records - 1) / 2)
    for comparison in COMPARISONS[kind]:
        both = ", ".join(f"{name} as {name}_l, {name} as {name}_r" for name in _used_columns(comparison.missing_sql))
        filled = f"select count(*) from (select {both} from given_records) where not ({comparison.missing_sql})"
        count = con.execute(filled).fetchall()[0][0]
        pairs = estimates.pairs[comparison.name] = count * (count - 1) / 2
        shares = estimates.sampled.get(comparison.name, {})
        counted = estimates.counted[comparison.name] = {}
        for code in range(len(comparison.levels) + 1):
            level, share = comparison.level(code), shares.get(code, 0.0)
            if level and level.equal and share * sample < FEWEST_SAMPLED:
                counted[code] = _count_equal(con, level.equal)
            else:
                counted[code] = pairs * max(share, 0.5 / sample)


def _count_equal(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> float:
    """How many pairs have equal values in all columns."""
    together = ", ".join(columns)
    present = " and ".join(f"{column} is not null" for column in columns)
    query = f"select coalesce(sum(n * (n - 1) / 2), 0) from (select count(*)::double as n from given_records where {present} group by {together})"
    return float(con.execute(query).fetchall()[0][0])


def _fit(con: duckdb.DuckDBPyConnection, model: Model, estimates: _Estimates) -> Model:
    """The weights. What pairs of one customer contribute to a level is subtracted from it to know how often others are there.

    How many such pairs there are is not known beforehand: the model is applied to the pairs of all blocks, their
    probabilities add up to an expected number at each level, and the model is fitted again.
    """
    prepare_records(con, model)
    _find_blocked_pairs(con, model.kind)
    model = replace(model, weights=_fit_weights(model, estimates, None))
    for _ in range(ROUNDS):
        total, expected = _expect_matches(con, model)
        if total < FEWEST_PAIRS:
            estimates.remarks.append("Hardly any two records are alike, so how many are duplicates is an assumption.")
            break
        model = replace(model, duplicates=total / model.records, weights=_fit_weights(model, estimates, expected))
    estimates.remarks += [
        f"{comparison.label}: too few pairs to learn from; starting weights."
        for comparison in COMPARISONS[model.kind]
        if comparison.name not in estimates.m and estimates.pairs[comparison.name]
    ]
    return model


def _find_blocked_pairs(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Make the table `candidates` of pairs that share a block, rare blocks first, at most FIT_PAIRS."""
    blocks = " union all ".join(
        f"select record_id, '{column}' as rule, {column} as value from training where {column} is not null"
        for column in map(_block_column, (*BLOCKS[kind], *SHARED[kind]))
    )
    con.execute(
        f"""
        create temp table candidates as
        with blocks as ({blocks}),
        sizes as (
            select rule, value, sum(n * (n - 1) // 2) over (order by n, rule, value) as pairs
            from (select rule, value, count(*) as n from blocks group by all)
        ),
        kept as (select record_id, rule, value from blocks join sizes using (rule, value) where pairs <= {FIT_PAIRS})
        select distinct l.record_id as a, r.record_id as b
        from kept l join kept r using (rule, value) where l.record_id < r.record_id
        """
    )


def _expect_matches(con: duckdb.DuckDBPyConnection, model: Model) -> tuple[float, dict[str, dict[int, float]]]:
    """How many pairs of one customer the model expects: in all, and by comparison and level code."""
    rows = con.execute(
        f"select levels, sum(1 / (1 + pow(2, -weight))) from ({weight_sql(model)}) group by levels order by levels"
    ).fetchall()
    expected: dict[str, dict[int, float]] = {}
    for levels, matches in rows:
        for comparison, code in zip(COMPARISONS[model.kind], expand(levels), strict=True):
            found = expected.setdefault(comparison.name, {})
            found[code] = found.get(code, 0.0) + matches
    return sum(matches for _, matches in rows), expected


def _fit_weights(
    model: Model, estimates: _Estimates, expected: Mapping[str, Mapping[int, float]] | None
) -> dict[str, Mapping[str, LevelWeight]]:
    """The weights of every comparison; those that cannot be estimated stay."""
    weights = dict(model.weights)
    for comparison in COMPARISONS[model.kind]:
        if sampled := estimates.m.get(comparison.name):
            found = _fit_comparison(comparison, model, sampled, estimates, (expected or {}).get(comparison.name))
            if found:
                weights[comparison.name] = found
    return weights


def _fit_comparison(
    comparison: Comparison,
    model: Model,
    sampled: Mapping[int, Sequence[float]],
    estimates: _Estimates,
    expected: Mapping[int, float] | None,
) -> dict[str, LevelWeight] | None:
    """m and u of the levels of a comparison; None where they cannot be trusted."""
    codes = range(len(comparison.levels) + 1)
    names = [comparison.level_name(code) for code in codes]
    before = model.weights[comparison.name]
    m = _normalized([_mean(sampled.get(code)) or before[name].m * 0.1 for code, name in zip(codes, names, strict=True)])
    pairs, counted = estimates.pairs[comparison.name], estimates.counted[comparison.name]
    matches = (
        [model.prior * pairs * part for part in m] if expected is None else [expected.get(code, 0.0) for code in codes]
    )
    u = _normalized(
        [
            max(counted[code] - found, LEAST_CHANCE * counted[code]) / pairs
            for code, found in zip(codes, matches, strict=True)
        ]
    )
    weights = {name: LevelWeight(x, y) for name, x, y in zip(names, m, u, strict=True)}
    return weights if weights[names[-1]].bits > 0 > weights[names[0]].bits else None


def _mean(values: Sequence[float] | None) -> float | None:
    return sum(values) / len(values) if values else None


def _normalized(values: Sequence[float]) -> list[float]:
    """The values with sum 1, none of them impossible."""
    floored = [max(value, LEAST_PROBABILITY * 10) for value in values]
    return [max(value / sum(floored), LEAST_PROBABILITY) for value in floored]


def _describe(model: Model, remarks: Sequence[str], trained_at: datetime, seed: int) -> Model:
    """The model with its card: what it is, what it was trained on and when, its figures, and its limits."""
    things = "persons" if model.kind == "person" else "companies"
    limits = [
        "Estimated without labels: how certain it is was not checked against decisions of people.",
        "Close relatives with the same name and address are told apart only by a birth date or a generation.",
        *remarks,
    ]
    card = {
        "what": f"Whether two records are one of the same {things}: probabilities for each comparison (Fellegi-Sunter).",
        "trained_on": f"{model.records:,} records of {things}" if model.origin == "trained" else "starting weights",
        "trained_at": trained_at.isoformat(),
        "seed": seed,
        "figures": {
            "records": model.records,
            "duplicates_per_record": round(model.duplicates, 4),
            "one_pair_in": round(1 / model.prior),
            "bits": {
                name: {level: round(weight.bits, 2) for level, weight in levels.items()}
                for name, levels in model.weights.items()
            },
        },
        "limits": limits,
    }
    return replace(model, card=card, seed=seed, trained_at=trained_at.isoformat())
