"""What is in each sale: products, quantities and prices, then the charges, cancellations and returns that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresell.demo.assortment import ADJUST, GIFTWRAP, PALLET, POST, VOUCHER, Assortment
from foresell.demo.people import Traits
from foresell.demo.purchases import Visits
from foresell.demo.shop import CHUNK, Shop, stream
from foresell.demo.trading import Trading, seconds_of_day

STATUSES = ("completed", "cancelled", "returned")
COMPLETED, CANCELLED, RETURNED = range(3)

CANCELLED_SHARE = 0.015
RETURNED_SHARE = 0.032
MOST_LINES = 120

#: Quantities in which people buy small items and companies any item; expensive items are bought in smaller ones.
FEW = np.array([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 6])
MANY = np.array([2, 4, 6, 6, 10, 12, 12, 18, 24, 24, 36, 48, 96])

#: Pence: orders below the first pay postage, a pallet leaves above the second.
FREE_POSTAGE = 2500
PALLET_ABOVE = 120_000


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders and their lines. Per order: `second` since the opening, `customer` (index in the shop, -1 anonymous),
    `country` (index), `status` (of STATUSES), `lines` (count). Per line, in the sequence of the orders: `product`
    (index; charges follow the products), `quantity` and `pence` (unit price; a line is worth quantity x pence).
    """

    second: np.ndarray
    customer: np.ndarray
    country: np.ndarray
    status: np.ndarray
    lines: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    pence: np.ndarray


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of sales not yet put in sequence; `sale` is the index of the sale each belongs to."""

    sale: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    pence: np.ndarray

    def take(self, index: np.ndarray) -> Lines:
        """These lines only, in this sequence."""
        return Lines(self.sale[index], self.product[index], self.quantity[index], self.pence[index])

    def totals(self, sales: int) -> np.ndarray:
        """Pence per sale."""
        return np.bincount(self.sale, self.quantity * self.pence, sales).astype(np.int64)


def fill_baskets(
    shop: Shop,
    trading: Trading,
    products: Assortment,
    visits: Visits,
    traits: Traits,
    lines_per_order: float,
    chunk: int,
) -> Orders:
    """The orders of one chunk: each visit with its lines, and the returns that follow."""
    rng = stream(shop, "baskets", chunk)
    sales = len(visits.day)
    company = traits.company[visits.slot] & ~visits.anonymous
    sold = _product_lines(rng, trading, products, visits, company, lines_per_order)
    status = np.where(rng.random(sales) < CANCELLED_SHARE, CANCELLED, COMPLETED)
    abroad = (traits.country[visits.slot] > 0) & ~visits.anonymous
    charges = _charges(rng, len(products.skus), sold.totals(sales), trading.calendar_month[visits.day], abroad, visits)
    origin, day, returned = _returns(rng, trading, visits, sold, status)
    back = Lines(returned.sale + sales, returned.product, returned.quantity, returned.pence)
    all_day = np.concatenate([visits.day, day])
    second = np.concatenate([visits.second, seconds_of_day(rng, trading.weekday[day])])
    sale = np.concatenate([np.arange(sales), origin])
    return _in_sequence(
        (sold, charges, back),
        second=all_day * 86_400 + second,
        customer=np.where(visits.anonymous, -1, chunk * CHUNK + visits.slot)[sale],
        country=np.where(visits.anonymous, 0, traits.country[visits.slot])[sale],
        status=np.concatenate([status, np.full(len(origin), RETURNED)]),
        exists=(chunk * CHUNK + visits.slot < shop.customers)[sale],
    )


def _product_lines(
    rng: np.random.Generator,
    trading: Trading,
    products: Assortment,
    visits: Visits,
    company: np.ndarray,
    lines_per_order: float,
) -> Lines:
    """The products of each sale, each product at most once; companies get 8 % off a dozen and more."""
    wanted = np.minimum(1 + rng.poisson((lines_per_order - 1) * visits.basket), MOST_LINES)
    sale = np.repeat(np.arange(len(wanted)), wanted)
    slot = np.where(visits.anonymous, -1, visits.slot)[sale]
    category = _categories(rng, products, slot, trading.calendar_month[visits.day][sale])
    months = trading.month[visits.day][sale]
    product = products.draw_products(months, category, rng.random(len(sale)))
    price = products.price[months, product]
    quantity = _quantities(rng, price, company[sale])
    trade = company[sale] & (quantity >= 12)
    lines = Lines(sale, product, quantity, np.where(trade, (price * 92 + 50) // 100, price))
    return lines.take(np.sort(np.unique(sale * len(products.skus) + product, return_index=True)[1]))


def _categories(rng: np.random.Generator, products: Assortment, slot: np.ndarray, month: np.ndarray) -> np.ndarray:
    """A category per line: nearly half are one of the customer's two favourites while these are in season."""
    share = np.array([category.share for category in products.categories], dtype=float)
    favourites = rng.choice(len(share), (CHUNK, 2), p=share / share.sum())
    favourite = favourites[slot, rng.integers(0, 2, len(slot))]
    pull = np.array([category.season for category in products.categories])[favourite, month]
    loyal = (rng.random(len(slot)) < 0.45 * np.minimum(pull, 1.5)) & (slot >= 0)
    return np.where(loyal, favourite, products.draw_categories(month, rng.random(len(slot))))


