"""Which customers a call list holds: the share of each reason, and who gets the places that are left."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.engagement.call_quotas import FILLED_FIRST, REASONS, ListSettings, divide_places, fill_quotas

USUAL = (50, 20, 15, 15)


@pytest.mark.parametrize(
    ("capacity", "percents", "available", "listed"),
    [
        # capacity, quotas: overdue, win-back, second order, due; customers with each reason; places each gets
        (20, USUAL, (99, 99, 99, 99), (10, 4, 3, 3)),
        (50, USUAL, (99, 99, 99, 99), (25, 10, 8, 7)),  # 7.5 and 7.5: the first in order gets the place
        (3, USUAL, (99, 99, 99, 99), (2, 1, 0, 0)),  # 1.5, .6, .45, .45
        (1, (25, 25, 25, 25), (99, 99, 99, 99), (1, 0, 0, 0)),
        (20, USUAL, (99, 1, 0, 99), (16, 1, 0, 3)),  # what is not filled goes to the overdue
        (20, USUAL, (12, 1, 0, 99), (12, 1, 0, 7)),  # then to those due
        (20, USUAL, (5, 99, 99, 1), (5, 4, 3, 1)),  # never to the others: the list is shorter
        (20, (0, 100, 0, 0), (99, 99, 99, 99), (0, 20, 0, 0)),
        (20, USUAL, (0, 0, 0, 0), (0, 0, 0, 0)),
    ],
)
def test_places_are_divided_by_quota(
    capacity: int, percents: tuple[int, ...], available: tuple[int, ...], listed: tuple[int, ...]
) -> None:
    candidates = {
        reason: [f"{reason} {number}" for number in range(many)]
        for reason, many in zip(REASONS, available, strict=True)
    }
    found = fill_quotas(candidates, ListSettings(capacity, *percents))
    assert found == [each for reason, many in zip(REASONS, listed, strict=True) for each in candidates[reason][:many]]


@st.composite
def settings(draw: st.DrawFn) -> ListSettings:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    percents = [end - start for start, end in zip([0, *cuts], [*cuts, 100], strict=True)]
    return ListSettings(draw(st.integers(1, 500)), *percents)


@given(settings(), st.lists(st.one_of(st.none(), st.sampled_from(REASONS)), max_size=600))
def test_no_customer_is_listed_twice_or_without_a_reason_and_quotas_hold(
    settings: ListSettings, reasons: list[str | None]
) -> None:
    candidates = {reason: [number for number, own in enumerate(reasons) if own == reason] for reason in REASONS}
    listed = fill_quotas(candidates, settings)
    places = divide_places(settings.capacity, settings.quotas())
    assert sum(places.values()) == settings.capacity
    assert len(listed) == len(set(listed)) <= settings.capacity
    counts = Counter(reasons[number] for number in listed)
    assert None not in counts
    for reason in REASONS:
        assert counts[reason] >= min(places[reason], len(candidates[reason])), "no reason gets less than its quota"
        assert reason in FILLED_FIRST or counts[reason] <= places[reason], "only these get what others leave"
    if len(listed) < settings.capacity:
        assert all(counts[reason] == len(candidates[reason]) for reason in FILLED_FIRST)
