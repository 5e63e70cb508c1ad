"""Single random choices for text. Numbers are drawn from the Generator in blocks, which is ten times faster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_BLOCK = 8192
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # those used in the second half of a British postcode
_ALNUM = _LETTERS + "0123456789"


class RandomChoices:
    """Random choices from one stream, reproducible in every run."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._numbers = _draw_numbers(rng)

    def number(self, below: int) -> int:
        """A whole number from 0 to `below` - 1."""
        return int(next(self._numbers) * below)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return next(self._numbers) < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, uniformly."""
        return items[int(next(self._numbers) * len(items))]

    def pick_skewed(self, items: Sequence[T]) -> T:
        """One of the items; earlier ones are more likely."""
        return items[int(next(self._numbers) ** 1.7 * len(items))]

    def fill(self, template: str) -> str:
        """The template with `#` as a digit, `?` as a digit but 0, `@` as a letter, `%` as either."""
        return "".join(self._fill_one(mark) for mark in template)

    def _fill_one(self, mark: str) -> str:
        if mark == "#":
            return str(self.number(10))
        if mark == "?":
            return str(1 + self.number(9))
        if mark == "@":
            return self.pick(_LETTERS)
        return self.pick(_ALNUM) if mark == "%" else mark


def _draw_numbers(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.random(_BLOCK).tolist()