def _quantities(rng: np.random.Generator, pence: np.ndarray, company: np.ndarray) -> np.ndarray:
    few = FEW[rng.integers(0, len(FEW), len(pence))]
    many = MANY[rng.integers(0, len(MANY), len(pence))]
    most = np.maximum(1, np.where(company, 24_000, 3600) // pence)
    return np.asarray(np.minimum(np.where(company, many, few), most))


def _charges(
    rng: np.random.Generator,
    first: int,
    total: np.ndarray,
    calendar_month: np.ndarray,
    abroad: np.ndarray,
    visits: Visits,
) -> Lines:
    """Postage on small orders, pallets for large ones, wrapping before Christmas, vouchers. None of it at the till."""
    u = rng.random((4, len(total)))
    known = ~visits.anonymous
    goodwill = rng.integers(1, 10, len(total)) * 50
    rules = (
        (POST, known & (total < FREE_POSTAGE * np.where(abroad, 2, 1)), 1, np.where(abroad, 995, 395)),
        (GIFTWRAP, known & (u[0] < np.where(calendar_month >= 10, 0.08, 0.01)), 1, np.full(len(total), 250)),
        (PALLET, known & (total > PALLET_ABOVE), 1, np.full(len(total), 3500)),
        (VOUCHER, known & (u[1] < 0.02) & (total > 2000), -1, np.full(len(total), 500)),
        (ADJUST, known & (u[2] < 0.004) & (total > 1000), -1, goodwill),
    )
    parts = [(np.flatnonzero(who), charge, quantity, pence) for charge, who, quantity, pence in rules]
    return Lines(
        sale=np.concatenate([who for who, _, _, _ in parts]),
        product=np.concatenate([np.full(len(who), first + charge) for who, charge, _, _ in parts]),
        quantity=np.concatenate([np.full(len(who), quantity) for who, _, quantity, _ in parts]),
        pence=np.concatenate([pence[who] for who, _, _, pence in parts]),
    )


def _returns(
    rng: np.random.Generator, trading: Trading, visits: Visits, sold: Lines, status: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Lines]:
    """(sale returned, day, lines brought back) of each return: some of the lines, two days to three weeks later.

    A return that would fall after the last day is left out. The `sale` of the lines counts the returns.
    """
    day = visits.day + rng.integers(2, 22, len(visits.day))
    day = np.append(trading.next_open, trading.days)[np.minimum(day, trading.days)]
    happens = (rng.random(len(day)) < RETURNED_SHARE) & (status == COMPLETED) & (day < trading.days)
    origin = np.flatnonzero(happens)
    candidate = np.flatnonzero(happens[sold.sale])
    first = np.append(True, np.diff(sold.sale[candidate]) > 0)[: len(candidate)]
    lines = sold.take(candidate[first | (rng.random(len(candidate)) < 0.35)])
    whole = rng.random(len(lines.sale)) < 0.7
    quantity = np.where(whole, lines.quantity, (lines.quantity + 1) // 2)
    sale = np.searchsorted(origin, lines.sale)
    return origin, day[origin], Lines(sale, lines.product, -quantity, lines.pence)


def _in_sequence(
    parts: tuple[Lines, ...],
    second: np.ndarray,
    customer: np.ndarray,
    country: np.ndarray,
    status: np.ndarray,
    exists: np.ndarray,
) -> Orders:
    """The lines sorted by order, products before charges, without the orders of customers the shop does not have."""
    sale = np.concatenate([part.sale for part in parts])
    order = np.argsort(sale, kind="stable")
    order = order[exists[sale[order]]]
    return Orders(
        second=second[exists].astype(np.int32),
        customer=customer[exists].astype(np.int32),
        country=country[exists].astype(np.int8),
        status=status[exists].astype(np.int8),
        lines=np.bincount(sale, minlength=len(second))[exists].astype(np.int32),
        product=np.concatenate([part.product for part in parts])[order].astype(np.int16),
        quantity=np.concatenate([part.quantity for part in parts])[order].astype(np.int32),
        pence=np.concatenate([part.pence for part in parts])[order].astype(np.int32),
    )
