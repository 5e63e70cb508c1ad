"""Three leaks are planted, each the way it happens in practice, and each is caught; the clean pipeline passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from foresell.errors import NotReady
from foresell.scores.training import leak_guard
from foresell.scores.training.features import features
from foresell.scores.training.leak_guard import Finding, ReadFeatures, ReadLabel
from foresell.scores.training.panel import label, read_panel
from tests.spec.scores.shop import believable_shop

HORIZON = 30


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[duckdb.DuckDBPyConnection, date]]:
    yield believable_shop()


def inspect_features(
    place: tuple[duckdb.DuckDBPyConnection, date], read_features: ReadFeatures = features, read_label: ReadLabel = label
) -> tuple[Finding, ...]:
    con, as_of = place
    panel = read_panel(con, as_of, read_features=read_features, read_label=read_label)
    return leak_guard.inspect(con, panel, HORIZON, seed=1, read_features=read_features, read_label=read_label)


def failed_check_names(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.check for finding in findings if not finding.passed}


def with_the_label(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Leak 1: a column that is the answer itself."""
    table = features(con, day)
    buyers = pa.compute.is_in(table["customer_id"], value_set=label(con, day, HORIZON))
    return table.append_column("will_buy", pa.compute.cast(buyers, pa.float32()))


def of_the_same_customers_later(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Leak 2: features read ten days after the day they claim, so that they overlap the label's window."""
    known = features(con, day)["customer_id"]
    later = features(con, day + timedelta(days=10))
    return later.filter(pa.compute.is_in(later["customer_id"], value_set=known.combine_chunks()))


def bought_lately(con: duckdb.DuckDBPyConnection, day: date, horizon: int) -> pa.Array:
    """Leak 3, the documents' own: the label is `recency <= 30`, computed from a feature."""
    table = features(con, day)
    return table.filter(pa.compute.less_equal(table["recency_days"], horizon))["customer_id"].combine_chunks()


def test_the_clean_pipeline_passes(place: tuple[duckdb.DuckDBPyConnection, date]) -> None:
    findings = inspect_features(place)
    assert failed_check_names(findings) == set()
    leak_guard.refuse(findings)


def test_the_label_among_the_features_is_caught(place: tuple[duckdb.DuckDBPyConnection, date]) -> None:
    findings = inspect_features(place, read_features=with_the_label)
    assert failed_check_names(findings) >= {"window", "memoryless", "single feature"}
    with pytest.raises(NotReady, match="will_buy"):
        leak_guard.refuse(findings)


def test_an_overlapping_window_is_caught(place: tuple[duckdb.DuckDBPyConnection, date]) -> None:
    findings = inspect_features(place, read_features=of_the_same_customers_later)
    assert failed_check_names(findings) >= {"window", "memoryless"}


def test_recency_as_the_label_is_caught(place: tuple[duckdb.DuckDBPyConnection, date]) -> None:
    findings = inspect_features(place, read_label=bought_lately)
    assert failed_check_names(findings) >= {"memoryless", "single feature"}
    assert any("recency_days alone" in finding.sentence for finding in findings)


@pytest.mark.parametrize("horizon", [30, 90])
@pytest.mark.parametrize("seed", range(2))
def test_customers_without_memory_stay_unpredictable(horizon: int, seed: int) -> None:
    finding = leak_guard.memoryless(horizon, seed, features, label)
    assert finding.passed, finding.sentence


def test_customers_without_memory_order_about_half_the_time() -> None:
    con = leak_guard.memoryless_shop(date(2021, 1, 1), HORIZON, seed=0)
    panel = read_panel(con, date(2021, 1, 1))
    assert np.mean(panel.labels(panel.frames[-1], HORIZON)) == pytest.approx(0.5, abs=0.05)
