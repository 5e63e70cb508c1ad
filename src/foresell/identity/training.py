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
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.internals.exceptions import EMTrainingException, SplinkException

from foresell.identity.comparisons import COMPARISONS, TERMS, Comparison
from foresell.identity.model import (
    FEWEST_SHARING,
    LEAST_PROBABILITY,
    LevelWeight,
    Model,
    Terms,
    starting_model,
)
from foresell.identity.pairs import MOST_PER_KEY, open_duckdb
from foresell.identity.record import Kind

#: Pairs sampled to count how often any two records are alike, and pairs taken to estimate the rest.
U_PAIRS = 2e6
EM_PAIRS = 1e6

#: With fewer records, or fewer pairs in a block, nothing is estimated.
FEWEST_RECORDS = 500
FEWEST_PAIRS = 50

#: A level that fewer sampled pairs were at is counted from equal values.
FEWEST_SAMPLED = 30

#: The share of the pairs of one customer that the rules below find; measured on the demo shop and synthetic lists.
RULES_RECALL = 0.8

#: At least this share of the pairs with a rare equal value is two customers, however few the data shows.
LEAST_CHANCE = 0.05

#: Columns whose equal values make a pair of one customer most likely, for the prior.
RULES: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "person": (("email", "last"), ("first", "last", "postcode"), ("phone", "first_root", "last"), ("birth_date", "first", "last")),
    "company": (("company_number",), ("email", "tokens"), ("tokens", "postcode"), ("tokens", "phone")),
}  # fmt: skip

#: Columns that a pair shares while the comparisons that do not use them are estimated.
BLOCKS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "person": (("email",), ("birth_date",), ("first", "last"), ("first", "last", "postcode")),
    "company": (("email",), ("company_number",), ("tokens", "postcode")),
}

_COLUMNS = {
    "name": {"first", "last", "tokens"}, "email": {"email"}, "birth_date": {"birth_date"}, "address": {"postcode"},
    "company_number": {"company_number"}, "phone": {"phone"},
}  # fmt: skip


@dataclass(slots=True)
class _Estimates:
    """What was estimated so far: {comparison: {level code: [m or u]}}, and sentences on what was not."""

    m: dict[str, dict[int, list[float]]]
    u: dict[str, dict[int, float]]
    remarks: list[str]


def train(
    records: pa.Table, kind: Kind, *, seed: int, trained_at: datetime, secret: bytes = b"", threads: int = 2
) -> Model:
    """A model of one kind, trained without labels on a table of records (SCHEMA). The same input gives the same model.

    `secret` keys the hashes of values. Where the table allows no training, the starting weights with a remark on the card.
    """
    start = starting_model(kind, records.num_rows, secret)
    if records.num_rows < FEWEST_RECORDS:
        return _describe(
            start, [f"Only {records.num_rows:,} records: fewer than {FEWEST_RECORDS} teach nothing."], trained_at, seed
        )
    with _quiet(), open_duckdb(threads=threads) as con:
        con.register("given", records)
        _prepare(con, kind)
        estimates = _Estimates({}, {}, [])
        duplicates = _estimate_duplicates(con, kind, start, estimates)
        _estimate_u(con, kind, seed, estimates)
        for block in BLOCKS[kind]:
            _estimate_m(con, kind, block, start, estimates)
        model = replace(
            start,
            origin="trained",
            duplicates=duplicates,
            terms=_count_terms(con, kind, start),
            trained_at=trained_at.isoformat(),
        )
        model = replace(model, weights=_weights(con, start, model, estimates))
    return _describe(model, estimates.remarks, trained_at, seed)


