"""Events on the command line: listed, shown, their types, their retention, and a replay."""

from __future__ import annotations

import psycopg
from tests.support.events import event, make_sender, send
from tests.support.shell import Shell

from foresell.database import Database, embedded_conninfo
from foresell.events.processing import process_events


def test_events_on_the_command_line(database: Database) -> None:
    run, sender = Shell(database.settings.home), make_sender(database)
    assert "No events" in run("events", "tail")
    send(
        database,
        sender,
        [
            event(1, visitorid="visitor-1"),
            event(2, "note.added", {"note": "likes zinc"}, visitorid="visitor-1"),
            event(3, "order.placed", {"order_key": "O1", "amount": 9.5}, subject="K1"),
        ],
    )
    process_events(database)
    listed = run.json("events", "tail", "--type", "note.added", "--type", "order.placed")
    assert isinstance(listed, list)
    assert [(each["seq"], each["type"]) for each in listed] == [(2, "note.added"), (3, "order.placed")]
    assert "zinc" not in run("events", "tail") and "O1" in run("events", "tail")
    assert "zinc" in run("events", "show", "2")
    assert "no such event" in run("events", "show", "9", code=8).lower()
    assert "There is no type" in run("events", "tail", "--type", "page.seen", code=2)
    run("events", "retain", "page.viewed", "30")
    types = run.json("events", "types")
    assert isinstance(types, list)
    kept = {each["type"]: (each["retention_days"], each["stored"]) for each in types}
    assert len(kept) == 16 and kept["page.viewed"] == (30, 1)
    assert run.json("events", "replay")["equal"] is True  # type: ignore[index, call-overload]
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres")) as con:
        con.execute("delete from events.lead_stages")
    assert "not what they say" in run("events", "replay", code=15)
    assert "events were applied" in run("events", "replay", "--repair")
    assert "3 events were applied" in run("events", "replay")
