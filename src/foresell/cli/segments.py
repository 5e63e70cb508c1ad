"""Commands on segments: how many customers in each, movement between runs, the rules and changing them."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.session import open_home, open_published
from foresell.errors import UsageError
from foresell.scores.rfm import segments as rules
from foresell.snapshot import queries
from foresell.store import runs
from foresell.store import segment_rules as truth_rules
from foresell.store.database import Database

segments_app = typer.Typer(help="How many customers are in each segment; the rules, and changing them.")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(segments_app, name="segments")


@segments_app.callback(invoke_without_command=True)
def segments(
    context: typer.Context,
    since: Annotated[int | None, typer.Option(help="Show who moved where since this run.")] = None,
    json: Json = False,
) -> None:
    """How many customers are in each segment, what they are worth, and what to do about them."""
    if context.invoked_subcommand:
        return
    if since is not None:
        _show_movement(since, json)
        return
    with open_published() as (run, con, _):
        found = queries.segments(con)
    if json:
        printing.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "segments": found})
        return
    total = sum(row["customers"] for row in found)
    for row in found:
        row["share"] = f"{100 * row['customers'] / total:.1f} %"
    columns = {
        "segment": "segment",
        "customers": "customers",
        "share": "share",
        "revenue": "net revenue",
        "advice": "what to do",
    }
    printing.table(found, columns, title=f"{total:,} customers as of {run['as_of']} (run {run['run_id']})")


def _show_movement(since: int, json: bool) -> None:
    _, database = open_home()
    run = runs.published(database)
    moved = runs.movement(database, since, run["run_id"])
    if json:
        printing.as_json({"since": since, "run_id": run["run_id"], "movement": moved})
        return
    stayed = sum(row["customers"] for row in moved if row["segment_from"] == row["segment_to"])
    changed = [row for row in moved if row["segment_from"] != row["segment_to"]]
    printing.say(f"From run {since} to run {run['run_id']}: {stayed:,} customers stayed in their segment.")
    printing.table(changed, {"segment_from": "from", "segment_to": "to", "customers": "customers"})


@segments_app.command("rules")
def show_rules() -> None:
    """Print the rules as a TOML file to edit."""
    _, database = open_home()
    printing.say(rules.to_toml(rules.from_rows(truth_rules.segment_rules(database))))


@segments_app.command("set")
def set_rules(
    file: Annotated[Path, typer.Argument(help="A TOML file as `foresell segments rules` prints it.")],
) -> None:
    """Use the rules of a file from the next refresh on."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read {file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}.") from None
    _save_rules(open_home()[1], text)


@segments_app.command("edit")
def edit_rules() -> None:
    """Open the rules in your editor ($EDITOR) and use them from the next refresh on."""
    _, database = open_home()
    before = rules.to_toml(rules.from_rows(truth_rules.segment_rules(database)))
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.NamedTemporaryFile("w+", suffix=".toml") as file:
        file.write(before)
        file.flush()
        try:
            subprocess.run([*shlex.split(editor), file.name], check=True)
        except (OSError, subprocess.CalledProcessError):
            raise UsageError(
                f"The editor {editor!r} could not be run.", remedy="Set EDITOR, or: foresell segments rules > FILE"
            ) from None
        after = Path(file.name).read_text(encoding="utf-8")
    if after == before:
        printing.say("Nothing was changed.")
    else:
        _save_rules(database, after)


def _save_rules(database: Database, text: str) -> None:
    checked = rules.from_toml(text)
    rows = [
        {"name": rule.name, "advice": rule.advice}
        | {
            f"{axis}_{end}": getattr(rule, axis)[place]
            for axis in rules.AXES
            for place, end in enumerate(("min", "max"))
        }
        for rule in checked
    ]
    version = truth_rules.save_segment_rules(database, rows)
    printing.say(
        f"{len(rows)} segments saved as version {version} of the rules. They apply from the next: foresell refresh"
    )
