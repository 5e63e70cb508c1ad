"""Records for tests: made by hand from the fields that matter, or at random by hypothesis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace

import pyarrow as pa
from hypothesis import strategies as st

from foresell.identity.record import SCHEMA, Kind, Record

FIELDS = tuple(field.name for field in fields(Record) if field.name not in ("record_id", "source", "kind"))

#: Few and odd values, so that pairs are often equal, alike, or a trap for one of two languages.
WORDS = st.sampled_from(
    ["ann", "anne", "anna", "a", "bill", "smith", "smyth", "smith jones", "jones", "john", "jon", "van  der", " ",
     "bäcker", "baecker", "李", "李小", "דוד", "a b", "b a", "a b c", "o'neil", "%", "x_l", "null", "\U0001f600", "e\u0301",
     "2001-02-03", "2001-03-02", "2001-02-04", "1999-02-03", "442079460000", "442079460001", "sw1a1aa", "sw1a1ab",
     "ann.smith@example.org", "ann.smith1@example.org", "ann.smith2@example.org", "an.smith@example.org"]
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    WORDS,
    WORDS,
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12),
    st.text("ab 1'", min_size=1, max_size=6),
)


def random_records(kind: Kind) -> st.SearchStrategy[Record]:
    """Any record of a kind, sensible or not."""
    return st.builds(
        Record, record_id=st.just(0), source=st.just("s"), kind=st.just(kind), **dict.fromkeys(FIELDS, TEXTS)
    )


def random_pairs(kind: Kind) -> st.SearchStrategy[tuple[Record, Record]]:
    """Any two records of a kind; each field of the second is often that of the first, or of its neighbour."""

    def repeat(first: Record, other: Record, kept: list[bool], swap: bool) -> tuple[Record, Record]:
        values = {name: getattr(first if keep else other, name) for name, keep in zip(FIELDS, kept, strict=True)}
        if swap:
            values |= {"first": first.last, "last": first.first}
        return first, replace(other, **values)

    kept = st.lists(st.booleans(), min_size=len(FIELDS), max_size=len(FIELDS))
    return st.builds(repeat, random_records(kind), random_records(kind), kept, st.booleans())


def to_table(records: Iterable[Record]) -> pa.Table:
    """Records as a table of SCHEMA."""
    return pa.Table.from_pylist([asdict(record) for record in records], schema=SCHEMA)
