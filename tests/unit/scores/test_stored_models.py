"""Every kind of stored model is found again as it was; the blend once was not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from foresell.scores.training.bgnbd import BgNbd
from foresell.scores.training.model_registry import ModelVersion
from foresell.scores.training.models import Blend, Boosted, Lifetimes, LogRfm, Model, boosted_on, load

NAMES = ("recency_days", "orders_total")
BGNBD = Lifetimes(BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357, True), 90)


def trees() -> Boosted:
    values = np.random.default_rng(1).normal(size=(400, 2)).astype(np.float32)
    return boosted_on(values, values[:, 0] > 0, NAMES, seed=1)


@pytest.mark.parametrize(
    ("kind", "level"), [("bgnbd", "statistical"), ("lightgbm", "ml"), ("blend", "ml"), ("log_rfm", "statistical")]
)
def test_what_a_model_counts_as(kind: str, level: str) -> None:
    assert ModelVersion("purchase", kind, date(2026, 1, 1), "", {}, "").level == level


@pytest.mark.parametrize("kind", ["lightgbm", "bgnbd", "blend", "log_rfm"])
def test_a_stored_model_comes_back_as_it_was(kind: str) -> None:
    kinds: dict[str, Model] = {
        "lightgbm": trees(),
        "bgnbd": BGNBD,
        "blend": Blend(trees(), BGNBD),
        "log_rfm": LogRfm((1.0, 2.0, 3.0), (1.0, 1.0, 1.0), (0.1, 0.2, 0.3, 0.4)),
    }
    model = kinds[kind]
    again = load(kind, model.text(), NAMES)
    assert again.kind == kind
    assert again.text() == model.text()
