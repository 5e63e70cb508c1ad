"""What the files must add up to, counted in whole pence while they are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from foresell.demo.baskets import CANCELLED, RETURNED, Orders

CLASSES = ("cancelled", "non_product", "anonymous", "returns", "counted")


def line_classes(orders: Orders, products: int) -> np.ndarray:
    """The class (index into CLASSES) of each line: the first that applies; those with an index below `products` are products."""
    order = np.repeat(np.arange(len(orders.lines)), orders.lines)
    conditions = [
        orders.status[order] == CANCELLED,
        orders.product >= products,
        orders.customer[order] < 0,
        orders.quantity < 0,
    ]
    return np.select(conditions, [0, 1, 2, 3], 4)


def shop_totals(orders: Orders, products: int) -> dict[str, Any]:
    """Counts and pence of all order lines.

    `lines` and `pence` are by class and add up to all lines. `net_revenue_pence` is counted + returns + anonymous:
    what RFM and the KPIs see. `customers_counted` have an order whose products are worth more than nothing.
    """
    amount = orders.quantity.astype(np.int64) * orders.pence
    kind = line_classes(orders, products)
    order = np.repeat(np.arange(len(orders.lines)), orders.lines)
    net = _sums(order, np.where((kind == 0) | (kind == 1), 0, amount), len(orders.lines))
    pence = {name: int(amount[kind == n].sum()) for n, name in enumerate(CLASSES)}
    return {
        "orders": len(orders.lines),
        "orders_cancelled": int((orders.status == CANCELLED).sum()),
        "orders_returned": int((orders.status == RETURNED).sum()),
        "orders_anonymous": int((orders.customer < 0).sum()),
        "orders_counted": int(((net > 0) & (orders.customer >= 0)).sum()),
        "customers_counted": len(np.unique(orders.customer[(net > 0) & (orders.customer >= 0)])),
        "lines": {name: int((kind == n).sum()) for n, name in enumerate(CLASSES)} | {"all": len(amount)},
        "pence": pence | {"all": int(amount.sum())},
        "net_revenue_pence": pence["counted"] + pence["returns"] + pence["anonymous"],
        "gross_revenue_pence": int(amount[(kind >= 2) & (orders.quantity > 0)].sum()),
        "returns_pence": int(amount[(kind >= 2) & (orders.quantity < 0)].sum()),
        "postage_pence": int(amount[(orders.product == products) & (kind == 1)].sum()),
    }


def _sums(group: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    """Exact while a group's sum stays below 2^53 pence."""
    return np.bincount(group, values, groups).astype(np.int64)
