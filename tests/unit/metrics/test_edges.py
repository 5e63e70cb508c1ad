"""Edges of histograms: round, rising, not too many, and every value lies within them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.metrics import edges


@pytest.mark.parametrize("axis", ["recency", "frequency", "monetary"])
@given(ends=st.tuples(st.integers(-10_000, 10_000_000), st.integers(0, 10_000_000)), bins=st.integers(2, 60))
def test_every_value_lies_in_one_bin(axis: str, ends: tuple[int, int], bins: int) -> None:
    low, high = float(min(ends)), float(max(ends))
    found = edges.of(axis, max(low, 1) if axis != "monetary" else low, max(high, 1), bins)
    assert found[0] <= low or axis != "monetary"
    assert high < found[-1] and 1 <= len(found) - 1 <= bins
    assert all(before < after for before, after in pairwise(found))
    if axis != "monetary":
        assert all(edge == int(edge) for edge in found)


@given(bins=st.integers(2, 60))
def test_probabilities_from_nothing_to_certainty(bins: int) -> None:
    found = edges.of("probability", 0.1, 0.9, bins)
    assert found[0] == 0 and found[-1] == 1 and len(found) - 1 <= bins


def test_edges_a_reader_likes() -> None:
    assert edges.of("recency", 1, 95, 10) == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert edges.of("frequency", 1, 9, 20) == [1, 2, 3, 4, 5, 6, 8, 10]
    assert edges.of("monetary", -3.5, 900, 11) == [-4, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    assert edges.of("probability", 0, 1, 4) == [0, 0.25, 0.5, 0.75, 1]
