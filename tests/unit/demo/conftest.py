"""One shop of 3,000 customers, written once, and DuckDB views over its files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from foresell.demo import Shop, ShopFiles, write_shop

#: What DuckDB would guess otherwise.
TYPES = {
    "orders": {"unit_price": "DECIMAL(12,2)"},
    "customers": {"phone": "VARCHAR", "postcode": "VARCHAR"},
    "products": {"list_price": "DECIMAL(12,2)"},
    "contacts": {"phone": "VARCHAR", "postcode": "VARCHAR"},
    "true_pairs": {"crm_id": "VARCHAR"},
}


@dataclass(frozen=True)
class Written:
    shop: Shop
    files: ShopFiles
    facts: dict[str, Any]
    con: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()

    def read_value(self, query: str) -> Any:
        return self.rows(query)[0][0]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """Views lines (with `amount` and the product's `category` and `kind`), customers, products, contacts, true_pairs."""
    shop = Shop(seed=7, customers=3000)
    files = write_shop(shop, tmp_path_factory.mktemp("shop"))
    with duckdb.connect() as con:
        for name, types in TYPES.items():
            con.execute(f"create view {name} as from read_csv('{getattr(files, name)}', types = {types})")
        con.execute(
            "create view lines as select o.*, quantity * unit_price as amount, category, kind, ordered_at::date as day"
            " from orders o join products using (sku)"
        )
        yield Written(shop, files, json.loads(files.facts.read_text(encoding="utf-8")), con)
