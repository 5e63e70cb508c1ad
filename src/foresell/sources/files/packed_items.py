"""Where the items of an order stand in one cell: `[items]` in a mapping."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import tomli_w

from foresell.sources.files.leave_out import Refuse

FIELDS = ("product_name", "sku", "quantity", "amount")


@dataclass(frozen=True, slots=True)
class PackedItems:
    """Which column holds the items, and regular expressions: what separates two items, and each field of an item by a group.

    A group in `separator` belongs to the item that follows. Without an `amount`, items share the order's by quantity.
    """

    column: str
    separator: str
    quantity: str
    product_name: str | None = None
    sku: str | None = None
    amount: str | None = None


def parse_items(entry: dict[str, Any] | None, refuse: Refuse) -> PackedItems | None:
    """The table [items] of parsed TOML."""
    if not entry:
        return None
    needed = {"column", "separator", "quantity"}
    if not needed <= set(entry) <= needed | set(FIELDS) or not {"product_name", "sku"} & set(entry):
        raise refuse("items", "needs column, separator, quantity, and product_name or sku; it may have amount")
    for key, pattern in entry.items():
        if not isinstance(pattern, str):
            raise refuse(f"items.{key}", f"must be text, not {pattern!r}")
        if key != "column" and not _has_groups(pattern, (0, 1) if key == "separator" else (1,)):
            raise refuse(f"items.{key}", f"{pattern!r} must be a regular expression with one group")
    return PackedItems(**entry)


def _has_groups(pattern: str, groups: tuple[int, ...]) -> bool:
    try:
        return re.compile(pattern).groups in groups
    except re.error:
        return False


def render_items(items: PackedItems) -> str:
    """The TOML of the table [items]."""
    return "\n[items]\n" + tomli_w.dumps({key: value for key, value in asdict(items).items() if value}).rstrip()
