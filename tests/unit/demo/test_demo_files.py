"""The files of a shop: the same bytes from the same seed, adding up to what shop.json says, pointing at each other."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from foresell.demo import Shop, ShopFiles, write_shop
from foresell.errors import DiskTrouble, UsageError

CLASSES = """
    select case when status = 'cancelled' then 'cancelled' when kind = 'non_product' then 'non_product'
                when customer_no is null then 'anonymous' when quantity < 0 then 'returns' else 'counted' end as class,
           count(*), cast(sum(amount) * 100 as bigint)
    from lines group by 1
"""


def digests(files: ShopFiles) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files.folder.iterdir())}


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    first, again = (digests(write_shop(Shop(seed=3, customers=1200), tmp_path / name)) for name in "ab")
    other = digests(write_shop(Shop(seed=4, customers=1200), tmp_path / "c"))
    assert first == again
    assert len(first) == 6
    assert not set(first.values()) & set(other.values())


def test_a_larger_shop_begins_with_the_same_customers(tmp_path: Path) -> None:
    """Only order numbers shift, because orders are numbered in order of time."""
    for size in (700, 2300):
        write_shop(Shop(seed=3, customers=size), tmp_path / str(size))
    con = duckdb.connect()
    small, large = (f"{tmp_path}/{size}" for size in (700, 2300))
    for name in ("customers", "contacts", "true_pairs"):
        left, right = (f"read_csv('{folder}/{name}.csv', all_varchar = true)" for folder in (small, large))
        assert con.execute(f"select count(*) from (from {left} except from {right})").fetchall() == [(0,)], name
    known = f"select customer_no from '{small}/customers.csv'"
    sales = "select * exclude (order_no) from '{}/orders.csv' where customer_no is not null and customer_no in ({})"
    left, right = sales.format(small, known), sales.format(large, known)
    assert con.execute(
        f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
    ).fetchall() == [(0,)]


def test_totals_are_the_sum_of_the_files(written) -> None:
    facts, found = written.facts, written.rows(CLASSES)
    assert {name: rows for name, rows, _ in found} | {"all": facts["rows"]["orders"]} == facts["lines"]
    assert {name: pence for name, _, pence in found} | {"all": sum(p for _, _, p in found)} == facts["pence"]
    pence = "select cast(coalesce(sum(amount), 0) * 100 as bigint) from lines where "
    sold = "status <> 'cancelled' and kind = 'product'"
    assert written.read_value(pence + "sku = 'POST' and status <> 'cancelled'") == facts["postage_pence"]
    assert written.read_value(pence + sold) == facts["net_revenue_pence"]
    assert written.read_value(pence + sold + " and quantity > 0") == facts["gross_revenue_pence"]
    assert facts["gross_revenue_pence"] + facts["returns_pence"] == facts["net_revenue_pence"]
    counted = f"(select order_no, customer_no from lines where {sold} and customer_no is not null group by all having sum(amount) > 0)"
    assert written.rows(f"select count(*), count(distinct customer_no) from {counted}") == [
        (facts["orders_counted"], facts["customers_counted"])
    ]
    for name, where in (
        ("orders", "true"),
        ("orders_cancelled", "status = 'cancelled'"),
        ("orders_returned", "status = 'returned'"),
        ("orders_anonymous", "customer_no is null"),
    ):
        assert written.read_value(f"select count(distinct order_no) from lines where {where}") == facts[name]


def test_sizes_match_the_parameters(written) -> None:
    assert (
        written.read_value("select count(*) from customers")
        == written.shop.customers
        == written.facts["rows"]["customers"]
    )
    assert written.files.lines == written.facts["rows"]["orders"] == written.read_value("select count(*) from orders")
    assert 17 < written.files.lines / written.shop.customers < 23
    assert 600 <= written.read_value("select count(*) from products where kind = 'product'") <= 1500
    assert written.read_value("select count(distinct category) from products where kind = 'product'") == 14
    assert written.read_value("select count(*) from true_pairs") / written.shop.customers == pytest.approx(
        0.32, abs=0.04
    )


def test_everything_pointed_at_exists_once(written) -> None:
    for table, key in (("customers", "customer_no"), ("products", "sku"), ("contacts", "crm_id")):
        assert written.read_value(f"select count(*) - count(distinct {key}) from {table}") == 0
    for missing in (
        "orders anti join customers using (customer_no) where customer_no is not null",
        "orders anti join products using (sku)",
        "true_pairs anti join customers using (customer_no)",
        "true_pairs anti join contacts using (crm_id)",
    ):
        assert written.read_value(f"select count(*) from {missing}") == 0, missing
    assert written.read_value("select count(*) - count(distinct crm_id) from true_pairs") == 0


def test_an_order_is_one_moment_of_one_customer_in_one_state_numbered_in_order_of_time(written) -> None:
    each = "(select distinct order_no, ordered_at, status, customer_no, country from orders)"
    assert written.read_value(f"select count(*) - count(distinct order_no) from {each}") == 0
    assert (
        written.read_value(
            f"select count(*) from {each} a asof join {each} b on a.order_no > b.order_no where a.ordered_at < b.ordered_at"
        )
        == 0
    )


def test_parquet_holds_what_csv_holds(written, tmp_path: Path) -> None:
    files = write_shop(written.shop, tmp_path, format="parquet")
    for name in ("orders", "products"):
        columns = [row[0] for row in written.rows(f"describe {name}")]
        same = f"select {', '.join(columns)} from {name} except all select {', '.join(columns)} from '{getattr(files, name)}'"
        assert written.read_value(f"select count(*) from ({same})") == 0
    assert written.rows(
        f"select column_type from (describe from '{files.orders}') where column_name = 'unit_price'"
    ) == [("DECIMAL(12,2)",)]


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None, str]] = []
    files = write_shop(Shop(customers=50), tmp_path, progress=lambda *step: seen.append(step))
    assert seen == [(50, 50, "customers"), (files.lines, files.lines, "lines")]


@pytest.mark.parametrize("customers", [1, 2, 999, 1001])
def test_odd_sizes(tmp_path: Path, customers: int) -> None:
    assert write_shop(Shop(customers=customers), tmp_path).folder == tmp_path


def test_four_weeks_are_enough(tmp_path: Path) -> None:
    shop = Shop(customers=100, first_day=date(2028, 2, 3), last_day=date(2028, 3, 1))
    assert write_shop(shop, tmp_path).lines > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"customers": 10_000_000},
        {"seed": -1},
        {"last_day": date(2024, 11, 2)},
        {"lines_per_customer": 0.5},
    ],
)
def test_a_shop_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as error:
        Shop(**wrong)
    assert error.value.remedy


def test_an_unknown_format_and_a_folder_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xlsx"):
        write_shop(Shop(customers=10), tmp_path, format="xlsx")
    (tmp_path / "taken").write_text("")
    with pytest.raises(DiskTrouble, match="taken"):
        write_shop(Shop(customers=10), tmp_path / "taken")
