"""Commands that show how right the predictions are: metrics, models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.data import Json
from foresell.cli.session import open_home
from foresell.errors import NotReady, UsageError
from foresell.scores.training.tasks import ALL_TASKS
from foresell.store import model_registry, runs


class Grouping(StrEnum):
    """How promises and what came of them are grouped."""

    all = "all"
    decile = "decile"
    segment = "segment"


models_app = typer.Typer(help="The models: what each learnt from, how well it did, which ones serve.")

#: The measures of a backtest worth a column, with a heading that fits.
MEASURES = {
    "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "f1": "F1", "precision": "precision", "recall": "recall", "accuracy": "accuracy",
    "precision_at_100": "of first 100", "lift_top_decile": "lift", "calibration_error": "cal. error",
}  # fmt: skip
TRIVIAL = {"base_rate": "base rate", "majority_accuracy": "accuracy of majority", "f1_everyone": "F1 of everyone"}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(metrics)
    app.add_typer(models_app, name="models")


def metrics(
    task: Annotated[str | None, typer.Option(help=f"Only this task: {', '.join(ALL_TASKS)}.")] = None,
    all_cutoffs: Annotated[bool, typer.Option("--all", help="Every cutoff, population and compared model.")] = False,
    by: Annotated[Grouping, typer.Option(help="Promises that came due by: all, decile or segment.")] = Grouping.all,
    json: Json = False,
) -> None:
    """How right the models are: out of time, beside what needs no model, targets met or not, promises kept or not."""
    if task and task not in ALL_TASKS:
        raise UsageError(f"There is no task {task!r}.", remedy=f"Choose one of: {', '.join(ALL_TASKS)}")
    _, database = open_home()
    run = runs.published(database)
    answers = [row for row in model_registry.run_models(database, run["run_id"]) if task in (None, row["task"])]
    if not answers:
        raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
    found = [
        {**row, "model": model_registry.show_model(database, row["model_id"]) if row["model_id"] else None}
        for row in answers
    ]
    graded = [row for row in model_registry.receipts(database) if task in (None, row["task"])]
    if json:
        printing.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "tasks": found, "receipts": graded})
        return
    for answer in found:
        _show_metrics(answer, all_cutoffs)
    show_receipts(graded, by)


def _show_metrics(answer: Mapping[str, Any], all_cutoffs: bool) -> None:
    model = answer["model"]
    printing.say(
        f"\n{answer['task']}: "
        + (f"{model['kind']} (model {model['model_id']}, as of {model['as_of']})" if model else answer["level"])
    )
    printing.say(f"  {answer['sentence']}")
    if model is None:
        return
    figures = model["figures"]
    if answer["task"] == "revenue_forecast":
        _show_months(figures)
    elif all_cutoffs:
        printing.table(
            figures,
            {key: key for key in ("model", "population", "cutoff", "customers", "measure", "value", "low", "high")},
        )
    else:
        _show_means(figures, model["kind"])
    _show_confusion(figures, model["kind"])
    _show_calibration(model["deciles"], model["kind"])
    show_targets(model["card"].get("targets", []))
    for finding in model["card"].get("leak_guard", []):
        printing.say(f"  leak guard: {finding.get('sentence') or finding}")


def _show_means(figures: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Means over the test cutoffs: the compared models on all customers, then the served one by population."""
    means = [row for row in figures if row["cutoff"] is None]
    found = {row["measure"] for row in means}
    measures = {m: words for m, words in MEASURES.items() if m in found} or {m: m for m in sorted(found)}
    for group, chosen in (
        ("model", [row for row in means if row["population"] == "all"]),
        ("population", [row for row in means if row["model"] == kind]),
    ):
        rows: dict[str, dict[str, Any]] = {}
        for figure in chosen:
            rows.setdefault(figure[group], {group: figure[group]})[figure["measure"]] = _figure(figure)
        trivial = {m: words for m, words in TRIVIAL.items() if m in found and group == "population"}
        if len(rows) > 1 or group == "model":
            printing.table(list(rows.values()), {group: f"  {group}", **measures, **trivial})
    _show_interval(means, kind)


def _figure(figure: Mapping[str, Any]) -> str:
    return "–" if figure["value"] is None else f"{figure['value']:.3f}"


def _show_interval(means: Sequence[Mapping[str, Any]], kind: str) -> None:
    """The 95 % bootstrap intervals of the served model on all customers, in a line."""
    rows = [row for row in means if row["model"] == kind and row["population"] == "all" and row["low"] is not None]
    shown = [
        f"{MEASURES[row['measure']]} {row['low']:.3f}-{row['high']:.3f}" for row in rows if row["measure"] in MEASURES
    ]
    if shown:
        printing.say("  95 % intervals: " + ", ".join(shown))


