"""The naive rule for "orders within the horizon": how often customers with the same number of recent orders ordered.

Customers are put into twelve cells, by their orders in the last 365 days and by whether they ordered in the last 90. It is what anyone
can count in a spreadsheet: a model must beat it, and where it does not, the cells themselves are served.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.scores.training.features import Floats, Frame
from foresell.scores.training.panel import Panel

#: The fewest orders in 365 days of each row of cells: 0, 1, 2, 3-4, 5-8, 9 and more.
FEWEST_ORDERS = (0, 1, 2, 3, 5, 9)


@dataclass(frozen=True)
class Cells:
    """The share of each cell that ordered; cell 2 i + 1: FEWEST_ORDERS[i] orders, one of them in the last 90 days."""

    shares: tuple[float, ...]
    kind: str = "cells"

    def probability(self, frame: Frame) -> Floats:
        """The share of each customer's cell."""
        return np.asarray(self.shares, dtype=np.float64)[cells_of(frame)]

    def text(self) -> str:
        """The shares as JSON."""
        return json.dumps(asdict(self))


def cells_of(frame: Frame) -> NDArray[np.intp]:
    """The cell of each customer of a frame."""
    orders, recent = (np.nan_to_num(frame.column(name)) for name in ("orders_365", "orders_90"))
    row = np.searchsorted(FEWEST_ORDERS, orders, side="right") - 1
    return np.asarray(2 * row + (recent > 0), dtype=np.intp)


def train_cells(panel: Panel, frames: Sequence[Frame], horizon: int) -> Cells | None:
    """The shares over these frames; None when all labels are equal. An empty cell has the share of all customers."""
    cell = np.concatenate([cells_of(frame) for frame in frames])
    ordered = np.concatenate([panel.labels(frame, horizon) for frame in frames])
    if ordered.all() or not ordered.any():
        return None
    size = 2 * len(FEWEST_ORDERS)
    customers = np.bincount(cell, minlength=size)
    buyers = np.bincount(cell, weights=ordered, minlength=size)
    shares = (buyers + ordered.mean()) / (customers + 1)
    return Cells(tuple(shares.tolist()))
