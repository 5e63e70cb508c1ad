"""Calibration, lift and the threshold table, on ten deciles of ten customers whose figures can be worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from foresell.database import Database
from foresell.metrics import catalogue
from foresell.metrics.metric import Metric

#: Share of positives by decile, the highest probability first: 15 of 100 customers, 9 of them in the first decile.
OBSERVED = (0.9, 0.5, 0.1, 0, 0, 0, 0, 0, 0, 0)
PREDICTED = tuple(0.95 - 0.1 * place for place in range(10))


def add_model(database: Database, observed: tuple[float, ...], card: str = "{}") -> int:
    """A model whose backtest also compared another one, which the figures must leave out."""
    with database.connect() as con:
        row = con.execute(
            "insert into models (task, kind, as_of, state, reason, body, card)"
            " values ('purchase', 'lightgbm', '2025-07-01', 'served', '', '', %s) returning model_id",
            [card],
        ).fetchone()
        assert row
        for model, rates in (("lightgbm", observed), ("bgnbd", (0.2,) * 10)):
            for decile, (rate, chance) in enumerate(zip(rates, PREDICTED, strict=True), start=1):
                con.execute(
                    "insert into backtest_deciles (model_id, task, model, cutoff, decile, customers, predicted, observed)"
                    " values (%s, 'purchase', %s, '2025-06-01', %s, 10, %s, %s)",
                    [row["model_id"], model, decile, chance, rate],
                )
    return int(row["model_id"])


def result(database: Database, metric: Metric, model_id: int) -> list[dict[str, Any]]:
    with database.connect() as con:
        return [dict(row) for row in con.execute(metric.result(), {"model_id": model_id}).fetchall()]


def test_curves_of_a_model(database: Database) -> None:
    model_id = add_model(database, OBSERVED)
    first, second, *_, last = result(database, catalogue.LIFT, model_id)
    assert (first["lift"], first["cumulative_gain"]) == pytest.approx((0.9 / 0.15, 9 / 15))
    assert (second["lift"], second["cumulative_gain"]) == pytest.approx((0.5 / 0.15, 14 / 15))
    assert (last["lift"], last["cumulative_gain"], last["customers"]) == pytest.approx((0, 1, 10))

    calibration = result(database, catalogue.CALIBRATION, model_id)
    assert [row["predicted"] for row in calibration] == pytest.approx(list(PREDICTED))
    assert [row["observed"] for row in calibration] == pytest.approx(list(OBSERVED))

    called = result(database, catalogue.THRESHOLD, model_id)
    columns = ("threshold", "calls", "sales", "precision", "recall", "f1")
    assert [called[0][name] for name in columns] == pytest.approx([0.9, 10, 9, 0.9, 0.6, 18 / 25])
    assert [called[1][name] for name in columns] == pytest.approx([0.8, 20, 14, 0.7, 14 / 15, 28 / 35])
    assert [called[8][name] for name in columns] == pytest.approx([0.1, 90, 15, 1 / 6, 1, 30 / 105])
    assert [called[9][name] for name in columns] == pytest.approx([0, 100, 15, 0.15, 1, 30 / 115]), "everyone is called"


def test_counts_of_a_sample_stand_for_all_customers(database: Database) -> None:
    first = result(database, catalogue.THRESHOLD, add_model(database, OBSERVED, '{"share_of_customers": 0.25}'))[0]
    assert (first["calls"], first["sales"], first["precision"]) == pytest.approx((40, 36, 0.9))


def test_without_a_positive_there_is_no_lift_and_no_recall(database: Database) -> None:
    model_id = add_model(database, (0.0,) * 10)
    assert {(row["lift"], row["cumulative_gain"]) for row in result(database, catalogue.LIFT, model_id)} == {
        (None, None)
    }
    assert {row["recall"] for row in result(database, catalogue.THRESHOLD, model_id)} == {None}
