"""The command that makes a demo shop and shows it: demo."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer

from foresell import demo as demo_shop
from foresell.cli import printing
from foresell.cli.call_list import add_contacts, print_call_list, select_call_list
from foresell.cli.installation import run_installation, running_process
from foresell.cli.run_report import print_run, read_run_details
from foresell.cli.session import open_home, open_published
from foresell.database import Database
from foresell.demo.imitations.directory import write_directory
from foresell.demo.imitations.instagram import Habits, InstagramImitation
from foresell.demo.imitations.quickbooks import QuickBooksImitation
from foresell.settings import Settings
from foresell.snapshot import queries
from foresell.types import Progress
from foresell.workflows.connect import connect_imitation
from foresell.workflows.directories import load_directory
from foresell.workflows.enrich import enrich_customers
from foresell.workflows.refresh import run_refresh
from foresell.workflows.sample_data import load_sample_data, load_sample_reviews
from foresell.workflows.sync import sync_source

CALLS = 10
#: The sources of the imitated company and account, and how often someone edits a sale of the one and likes a post of the other.
IMITATION, SOCIAL_IMITATION, EDIT_SECONDS = "quickbooks-imitation", "instagram-imitation", 30.0


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
    connectors: Annotated[
        bool,
        typer.Option(
            "--connectors",
            help="Also load made-up reviews and a made-up directory, and connect local imitations of QuickBooks and Instagram, with faults.",
        ),
    ] = False,
) -> None:
    """Make a demo shop and serve its dashboard.

    Generates the shop's files, loads and scores them, and prints the segments and the call list. Safe to repeat.
    """
    settings, database = open_home()
    shop = demo_shop.Shop(customers=customers, seed=seed)
    with printing.show_progress(True) as progress:
        _load_shop(settings, database, shop, progress)
    if connectors:
        _load_reviews(settings, database, shop)
        _load_made_up_directory(settings, database, shop)
    with _connect_imitations(settings, database, shop) if connectors else nullcontext():
        with printing.show_progress(True) as progress:
            run = run_refresh(settings, database, progress=progress)
        printing.print_text()
        print_run(run, *read_run_details(database, run["run_id"]))
        printing.print_text()
        _print_results()
        _print_next_steps()
        if printing.out.is_terminal if serve is None else serve:
            printing.print_text()
            _serve(settings)


@contextmanager
def _connect_imitations(settings: Settings, database: Database, shop: demo_shop.Shop) -> Iterator[None]:
    """Imitations of vendors on this machine, as long as this lasts."""
    with _connect_imitation(settings, database, shop), _connect_social_imitation(settings, database, shop):
        yield


@contextmanager
def _connect_social_imitation(settings: Settings, database: Database, shop: demo_shop.Shop) -> Iterator[None]:
    """An imitation of Instagram, connected and read; people like its posts and comment on them while it lasts."""
    with InstagramImitation(seed=shop.seed, habits=Habits(dead_metrics={"saved"})) as account:
        connection_id = connect_imitation(
            settings, database, SOCIAL_IMITATION, account.url, account.connection(), "instagram"
        )
        outcome = sync_source(settings, database, connection_id, whole=True)
        printing.print_text(
            f"{SOCIAL_IMITATION}: an imitation of Instagram on this machine, its posts and people are made up."
            f" {outcome.records:,} records read with {outcome.requests:,} calls. See them: foresell social"
        )
        ended = threading.Event()
        thread = threading.Thread(target=_keep_liking, args=(account, ended), daemon=True)
        thread.start()
        yield
        ended.set()


def _keep_liking(account: InstagramImitation, ended: threading.Event) -> None:
    while not ended.wait(EDIT_SECONDS):
        with account.lock:
            account.engage()


@contextmanager
def _connect_imitation(settings: Settings, database: Database, shop: demo_shop.Shop) -> Iterator[None]:
    """An imitation of QuickBooks on this machine, connected and read; someone edits its sales while it lasts."""
    with QuickBooksImitation(
        customers=120, invoices=900, seed=shop.seed, fault_share=0.1, today=shop.last_day
    ) as company:
        connection_id = connect_imitation(settings, database, IMITATION, company.url, company.connection())
        printing.print_note(
            f"{IMITATION} is an imitation of QuickBooks on this machine: its customers and sales are made up, and a tenth of"
            " the calls fails on purpose. It ends with this command."
        )
        for _ in range(5):  # given up after six failures of one call; what was read is kept
            outcome = sync_source(settings, database, connection_id, whole=True)
            if outcome.state == "done":
                break
        printing.print_text(
            f"{IMITATION}: {outcome.records:,} records read with {outcome.requests:,} calls, {outcome.retries:,} of them repeated;"
            f" {outcome.totals_compared} months compared with its own report, {len(outcome.mismatches)} differ."
        )
        editing = threading.Event()
        thread = threading.Thread(target=_keep_editing, args=(company, editing), daemon=True)
        thread.start()
        yield
        editing.set()


def _load_made_up_directory(settings: Settings, database: Database, shop: demo_shop.Shop) -> None:
    """A directory of businesses that do not exist, and what it proposes about the shop's companies."""
    file = settings.home / "demo" / f"directory-{shop.customers}-{shop.seed}.geojson"
    write_directory(shop, file)
    load_directory(settings, database, file, "osm", whole=True, made_up=True)
    done = enrich_customers(settings, database)
    printing.print_note(
        "The directory is made up: an imitation of an extract of OpenStreetMap, with no business that exists."
    )
    printing.print_text(
        f"Made-up directory: {done.matched:,} companies found, {sum(done.proposed.values()):,} values proposed:"
        " foresell enrich list"
    )


def _keep_editing(company: QuickBooksImitation, ended: threading.Event) -> None:
    while not ended.wait(EDIT_SECONDS):
        with company.lock:
            company.edit_sale()


def _load_shop(settings: Settings, database: Database, shop: demo_shop.Shop, progress: Progress) -> None:
    """Load the shop and print what each file brought."""
    for batch in load_sample_data(settings, database, shop, progress=progress):
        printing.print_text(
            f"{batch.file_name}: {batch.lines_loaded:,} lines loaded, {batch.lines_unchanged:,} unchanged,"
            f" {batch.lines_rejected:,} rejected"
        )


def _load_reviews(settings: Settings, database: Database, shop: demo_shop.Shop) -> None:
    """Load reviews that customers of the shop could have written, and print how they were read."""
    done = load_sample_reviews(settings, database, shop)
    shares = ", ".join(f"{n:,} {sentiment}" for sentiment, n in sorted(done.sentiments.items()))
    printing.print_text(
        f"{done.file_name}: {done.added:,} added, {done.unchanged:,} unchanged. New: {shares or 'none'}"
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
