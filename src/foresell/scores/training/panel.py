"""Past cutoffs with their features and labels: what models are trained and tested on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from foresell.errors import NotReady
from foresell.scores.training.features import Frame, Labels, Matrix, features, frame_of

STEP_DAYS = 30  # a cutoff every 30 days back from as_of
HISTORY_DAYS = 90  # a cutoff with less past than this teaches nothing about gaps
TRAINING_ROWS = 300_000  # more rows cost time and stopped improving the ranking


@dataclass(frozen=True)
class Panel:
    """Frames at every usable cutoff before `as_of`, oldest first, the one at `as_of`, and the orders that label them.

    `share` is the part of all customers it holds (large shops are sampled, see `sampled`). `ordered` says, for a frame and a horizon in days, which of its customers ordered in [cutoff, cutoff + horizon).
    """

    as_of: date
    frames: tuple[Frame, ...]
    now: Frame
    label_orders: Callable[[Frame, int], Labels]
    share: float = 1.0
    _labels: dict[tuple[date, int], Labels] = field(default_factory=dict)

    def labels(self, frame: Frame, horizon: int) -> Labels:
        """Who ordered within `horizon` days of the frame's cutoff; asked once per cutoff."""
        key = (frame.as_of, horizon)
        if key not in self._labels:
            self._labels[key] = self.label_orders(frame, horizon)
        return self._labels[key]

    def closed_frames(self, horizon: int, by: date | None = None) -> tuple[Frame, ...]:
        """The frames whose label window had ended by a day (default: as_of), oldest first."""
        last = (by or self.as_of) - timedelta(days=horizon)
        return tuple(frame for frame in self.frames if frame.as_of <= last)


def label(con: duckdb.DuckDBPyConnection, cutoff: date, horizon: int) -> pa.Array:
    """The customer_ids with at least one counted order on cutoff <= day < cutoff + horizon days."""
    table = con.sql(
        """select distinct customer_id from orders
        where is_counted and day >= $first and day < $after order by customer_id""",
        params={"first": cutoff, "after": cutoff + timedelta(days=horizon)},
    ).to_arrow_table()
    return table["customer_id"].combine_chunks()


def cutoffs(first_day: date, as_of: date) -> tuple[date, ...]:
    """The days training looks from: every 30 days back from as_of while 90 days of past remain, oldest first."""
    count = ((as_of - first_day).days - HISTORY_DAYS) // STEP_DAYS
    return tuple(as_of - timedelta(days=STEP_DAYS * k) for k in range(count, 0, -1))


def read_panel(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    *,
    share: float = 1.0,
    read_features: Callable[[duckdb.DuckDBPyConnection, date], pa.Table] = features,
    read_label: Callable[[duckdb.DuckDBPyConnection, date, int], pa.Array] = label,
) -> Panel:
    """Every cutoff of the snapshot before `as_of`. Raises NotReady when no customer has a counted order before it."""
    days = cutoffs(first_order_day(con, as_of), as_of)
    frames = tuple(frame_of(read_features(con, day), day) for day in days)

    def label_orders(frame: Frame, horizon: int) -> Labels:
        buyers = read_label(con, frame.as_of, horizon)
        return np.asarray(pa.compute.is_in(frame.customers, value_set=buyers).to_numpy(zero_copy_only=False))

    now = frame_of(read_features(con, as_of), as_of)
    return Panel(as_of, tuple(frame for frame in frames if len(frame)), now, label_orders, share)


def first_order_day(con: duckdb.DuckDBPyConnection, as_of: date) -> date:
    """The day of the shop's first counted order before `as_of`. Raises NotReady when there is none."""
    rows = con.execute("select min(day) from orders where is_counted and day < ?", [as_of]).fetchall()
    first = rows[0][0]
    if not isinstance(first, date):
        raise NotReady(
            f"No customer has an order with a positive amount before {as_of}.",
            remedy="Load sales with a customer on them, or choose a later --as-of.",
        )
    return first


def sample_snapshot(
    con: duckdb.DuckDBPyConnection, as_of: date, seed: int = 0, rows: int = TRAINING_ROWS
) -> tuple[duckdb.DuckDBPyConnection, float]:
    """The snapshot, or a copy in memory of a sample of customers with about `rows` training rows; and the share sampled.

    Whole customers are drawn by the hash of their id and the seed: the same customers on every machine.
    """
    known = con.execute(
        "select count(distinct customer_id) from orders where is_counted and day < ?", [as_of]
    ).fetchall()[0][0]
    wanted = rows // max(1, len(cutoffs(first_order_day(con, as_of), as_of)))
    if known <= wanted:
        return con, 1.0
    pick = f"""customer_id in (
        select distinct customer_id from orders where is_counted and day < date '{as_of}'
        order by md5(customer_id || '{int(seed)}'), customer_id limit {int(wanted)})"""
    return copy_snapshot(con, pick), wanted / known


def copy_snapshot(con: duckdb.DuckDBPyConnection, where: str) -> duckdb.DuckDBPyConnection:
    """The orders and lines that a condition keeps, in a snapshot of their own in memory."""
    copy = duckdb.connect(config={"threads": 2})
    for table in ("orders", "lines"):
        copy.register("kept", con.sql(f"select * from {table} where {where}").to_arrow_table())
        copy.execute(f"create table {table} as from kept")
        copy.unregister("kept")
    return copy


def stack_frames(panel: Panel, frames: Sequence[Frame], horizon: int) -> tuple[Matrix, Labels]:
    """Frames on top of each other and their labels: what a model is trained on."""
    matrix = np.concatenate([frame.values for frame in frames])
    return matrix, np.concatenate([panel.labels(frame, horizon) for frame in frames])
