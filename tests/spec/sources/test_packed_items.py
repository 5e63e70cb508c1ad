"""Orders of one row with several items in one cell: a line for each item, and the order's total to the cent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foresell.sources.files.formats import read_format
from foresell.sources.files.mapping import Mapping
from foresell.sources.files.packed_items import PackedItems
from tests.spec.sources.conftest import Stage

COLUMNS = {
    "order_key": "order",
    "customer_key": "customer",
    "ordered_at": "date",
    "amount": "total",
    "status": "status",
}
ITEMS = PackedItems("items", ", (\\d+ x )", r"^(\d+) x ", r"^\d+ x ([^@]+)", amount=r"@(\d+)")
MAPPING = Mapping(columns=COLUMNS, items=ITEMS)


def write(*orders: str) -> str:
    return "order,customer,date,status,total,items\n" + "".join(
        f"{at},A,2024-01-0{at},{order}\n" for at, order in enumerate(orders, 1)
    )


def test_each_item_is_a_line_with_its_part_of_the_amount(stage: Stage) -> None:
    result = stage(
        write(
            'paid,10.00,"1 x Mug, 2 x Tea, green, 1 x Pot"',  # a comma in a name
            'paid,30.00,"1 x Mug@10, 1 x Pot@40"',  # amounts of the items: before a discount
            'returned,10.00,"1 x Mug@10, 1 x Pot"',  # not all have one
        ),
        "line, order_key, sku, quantity::double, amount::double, status",
        mapping=MAPPING,
    )
    assert result.lines == [
        (2, "1", "Mug", 1, 2.5, "completed"),
        (3, "2", "Mug", 1, 6, "completed"),
        (4, "3", "Mug", 1, 5, "cancelled"),
        (5, "1", "Tea, green", 2, 5, "completed"),
        (6, "1", "Pot", 1, 2.5, "completed"),
        (7, "2", "Pot", 1, 24, "completed"),
        (8, "3", "Pot", 1, 5, "cancelled"),
    ]
    assert [name for _, name, *_ in result.products] == ["Mug", "Pot", "Tea, green"]


def test_a_total_that_does_not_divide_holds_to_the_cent(stage: Stage) -> None:
    result = stage(write('paid,10.00,"1 x Mug, 1 x Tea, 1 x Pot"'), "amount::double", mapping=MAPPING)
    assert sorted(amount for (amount,) in result.lines) == [3.33, 3.33, 3.34]


def test_a_cell_of_another_shape_stays_one_line_and_is_reported(stage: Stage) -> None:
    result = stage(
        write('paid,10.00,"1 x Mug, 1 x Pot"', "paid,7.00,some things"), "sku, amount::double", mapping=MAPPING
    )
    assert result.lines == [("Mug", 5), ("SALE", 7), ("Pot", 5)]
    assert any("in another way than expected: 1." in warning for warning in result.staging.warnings)


@pytest.mark.parametrize(
    ("format", "cell", "items"),
    [
        ("woocommerce-analytics", "2× Mug, large, 1× Tea", [("Mug, large", 2, 20), ("Tea", 1, 10)]),
        (
            "woocommerce-order-rows",
            "id:1|name:Mug|product_id:7|sku:M1|quantity:2|subtotal:30.00|total:20.00|meta:;id:2|name:Tea|sku:|quantity:1|total:10.00",
            [("M1", 2, 20), ("Tea", 1, 10)],
        ),
        (
            "bigcommerce-orders",
            "Product ID: 7, Product Qty: 2, Product SKU: M1, Product Name: Mug, Product Weight: 1.0, Product Variation Details: Size: S,"
            " Product Unit Price: 10.00, Product Total Price: 20.00|Product ID: 8, Product Qty: 1, Product SKU: , Product Name: Tea,"
            " Product Unit Price: $10.00, Product Total: $10.00",
            [("M1", 2, 20), ("Tea", 1, 10)],
        ),
    ],
)
def test_the_cells_of_known_formats(stage: Stage, format: str, cell: str, items: list[tuple[str, int, int]]) -> None:
    known = read_format(format).items
    assert known
    mapping = Mapping(columns=COLUMNS, items=replace(known, column="items"))
    result = stage(write(f'paid,30.00,"{cell}"'), "sku, quantity::int, amount::int", mapping=mapping)
    assert result.lines == items
