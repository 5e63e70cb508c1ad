"""The shop's products: categories with their seasons, products with their popularity, prices and lives."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np

from foresell.demo.shop import Shop, stream

#: Lines that are not products: (sku, name, list price in pence or None).
CHARGES = (
    ("POST", "Postage", 395),
    ("GIFTWRAP", "Gift wrapping", 250),
    ("PALLET", "Pallet delivery", 3500),
    ("VOUCHER", "Gift voucher redeemed", 500),
    ("ADJUST", "Goodwill adjustment", None),
)
POST, GIFTWRAP, PALLET, VOUCHER, ADJUST = range(5)

SALE_MONTHS = (0, 6)  # January and July
RISE_MONTH = 1  # prices go up in February


@dataclass(frozen=True, slots=True)
class Category:
    """One category as `words/range.toml` describes it; `season` holds twelve weights averaging 1.

    `names` are all it could sell: for each kind of thing (bowl, lamp) all `styles` one after the other.
    """

    name: str
    sku: str
    share: float
    price: float
    spread: float
    season: np.ndarray
    names: tuple[str, ...]
    styles: int


@dataclass(frozen=True, slots=True)
class Assortment:
    """All products, sorted by category. `category` is one category index per product.

    `price` is in pence, one row per month since the shop opened and one column per product. `mix` and `choice` are
    cumulated weights laid end to end, so that one binary search draws for any number of lines: `mix` of the categories
    in each calendar month, `choice` of the products of each category in each month.
    """

    categories: tuple[Category, ...]
    skus: tuple[str, ...]
    names: tuple[str, ...]
    category: np.ndarray
    price: np.ndarray
    mix: np.ndarray
    choice: np.ndarray

    def draw_categories(self, calendar_month: np.ndarray, u: np.ndarray) -> np.ndarray:
        """A category index per line, by the season of its month; `u` is uniform on [0, 1)."""
        found = np.searchsorted(self.mix, calendar_month + u, side="right")
        return np.asarray(found - calendar_month * len(self.categories))

    def draw_products(self, month: np.ndarray, category: np.ndarray, u: np.ndarray) -> np.ndarray:
        """A product index per line, by popularity among what the category sold that month."""
        found = np.searchsorted(self.choice, month * len(self.categories) + category + u, side="right")
        return np.asarray(found - month * len(self.skus))


def read_categories() -> tuple[Category, ...]:
    """The categories of `words/range.toml`, each with every product name it could sell."""
    text = resources.files("foresell.demo").joinpath("words/range.toml").read_text(encoding="utf-8")
    return tuple(
        Category(
            name=entry["name"],
            sku=entry["sku"],
            share=entry["share"],
            price=entry["price"],
            spread=entry["spread"],
            season=np.array(entry["season"]) / np.mean(entry["season"]),
            names=tuple(
                f"{style} {noun}" for noun in entry["nouns"].split(", ") for style in entry["styles"].split(", ")
            ),
            styles=len(entry["styles"].split(", ")),
        )
        for entry in tomllib.loads(text).values()
    )


def shop_season(categories: tuple[Category, ...]) -> np.ndarray:
    """The pull of each calendar month over all categories, twelve values averaging 1."""
    share = np.array([category.share for category in categories])
    season: np.ndarray = share @ np.array([category.season for category in categories]) / share.sum()
    return season


def draw_assortment(shop: Shop, categories: tuple[Category, ...], calendar_month: np.ndarray) -> Assortment:
    """The shop's products; `calendar_month` names each month since the opening (0 is January).

    Two in three of the possible products are carried; one in eight is launched and one in ten discontinued while the
    files run.
    """
    rng = stream(shop, "assortment")
    carried = [np.flatnonzero(rng.random(len(c.names)) < 0.66) for c in categories]
    category = np.repeat(np.arange(len(categories)), [len(c) for c in carried])
    kind = np.concatenate([chosen // c.styles for c, chosen in zip(categories, carried, strict=True)])
    price = _draw_prices(rng, _first_draw_prices(rng, categories, category, kind), calendar_month)
    sold = _draw_lives(rng, len(category), len(calendar_month), first=len(calendar_month) - _count_months(shop))
    popularity = np.concatenate([1 / (3 + rng.permutation(len(c))) ** 0.9 for c in carried])
    share = np.array([[c.share * c.season[m] for c in categories] for m in range(12)])
    return Assortment(
        categories=categories,
        skus=tuple(f"{c.sku}-{1001 + int(n)}" for c, chosen in zip(categories, carried, strict=True) for n in chosen),
        names=tuple(c.names[n] for c, chosen in zip(categories, carried, strict=True) for n in chosen),
        category=category,
        price=price,
        mix=_end_to_end(share, np.zeros(len(categories), dtype=int)),
        choice=_end_to_end(popularity * sold, category),
    )


def _count_months(shop: Shop) -> int:
    return (shop.last_day.year - shop.first_day.year) * 12 + shop.last_day.month - shop.first_day.month + 1


def _draw_lives(rng: np.random.Generator, products: int, months: int, first: int) -> np.ndarray:
    """True where a product (column) is on sale in a month (row)."""
    fate, turn = rng.random(products), rng.integers(first, months, products)
    month = np.arange(months)[:, None]
    launched, discontinued = fate < 0.125, fate > 0.9
    return ~((launched & (month < turn)) | (discontinued & (month > turn)))


def _first_draw_prices(
    rng: np.random.Generator, categories: tuple[Category, ...], category: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Pence per product, lognormal in each category: things of one kind cost about the same."""
    median = np.array([c.price for c in categories])[category]
    spread = np.array([c.spread for c in categories])[category]
    of_kind = rng.standard_normal((len(categories), int(kind.max()) + 1))[category, kind]
    return price_point(median * np.exp(spread * (0.65 * of_kind + 0.3 * rng.standard_normal(len(category)))))


def _draw_prices(rng: np.random.Generator, current: np.ndarray, calendar_month: np.ndarray) -> np.ndarray:
    """Pence by month and product: half the prices rise a little each February, some are cut in the two sales."""
    months = []
    for month in calendar_month:
        if month == RISE_MONTH:
            rises = np.where(rng.random(len(current)) < 0.5, rng.uniform(1.01, 1.06, len(current)), 1.0)
            current = price_point(current * rises)
        on_sale = (rng.random(len(current)) < 0.15) & (month in SALE_MONTHS)
        months.append(np.where(on_sale, price_point(current * 0.8), current))
    return np.array(months)


def price_point(pence: np.ndarray) -> np.ndarray:
    """The nearest price ending in .49, .95 or .99, at least 49 pence."""
    points = (np.floor(pence / 100) * 100)[:, None] + np.array([-1, 49, 95, 99])
    nearest = np.abs(points - pence[:, None]).argmin(axis=1)
    point: np.ndarray = np.maximum(points[np.arange(len(pence)), nearest], 49).astype(np.int64)
    return point


def _end_to_end(weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Cumulated weights per row and group, each reaching from one whole number to the next; `group` is sorted."""
    rows, groups = len(weights), int(group[-1]) + 1
    starts = np.searchsorted(group, np.arange(groups))
    summed = np.cumsum(weights, axis=1)
    before = np.concatenate([np.zeros((rows, 1)), summed], axis=1)[:, starts]
    total = np.add.reduceat(weights, starts, axis=1)
    within = (summed - before[:, group]) / total[:, group]
    within[:, np.append(starts[1:], len(group)) - 1] = 1.0
    laid: np.ndarray = np.arange(rows)[:, None] * groups + group + np.clip(within, 0, 1)
    return laid.ravel()
