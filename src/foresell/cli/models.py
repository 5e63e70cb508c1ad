"""Commands on models: train, metrics, models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from foresell.audit.record import record_sync
from foresell.cli import printing
from foresell.cli.labels import label_task
from foresell.cli.options import Json
from foresell.cli.outcomes import Grouping, print_outcomes
from foresell.cli.session import open_home
from foresell.errors import NotReady, UsageError
from foresell.scores import registry
from foresell.store import model_registry, runs
from foresell.workflows.train import train_models

#: The backtest metrics worth a column, with a heading that fits.
METRICS = {
    "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "f1": "F1", "precision": "Precision", "recall": "Recall", "accuracy": "Accuracy",
    "precision_at_100": "Precision@100", "lift_top_decile": "Lift", "calibration_error": "ECE",
}  # fmt: skip
BASELINES = {"base_rate": "Base rate", "majority_accuracy": "Majority accuracy", "f1_everyone": "F1 of all positive"}
CONFUSION = {
    "true_positive": "true positives", "false_positive": "false positives", "false_negative": "false negatives",
    "true_negative": "true negatives",
}  # fmt: skip
MONTHS = {
    "of": "Metric", "month": "Month", "expected": "Forecast", "actual": "Actual", "accuracy": "Accuracy",
    "naive": "Same month last year",
}  # fmt: skip

models_app = typer.Typer(help="List the models, show one, or withdraw one.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(train)
    app.command()(metrics)
    app.add_typer(models_app, name="models")


def train(
    task: Annotated[
        list[str] | None, typer.Option(help=f"Only this task, may be repeated: {', '.join(registry.task_names())}.")
    ] = None,
    json: Json = False,
) -> None:
    """Train and backtest the models on the published snapshot. The next refresh uses them."""
    tasks = task or list(registry.task_names())
    for name in tasks:
        _check_task(name)
    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        kept, refused = train_models(settings, database, tasks=tasks, progress=progress)
    if json:
        trained = [
            {"model_id": model.model_id, "task": model.task, "kind": model.kind, "card": model.card} for model in kept
        ]
        printing.print_json({"trained": trained, "refused": refused})
        return
    for model in kept:
        printing.print_text(f"Model {model.model_id}, {label_task(model.task)}: {model.kind}. {model.reason}")
        _print_targets(model.card.get("targets", []))
    for name, reason in refused.items():
        printing.print_text(f"{label_task(name)}: not trained, the model in use stays. {reason}")
    printing.print_text("Next: foresell metrics    To use the models: foresell refresh")


def metrics(
    task: Annotated[str | None, typer.Option(help=f"Only this task: {', '.join(registry.task_names())}.")] = None,
    all_cutoffs: Annotated[
        bool, typer.Option("--all", help="Every backtest date, customer group and compared model.")
    ] = False,
    by: Annotated[Grouping, typer.Option(help="How to group the track record.")] = Grouping.all,
    json: Json = False,
) -> None:
    """Show the accuracy of the models.

    Backtests compared with baselines, the targets, and the track record of published predictions.
    """
    if task:
        _check_task(task)
    _, database = open_home()
    run = runs.get_published_run(database)
    rows = [row for row in model_registry.list_run_models(database, run["run_id"]) if task in (None, row["task"])]
    if not rows:
        raise NotReady("The published run has no predictions.", remedy="Run: foresell refresh")
    tasks = [
        {**row, "model": model_registry.get_model(database, row["model_id"]) if row["model_id"] else None}
        for row in rows
    ]
    outcomes = [row for row in model_registry.list_outcomes(database) if task in (None, row["task"])]
    if json:
        printing.print_json({"run_id": run["run_id"], "as_of": run["as_of"], "tasks": tasks, "outcomes": outcomes})
        return
    for each in tasks:
        _print_task(each, all_cutoffs)
    print_outcomes(outcomes, by)


def _check_task(task: str) -> None:
    """Raises UsageError for an unknown task."""
    if task not in registry.task_names():
        raise UsageError(f"There is no task {task!r}.", remedy=f"Choose one of: {', '.join(registry.task_names())}")


def _print_task(task: Mapping[str, Any], all_cutoffs: bool) -> None:
    """The model of one task and its backtest."""
    model = task["model"]
    version = f"{model['kind']} (model {model['model_id']}, as of {model['as_of']})" if model else task["level"]
    printing.print_text(f"\n{label_task(task['task'])}: {version}")
    printing.print_text(f"  {task['sentence']}")
    if model:
        _print_backtest(task["task"], model, all_cutoffs)


def _print_backtest(task: str, model: Mapping[str, Any], all_cutoffs: bool) -> None:
    """Everything measured when the model was trained: `metrics` has one row per model, population, cutoff and metric."""
    metrics = model["metrics"]
    if task == "revenue_forecast":
        _print_months(metrics)
    elif all_cutoffs:
        keys = {
            "model": "Model", "population": "Customers", "cutoff": "Backtest date", "customers": "Number",
            "metric": "Metric", "value": "Value", "low": "Low", "high": "High",
        }  # fmt: skip
        printing.print_table(metrics, keys)
    else:
        _print_means(metrics, model["kind"])
    _print_confusion_matrix(metrics, model["kind"])
    _print_calibration(model["deciles"], model["kind"])
    _print_targets(model["card"].get("targets", []))
    for finding in model["card"].get("leak_guard", []):
        printing.print_text(f"  Leak guard: {finding.get('sentence') or finding}")


def _print_means(metrics: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Means over the backtest dates: the compared models on all customers, then the served model by customer group."""
    means = [row for row in metrics if row["cutoff"] is None]
    measured = {row["metric"] for row in means}
    columns = {name: heading for name, heading in METRICS.items() if name in measured} or {
        name: name for name in sorted(measured)
    }
    baselines = {name: heading for name, heading in BASELINES.items() if name in measured}
    _print_pivot([row for row in means if row["population"] == "all"], "model", {"model": "Model", **columns})
    served = [row for row in means if row["model"] == kind]
    if len({row["population"] for row in served}) > 1:
        _print_pivot(served, "population", {"population": "Customers", **columns, **baselines})
    _print_intervals(means, kind)


