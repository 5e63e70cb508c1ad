"""The parameters of a demo shop and of the purchase process of its customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from foresell.errors import UsageError

#: Customers are generated in chunks of a thousand, each from its own random stream: memory use is constant, and a
#: larger shop starts with the same customers.
CHUNK = 1000

#: Customer numbers are seven digits; this many can be handed out.
MOST_CUSTOMERS = 9_000_000

#: The shop opened this long before the first day of its files, so that early customers are regulars by then.
YEARS_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop to generate: the same values always give the same files.

    Sales run from `first_day` to `last_day`, both included. `lines_per_customer` is the average number of order lines
    aimed at, anonymous sales and returns included (2,000 customers: about 40,000 lines).
    """

    seed: int = 1
    customers: int = 2000
    first_day: date = date(2024, 11, 1)
    last_day: date = date(2026, 10, 31)
    lines_per_customer: float = 20.0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UsageError(f"The seed is {self.seed}.", remedy="Use zero or a positive whole number.")
        if not 1 <= self.customers <= MOST_CUSTOMERS:
            raise UsageError(
                f"A shop cannot have {self.customers:,} customers.", remedy=f"Choose 1 to {MOST_CUSTOMERS:,}."
            )
        if not timedelta(days=27) <= self.last_day - self.first_day <= timedelta(days=3660):
            raise UsageError(
                f"The shop's days run from {self.first_day} to {self.last_day}.",
                remedy="Choose at least four weeks and at most ten years.",
            )
        if not 2 <= self.lines_per_customer <= 200:
            raise UsageError(
                f"{self.lines_per_customer} lines per customer is out of range.", remedy="Choose 2 to 200."
            )

    @property
    def opening_day(self) -> date:
        """The day the shop began to trade, before the files begin."""
        return self.first_day - timedelta(days=365 * YEARS_BEFORE)


@dataclass(frozen=True, slots=True)
class Process:
    """How customers buy: BG/NBD for when (Fader, Hardie, Lee 2005), gamma-gamma for how much (Fader, Hardie 2013).

    Rates are gamma(r, alpha) per trading-weighted day; after each repeat purchase a customer drops out permanently with a
    probability drawn once from beta(a, b). A basket's size is gamma(p, nu) with nu drawn once from gamma(q, gamma),
    where gamma makes the average 1. Arrivals of new customers grow by `growth` a year (above 0); as regulars pile up,
    sales grow by about 17 % from the first year of the files to the second.
    """

    r: float = 0.8
    alpha: float = 42.0
    a: float = 0.8
    b: float = 4.5
    p: float = 6.25
    q: float = 3.74
    growth: float = 0.01


def stream(shop: Shop, purpose: str, chunk: int = 0) -> np.random.Generator:
    """The random numbers of one purpose in one chunk; the streams are independent."""
    return np.random.default_rng([shop.seed, *purpose.encode(), chunk])


def customer_numbers(index: np.ndarray) -> np.ndarray:
    """Seven-digit customer numbers: scattered, so that they do not reveal the order of arrival, and unique.

    7,368,787 is coprime to 9,000,000, which makes this a permutation.
    """
    numbers: np.ndarray = 1_000_000 + (4_271_909 + index.astype(np.int64) * 7_368_787) % MOST_CUSTOMERS
    return numbers
