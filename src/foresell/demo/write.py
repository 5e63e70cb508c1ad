"""Writes a whole shop: people and purchases chunk by chunk, then all orders in order of time."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from foresell.demo import tables
from foresell.demo.assortment import CHARGES, Assortment, draw_assortment, read_categories, shop_season
from foresell.demo.baskets import Orders, fill_baskets
from foresell.demo.contacts import draw_contacts
from foresell.demo.people import draw_parties, draw_traits
from foresell.demo.purchases import draw_visits
from foresell.demo.shop import CHUNK, Process, Shop, customer_numbers
from foresell.demo.totals import shop_totals
from foresell.demo.trading import Trading, trading_days
from foresell.types import Progress, no_progress

FIRST_ORDER = 500_001
ORDERS_AT_ONCE = 65_536

#: Sales per listed customer in two years, anonymous ones included, and lines of charges and returns per sale, measured
#: on 1,000,000 customers: they turn lines per customer into lines of products per sale.
SALES_PER_CUSTOMER = 4.75
OTHER_LINES_PER_SALE = 0.1


@dataclass(frozen=True, slots=True)
class ShopFiles:
    """The files of a shop. `true_pairs` and `facts` (shop.json) hold the correct answers and are never loaded."""

    folder: Path
    orders: Path
    customers: Path
    products: Path
    contacts: Path
    true_pairs: Path
    facts: Path
    lines: int


def write_shop(
    shop: Shop,
    folder: Path,
    *,
    format: str = "csv",
    progress: Progress = no_progress,
) -> ShopFiles:
    """Writes the shop into `folder` (made when missing, its files replaced) and returns the paths.

    orders: one row per order line, in order of time. customers, products, contacts: one row each. true_pairs: one
    row per contact that is a customer. shop.json: seed, sizes and totals in pence. The same shop gives the same bytes.
    Raises UsageError for an unknown format, DiskTrouble when the disk refuses.
    """
    paths = {name: folder / tables.file_name(name, format) for name in ("orders", "customers", "products")}
    paths |= {name: folder / tables.file_name(name, format) for name in ("contacts", "true_pairs")}
    process, categories = Process(), read_categories()
    trading = trading_days(shop.opening_day, shop.first_day, shop.last_day, shop_season(categories))
    _, first_of_month = np.unique(trading.month, return_index=True)
    products = draw_assortment(shop, categories, trading.calendar_month[first_of_month])
    with tables.create_folder(folder):
        # shop.json is written last and deleted first: where it exists, the files next to it are complete.
        (folder / "shop.json").unlink(missing_ok=True)
        orders, rows = _write_people(shop, process, trading, products, paths, progress)
        with tables.TableFile(paths["products"], tables.PRODUCTS) as file:
            file.write(tables.product_columns(products))
        rows |= {"products": file.rows, "orders": _write_orders(shop, products, orders, paths["orders"], progress)}
        facts = _facts(shop, process, products, orders, rows)
        (folder / "shop.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return ShopFiles(folder=folder, facts=folder / "shop.json", lines=rows["orders"], **paths)


def _write_people(
    shop: Shop, process: Process, trading: Trading, products: Assortment, paths: dict[str, Path], progress: Progress
) -> tuple[Orders, dict[str, int]]:
    """Writes customers, contacts and true pairs; returns all orders, not yet in order of time, and rows per file."""
    pieces: list[Orders] = []
    taken: set[str] = set()
    days = [shop.opening_day + timedelta(days=day) for day in range(trading.days)]
    with ExitStack() as stack:
        customers = stack.enter_context(tables.TableFile(paths["customers"], tables.CUSTOMERS))
        contacts = stack.enter_context(tables.TableFile(paths["contacts"], tables.CONTACTS))
        pairs = stack.enter_context(tables.TableFile(paths["true_pairs"], tables.TRUE_PAIRS))
        for chunk in range(-(-shop.customers // CHUNK)):
            traits = draw_traits(shop, chunk)
            visits, joined = draw_visits(shop, process, trading, chunk)
            pieces.append(fill_baskets(shop, trading, products, visits, traits, _lines_per_order(shop), chunk))
            parties = draw_parties(shop, traits, taken, chunk)
            index = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, shop.customers))
            signup = [days[day] for day in joined[: len(index)].tolist()]
            customers.write(tables.customer_columns(index, parties[: len(index)], signup))
            listed = draw_contacts(shop, parties, taken, chunk)
            contacts.write(tables.contact_columns(listed))
            known = [contact for contact in listed if contact.customer is not None]
            numbers = customer_numbers(np.array([contact.customer for contact in known], dtype=np.int64))
            pairs.write([[tables.crm_id(contact) for contact in known], numbers.tolist()])
            progress(int(index[-1]) + 1, shop.customers, "customers")
    return _concatenate(pieces), {file.path.stem: file.rows for file in (customers, contacts, pairs)}


def _lines_per_order(shop: Shop) -> float:
    years = ((shop.last_day - shop.first_day).days + 1) / 365
    return max(1.0, shop.lines_per_customer / (SALES_PER_CUSTOMER * years / 2) - OTHER_LINES_PER_SALE)


def _concatenate(pieces: list[Orders]) -> Orders:
    return Orders(**{field.name: np.concatenate([getattr(p, field.name) for p in pieces]) for field in fields(Orders)})


def _write_orders(shop: Shop, products: Assortment, orders: Orders, path: Path, progress: Progress) -> int:
    sequence = np.argsort(orders.second, kind="stable")
    first_line = np.cumsum(orders.lines, dtype=np.int64) - orders.lines
    skus = pa.array([*products.skus, *(sku for sku, _, _ in CHARGES)])
    with tables.TableFile(path, tables.ORDERS) as file:
        for start in range(0, len(sequence), ORDERS_AT_ONCE):
            picked = sequence[start : start + ORDERS_AT_ONCE]
            file.write(tables.order_columns(orders, picked, first_line, FIRST_ORDER + start, shop.opening_day, skus))
            progress(file.rows, len(orders.product), "lines")
    return file.rows


def _facts(shop: Shop, process: Process, products: Assortment, orders: Orders, rows: dict[str, int]) -> dict[str, Any]:
    return {
        "seed": shop.seed,
        "customers": shop.customers,
        "first_day": shop.first_day.isoformat(),
        "last_day": shop.last_day.isoformat(),
        "currency": "GBP",
        "rows": dict(sorted(rows.items())),
        "process": asdict(process),
        **shop_totals(orders, len(products.skus)),
    }
