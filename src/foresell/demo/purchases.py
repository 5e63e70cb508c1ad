"""When customers buy: arrivals, gamma-distributed rates, beta-distributed dropout, and anonymous sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresell.demo.shop import CHUNK, Process, Shop, stream
from foresell.demo.trading import Trading, seconds_of_day

#: Sales at the till without a customer, for each sale to a known one (8 % of all).
ANONYMOUS = 0.087

#: A customer buys at most this often; one in a million would buy more.
MOST_PURCHASES = 3000


@dataclass(frozen=True, slots=True)
class Visits:
    """The sales of one chunk, one element per sale within the days of the files.

    `slot` is the customer's place in the chunk (0 to 999); for `anonymous` sales it only says at which size of the
    shop they begin to exist. `day` counts from the opening, `second` from midnight, `basket` is the size drawn for the
    sale, 1 on average.
    """

    slot: np.ndarray
    anonymous: np.ndarray
    day: np.ndarray
    second: np.ndarray
    basket: np.ndarray


def draw_visits(shop: Shop, process: Process, trading: Trading, chunk: int) -> tuple[Visits, np.ndarray]:
    """The sales of one chunk of customers, and the day each customer first bought (their sign-up day)."""
    rng = stream(shop, "purchases", chunk)
    joined = _arrivals(rng, process, trading)
    slot, moment = _purchase_moments(rng, process, joined, trading.clock[-1])
    inside = moment >= trading.clock[trading.first]
    slot, moment = slot[inside], moment[inside]
    passers = rng.poisson(ANONYMOUS * len(slot))
    moment = np.concatenate([moment, rng.uniform(trading.clock[trading.first], trading.clock[-1], passers)])
    day = np.minimum(trading.day_of(moment), trading.days - 1)
    usual = rng.gamma(process.q, process.p / (process.q - 1), CHUNK)
    mean = process.p * np.concatenate([1 / usual[slot], np.full(passers, 0.6 / process.p)])
    visits = Visits(
        slot=np.concatenate([slot, rng.integers(0, CHUNK, passers)]),
        anonymous=np.repeat([False, True], [len(slot), passers]),
        day=day,
        second=seconds_of_day(rng, trading.weekday[day]),
        basket=mean * rng.gamma(process.p, 1 / process.p, len(day)),
    )
    return visits, trading.day_of(joined)


def _arrivals(rng: np.random.Generator, process: Process, trading: Trading) -> np.ndarray:
    """A moment of shop time per customer; arrivals grow exponentially by `growth` a year."""
    end = trading.clock[-1] * (1 - 1e-9)
    rate = np.log1p(process.growth) / 365
    joined: np.ndarray = np.log1p(rng.random(CHUNK) * np.expm1(rate * end)) / rate
    return joined


def _purchase_moments(
    rng: np.random.Generator, process: Process, joined: np.ndarray, end: float
) -> tuple[np.ndarray, np.ndarray]:
    """(slot, moment) of every purchase before `end`: the first on joining, then exponential gaps until dropout."""
    rate = rng.gamma(process.r, 1 / process.alpha, CHUNK)
    dropout = np.maximum(rng.beta(process.a, process.b, CHUNK), 1e-9)
    # More than enough gaps to pass the end: a Poisson count stays below its mean plus eight deviations.
    expected = rate * (end - joined)
    enough = np.ceil(expected + 8 * np.sqrt(expected) + 8).astype(np.int64)
    repeats = np.minimum(np.minimum(rng.geometric(dropout), enough), MOST_PURCHASES)
    slot = np.repeat(np.arange(CHUNK), repeats)
    gaps = rng.standard_exponential(len(slot)) / rate[slot]
    waited = np.cumsum(gaps)
    before = np.concatenate([[0.0], waited])[np.cumsum(repeats) - repeats]
    moment = joined[slot] + waited - before[slot]
    slot, moment = np.concatenate([np.arange(CHUNK), slot]), np.concatenate([joined, moment])
    return slot[moment < end], moment[moment < end]
