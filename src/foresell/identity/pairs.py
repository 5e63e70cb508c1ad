"""All pairs worth comparing, and their weights, in DuckDB: the batch.

Two records are compared when they share a key. A key that very many records share (a switchboard, a common name) would pair
each with each and says little; it is left out, and the report says so. Rare keys come first when there are too many pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from foresell.identity import guards
from foresell.identity.comparisons import COMPARISONS, MISSING, TERMS, Comparison
from foresell.identity.model import Model
from foresell.identity.record import SCHEMA
from foresell.identity.scorer import LETTERS, expand

#: A key that more records share is left out: of one value that identifies, and of a name with a place, which a common name
#: shares with many (each more costs the square of it, and finds hardly any pair that no other key finds).
MOST_PER_KEY = 200
MOST_PER_NAME = 40
VALUE_RULES = ("email", "phone", "number", "domain", "address", "address_city")

#: The most pairs per record on average, and the most in a small table; the commonest keys are left out first.
MOST_PAIRS_PER_RECORD = 50
MOST_PAIRS_AT_LEAST = 1_000_000

#: Pairs scored at once.
PAIRS_AT_ONCE = 2_000_000

#: One row per pair (a < b): weight in bits, levels in compact form, verdict and relation.
PAIRS = pa.schema(
    [("a", pa.int64()), ("b", pa.int64()), ("weight", pa.float64()), ("levels", pa.string()),
     ("verdict", pa.string()), ("relation", pa.string())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Keys of one rule that were left out because too many records share them: how many keys, and how many records have one."""

    rule: str
    keys: int
    records: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scored pairs (PAIRS), how many were compared, and the keys left out."""

    pairs: pa.Table
    compared: int
    left_out: tuple[LeftOut, ...]


@contextmanager
def open_duckdb(memory_gib: float = 2.0, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory. It never spills to a file: it holds contact values that are sealed everywhere else."""
    with duckdb.connect(":memory:") as con:
        con.execute(
            f"set memory_limit = '{memory_gib}GiB'; set threads = {threads}; set preserve_insertion_order = false;"
            " set temp_directory = ''"
        )
        yield con


def most_per_key(rule: str) -> int:
    """How many records may share a key of a rule."""
    return MOST_PER_KEY if rule in VALUE_RULES else MOST_PER_NAME


def score_pairs(
    records: pa.Table, keys: pa.Table, model: Model, *, memory_gib: float = 2.0, threads: int = 2, floor: float = -5.0
) -> Scores:
    """Every pair that shares a key, scored; pairs below `floor` bits are left out unless they are related.

    records: SCHEMA, of the model's kind. keys: (record_id, rule, key), as keys.key_table gives them.
    """
    with open_duckdb(memory_gib, threads) as con:
        con.register("given_keys", keys)
        con.register("given_records", records)
        left_out = _find_candidates(con, max(MOST_PAIRS_AT_LEAST, MOST_PAIRS_PER_RECORD * records.num_rows))
        compared = con.execute("select count(*) from candidates").fetchall()[0][0]
        return Scores(_score(con, model, floor), compared, left_out)


def score_given_pairs(records: pa.Table, pairs: pa.Table, model: Model, *, memory_gib: float = 2.0) -> pa.Table:
    """The same (PAIRS) for given pairs (a, b), however far apart they are."""
    with open_duckdb(memory_gib) as con:
        con.register("given_records", records)
        con.register("given_pairs", pairs)
        con.execute("create temp table candidates as select distinct least(a, b) a, greatest(a, b) b from given_pairs")
        return _score(con, model, None)


def _find_candidates(con: duckdb.DuckDBPyConnection, most: int) -> tuple[LeftOut, ...]:
    """Make the table `candidates` (a, b) of pairs that share a key; returns which keys were left out."""
    con.execute(
        f"""
        create temp table keys as
        select distinct record_id, rule, key
        from given_keys semi join given_records using (record_id);

        create temp table blocks as
        select key, rule, records, records > if(rule in {VALUE_RULES}, {MOST_PER_KEY}, {MOST_PER_NAME})
            or sum(records * (records - 1) // 2) over (order by records, key, rule) > {most} as too_common
        from (select key, rule, count(*) as records from keys group by all having count(*) > 1);

        create temp table candidates as
        with shared as (select record_id, key, rule from keys join blocks using (key, rule) where not too_common)
        select distinct l.record_id as a, r.record_id as b
        from shared l join shared r on l.key = r.key and l.rule = r.rule and l.record_id < r.record_id
        """
    )
    rows = con.execute(
        "select rule, count(distinct key), count(distinct record_id) from keys join blocks using (key, rule)"
        " where too_common group by rule order by rule"
    ).fetchall()
    return tuple(LeftOut(*row) for row in rows)


