"""Which models a score may use: the tested one, in a replay also none, and never one that was refused."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from foresell.errors import NotReady
from foresell.scores.protocol import ScoringContext
from foresell.scores.training.features import Frame
from foresell.scores.training.model_registry import ModelVersion

DAY = date(2026, 1, 1)
TESTED = ModelVersion("value", "bgnbd", DAY, "", {}, "")


def context(*, tested: bool = False, refused: bool = False, replay: bool = False) -> ScoringContext:
    return ScoringContext(
        duckdb.connect(), DAY, Frame(DAY, pa.array([], pa.string()), (), np.empty((0, 0), np.float32)),
        versions={"value": TESTED} if tested else {}, reasons={"value": "never tested"}, seed=1,
        refused={"value": "no better than last year"} if refused else {}, is_replay=replay,
    )  # fmt: skip


def test_the_version_that_was_tested_is_used_in_a_replay_too() -> None:
    assert context(tested=True).tested_version("value") is TESTED
    assert context(tested=True, replay=True).tested_version("value") is TESTED


def test_only_a_replay_does_without_a_test() -> None:
    assert context(replay=True).tested_version("value") is None
    with pytest.raises(NotReady, match="never tested"):
        context().tested_version("value")


def test_a_score_refused_in_this_run_is_not_computed() -> None:
    with pytest.raises(NotReady, match="no better than last year"):
        context(tested=True, refused=True).tested_version("value")
