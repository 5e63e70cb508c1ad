"""A run is published whole or not at all; earlier ones can be published again; old ones are pruned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from foresell.database import Database
from foresell.errors import Busy, DatabaseUnavailable, ForesellError, NotFound, NotReady
from foresell.scores.rfm import score as rfm
from foresell.settings import Settings
from foresell.snapshot import build, queries
from foresell.snapshot.open import open_snapshot
from foresell.store import embedded, runs
from foresell.workflows import refresh
from foresell.workflows.refresh import run_refresh
from tests.support.loading import load
from tests.support.staged import stage_lines

ORDERS = """
    A1  anna  2026-01-05  ok  mug   2   3.50
    A2  bob   2026-01-06  ok  mug   1   3.50
    A3  -     2026-01-07  ok  bowl  1   9.00
"""
MORE = "A4 cleo 2026-02-09 ok vase 1 20.00"


@pytest.fixture
def make_scores(settings: Settings, database: Database) -> dict[str, object]:
    load(database, stage_lines(ORDERS))
    return run_refresh(settings, database)


def scores_of(settings: Settings, database: Database) -> dict[str, Decimal]:
    with open_snapshot(settings.snapshots / runs.get_published_run(database)["snapshot_file"]) as con:
        _, rows = queries.list_customers(con)
    return {row["customer_id"]: row["monetary"] for row in rows}


def test_a_run_speaks_as_of_the_day_after_the_last_order(settings: Settings, make_scores: dict[str, object]) -> None:
    assert (make_scores["as_of"], make_scores["customers_scored"], make_scores["state"]) == (
        date(2026, 1, 8),
        2,
        "published",
    )


def test_an_earlier_day_knows_nothing_of_later_orders(
    settings: Settings, database: Database, make_scores: object
) -> None:
    run = run_refresh(settings, database, as_of=date(2026, 1, 6))
    assert run["customers_scored"] == 1
    assert {row["class"]: row["lines"] for row in runs.get_line_classes(database, run["run_id"])} == {
        "counted": 1,
        "later": 2,
    }


def test_store_snapshot_and_saved_scores_agree(
    settings: Settings, database: Database, make_scores: dict[str, object]
) -> None:
    with database.connect() as con:
        saved = con.execute(
            "select customer_id, monetary from rfm_scores where run_id = %s", [make_scores["run_id"]]
        ).fetchall()
        lines = con.execute("select count(*) as lines, sum(amount) as amount from order_items").fetchone()
    assert {row["customer_id"]: row["monetary"] for row in saved} == scores_of(settings, database)
    classes = runs.get_line_classes(database, int(str(make_scores["run_id"])))
    assert lines == {"lines": sum(row["lines"] for row in classes), "amount": sum(row["amount"] for row in classes)}


def fail_at_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
        raise NotReady("no score today")

    monkeypatch.setattr(refresh, "compute_rfm", fail)


def fail_at_finishing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(draft: object, target: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "finish", fail)


def fail_at_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(runs, "publish_run", fail)


@pytest.mark.parametrize("fail", [fail_at_scoring, fail_at_finishing, fail_at_publishing])
def test_after_any_failure_the_last_run_stays(
    settings: Settings, database: Database, make_scores: dict[str, object], fail: Callable[[pytest.MonkeyPatch], None],
) -> None:  # fmt: skip
    before = scores_of(settings, database)
    load(database, stage_lines(MORE))
    with pytest.MonkeyPatch.context() as patched:
        fail(patched)
        with pytest.raises((ForesellError, OSError)):
            run_refresh(settings, database)
    assert runs.get_published_run(database)["run_id"] == make_scores["run_id"]
    assert scores_of(settings, database) == before
    assert runs.list_runs(database)[0]["state"] == "failed"
    assert list(settings.work.iterdir()) == []
    assert run_refresh(settings, database)["customers_scored"] == 3


def test_a_database_that_goes_away_in_the_middle_leaves_the_last_run(
    settings: Settings, database: Database, make_scores: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = rfm.compute_rfm

    def score_and_lose_the_server(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
        embedded.stop(settings.home)
        return honest(con, as_of)

    monkeypatch.setattr(refresh, "compute_rfm", score_and_lose_the_server)
    with pytest.raises(DatabaseUnavailable):
        run_refresh(settings, database)
    monkeypatch.undo()
    embedded.ensure_running(settings.home)
    assert runs.get_published_run(database)["run_id"] == make_scores["run_id"]
    assert run_refresh(settings, database)["run_id"] > make_scores["run_id"]
    assert [run["state"] for run in runs.list_runs(database)] == ["published", "failed", "superseded"]


def test_rollback_and_forward_again(settings: Settings, database: Database, make_scores: dict[str, object]) -> None:
    first = scores_of(settings, database)
    load(database, stage_lines(MORE))
    second = run_refresh(settings, database)
    assert runs.roll_back(database)["run_id"] == make_scores["run_id"]
    assert scores_of(settings, database) == first
    assert runs.roll_back(database, second["run_id"])["run_id"] == second["run_id"]
    assert len(scores_of(settings, database)) == 3


def test_rollback_says_what_is_wrong(settings: Settings, database: Database, make_scores: dict[str, object]) -> None:
    with pytest.raises(NotFound, match="no earlier run"):
        runs.roll_back(database)
    with pytest.raises(NotFound, match="no run 99"):
        runs.roll_back(database, 99)
    with pytest.raises(NotReady, match="published one already"):
        runs.roll_back(database, int(str(make_scores["run_id"])))


def test_a_missing_published_run_is_reported(settings: Settings, database: Database) -> None:
    with pytest.raises(NotReady, match="Nothing has been scored yet"):
        runs.get_published_run(database)
    with pytest.raises(NotReady, match="no orders to score"):
        run_refresh(settings, database)


def test_movement_between_two_runs(settings: Settings, database: Database, make_scores: dict[str, object]) -> None:
    load(database, stage_lines(MORE))
    second = run_refresh(settings, database)
    moved = runs.get_segment_movement(database, int(str(make_scores["run_id"])), second["run_id"])
    assert sum(row["customers"] for row in moved) == 3
    assert sum(row["customers"] for row in moved if row["segment_from"] == "not yet") == 1


def test_old_runs_are_pruned_but_their_totals_stay(
    settings: Settings, database: Database, make_scores: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "RUNS_KEPT_WHOLE", 2)
    for _ in range(4):
        run_refresh(settings, database)
    states = {run["run_id"]: (run["state"], run["snapshot_file"] is not None) for run in runs.list_runs(database)}
    assert states == {
        5: ("published", True),
        4: ("superseded", True),
        3: ("superseded", True),
        2: ("pruned", False),
        1: ("pruned", False),
    }
    assert {file.name for file in settings.snapshots.iterdir()} == {"run-5.duckdb", "run-4.duckdb", "run-3.duckdb"}
    assert sum(row["customers"] for row in runs.get_segments(database, 1)) == 2
    with pytest.raises(NotReady, match="pruned"):
        runs.get_segment_movement(database, 1, 5)


def test_only_one_refresh_at_a_time(settings: Settings, database: Database, make_scores: object) -> None:
    with runs.build_run(database, {}) as _, pytest.raises(Busy):
        run_refresh(settings, database)


def test_two_currencies_are_not_added_up(settings: Settings, database: Database) -> None:
    assert load(database, stage_lines(ORDERS)).warnings == ()
    euros = stage_lines(MORE, source="market")
    euros.con.execute("update staged_lines set currency = 'EUR'")
    assert "more than one currency now (EUR, GBP)" in load(database, euros).warnings[-1]
    with pytest.raises(NotReady, match=r"more than one currency: GBP \(3 orders\), EUR \(1 orders\)"):
        run_refresh(settings, database)


def test_a_snapshot_is_read_only_and_reaches_nothing_else(
    settings: Settings, database: Database, make_scores: dict[str, object]
) -> None:
    with open_snapshot(settings.snapshots / str(make_scores["snapshot_file"])) as con:
        for forbidden in (
            "delete from lines",
            "create table x (a int)",
            "attach 'other.duckdb'",
            "copy lines to 'x.csv'",
            "select * from read_csv('/etc/passwd')",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(forbidden)


def test_a_missing_or_damaged_snapshot_is_reported(settings: Settings, make_scores: dict[str, object]) -> None:
    file = settings.snapshots / str(make_scores["snapshot_file"])
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(ForesellError, match="missing or damaged"), open_snapshot(file):
        pass
    with (
        pytest.raises(ForesellError, match="missing or damaged"),
        open_snapshot(replace(settings, home=file).home / "none"),
    ):
        pass