def _print_pivot(metrics: Sequence[Mapping[str, Any]], key: str, columns: Mapping[str, str]) -> None:
    """One line per value of `key`, one column per metric."""
    rows: dict[str, dict[str, Any]] = {}
    for row in metrics:
        value = "–" if row["value"] is None else f"{row['value']:.3f}"
        rows.setdefault(row[key], {key: row[key]})[row["metric"]] = value
    printing.print_table(list(rows.values()), columns)


def _print_intervals(means: Sequence[Mapping[str, Any]], kind: str) -> None:
    """The 95 % confidence intervals (bootstrap) of the served model on all customers."""
    rows = [row for row in means if row["model"] == kind and row["population"] == "all" and row["low"] is not None]
    intervals = [
        f"{METRICS[row['metric']]} {row['low']:.3f}-{row['high']:.3f}" for row in rows if row["metric"] in METRICS
    ]
    if intervals:
        printing.print_text("  95 % confidence intervals: " + ", ".join(intervals))


def _print_months(metrics: Sequence[Mapping[str, Any]]) -> None:
    """Each backtested month: the forecast compared with the actual value and with the same month last year."""
    rows: dict[tuple[Any, str], dict[str, Any]] = {}
    for metric in metrics:
        row = rows.setdefault(
            (metric["cutoff"], metric["population"]), {"month": str(metric["cutoff"])[:7], "of": metric["population"]}
        )
        row["naive" if metric["model"] == "seasonal_naive" else metric["metric"]] = metric["value"]
    for row in rows.values():
        for key in ("accuracy", "naive"):
            row[key] = None if row.get(key) is None else f"{100 * row[key]:.1f} %"
    printing.print_table([rows[key] for key in sorted(rows, key=lambda key: (key[1] != "revenue", key[0]))], MONTHS)


def _print_confusion_matrix(metrics: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Mean counts per backtest date, for the served model on all customers."""
    counts = {
        row["metric"]: row["value"]
        for row in metrics
        if row["model"] == kind and row["population"] == "all" and row["cutoff"] is None and row["metric"] in CONFUSION
    }
    if len(counts) == len(CONFUSION):
        cells = "; ".join(f"{counts[name]:,.0f} {words}" for name, words in CONFUSION.items())
        printing.print_text(f"  Confusion matrix, mean per backtest date: {cells}")


def _print_calibration(deciles: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Predicted and observed share of each decile of customers, over all backtest dates."""
    pairs = []
    for decile in range(1, 11):
        rows = [row for row in deciles if row["model"] == kind and row["decile"] == decile]
        customers = sum(row["customers"] for row in rows)
        if customers:
            predicted, observed = (
                sum(row[key] * row["customers"] for row in rows) / customers for key in ("predicted", "observed")
            )
            pairs.append(f"{100 * predicted:.0f}/{100 * observed:.0f}")
    if pairs:
        printing.print_text("  Predicted/observed in %, by decile from the highest chance: " + ", ".join(pairs))


def _print_targets(targets: Sequence[Mapping[str, Any]]) -> None:
    """Each target of the specification, its verdict and the reason."""
    for target in targets:
        printing.print_text(
            f"  Target {target['metric']} >= {target['goal']:.2f}, {target['population']}: {target['verdict']}. {target['sentence']}"
        )


@models_app.callback(invoke_without_command=True)
def list_models(context: typer.Context, json: Json = False) -> None:
    """List the models, newest first."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    rows = model_registry.list_models(database)
    if json:
        printing.print_json(rows)
    elif not rows:
        printing.print_text("No model has been trained yet. Load data, then: foresell refresh")
    else:
        columns = {
            "model_id": "Model", "task": "Task", "kind": "Kind", "as_of": "As of", "state": "State", "reason": "Reason",
        }  # fmt: skip
        printing.print_table(rows, columns, plain_ids=["model_id"])


@models_app.command("show")
def show_model(
    model: Annotated[int, typer.Argument(help="The number shown by `foresell models`.")], json: Json = False
) -> None:
    """Show a model's card: training data, features, versions, metrics and checks."""
    _, database = open_home()
    details = model_registry.get_model(database, model)
    if json:
        printing.print_json(details)
        return
    card = details["card"]
    printing.print_text(
        f"Model {details['model_id']}: {details['task']}, {details['kind']}, {details['state']}, trained {details['trained_at']:%Y-%m-%d %H:%M}"
    )
    for key in ("as_of", "horizon", "rows", "customers", "seed", "thresholds", "margin", "versions", "served_because"):
        if key in card:
            printing.print_text(f"  {key}: {card[key]}")
    if card.get("features"):
        printing.print_text(f"  features ({len(card['features'])}): {', '.join(card['features'])}")
    _print_task({"task": details["task"], "sentence": details["reason"], "model": details}, False)


@models_app.command("rollback")
def rollback_model(task: Annotated[str, typer.Argument(help=f"One of: {', '.join(registry.task_names())}.")]) -> None:
    """Withdraw the newest model of a task. The next refresh uses the previous one."""
    _, database = open_home()
    with database.connect() as con:
        model_id = model_registry.withdraw_model(con, task)
        record_sync(con, "models.rollback", subject=f"model:{model_id}", detail={"task": task, "model_id": model_id})
    printing.print_text(
        f"Model {model_id} of {task} is withdrawn. To use the previous one: foresell refresh --no-train"
    )
