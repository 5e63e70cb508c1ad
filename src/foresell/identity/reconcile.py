"""What has to move so that customers are the clusters of a run: as little as possible, and ids stay where most records are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Split:
    """Records that leave a customer, and the cluster they belong to (its smallest record)."""

    customer_id: str
    records: tuple[int, ...]
    cluster: int


@dataclass(frozen=True, slots=True)
class Merge:
    """Customers of one cluster: all become the first, which has most of its records (of equal ones, the oldest id)."""

    cluster: int
    customer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Splits come first; a part that left is merged with the rest of its cluster afterwards."""

    splits: tuple[Split, ...]
    merges: tuple[Merge, ...]

    def customers(self) -> set[str]:
        """The customers whose records move, or who get records."""
        merged = {customer for merge in self.merges for customer in merge.customer_ids}
        return merged | {split.customer_id for split in self.splits}


def plan_moves(members: pa.Table, clusters: Iterable[Sequence[int]]) -> Plan:
    """What moves the customers of `members` (record_id, customer_id) to `clusters`; a record in none is one of its own.

    A customer whose records are in several clusters keeps those of the one with most of them (of equal ones, with the oldest
    record). The same clusters again plan nothing.
    """
    rows = [(record, cluster[0]) for cluster in clusters for record in cluster]
    found = pa.table(
        {"record_id": [record for record, _ in rows], "cluster": [cluster for _, cluster in rows]},
        schema=pa.schema([("record_id", pa.int64()), ("cluster", pa.int64())]),
    )
    with duckdb.connect() as con:
        con.register("members", members)
        con.register("found", found)
        con.execute(_PARTS)
        splits = con.execute(_SPLITS).fetchall()
        merges = con.execute(_MERGES).fetchall()
    return Plan(
        tuple(Split(customer, tuple(records), cluster) for customer, records, cluster in splits),
        tuple(Merge(cluster, tuple(customers)) for cluster, customers in merges),
    )


_PARTS = """
create temp table parts as
select *, row_number() over (partition by customer_id order by size desc, first) = 1 as stays
from (
    select m.customer_id, coalesce(f.cluster, m.record_id) as cluster, count(*) as size, min(m.record_id) as first,
        list(m.record_id order by m.record_id) as records
    from members as m left join found as f using (record_id)
    group by 1, 2
)
"""
_SPLITS = "select customer_id, records, cluster from parts where not stays order by customer_id, first"
_MERGES = """
select cluster, list(customer_id order by size desc, length(customer_id), customer_id)
from parts where stays and cluster in (select cluster from parts group by cluster having count(*) > 1)
group by cluster order by cluster
"""
