"""kill -9 at random moments: afterwards the old state or the new one, never a mixture, and the next command works."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foresell import demo
from foresell.database import Database
from foresell.settings import Settings
from foresell.store import batches, embedded, runs
from foresell.store.database import open_database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.support.store_dump import fingerprint

pytestmark = pytest.mark.slow_proof

MOMENTS = 20
COMMAND = [sys.executable, "-m", "foresell"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> demo.ShopFiles:
    return demo.write_shop(demo.Shop(customers=200, seed=7), tmp_path_factory.mktemp("shop"))


def run(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "FORESELL_HOME": str(settings.home)}
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def seconds_for(settings: Settings, *arguments: str) -> float:
    started = time.monotonic()
    assert run(settings, *arguments).wait() == 0
    return time.monotonic() - started


def kill_at(settings: Settings, moment: float, victim: str, *arguments: str) -> None:
    """Start a command and, after a while, kill it or the database server under it."""
    process = run(settings, *arguments)
    time.sleep(moment)
    if victim == "server" and (pid := embedded.process_id(settings.home)):
        os.kill(pid, signal.SIGKILL)
        process.wait(timeout=120)
    else:
        process.kill()
        process.wait()


def test_twenty_killings_of_load_and_refresh(settings: Settings, database: Database, shop: demo.ShopFiles) -> None:
    chance = random.Random(20)
    load_file(settings, database, shop.customers, source="demo")
    empty = fingerprint(database)
    load = ("load", str(shop.orders), "--source", "demo")
    long_load = seconds_for(settings, *load)
    loaded = fingerprint(database)
    long_refresh = seconds_for(settings, "refresh")
    undo = batches.list_batches(database)[0]["batch_id"]
    published = runs.get_published_run(database)["run_id"]
    outcomes: list[str] = []
    for number in range(MOMENTS):
        victim = chance.choice(["command", "server"])
        if number % 2:
            kill_at(settings, chance.uniform(0.3, long_refresh), victim, "refresh")
            database = open_database(settings)
            outcomes.append(check_published(settings, database, published))
            published = runs.get_published_run(database)["run_id"]
        else:
            batches.undo_batch(database, undo)
            assert counts(fingerprint(database)) == counts(empty)
            kill_at(settings, chance.uniform(0.3, long_load), victim, *load)
            database = open_database(settings)
            after = counts(fingerprint(database))
            assert after in (counts(empty), counts(loaded)), f"killed at moment {number}: a mixture"
            outcomes.append("new" if after == counts(loaded) else "old")
            undo = load_file(settings, database, shop.orders, source="demo").batch_id or 0
            assert counts(fingerprint(database)) == counts(loaded)
    assert len(outcomes) == MOMENTS
    assert "old" in outcomes, "the moments must hit the work, not come after it"
    assert run_refresh(settings, database)["state"] == "published"
    assert list(settings.work.iterdir()) == []
    assert {file.name for file in settings.snapshots.iterdir()} == {
        row["snapshot_file"] for row in runs.list_runs(database) if row["snapshot_file"]
    }


def counts(found: dict[str, tuple[int, str]]) -> dict[str, int]:
    """Ids are minted anew by each load, so after an undo only the numbers of rows can be compared."""
    return {table: rows for table, (rows, _) in found.items()}


def check_published(settings: Settings, database: Database, before: int) -> str:
    """The published run is the one before or a newer whole one: pointer, scores and snapshot agree."""
    run = runs.get_published_run(database)
    assert run["run_id"] >= before
    file = Path(settings.snapshots / run["snapshot_file"])
    assert file.exists()
    with database.connect() as con:
        saved = con.execute(
            "select count(*) as many, sum(monetary) as money from rfm_scores where run_id = %s", [run["run_id"]]
        ).fetchone()
        doubled = con.execute("select count(*) as many from runs where state = 'published'").fetchone()
        strays = con.execute(
            "select count(*) as many from rfm_scores s join runs r using (run_id) where r.state in ('building', 'failed')"
        ).fetchone()
    assert saved is not None
    assert saved["many"] == run["customers_scored"]
    assert doubled == {"many": 1}
    assert strays == {"many": 0}
    return "old" if run["run_id"] == before else "new"
