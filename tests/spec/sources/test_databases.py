"""SQLite files of any shop: a table or view with everything is read, else tables that refer to each other are joined."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foresell.errors import BadInput
from foresell.sources.files.mapping import Dialect, Mapping
from tests.spec.sources.conftest import Stage

SHOP = """
    create table customers (id integer primary key, name text, country text);
    create table products (id integer primary key, name text, price real);
    create table orders (id integer primary key, customer_id integer {to_customers}, order_date text);
    create table order_items (id integer primary key, order_id integer {to_orders}, product_id integer {to_products},
        quantity integer, unit_price real);
    insert into customers values (7, 'Ann', 'Spain'), (8, 'Bob', 'France');
    insert into products values (1, 'Mug', 99), (2, 'Cup', 99);
    insert into orders values (10, 7, '2024-01-05'), (11, 8, '2024-01-06');
    insert into order_items values (1, 10, 1, 2, 5), (2, 10, 2, 1, 3), (3, 11, 2, 4, 3), (4, 99, 1, 1, 1);
"""
DECLARED = {"to_customers": "references customers(id)", "to_orders": "references orders(id)",
            "to_products": "references products"}  # fmt: skip
BY_NAME = dict.fromkeys(DECLARED, "")
SHOWN = "order_key, customer_key, ordered_at::date::varchar, sku, amount::double"
JOINED = [
    ("10", "7", "2024-01-05", "1", 10),
    ("10", "7", "2024-01-05", "2", 3),
    ("11", "8", "2024-01-06", "2", 12),
]


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
        db.commit()
    return path


@pytest.mark.parametrize("keys", [DECLARED, BY_NAME])
def test_lines_are_joined_to_their_orders_customers_and_products(
    stage: Stage, tmp_path: Path, keys: dict[str, str]
) -> None:
    result = stage(database(tmp_path / "shop.db", SHOP.format(**keys)), SHOWN)
    assert result.lines == JOINED
    assert [(line, column) for line, column, *_ in result.rejects] == [
        (4, "order_date")
    ]  # of an order that is not there
    assert {(p[0], p[1]) for p in result.products} == {("1", "Mug"), ("2", "Cup")}
    assert result.staging.warnings[0].startswith(
        "No single table has customer, date and amount. Joined: order_items.order_id = orders.id, "
    )
    assert "orders.customer_id = customers.id" in result.staging.warnings[0]


def test_two_ways_to_join_are_refused(stage: Stage, tmp_path: Path) -> None:
    more = "create table refunds as select id, order_id, unit_price from order_items;"
    with pytest.raises(BadInput, match=r"order_items, refunds; .*joined in 2 ways: order_items\.order_id") as caught:
        stage(database(tmp_path / "shop.db", SHOP.format(**DECLARED) + more))
    assert caught.value.remedy and "Set table = ... under [dialect]" in caught.value.remedy


def test_a_key_that_occurs_twice_is_refused(stage: Stage, tmp_path: Path) -> None:
    script = SHOP.format(**BY_NAME).replace("orders (id integer primary key", "orders (id integer")
    with pytest.raises(BadInput, match="orders has several rows with the same id"):
        stage(database(tmp_path / "shop.db", script + "insert into orders values (10, 8, '2024-01-09');"))


VIEW = """create view sales as select i.id, order_id, customer_id, order_date, product_id, quantity, unit_price
    from order_items as i join orders as o on o.id = order_id;"""


def test_a_view_with_everything_is_read(stage: Stage, tmp_path: Path) -> None:
    result = stage(database(tmp_path / "shop.db", SHOP.format(**DECLARED) + VIEW), SHOWN)
    assert result.lines == JOINED
    assert result.staging.warnings[0].startswith("Only the table 'sales' was read. For customers, products, orders")


def test_a_stated_table_is_read_alone(stage: Stage, tmp_path: Path) -> None:
    mapping = Mapping(
        rows="customers", columns={"customer_key": "id", "name": "name"}, dialect=Dialect(table="customers")
    )
    result = stage(database(tmp_path / "shop.db", SHOP.format(**DECLARED)), mapping=mapping)
    assert ([customer[:2] for customer in result.customers], result.staging.warnings) == (
        [("7", "Ann"), ("8", "Bob")],
        (),
    )