def _show_months(figures: Sequence[Mapping[str, Any]]) -> None:
    """Every month's forecast beside what came and what seasonal naive would have said."""
    rows: dict[tuple[Any, str], dict[str, Any]] = {}
    for figure in figures:
        row = rows.setdefault(
            (figure["cutoff"], figure["population"]), {"month": str(figure["cutoff"])[:7], "of": figure["population"]}
        )
        row["naive" if figure["model"] == "seasonal_naive" else figure["measure"]] = figure["value"]
    for row in rows.values():
        for key in ("accuracy", "naive"):
            row[key] = None if row.get(key) is None else f"{100 * row[key]:.1f} %"
    printing.table(
        [rows[key] for key in sorted(rows, key=lambda key: (key[1] != "revenue", key[0]))],
        {
            "of": "of",
            "month": "month",
            "expected": "expected",
            "actual": "came",
            "accuracy": "accuracy",
            "naive": "as last year",
        },
    )


def _show_confusion(figures: Sequence[Mapping[str, Any]], kind: str) -> None:
    """The confusion matrix of all customers, summed over the test cutoffs, in words."""
    counts = {
        row["measure"]: row["value"]
        for row in figures
        if row["model"] == kind and row["population"] == "all" and row["cutoff"] is None and row["measure"] in CONFUSION
    }
    if len(counts) == len(CONFUSION):
        printing.say("  per cutoff: " + "; ".join(f"{counts[key]:,.0f} {words}" for key, words in CONFUSION.items()))


CONFUSION = {
    "true_positive": "said yes and it happened",
    "false_positive": "said yes and it did not",
    "false_negative": "said no and it happened",
    "true_negative": "said no and it did not",
}


def _show_calibration(deciles: Sequence[Mapping[str, Any]], kind: str) -> None:
    """What was said and what came, tenth by tenth of the customers, over all test cutoffs."""
    pairs = []
    for tenth in range(1, 11):
        rows = [row for row in deciles if row["model"] == kind and row["decile"] == tenth]
        customers = sum(row["customers"] for row in rows)
        if customers:
            said, came = (sum(row[key] * row["customers"] for row in rows) / customers for key in ("said", "happened"))
            pairs.append(f"{100 * said:.0f}/{100 * came:.0f}")
    if pairs:
        printing.say("  said / came in %, likeliest tenth first: " + ", ".join(pairs))


def show_targets(targets: Sequence[Mapping[str, Any]]) -> None:
    """Each goal of the documents: met, not met or not reachable, and why."""
    for target in targets:
        printing.say(
            f"  target {target['measure']} >= {target['goal']:.2f}, {target['population']}: {target['verdict']}. {target['sentence']}"
        )


def show_receipts(graded: Sequence[Mapping[str, Any]], by: Grouping = Grouping.all) -> None:
    """What was promised and what came, run by run; shares for everything but lifetime value."""
    rows = [dict(row) for row in graded if row["grouping"] == by]
    if not rows:
        printing.say("\nNo promise has come due yet. Replay the past: foresell backfill --from DAY --to DAY")
        return
    for row in rows:
        money = row["task"] == "lifetime_value"
        row["said_words"], row["happened_words"] = (
            f"{row[key]:,.2f}" if money else f"{100 * row[key]:.1f} %" for key in ("said", "happened")
        )
    columns = {
        "task": "task", "as_of": "said on", "horizon_days": "for days", "name": str(by), "customers": "customers",
        "said_words": "said", "happened_words": "came", "kind": "model", "model_id": "number", "run_id": "run",
    }  # fmt: skip
    printing.say()
    printing.table(rows, columns, title="Promises whose time has come", plain_ids=["run_id", "model_id"])


@models_app.callback(invoke_without_command=True)
def list_models(context: typer.Context, json: Json = False) -> None:
    """List the models, newest first."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    found = model_registry.list_models(database)
    if json:
        printing.as_json(found)
    elif not found:
        printing.say("No model was trained yet. Load data, then: foresell refresh")
    else:
        columns = {
            "model_id": "model",
            "task": "task",
            "kind": "kind",
            "as_of": "as of",
            "state": "state",
            "reason": "why",
        }
        printing.table(found, columns, plain_ids=["model_id"])


@models_app.command("show")
def show_model(
    model: Annotated[int, typer.Argument(help="The number `foresell models` shows.")], json: Json = False
) -> None:
    """One model's card: data window, rows, features, versions, metrics, checks."""
    _, database = open_home()
    found = model_registry.show_model(database, model)
    if json:
        printing.as_json(found)
        return
    card = found["card"]
    printing.say(
        f"Model {found['model_id']}: {found['task']}, {found['kind']}, {found['state']}, trained {found['trained_at']:%Y-%m-%d %H:%M}"
    )
    for key in ("as_of", "horizon", "rows", "customers", "seed", "thresholds", "margin", "versions", "served_because"):
        if key in card:
            printing.say(f"  {key}: {card[key]}")
    if card.get("features"):
        printing.say(f"  features ({len(card['features'])}): {', '.join(card['features'])}")
    _show_metrics({"task": found["task"], "sentence": found["reason"], "level": found["kind"], "model": found}, False)


@models_app.command("rollback")
def rollback_model(task: Annotated[str, typer.Argument(help=f"One of: {', '.join(ALL_TASKS)}.")]) -> None:
    """Take the newest model of a task out of service; the one before it serves from the next refresh on."""
    _, database = open_home()
    printing.say(
        f"Model {model_registry.withdraw(database, task)} of {task} is withdrawn. Use the one before: foresell refresh --no-train"
    )
