"""Commands on intrusion detection: alarms, alarms acknowledge, alarms detectors, alarms set."""

from __future__ import annotations

from typing import Annotated, TypeVar

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest
from foresell.cli.session import open_home, run_in_transaction
from foresell.detection import alarms, detect
from foresell.errors import UsageError

T = TypeVar("T")
DETECTOR_COLUMNS = {
    "detector": "Detector", "threshold": "Alarm at", "counts": "Of", "factor": "Times usual", "window_minutes": "Minutes",
    "mode": "Mode", "answer": "Answer",
}  # fmt: skip

alarms_app = typer.Typer(help="List or acknowledge the alarms of intrusion detection; list or change the detectors.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(alarms_app, name="alarms")


@alarms_app.callback(invoke_without_command=True)
def list_alarms(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also acknowledged alarms.")] = False,
    limit: Newest = 20,
    json: Json = False,
) -> None:
    """List the open alarms, the last seen first."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    state = None if every else "open"
    _, rows = run_in_transaction(database, lambda con: alarms.list_alarms(con, state=state, limit=limit))
    if json:
        printing.print_json(rows)
        return
    if not rows:
        printing.print_text("No alarms." if every else "No open alarms.")
        return
    for row in rows:
        row["counted"] = f"{row['counts']}: {row['count']:,}"
        row["about"] = row["user"] or row["subject"]
    columns = {
        "alarm_id": "Alarm", "last_seen": "Last seen", "title": "What", "about": "About", "counted": "Counted",
        "first_seen": "First seen", "state": "State", "reason": "Reason",
    }  # fmt: skip
    printing.print_table(rows, columns if every else {k: v for k, v in columns.items() if k not in ("state", "reason")},
                         plain_ids=["alarm_id"])  # fmt: skip


@alarms_app.command("acknowledge")
def acknowledge(
    alarm_id: Annotated[int, typer.Argument(min=1, help="The number of the alarm.")],
    reason: Annotated[str, typer.Option(help="What it was, such as: a test by our own team.")],
    json: Json = False,
) -> None:
    """Acknowledge an open alarm. The same subject then raises a new one."""
    _, database = open_home()
    row = run_in_transaction(
        database, lambda con: alarms.acknowledge(con, alarm_id, reason.strip()[:500], user_id=None)
    )
    if json:
        printing.print_json(row)
    else:
        printing.print_text(f"Alarm {alarm_id} ({row['title']}) is acknowledged.")


@alarms_app.command("detectors")
def list_detectors(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=30, help="Also how many alarms each would have raised on each of the last days (UTC)."),
    ] = None,
    json: Json = False,
) -> None:
    """List the detectors with their thresholds; with --days, what they would have raised with them."""
    _, database = open_home()
    rows = run_in_transaction(database, alarms.list_detectors)
    columns = dict(DETECTOR_COLUMNS)
    if days:
        with database.connect() as con:
            past = detect.count_past_alarms(con, days)
        for row in rows:
            row["past_alarms"] = {str(day): count for day, count in sorted(past[row["detector"]].items())}
            row["total"] = sum(row["past_alarms"].values())
            row["most"] = max(row["past_alarms"].values(), default=0)
        columns |= {"total": f"Alarms in {days} days", "most": "Most in a day"}
    if json:
        printing.print_json(rows)
    else:
        printing.print_table(rows, columns)


@alarms_app.command("set")
def change_detector(
    detector: Annotated[str, typer.Argument(help="Its name in `foresell alarms detectors`, such as password_spray.")],
    threshold: Annotated[
        int | None, typer.Option(min=1, max=alarms.MOST_THRESHOLD, help="Raise an alarm at this many.")
    ] = None,
    factor: Annotated[
        int | None, typer.Option(min=1, max=alarms.MOST_FACTOR, help="And above this multiple of what is usual.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option(min=1, max=alarms.MOST_MINUTES, help="Count within this many minutes.")
    ] = None,
    mode: Annotated[
        alarms.Mode | None, typer.Option(help="Raise alarms only, also answer them, or do not look.")
    ] = None,
    answer: Annotated[alarms.Answer | None, typer.Option(help="What the mode answer does besides the alarm.")] = None,
    json: Json = False,
) -> None:
    """Change a detector's threshold, window, mode or answer; the rest stays. Audited."""
    given = {"threshold": threshold, "factor": factor, "window_minutes": minutes, "mode": mode, "answer": answer}
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise UsageError("Say what to change.", remedy="Such as: --threshold 20, or --mode answer.")
    _, database = open_home()
    row = run_in_transaction(database, lambda con: alarms.change_detector(con, detector, values, user_id=None))
    if json:
        printing.print_json(row)
    else:
        printing.print_table([row], DETECTOR_COLUMNS)
