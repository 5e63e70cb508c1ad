"""Commands on events: events tail, events show, events types, events retain, events replay."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home
from foresell.errors import EventsDiffer, UsageError
from foresell.events import reading
from foresell.events.replay import replay_events
from foresell.events.types import TYPES
from foresell.privacy.contacts import resolve_customer_id
from foresell.privacy.vault import vault_of

events_app = typer.Typer(help="See the events of customers, their types, and rebuild what is derived from them.")
LISTED = {
    "seq": "Event", "occurred_at": "Happened", "type": "Type", "source": "Source", "customer_id": "Customer",
    "visitor_id": "Visitor", "filtered": "Left out", "what": "Data",
}  # fmt: skip
FOLLOW_SECONDS = 0.5
SHOWN_AT_ONCE = 500


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(events_app, name="events")


@events_app.command("tail")
def tail(
    kind: Annotated[list[str] | None, typer.Option("--type", help="Only of this type; may be repeated.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    source: Annotated[str | None, typer.Option(help="Only from this source.")] = None,
    limit: Newest = 25,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """List the newest events, the newest last. What is personal is shown by `events show` only."""
    if unknown := [each for each in kind or () if each not in TYPES]:
        raise UsageError(f"There is no type {unknown[0]!r}.", remedy=f"Choose from: {', '.join(TYPES)}")
    if follow and json:
        raise UsageError("--follow prints tables only.", remedy="Leave out --json.")
    _, database = open_home()
    customer_id = resolve_customer_id(database, customer) if customer else None
    after, shown = 0, False
    while True:
        with database.connect() as con:
            most = SHOWN_AT_ONCE if shown else limit
            rows = reading.list_stored(con, types=kind, customer_id=customer_id, source=source, after=after, limit=most)
        after = rows[-1]["seq"] if rows else after
        if json:
            printing.print_json(rows)
        elif rows:
            printing.print_table([_describe(row) for row in rows], LISTED, plain_ids=["seq", "visitor_id"])
        elif not follow:
            printing.print_text("No events. Send them: docs/how-to/send-events.md")
        if not follow:
            return
        shown = True
        time.sleep(FOLLOW_SECONDS)


@events_app.command("show")
def show(seq: Annotated[int, typer.Argument(min=1, help="The number of the event.")], json: Json = False) -> None:
    """Show one event, with what is personal in it."""
    settings, database = open_home()
    with database.connect() as con:
        found = reading.find_stored(con, vault_of(settings), seq)
    if json:
        printing.print_json(found)
        return
    for name, value in found.items():
        if value is not None and name != "has_personal":
            printing.print_text(f"{name}: {printing.format_value(value)}")
    if found["has_personal"] and found["personal"] is None:
        printing.print_note("What is personal can no longer be read: the customer was erased.")


@events_app.command("types")
def types(json: Json = False) -> None:
    """List the types of events: what they mean, for how long they are kept, and how many there are."""
    _, database = open_home()
    with database.connect() as con:
        rows = reading.list_types(con)
    if json:
        printing.print_json(rows)
        return
    columns = {
        "type": "Type", "meaning": "What happened", "versions": "Versions", "retention_days": "Kept days", "stored": "Stored",
        "newest_at": "Newest",
    }  # fmt: skip
    printing.print_table(rows, columns)


@events_app.command("retain")
def retain(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="A type of event.")],
    days: Annotated[int, typer.Argument(min=1, max=36_500, help="For how many days after it happened.")],
) -> None:
    """Change for how long events of a type are kept. The worker deletes older ones within ten minutes."""
    _, database = open_home()
    with database.connect() as con:
        reading.change_retention(con, kind, days)
    printing.print_text(f"Events of the type {kind} are kept for {days:,} days.")


@events_app.command("replay")
def replay(
    repair: Annotated[bool, typer.Option("--repair", help="Replace what differs by what was rebuilt.")] = False,
    json: Json = False,
) -> None:
    """Rebuild what is derived from the events, compare it with the live tables row by row, and say whether they are equal.

    Exit code 15 when they differ and are not repaired. Events go on being stored meanwhile.
    """
    _, database = open_home()
    with printing.show_progress(not json) as progress:
        found = replay_events(database, repair=repair, progress=progress)
    rows = [
        {
            "table": each.table, "live_rows": each.live_rows, "rebuilt_rows": each.rebuilt_rows, "equal": each.is_equal,
            "differing": each.differing, "hash": each.live_hash,
        }
        for each in found.tables
    ]  # fmt: skip
    if json:
        printing.print_json({"events": found.events, "upto": found.upto, "equal": found.is_equal, "tables": rows})
    else:
        columns = {
            "table": "Table", "live_rows": "Live", "rebuilt_rows": "Rebuilt", "equal": "Equal", "differing": "Rows that differ",
        }  # fmt: skip
        printing.print_table(rows, columns)
        printing.print_text(f"{found.events:,} events were applied, up to number {found.upto}.")
    if not found.is_equal and not repair:
        raise EventsDiffer(
            "What is derived from the events is not what they say.", remedy="Run: foresell events replay --repair"
        )


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    data = ", ".join(f"{name} {value}" for name, value in row["data"].items() if not isinstance(value, list | dict))
    return {**row, "what": data + (" (and a sealed part)" if row["has_personal"] else "")}
