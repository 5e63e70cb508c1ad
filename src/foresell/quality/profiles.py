"""Keeps profiles of batches and what differs, and reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from foresell.db import ArrowStatements, AsyncStatements, Connection, Row, Statements
from foresell.quality.drift import LEAST_ROWS, Difference, compare, count_references, describe
from foresell.quality.profile import ColumnProfile, Stream, StreamProfile

if TYPE_CHECKING:
    import adbc_driver_postgresql.dbapi as adbc

PG = ArrowStatements("foresell.quality")
SQL, ASYNC = Statements("foresell.quality"), AsyncStatements("foresell.quality")


def save_profiles(cur: adbc.Cursor, batch_id: int, profiles: Sequence[StreamProfile]) -> tuple[str, ...]:
    """Save the profiles of a batch with what differs from earlier ones of its source. Returns a warning where columns do."""
    source = PG.value(cur, "profiles.load_source", batch_id)
    differing, compared = set(), 0
    for profile in profiles:
        earlier = _read_earlier(cur, source, profile.stream, batch_id)
        used = list(earlier)[: count_references(earlier.values())]
        differences = compare(profile, [earlier[each] for each in used])
        PG.run(
            cur, "profiles.load_save_profile", batch_id, profile.stream, profile.rows, json.dumps(used),
            json.dumps([asdict(each) for each in differences]),
        )  # fmt: skip
        columns = [{"position": at, **asdict(column)} for at, column in enumerate(profile.columns)]
        PG.run(cur, "profiles.load_save_column", batch_id, profile.stream, json.dumps(columns))
        differing |= {(profile.stream, each.column) for each in differences}
        compared = max(compared, len(used))
    sentence = describe_count(len(differing), compared)
    return (f"{sentence} of this source: foresell profile {batch_id}",) if differing and sentence else ()


def describe_count(differing: int, compared: int) -> str | None:
    """How many columns of a batch differ, in words; None where it was compared with no other."""
    if not compared:
        return None
    columns = {0: "No column differs", 1: "1 column differs"}.get(differing, f"{differing} columns differ")
    return f"{columns} from the last {compared} batches"


def read_profile(con: Connection, batch_id: int) -> list[Row]:
    """The profiles of a batch, one a stream: rows, columns, compared_with, differences with their sentences."""
    return [add_sentences(row) for row in SQL.rows(con, "profiles.of_batch", batch_id=batch_id)]


def count_differing(con: Connection, batch_ids: Sequence[int]) -> dict[int, int]:
    """Of these batches, how many columns differ; without those that were compared with none."""
    rows = SQL.rows(con, "profiles.of_batches", ids=list(batch_ids))
    return {row["batch_id"]: row["differing"] for row in rows if row["compared_with"]}


def add_sentences(row: Row) -> Row:
    """A row of `of_batch` with each difference as a sentence."""
    differences = [each | {"sentence": describe(Difference(**each))} for each in row["differences"]]
    return row | {"differences": differences}


def _read_earlier(cur: adbc.Cursor, source: str, stream: Stream, batch_id: int) -> dict[int, StreamProfile]:
    names = list(ColumnProfile.__slots__)
    rows = PG.rows(cur, "profiles.load_earlier", source, stream, batch_id, LEAST_ROWS)
    found: dict[int, StreamProfile] = {}
    for (number, count), columns in groupby(rows, key=lambda row: (row[0], row[1])):
        values: list[dict[str, Any]] = [dict(zip(names, row[2:], strict=True)) for row in columns]
        for each in values:
            each |= {name: json.loads(each[name]) for name in ("patterns", "shares")}
        found[number] = StreamProfile(stream, count, [ColumnProfile(**each) for each in values])
    return found
