"""Commands on segments: segments, segments rules, segments set, segments edit."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from foresell.audit.record import record_sync
from foresell.cli import printing
from foresell.cli.options import Json
from foresell.cli.session import open_home, open_published
from foresell.database import Database
from foresell.errors import UsageError
from foresell.scores.rfm import segments as rules
from foresell.snapshot import queries
from foresell.store import runs
from foresell.store import segment_rules as stored_rules

segments_app = typer.Typer(help="List the segments; show or change their rules.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(segments_app, name="segments")


@segments_app.callback(invoke_without_command=True)
def segments(
    context: typer.Context,
    since: Annotated[int | None, typer.Option(help="Show how many customers changed segment since this run.")] = None,
    json: Json = False,
) -> None:
    """List the segments: customers, net revenue and recommended action."""
    if context.invoked_subcommand:
        return
    if since is not None:
        _print_transitions(since, json)
        return
    with open_published() as (run, con, _):
        rows = queries.list_segments(con)
    if json:
        printing.print_json({"run_id": run["run_id"], "as_of": run["as_of"], "segments": rows})
        return
    total = sum(row["customers"] for row in rows)
    for row in rows:
        row["share"] = f"{100 * row['customers'] / total:.1f} %"
    columns = {
        "segment": "Segment", "customers": "Customers", "share": "Share", "revenue": "Net revenue",
        "advice": "Recommended action",
    }  # fmt: skip
    printing.print_table(rows, columns, title=f"{total:,} customers as of {run['as_of']} (run {run['run_id']})")


def _print_transitions(since: int, json: bool) -> None:
    _, database = open_home()
    run = runs.get_published_run(database)
    moved = runs.get_segment_movement(database, since, run["run_id"])
    if json:
        printing.print_json({"since": since, "run_id": run["run_id"], "movement": moved})
        return
    stayed = sum(row["customers"] for row in moved if row["segment_from"] == row["segment_to"])
    changed = [row for row in moved if row["segment_from"] != row["segment_to"]]
    printing.print_text(f"From run {since} to run {run['run_id']}: {stayed:,} customers stayed in the same segment.")
    printing.print_table(changed, {"segment_from": "From", "segment_to": "To", "customers": "Customers"})


@segments_app.command("rules")
def show_rules() -> None:
    """Print the rules as a TOML file to edit."""
    _, database = open_home()
    printing.print_text(rules.to_toml(rules.from_rows(stored_rules.list_segment_rules(database))))


@segments_app.command("set")
def set_rules(
    file: Annotated[Path, typer.Argument(help="A TOML file as printed by `foresell segments rules`.")],
) -> None:
    """Replace the rules with those of a file. The next refresh applies them."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read {file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}.") from None
    _save_rules(open_home()[1], text)


@segments_app.command("edit")
def edit_rules() -> None:
    """Edit the rules in $EDITOR. The next refresh applies them."""
    _, database = open_home()
    before = rules.to_toml(rules.from_rows(stored_rules.list_segment_rules(database)))
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.NamedTemporaryFile("w+", suffix=".toml") as file:
        file.write(before)
        file.flush()
        try:
            subprocess.run([*shlex.split(editor), file.name], check=True)
        except (OSError, subprocess.CalledProcessError):
            raise UsageError(
                f"The editor {editor!r} could not be run.",
                remedy="Set EDITOR, or edit a file: foresell segments rules > FILE",
            ) from None
        after = Path(file.name).read_text(encoding="utf-8")
    if after == before:
        printing.print_text("The rules did not change.")
    else:
        _save_rules(database, after)


def _save_rules(database: Database, text: str) -> None:
    """Save the rules and their audit event in one transaction."""
    checked = rules.from_toml(text)
    rows = rules.to_rows(checked)
    with database.connect() as con:
        version = stored_rules.save_segment_rules(con, rows)
        detail = {"version": version, "segments": len(rows)}
        record_sync(con, "segments.rules", subject=f"rules:{version}", detail=detail)
    printing.print_text(
        f"{len(rows)} segments saved as version {version} of the rules. To apply them: foresell refresh"
    )
