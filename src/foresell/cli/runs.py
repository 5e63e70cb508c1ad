"""Commands on runs: refresh, runs, rollback, backfill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest, parse_day
from foresell.cli.outcomes import print_outcomes
from foresell.cli.run_report import print_run, read_run_details
from foresell.cli.session import open_home
from foresell.errors import UsageError
from foresell.store import model_registry, runs
from foresell.workflows.backfill import backfill_runs
from foresell.workflows.prediction import Training
from foresell.workflows.refresh import run_refresh

RUN_COLUMNS = {
    "run_id": "Run", "as_of": "As of", "state": "State", "customers_scored": "Customers", "published_at": "Published at",
    "error": "Error",
}  # fmt: skip
TRAINING: dict[bool | None, Training] = {None: "when due", True: "always", False: "never"}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(refresh)
    app.command(name="runs")(list_runs)
    app.command()(rollback)
    app.command()(backfill)


def refresh(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Score as of this day, YYYY-MM-DD (default: the day after the last order)."),
    ] = None,
    train: Annotated[
        bool | None,
        typer.Option("--train/--no-train", help="Always or never train the models (default: when due)."),
    ] = None,
    predict: Annotated[
        bool, typer.Option("--predictions/--no-predictions", help="With or without predictions; RFM is always scored.")
    ] = True,
    json: Json = False,
) -> None:
    """Build a snapshot, score it, predict and publish the run. If it fails, the published run does not change."""
    chosen = parse_day(as_of, "--as-of")
    if chosen and chosen > datetime.now(UTC).date() + timedelta(days=1):
        raise UsageError(f"--as-of {chosen} lies in the future.", remedy="Choose a day up to tomorrow.")
    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        run = run_refresh(settings, database, as_of=chosen, predict=predict, train=TRAINING[train], progress=progress)
    classes, models = read_run_details(database, run["run_id"])
    if json:
        segments = runs.get_segments(database, run["run_id"])
        printing.print_json({**run, "line_classes": classes, "segments": segments, "predictions": models})
        return
    print_run(run, classes, models)
    printing.print_text("Next: foresell segments    foresell customers    foresell predictions    foresell metrics")


def list_runs(limit: Newest = 20, json: Json = False) -> None:
    """List the runs, newest first."""
    _, database = open_home()
    rows = runs.list_runs(database, limit=limit)
    if json:
        printing.print_json(rows)
    elif not rows:
        printing.print_text("Nothing has been scored yet. Load a file, then: foresell refresh")
    else:
        printing.print_table(rows, RUN_COLUMNS, plain_ids=["run_id"])


def rollback(
    run: Annotated[int | None, typer.Argument(help="The run to publish again (default: the previous one).")] = None,
    json: Json = False,
) -> None:
    """Publish an earlier run again. The current run is withdrawn, not deleted."""
    _, database = open_home()
    target = runs.roll_back(database, run)
    if json:
        printing.print_json({"published": target["run_id"], "as_of": target["as_of"]})
    else:
        printing.print_text(f"Run {target['run_id']} (as of {target['as_of']}) is published again.")


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day to predict from, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day to predict from, YYYY-MM-DD.")],
    every: Annotated[str, typer.Option(help="Interval in days, such as 30d.")] = "30d",
    json: Json = False,
) -> None:
    """Predict as of past days and compare with the observed orders.

    Each prediction uses only what was known on its day. The published run does not change.
    """
    start, end = parse_day(first, "--from"), parse_day(last, "--to")
    step = every.removesuffix("d")
    if not step.isdigit() or int(step) < 1:
        raise UsageError(f"--every {every!r} is not a number of days.", remedy="Write it as 30d.")
    if start is None or end is None or start > end:
        raise UsageError("--from is later than --to.")
    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        past = backfill_runs(settings, database, start, end, int(step), progress)
    if json:
        printing.print_json(
            [{"run_id": run["run_id"], "as_of": run["as_of"], "customers": run["customers_scored"]} for run in past]
        )
    else:
        printing.print_text(f"Predicted as of {len(past)} past days. The published run did not change.")
        print_outcomes(model_registry.list_outcomes(database))
