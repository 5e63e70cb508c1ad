"""The command that makes a demo shop and shows it: demo."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from foresell import demo as demo_shop
from foresell.cli import printing
from foresell.cli.call_list import add_contacts, print_call_list, select_call_list
from foresell.cli.installation import run_installation, running_process
from foresell.cli.run_report import print_run, read_run_details
from foresell.cli.session import open_home, open_published
from foresell.database import Database
from foresell.settings import Settings
from foresell.snapshot import queries
from foresell.types import Progress
from foresell.workflows.refresh import run_refresh
from foresell.workflows.sample_data import load_sample_data

CALLS = 10


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(demo)


def demo(
    customers: Annotated[int, typer.Option(min=20, max=5_000_000, help="How many customers the shop has.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="The random seed; each makes a different shop.")] = 1,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve", help="Serve the dashboard at the end, or exit (default: serve on a terminal)."
        ),
    ] = None,
) -> None:
    """Make a demo shop and serve its dashboard.

    Generates the shop's files, loads and scores them, and prints the segments and the call list. Safe to repeat.
    """
    settings, database = open_home()
    with printing.show_progress(True) as progress:
        _load_shop(settings, database, demo_shop.Shop(customers=customers, seed=seed), progress)
        run = run_refresh(settings, database, progress=progress)
    printing.print_text()
    print_run(run, *read_run_details(database, run["run_id"]))
    printing.print_text()
    _print_results()
    _print_next_steps()
    if printing.out.is_terminal if serve is None else serve:
        printing.print_text()
        _serve(settings)


def _load_shop(settings: Settings, database: Database, shop: demo_shop.Shop, progress: Progress) -> None:
    """Load the shop and print what each file brought."""
    for batch in load_sample_data(settings, database, shop, progress=progress):
        printing.print_text(
            f"{batch.file_name}: {batch.lines_loaded:,} lines loaded, {batch.lines_unchanged:,} unchanged,"
            f" {batch.lines_rejected:,} rejected"
        )


def _print_results() -> None:
    """The segments and the first customers of the call list."""
    with open_published() as (run, con, database):
        segments = queries.list_segments(con)
        rows = add_contacts(database, select_call_list(con, database, CALLS))
    columns = {
        "segment": "Segment", "customers": "Customers", "revenue": "Net revenue", "advice": "Recommended action",
    }  # fmt: skip
    printing.print_table(segments, columns)
    if rows:
        printing.print_text()
        print_call_list(f"{len(rows)} customers to call, as of {run['as_of']}", rows, contacts=True)


def _print_next_steps() -> None:
    program = "foresell" if os.environ.get("VIRTUAL_ENV") else ".venv/bin/foresell"
    steps = {
        "up": "the dashboard, in a browser",
        "calls": "the whole call list",
        "predictions": "the most likely buyers",
        "metrics": "how accurate the predictions are",
        "customer C000001": "one customer: scores and orders",
        "inspect FILE": "how a file of yours would be read",
        "--help": "all commands",
    }
    printing.print_text("\nThis shop is made up. Next:")
    for arguments, meaning in steps.items():
        printing.print_text(f"  {program} {arguments:18}{meaning}")


def _serve(settings: Settings) -> None:
    if process_id := running_process(settings):
        printing.print_text(f"Foresell is already up (process {process_id}): reload the page.")
    else:
        run_installation(settings)
