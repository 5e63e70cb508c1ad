"""The features of a customer on a day, as a matrix: what every trained model reads.

Training, scoring, backtest and leak guard all read `features.sql` through this module, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foresell.sql import read_sql

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]
Labels = NDArray[np.bool_]

#: Features that say which time of the year it is, not who the customer is.
SEASON = ("month_sin", "month_cos", "season_index")


@dataclass(frozen=True)
class Frame:
    """All customers with an order before one day. Grain of `values`: one row per customer, one column per name."""

    as_of: date
    customers: pa.Array
    names: tuple[str, ...]
    values: Matrix

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> Floats:
        """One feature of every customer, as doubles."""
        return self.values[:, self.names.index(name)].astype(np.float64)


def features(con: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """The features on a day. Grain: one row per customer with a counted order strictly before `as_of`, by customer_id.

    Columns: customer_id VARCHAR, then 47 FLOAT features; null where a customer has no such thing (a gap needs two days).
    """
    return con.sql(read_sql("foresell.scores.training", "features.sql"), params={"as_of": as_of}).to_arrow_table()


def frame_of(table: pa.Table, as_of: date) -> Frame:
    """A feature table as a matrix; nulls become NaN, which LightGBM reads as "unknown"."""
    names = tuple(name for name in table.column_names if name != "customer_id")
    values = np.empty((table.num_rows, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        values[:, place] = table[name].to_numpy(zero_copy_only=False)
    customers = table["customer_id"].combine_chunks()
    return Frame(as_of, customers, names, values)


def batches(frame: Frame, size: int = 100_000) -> Iterator[Frame]:
    """The frame in slices of at most `size` customers, so that scoring a million needs little memory."""
    for start in range(0, len(frame), size):
        yield Frame(frame.as_of, frame.customers.slice(start, size), frame.names, frame.values[start : start + size])
