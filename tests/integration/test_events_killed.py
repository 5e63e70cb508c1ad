"""Events while processes are killed: what was acknowledged is stored once, and it has its effect exactly once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foresell.database import Database, embedded_conninfo
from foresell.errors import ForesellError
from foresell.events.processing import EventProcessor, process_events
from foresell.events.replay import replay_events
from foresell.settings import Settings
from foresell.store.database import open_database
from tests.support.events import event, make_sender, send

BATCHES, KILLS = 60, 8


def process_for_ever(home: Path) -> None:
    """The processing of the worker, until it is killed."""
    processor = EventProcessor(Database(Settings(home=home), via="worker"))
    while True:
        processor.follow(0.05)


def start(home: Path) -> Any:
    process = multiprocessing.get_context("spawn").Process(target=process_for_ever, args=(home,), daemon=True)
    process.start()
    return process


def send_until_acknowledged(database: Database, sender: int, batch: list[dict[str, Any]]) -> set[str]:
    """Send a batch again until the answer arrives; what it says is stored."""
    for _ in range(100):
        try:
            return {each.id or "" for each in send(database, sender, batch) if each.status in ("stored", "duplicate")}
        except (psycopg.Error, ForesellError):
            time.sleep(0.1)
    raise AssertionError("never acknowledged")


def end_a_connection(database: Database, rng: random.Random) -> None:
    """Kill a backend of the database, and with it the whole server for a moment."""
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres"), autocommit=True) as con:
        found = con.execute(
            "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        ).fetchall()
        if found:
            con.execute("select pg_terminate_backend(%s)", [rng.choice(found)[0]])


@pytest.mark.slow_proof
def test_no_acknowledged_event_is_lost_and_none_counts_twice(database: Database) -> None:
    sender, rng = make_sender(database), random.Random(1)
    acknowledged: set[str] = set()
    worker = start(database.settings.home)
    for number in range(BATCHES):
        batch = [event(f"{number}-{n}", visitorid=f"visitor-{rng.randrange(5)}") for n in range(20)]
        acknowledged |= send_until_acknowledged(database, sender, batch)
        if number % (BATCHES // KILLS) == 3:
            os.kill(worker.pid, signal.SIGKILL)
            worker.join()
            worker = start(database.settings.home)
        elif number % (BATCHES // KILLS) == 5:
            end_a_connection(database, rng)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    database = open_database(database.settings)
    process_events(database)
    with database.connect() as con:
        stored = [row["id"] for row in con.execute("select id from events.events").fetchall()]
        counted = con.execute("select sum(events) as n from events.daily_activity").fetchone()
        left_out = con.execute("select from events.dead_letters").fetchall()
    assert len(acknowledged) == BATCHES * 20
    assert sorted(stored) == sorted(acknowledged)
    assert counted == {"n": BATCHES * 20} and left_out == []
    assert replay_events(database).is_equal


def test_control_a_position_that_is_moved_apart_from_the_effect_counts_twice(database: Database) -> None:
    sender = make_sender(database)
    send(database, sender, [event(n, visitorid="visitor-1") for n in range(20)])
    with database.connect() as con:
        con.execute("set local search_path = events")
        con.execute("select events.apply_events(0, 20)")  # committed without its position, as if killed in between
    process_events(database)
    assert not replay_events(database).is_equal
