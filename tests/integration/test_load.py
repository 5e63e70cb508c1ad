"""Loading: a batch is all or nothing, counts add up, the same again changes nothing, undo is exact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest

from foresell.database import Database
from foresell.errors import Busy, NotFound, UsageError
from foresell.store import batches
from tests.support.loading import load
from tests.support.staged import stage_lines
from tests.support.store_dump import dump

FIRST = """
    A1  anna  2026-01-05  ok  mug   2   3.50
    A1  anna  2026-01-05  ok  bowl  1   9.00
    A2  -     2026-01-06  ok  mug   1   3.50
    A3  bob   2026-01-07  ok  mug   4   3.50
"""
NEWER = """
    A3  bob   2026-01-07  ok        mug   4   3.25
    A1  anna  2026-01-05  ok        bowl  1   9.00
    A1  anna  2026-01-05  ok        mug   2   3.50
    A4  cleo  2026-01-09  ok        vase  1  20.00
    A4  cleo  2026-01-09  ok        mug   1   3.50
"""


def read_value(database: Database, query: str) -> object:
    with database.connect() as con:
        row = con.execute(query).fetchone()
        assert row is not None
        return next(iter(row.values()))


def test_a_load_keeps_every_line_and_every_penny(database: Database) -> None:
    batch = load(database, stage_lines(FIRST))
    assert (batch.lines_read, batch.lines_loaded, batch.lines_unchanged, batch.lines_rejected) == (4, 4, 0, 0)
    assert (batch.orders_new, batch.customers_new, batch.products_new) == (3, 2, 2)
    assert read_value(database, "select sum(amount) from transactions") == Decimal("33.5")
    assert read_value(database, "select count(*) from transactions where customer_id is null") == 1
    assert (
        read_value(database, "select string_agg(customer_id, ' ' order by customer_id) from customers")
        == "C000001 C000002"
    )


def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    first = load(database, stage_lines(FIRST))
    before = dump(database)
    again = load(database, stage_lines(FIRST, name="renamed.csv"))
    assert (again.state, again.batch_id, again.lines_unchanged) == ("unchanged", first.batch_id, 4)
    assert dump(database) == before
    assert len(batches.list_batches(database)) == 1


def test_a_newer_export_replaces_what_differs_and_counts_nothing_twice(database: Database) -> None:
    load(database, stage_lines(FIRST))
    batch = load(database, stage_lines(NEWER))
    assert (batch.lines_read, batch.lines_loaded, batch.lines_unchanged) == (5, 3, 2), "A1 is the same in another order"
    assert (batch.orders_new, batch.orders_replaced, batch.customers_new, batch.products_new) == (1, 1, 1, 1)
    assert read_value(database, "select count(*) from orders") == 4
    assert read_value(database, "select sum(amount) from transactions") == Decimal("56.0")


def test_ids_stay_when_an_order_is_replaced(database: Database) -> None:
    load(database, stage_lines(FIRST))
    before = read_value(database, "select order_id from orders where order_key = 'A3'")
    load(database, stage_lines(NEWER))
    assert read_value(database, "select order_id from orders where order_key = 'A3'") == before


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("another price", "A3 bob 2026-01-07 ok mug 4 3.49"),
        ("another quantity", "A3 bob 2026-01-07 ok mug 5 3.50"),
        ("another product", "A3 bob 2026-01-07 ok jug 4 3.50"),
        ("another customer", "A3 eve 2026-01-07 ok mug 4 3.50"),
        ("anonymous", "A3 - 2026-01-07 ok mug 4 3.50"),
        ("another day", "A3 bob 2026-01-08 ok mug 4 3.50"),
        ("cancelled", "A3 bob 2026-01-07 cancelled mug 4 3.50"),
        ("the line twice", "A3 bob 2026-01-07 ok mug 4 3.50\nA3 bob 2026-01-07 ok mug 4 3.50"),
    ],
)
def test_any_difference_replaces_and_undo_restores_exactly(database: Database, what: str, text: str) -> None:
    load(database, stage_lines(FIRST))
    before = dump(database)
    batch = load(database, stage_lines(text))
    assert batch.orders_replaced == 1, what
    assert dump(database) != before
    assert batch.batch_id is not None
    batches.undo_batch(database, batch.batch_id)
    assert dump(database) == before, what


def test_undo_of_everything_leaves_nothing_and_ids_are_not_reused(database: Database) -> None:
    empty = dump(database)
    load(database, stage_lines(FIRST))
    second = load(database, stage_lines(NEWER))
    third = load(database, stage_lines("A9 dora 2026-02-01 ok mug 1 3.50", source="market"))
    with pytest.raises(UsageError, match="followed by batch 2"):
        batches.undo_batch(database, 1)
    assert second.batch_id == 2
    assert batches.undo_batch(database, 1, with_later=True) == [2, 1]
    assert read_value(database, "select count(*) from orders") == 1, "the other source is not touched"
    batches.undo_batch(database, third.batch_id or 0)
    assert dump(database) == empty
    load(database, stage_lines(FIRST))
    assert read_value(database, "select min(customer_id) from customers") == "C000005"


def test_a_file_that_was_undone_can_be_loaded_again(database: Database) -> None:
    batch = load(database, stage_lines(FIRST))
    batches.undo_batch(database, batch.batch_id or 0)
    assert load(database, stage_lines(FIRST)).lines_loaded == 4


def test_undo_says_what_is_wrong(database: Database) -> None:
    with pytest.raises(NotFound, match="no batch 7"):
        batches.undo_batch(database, 7)
    batch = load(database, stage_lines(FIRST))
    batches.undo_batch(database, batch.batch_id or 0)
    with pytest.raises(UsageError, match="undone already"):
        batches.undo_batch(database, batch.batch_id or 0)


def test_a_field_the_newer_file_does_not_know_erases_nothing(database: Database) -> None:
    load(database, stage_lines(FIRST, customers="anna Anna GB\nbob Bob GB", products="mug Mug Kitchen product"))
    batch = load(database, stage_lines("A5 anna 2026-02-01 ok mug 1 3.50"))
    assert (batch.customers_changed, batch.products_changed) == (0, 0)
    assert read_value(database, "select name from customer_records where source_key = 'anna'") == "Anna"
    assert read_value(database, "select category from products where sku = 'mug'") == "Kitchen"


def test_a_newer_file_corrects_customers_and_products_and_undo_brings_the_old_back(database: Database) -> None:
    load(database, stage_lines(FIRST, customers="anna Anna GB", products="mug Mug Kitchen product"))
    before = dump(database)
    batch = load(
        database,
        stage_lines(
            "A5 anna 2026-02-01 ok mug 1 3.50", customers="anna Annabel FR", products="mug Beaker Table product"
        ),
    )
    assert (batch.customers_changed, batch.products_changed) == (1, 1)
    assert read_value(database, "select name || country from customer_records where source_key = 'anna'") == "AnnabelFR"
    batches.undo_batch(database, batch.batch_id or 0)
    assert dump(database) == before


def test_the_same_keys_of_two_sources_are_two_customers_and_two_orders(database: Database) -> None:
    load(database, stage_lines(FIRST))
    load(database, stage_lines(FIRST, source="market"))
    assert read_value(database, "select count(*) from customers") == 4
    assert read_value(database, "select count(*) from orders") == 6


def test_only_one_load_at_a_time(database: Database) -> None:
    with database.connect() as con:
        con.execute("select pg_advisory_xact_lock(hashtext('foresell load'))")
        with pytest.raises(Busy):
            load(database, stage_lines(FIRST))
        with pytest.raises(Busy):
            batches.undo_batch(database, 1)
    assert load(database, stage_lines(FIRST)).lines_loaded == 4


BREAKS: list[tuple[str, Callable[[psycopg.Connection[dict[str, object]]], object]]] = [
    ("item of no order", lambda c: c.execute("insert into order_items values (99, 1, 1, 1, 1, 1)")),
    ("item of no product", lambda c: c.execute("insert into order_items values (1, 99, 99, 1, 1, 1)")),
    ("order of no customer", lambda c: c.execute("insert into orders values (99, 's', 'k', 99, now(), 'completed', null, null, 1)")),
    ("order moved to no customer", lambda c: c.execute("update orders set record_id = 99 where order_id = 1")),
    ("record of no person", lambda c: c.execute("insert into customer_records (record_id, source, source_key, customer_id, batch_id) values (99, 's', 'k', 'C999999', 1)")),
    ("delete a product in use", lambda c: c.execute("delete from products where sku = 'mug'")),
    ("delete an order with items", lambda c: c.execute("delete from orders where order_id = 1")),
    ("delete a record with orders", lambda c: c.execute("delete from customer_records")),
    ("delete a customer with records", lambda c: c.execute("delete from customers")),
    ("renumber an order", lambda c: c.execute("update orders set order_id = order_id + 100")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "act"), BREAKS, ids=[what for what, _ in BREAKS])
def test_references_cannot_be_broken(
    database: Database, what: str, act: Callable[[psycopg.Connection[dict[str, object]]], object]
) -> None:
    load(database, stage_lines(FIRST))
    before = dump(database)
    with (
        pytest.raises((psycopg.errors.ForeignKeyViolation, psycopg.errors.RestrictViolation)),
        database.connect() as con,
    ):
        act(con)
    assert dump(database) == before


def test_order_lines_do_not_turn_postage_into_products(database: Database) -> None:
    """Found in the demo: the product list says postage, an orders file without that knowledge must not undo it."""
    load(database, stage_lines("A1 anna 2026-01-05 ok post 1 4.95", products="post Postage Postage non_product"))
    load(database, stage_lines("A2 anna 2026-01-06 ok post 1 4.95"))
    assert read_value(database, "select kind from products where sku = 'post'") == "non_product"
