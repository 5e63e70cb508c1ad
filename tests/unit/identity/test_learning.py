"""Decisions move the weights only as far as decisions held out say that it helps."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from foresell.identity.comparisons import COMPARISONS
from foresell.identity.learning import Decided, Learned, learn, wilson_interval
from foresell.identity.model import Model, check, load, starting_model

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def decided(model: Model, same: bool, name: str, email: str, address: str) -> Decided:
    levels = {"name": name, "email": email, "address": address}
    comparisons = COMPARISONS["person"]
    codes = tuple(each.code_of(levels[each.name]) if each.name in levels else -1 for each in comparisons)
    return Decided(codes, tuple(model.bits(each)[code] for each, code in zip(comparisons, codes, strict=True)), same)


def shop_decisions(model: Model, count: int, wrong: float = 0.0) -> list[Decided]:
    """Same names with the same e-mail are the same; with another e-mail in the same home they are different."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(count):
        same = number % 2 == 0
        seen = "same first and last name", "same e-mail" if same else "different e-mail"
        answer = same != bool(rng.random() < wrong)
        rows.append(decided(model, answer, *seen, "same street, house number and postcode"))
    return rows


def run(decisions: list[Decided], model: Model) -> Learned:
    return learn(model, decisions, seed=1, learned_at=DAY)


@pytest.fixture
def model() -> Model:
    return starting_model("person", 20_000)


def test_too_few_decisions_teach_nothing(model: Model) -> None:
    learned = run(shop_decisions(model, 20), model)
    assert (learned.served, learned.model) == (False, model)
    assert "at least 40" in learned.reason


def test_decisions_lower_what_misled_the_model(model: Model) -> None:
    learned = run(shop_decisions(model, 200), model)
    assert learned.served, learned.reason
    assert learned.before.value == pytest.approx(0.5)
    assert learned.after.value >= 0.98
    assert learned.model.factor("address") < 1
    assert learned.model.card["learning"]["decisions"] == 200
    check(learned.model)
    assert load(learned.model.dump()) == learned.model


def test_a_model_that_merges_wrongly_on_decisions_held_out_is_not_served(model: Model) -> None:
    names = "same first and last name", "same e-mail", "same street, house number and postcode"
    decisions = [decided(model, number % 3 > 0, *names) for number in range(300)]
    learned = run(decisions, model)
    assert (learned.served, learned.model) == (False, model)
    assert "fewer than 98%" in learned.reason


def test_the_same_decisions_give_the_same_model(model: Model) -> None:
    decisions = shop_decisions(model, 120, wrong=0.02)
    assert run(decisions, model) == run(decisions, model)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 0, 0.0, 1.0), (10, 10, 0.7225, 1.0), (98, 100, 0.9300, 0.9945), (0, 5, 0.0, 0.4345)],
)
def test_wilson_interval(right: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-4)
