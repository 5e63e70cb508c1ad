"""When the shop trades: weekdays, closed days, seasons and opening hours, as weights the purchase process runs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

#: Monday to Sunday; closed on Sundays.
WEEKDAYS = np.array([0.90, 0.95, 1.00, 1.05, 1.20, 1.30, 0.0])

#: (month, day) on which the shop is closed.
CLOSED = ((1, 1), (12, 25), (12, 26))

#: From nine in the morning to eight in the evening, by the hour: a lunch peak and one after work.
HOURS = np.array([0.6, 0.8, 1.0, 1.5, 1.4, 0.9, 0.8, 1.0, 1.5, 1.4, 0.8])
SATURDAY_HOURS = np.array([0.9, 1.3, 1.5, 1.4, 1.3, 1.2, 1.0, 0.8, 0.5, 0.0, 0.0])
OPENS = 9


@dataclass(frozen=True, slots=True)
class Trading:
    """The shop's days from its opening to the last day of the files.

    `weight` holds one value per day (0 on closed days, on average 1), `clock` its running sum with a leading 0: the
    purchase process ticks in this shop time, so that it stays exactly Poisson while calendar days differ.
    `month` is 0 for the month the shop opened in, `calendar_month` is 0 for January.
    """

    opened: date
    first: int
    weight: np.ndarray
    clock: np.ndarray
    month: np.ndarray
    calendar_month: np.ndarray
    weekday: np.ndarray
    next_open: np.ndarray

    @property
    def days(self) -> int:
        """How many days there are, closed ones included."""
        return len(self.weight)

    def day_of(self, shop_time: np.ndarray) -> np.ndarray:
        """The day (0 is the opening day) in which a moment of shop time falls; `days` when after the last."""
        return np.searchsorted(self.clock[1:], shop_time, side="right")


def trading_days(opened: date, first_day: date, last_day: date, season: np.ndarray) -> Trading:
    """The days from `opened` to `last_day`; `season` is the pull of each calendar month, twelve values averaging 1."""
    dates = [opened + timedelta(days=n) for n in range((last_day - opened).days + 1)]
    weekday = np.array([day.weekday() for day in dates])
    calendar_month = np.array([day.month - 1 for day in dates])
    weight = WEEKDAYS[weekday] * season[calendar_month]
    weight[[(day.month, day.day) in CLOSED for day in dates]] = 0
    weight /= weight.mean()
    days = np.arange(len(dates))
    return Trading(
        opened=opened,
        first=(first_day - opened).days,
        weight=weight,
        clock=np.concatenate([[0.0], np.cumsum(weight)]),
        month=np.array([day.year * 12 + day.month for day in dates]) - (opened.year * 12 + opened.month),
        calendar_month=calendar_month,
        weekday=weekday,
        next_open=np.minimum.accumulate(np.where(weight > 0, days, len(dates))[::-1])[::-1],
    )


def seconds_of_day(rng: np.random.Generator, weekday: np.ndarray) -> np.ndarray:
    """A second of the day for each sale, within the opening hours of its weekday."""
    saturday = weekday == 5
    hour = np.where(saturday, _draw(rng, SATURDAY_HOURS, len(weekday)), _draw(rng, HOURS, len(weekday)))
    return (OPENS + hour) * 3600 + rng.integers(0, 3600, len(weekday))


def _draw(rng: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    cumulated = np.cumsum(weights) / weights.sum()
    return np.searchsorted(cumulated[:-1], rng.random(count), side="right")
