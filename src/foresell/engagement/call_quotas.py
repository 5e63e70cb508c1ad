"""Which customers a call list holds: a share of its places for each call reason, so that it is not all of one kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

#: What the stored list says it was made by; a change of the rule below is a new version.
POLICY: Final = "reason quotas 1"
#: The call reasons in the order of the list.
REASONS: Final = ("overdue", "win-back", "second order", "due")
#: Who gets the places that another reason cannot fill.
FILLED_FIRST: Final = ("overdue", "due")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListSettings:
    """Calls per user and day, and the percent of the list that each reason gets. The percents add up to 100."""

    capacity: int
    overdue: int
    win_back: int
    second_order: int
    due: int

    def quotas(self) -> dict[str, int]:
        """Percent by call reason, in the order of the list."""
        return dict(zip(REASONS, (self.overdue, self.win_back, self.second_order, self.due), strict=True))


def divide_places(capacity: int, quotas: Mapping[str, int]) -> dict[str, int]:
    """Places by reason: whole ones first, then the largest remainders, of equal ones the first in order."""
    places = {reason: capacity * percent // 100 for reason, percent in quotas.items()}
    remainder = sorted(quotas, key=lambda reason: -(capacity * quotas[reason] % 100))  # stable: ties in order
    for reason in remainder[: capacity - sum(places.values())]:
        places[reason] += 1
    return places


def fill_quotas(candidates: Mapping[str, Sequence[T]], settings: ListSettings) -> list[T]:
    """The list: by reason, and within a reason in the order of its candidates. Every candidate is in one reason only.

    Places that a reason cannot fill go to the overdue, then to those due. A list may be shorter than its capacity.
    """
    wanted = divide_places(settings.capacity, settings.quotas())
    places = {reason: min(wanted[reason], len(candidates.get(reason, ()))) for reason in REASONS}
    left = settings.capacity - sum(places.values())
    for reason in FILLED_FIRST:
        more = min(left, len(candidates.get(reason, ())) - places[reason])
        places[reason] += more
        left -= more
    return [each for reason in REASONS for each in candidates.get(reason, ())[: places[reason]]]