def _prepare(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Make the table `training`, with one column per block that is null where more than MOST_PER_KEY records share it.

    Splink's hash orders its samples, so rows are sorted to be read in the same sequence each time.
    """
    blocks = [
        f"case when count(*) over (partition by {', '.join(block)}) between 2 and {MOST_PER_KEY}"
        f" then {_joined(block)} end as {_block_column(block)}"
        for block in (*BLOCKS[kind], *RULES[kind])
    ]
    con.execute(f"create table training as select *, {', '.join(dict.fromkeys(blocks))} from given order by record_id")


def _joined(columns: Sequence[str]) -> str:
    """The values of columns as one text; null where one is null."""
    return " || chr(31) || ".join(columns)


def _block_column(block: Sequence[str]) -> str:
    return f"block_{'_'.join(block)}"


def _estimate_duplicates(con: duckdb.DuckDBPyConnection, kind: Kind, start: Model, estimates: _Estimates) -> float:
    """Pairs of one customer per record: those that a strict rule finds, divided by the share that such rules find."""
    pairs = " union ".join(
        f"select l.record_id as a, r.record_id as b from training l join training r"
        f" on l.{column} = r.{column} and l.record_id < r.record_id"
        for column in map(_block_column, RULES[kind])
    )
    found, records = con.execute(
        f"select (select count(*) from ({pairs})), (select count(*) from training)"
    ).fetchall()[0]
    if found < FEWEST_PAIRS:
        estimates.remarks.append("Hardly any two records are alike, so how many are duplicates is an assumption.")
        return start.duplicates
    return float(found / RULES_RECALL / records)


def _estimate_u(con: duckdb.DuckDBPyConnection, kind: Kind, seed: int, estimates: _Estimates) -> None:
    """How often any two records are at each level, in a sample of pairs."""
    linker = _linker(con, "for_u", COMPARISONS[kind])
    try:
        linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=seed, min_count_per_level=None)
    except (SplinkException, ValueError, duckdb.Error):
        estimates.remarks.append("How often any two records are alike could not be counted.")
        return
    estimates.u = {name: dict(levels) for name, levels in _trained(linker, "u_probability")}


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
    used = [each for each in used if each.name in estimates.u and _is_compared(con, each, column)]
    if len(used) < 2:
        return
    linker = _linker(con, f"for_{column}", used, start, estimates.u)
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
    names = [name for name in duckdb_columns(con) if f"{name}_l" in comparison.missing_sql]
    sides = ", ".join(f"l.{name} as {name}_l, r.{name} as {name}_r" for name in names)
    query = f"""
        select count(*) from (
            select {sides} from training l join training r on l.{column} = r.{column} and l.record_id < r.record_id
        ) where not ({comparison.missing_sql})
    """
    return bool(con.execute(query).fetchall()[0][0] >= FEWEST_PAIRS)


def duckdb_columns(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of the table `training`."""
    return [row[0] for row in con.execute("select column_name from (describe training)").fetchall()]


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
    return Linker(api.register("training", dataset_display_name=name), settings, log_level=None)


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


def _count_terms(con: duckdb.DuckDBPyConnection, kind: Kind, start: Model) -> dict[str, Terms]:
    """How common each value is, for values that at least FEWEST_SHARING records share."""
    terms = {}
    used = {level.term for comparison in COMPARISONS[kind] for level in comparison.levels if level.term}
    for term in sorted(used):
        con.execute("set variable salt = $salt", {"salt": start.salt(term)})
        total, rows = con.execute(
            f"""
            with counted as (select {TERMS[term][0]} as value, count(*) as records from given group by 1 having value is not null)
            select (select sum(records) from counted),
                list((sha256(getvariable('salt') || value)[1:16], records) order by value) filter (records >= {FEWEST_SHARING})
            from counted
            """
        ).fetchall()[0]
        if total:
            terms[term] = Terms(
                min(1.0, FEWEST_SHARING / total), {hashed: records / total for hashed, records in rows or ()}
            )
    return terms


def _weights(
    con: duckdb.DuckDBPyConnection, start: Model, model: Model, estimates: _Estimates
) -> dict[str, dict[str, LevelWeight]]:
    weights = {}
    for comparison in COMPARISONS[model.kind]:
        starting = start.weights[comparison.name]
        found = _estimated_weights(con, comparison, starting, model.prior, estimates)
        weights[comparison.name] = dict(starting) if found is None else found
        if found is None:
            estimates.remarks.append(f"{comparison.label}: too few pairs to learn from; starting weights.")
    return weights


def _estimated_weights(
    con: duckdb.DuckDBPyConnection,
    comparison: Comparison,
    start: Mapping[str, LevelWeight],
    prior: float,
    estimates: _Estimates,
) -> dict[str, LevelWeight] | None:
    """m and u of the levels of a comparison; None where they cannot be trusted."""
    sampled, seen = estimates.m.get(comparison.name), estimates.u.get(comparison.name)
    if not sampled or not seen:
        return None
    codes = range(len(comparison.levels) + 1)
    names = [comparison.level_name(code) for code in codes]
    m = _normalized([_mean(sampled.get(code)) or start[name].m * 0.1 for code, name in zip(codes, names, strict=True)])
    observed = [
        _observed_share(con, comparison, code, seen, start[name].u) for code, name in zip(codes, names, strict=True)
    ]
    u = [
        max((share - prior * part) / (1 - prior), LEAST_CHANCE * share) for share, part in zip(observed, m, strict=True)
    ]
    u = _normalized(u)
    weights = {name: LevelWeight(x, y) for name, x, y in zip(names, m, u, strict=True)}
    best, otherwise = weights[names[-1]].bits, weights[names[0]].bits
    return weights if best > 0 > otherwise else None


def _observed_share(
    con: duckdb.DuckDBPyConnection, comparison: Comparison, code: int, seen: Mapping[int, float], start: float
) -> float:
    """The share of all pairs at a level: as sampled, or counted from equal values where the sample holds too few."""
    level, share = comparison.level(code), seen.get(code, 0.0)
    if share * U_PAIRS >= FEWEST_SAMPLED:
        return share
    if level and level.equal:
        counted = con.execute(
            f"""
            select coalesce(sum(n * (n - 1)) / nullif(sum(n) * (sum(n) - 1), 0), 0)
            from (select count(*)::double as n from given where {_joined(level.equal)} is not null group by {", ".join(level.equal)})
            """
        ).fetchall()[0][0]
        return max(float(counted), LEAST_PROBABILITY)
    return max(share, min(start, 0.5 / U_PAIRS))


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


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink reports its progress as warnings; what matters is on the card."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
