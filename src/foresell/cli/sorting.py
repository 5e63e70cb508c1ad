"""The help of the option that chooses the order of a list of customers; apart, because only lists need the scores."""

from __future__ import annotations

from foresell.scores import registry

SORT_HELP = f"Sort by, best first: {', '.join(registry.best_first_sorts())}; with {registry.REVERSED} after it, the other way round."