def _score(con: duckdb.DuckDBPyConnection, model: Model, floor: float | None) -> pa.Table:
    """The candidates, scored part by part, so that memory does not grow with them."""
    prepare_records(con, model)
    count = con.execute("select count(*) from candidates").fetchall()[0][0]
    parts = [
        _score_part(con, model, floor, number, 1 + count // PAIRS_AT_ONCE)
        for number in range(1 + count // PAIRS_AT_ONCE)
    ]
    return pa.concat_tables(parts).sort_by([("a", "ascending"), ("b", "ascending")])


def _score_part(con: duckdb.DuckDBPyConnection, model: Model, floor: float | None, number: int, parts: int) -> pa.Table:
    part = f"(select * from candidates where a % {parts} = {number})"
    con.execute(f"create or replace temp table scored as {weight_sql(model, part)}")
    con.register("findings", _findings(con, model))
    keep = "true" if floor is None else f"weight >= {floor} or verdict = 'related'"
    return (
        con.sql(
            f"""
            select a, b, weight, levels, verdict, case when verdict = 'related' then relation end as relation
            from (select *, {_verdict_sql(model)} as verdict from scored join findings using (levels))
            where {keep}
            """
        )
        .to_arrow_table()
        .cast(PAIRS)
    )


def prepare_records(con: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make the table `records` from `given_records`, with the share of each record's terms."""
    shares = []
    for term in model.terms:
        con.register(f"shares_{term}", _share_table(model, term))
        con.execute(f"set variable salt_{term} = {_quote(model.salt(term))}")
        hashed = f"sha256(getvariable('salt_{term}') || {TERMS[term][0]})[1:16]"
        shares.append(
            f"case when {TERMS[term][0]} is null then null"
            f" else coalesce((select share from shares_{term} where hash = {hashed}), {model.terms[term].rare!r})"
            f" end as share_{term}"
        )
    con.execute(f"create temp table records as select {', '.join(['*', *shares])} from given_records")


def _share_table(model: Model, term: str) -> pa.Table:
    shares = model.terms[term].shares
    return pa.table({"hash": pa.array(shares.keys(), pa.string()), "share": pa.array(shares.values(), pa.float64())})


def weight_sql(model: Model, candidates: str = "candidates") -> str:
    """A query for (a, b, weight, levels) of all candidates (a table or query), from the table `records`."""
    comparisons = COMPARISONS[model.kind]
    columns = _columns(model)
    both = ", ".join(f"l.{name} as {name}_l, r.{name} as {name}_r" for name in columns)
    codes = ", ".join(f"{comparison.code_sql()}::tinyint as c_{comparison.name}" for comparison in comparisons)
    kept = ", ".join(f"share_{term}_l, share_{term}_r" for term in model.terms)
    bits = " + ".join(_bits_sql(model, comparison) for comparison in comparisons)
    letters = " || ".join(f"('-{LETTERS}')[c_{comparison.name} + 2]" for comparison in comparisons)
    return f"""
        with both_sides as (
            select a, b, {both}
            from {candidates} join records l on l.record_id = a join records r on r.record_id = b
        ),
        compared as (select a, b, {", ".join(filter(None, [codes, kept]))} from both_sides)
        select a, b, {model.prior_bits!r} + {bits} as weight, {letters} as levels
        from compared
    """


def _columns(model: Model) -> list[str]:
    sql = " ".join(comparison.code_sql() for comparison in COMPARISONS[model.kind])
    return [name for name in SCHEMA.names if f"{name}_l" in sql] + [f"share_{term}" for term in model.terms]


def _bits_sql(model: Model, comparison: Comparison) -> str:
    """The bits of one comparison, from the column of its level and the shares of its terms."""
    column = f"c_{comparison.name}"
    cases = []
    for code, bits in enumerate(model.bits(comparison)[:-1]):
        level = comparison.level(code)
        adjust = ""
        if level and level.term in model.terms:
            factor, base = model.factor(comparison.name), model.base(comparison, level)
            left, right = f"share_{level.term}_l", f"share_{level.term}_r"
            commoner = f"case when {left} is null or {right} is null then {base!r} else greatest({left}, {right}) end"
            adjust = f" + {factor!r} * (log2({base!r}) - log2({commoner}))"
        cases.append(f"when {code} then {bits!r}::double{adjust}")
    return f"case {column} {' '.join(cases)} when {MISSING} then 0::double end"


def _findings(con: duckdb.DuckDBPyConnection, model: Model) -> pa.Table:
    """What the levels say besides their bits, once for each combination of levels that occurs."""
    levels = [row[0] for row in con.execute("select distinct levels from scored").fetchall()]
    found = [guards.find(model.kind, expand(each)) for each in levels]
    return pa.table(
        {
            "levels": pa.array(levels, pa.string()),
            "mergeable": pa.array([each.is_mergeable(model.thresholds) for each in found], pa.bool_()),
            "relation": pa.array([each.relation for each in found], pa.string()),
        }
    )


def _verdict_sql(model: Model) -> str:
    thresholds = model.thresholds
    return (
        "case when relation is not null and not mergeable then 'related'"
        f" when weight < {thresholds.review!r} then 'none'"
        f" when weight >= {thresholds.merge!r} and mergeable then 'merge' else 'review' end"
    )


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
