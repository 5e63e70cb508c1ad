"""Commands that predict and show how right the predictions are: train, predictions, metrics, forecast, models, backfill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from foresell import pipeline
from foresell.cli import show
from foresell.cli.data import Json
from foresell.cli.scoring import Category, Contacts, From, Limit, Output, Segment, To, contacts_of
from foresell.cli.session import day, open_home, open_published
from foresell.errors import NotReady, UsageError
from foresell.scores.churn import STATES
from foresell.scores.predicting import ALL_TASKS
from foresell.snapshot import ask
from foresell.truth import models, people, runs
from foresell.truth.database import Database


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
    for command in (train, predictions, metrics, forecast, backfill):
        app.command()(command)
    app.add_typer(models_app, name="models")


def train(
    task: Annotated[
        list[str] | None, typer.Option(help=f"Only this task, may be repeated: {', '.join(ALL_TASKS)}.")
    ] = None,
    json: Json = False,
) -> None:
    """Train and judge the models on the published snapshot; the next refresh uses them."""
    tasks = task or list(ALL_TASKS)
    if unknown := [each for each in tasks if each not in ALL_TASKS]:
        raise UsageError(f"There is no task {unknown[0]!r}.", remedy=f"Choose among: {', '.join(ALL_TASKS)}")
    settings, database = open_home()
    with show.progress(not json) as progress:
        kept, refused = pipeline.train(settings, database, tasks=tasks, progress=progress)
    if json:
        trained = [
            {"model_id": each.model_id, "task": each.task, "kind": each.kind, "card": each.card} for each in kept
        ]
        show.as_json({"trained": trained, "refused": refused})
        return
    for model in kept:
        show.say(f"Model {model.model_id}, {model.task}: {model.kind}. {model.reason}")
        _show_targets(model.card.get("targets", []))
    for name, reason in refused.items():
        show.say(f"{name} was refused, what served before stays: {reason}")
    show.say("Look closer: foresell metrics    Use them: foresell refresh")


def predictions(
    segment: Segment = None,
    bought_from: From = None,
    bought_to: To = None,
    category: Category = None,
    state: Annotated[str | None, typer.Option(help=f"Only this churn state: {', '.join(STATES)}.")] = None,
    least: Annotated[
        float | None, typer.Option("--min-probability", min=0, max=1, help="At least this likely to order.")
    ] = None,
    sort: Annotated[str, typer.Option(help=f"Best first by: {', '.join(ask.CALL_SORTS)}.")] = "value",
    limit: Limit = None,
    contacts: Contacts = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """The call list: who orders in the next 30 days, what that is worth, and why."""
    if state and state not in STATES:
        raise UsageError(f"There is no churn state {state!r}.", remedy=f"Choose one of: {', '.join(STATES)}")
    first, last = day(bought_from, "--from"), day(bought_to, "--to")
    with open_published() as (run, con, database):
        _check_predicted(database, run["run_id"])
        total, rows = ask.call_list(
            con, segment=segment, first_day=first, last_day=last, category=category, state=state, least=least, sort=sort,
            limit=limit or (None if output or json else 20),
        )  # fmt: skip
        rows = contacts_of(database, rows) if contacts else rows
    extra = people.CONTACT_COLUMNS if contacts else ()
    if output:
        columns = ["customer_id", *extra, *(key for key in CALL_FILE if key != "customer_id")]
        count = show.write_csv(rows, columns, output)
        show.note(f"{count:,} customers written to {output} (run {run['run_id']}, as of {run['as_of']})")
    elif json:
        show.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "total": total, "predictions": rows})
    else:
        _show_calls(run, total, rows, contacts)


CALL_FILE = (
    "customer_id", "segment", "rfm_score", "probability", "expected_order_value", "expected_value", "churn_state", "churn_90",
    "value_12m", "value_band", "recency_days", "last_purchase_day", "country", "reasons",
)  # fmt: skip


def _check_predicted(database: Database, run_id: int) -> None:
    """The published run must hold purchase predictions; if not, say why. Raises NotReady."""
    answers = {row["task"]: row for row in models.run_models(database, run_id)}
    if not answers:
        raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
    if answers["purchase"]["level"] == "off":
        raise NotReady(answers["purchase"]["sentence"], remedy="See the others: foresell metrics, foresell customers")


def _show_calls(run: Mapping[str, Any], total: int, rows: list[dict[str, Any]], contacts: bool) -> None:
    if not rows:
        show.say("No customer matches. Loosen a filter, or see all: foresell predictions")
        return
    for row in rows:
        row["chance"] = f"{100 * row['probability']:.0f} %"
        row["worth"] = f"{row['expected_value']:,.0f}"
    columns = {"customer_id": "customer"} | ({"name": "name", "phone": "phone"} if contacts else {})
    columns |= {
        "segment": "segment",
        "chance": "chance",
        "worth": "expected",
        "value_band": "value",
        "churn_state": "churn",
        "reasons": "why",
    }
    title = f"{len(rows):,} of {total:,} customers: chance of an order in the 30 days from {run['as_of']} (run {run['run_id']})"
    show.table(rows, columns, title=title)


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
    answers = [row for row in models.run_models(database, run["run_id"]) if task in (None, row["task"])]
    if not answers:
        raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
    found = [
        {**row, "model": models.show_model(database, row["model_id"]) if row["model_id"] else None} for row in answers
    ]
    graded = [row for row in models.receipts(database) if task in (None, row["task"])]
    if json:
        show.as_json({"run_id": run["run_id"], "as_of": run["as_of"], "tasks": found, "receipts": graded})
        return
    for answer in found:
        _show_metrics(answer, all_cutoffs)
    _show_receipts(graded, by)


def _show_metrics(answer: Mapping[str, Any], all_cutoffs: bool) -> None:
    model = answer["model"]
    show.say(
        f"\n{answer['task']}: "
        + (f"{model['kind']} (model {model['model_id']}, as of {model['as_of']})" if model else answer["level"])
    )
    show.say(f"  {answer['sentence']}")
    if model is None:
        return
    figures = model["figures"]
    if answer["task"] == "revenue_forecast":
        _show_months(figures)
    elif all_cutoffs:
        show.table(
            figures,
            {key: key for key in ("model", "population", "cutoff", "customers", "measure", "value", "low", "high")},
        )
    else:
        _show_means(figures, model["kind"])
    _show_confusion(figures, model["kind"])
    _show_calibration(model["deciles"], model["kind"])
    _show_targets(model["card"].get("targets", []))
    for finding in model["card"].get("leak_guard", []):
        show.say(f"  leak guard: {finding.get('sentence') or finding}")


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
            show.table(list(rows.values()), {group: f"  {group}", **measures, **trivial})
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
        show.say("  95 % intervals: " + ", ".join(shown))


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
    show.table(
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
        show.say("  per cutoff: " + "; ".join(f"{counts[key]:,.0f} {words}" for key, words in CONFUSION.items()))


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
        show.say("  said / came in %, likeliest tenth first: " + ", ".join(pairs))


def _show_targets(targets: Sequence[Mapping[str, Any]]) -> None:
    for target in targets:
        show.say(
            f"  target {target['measure']} >= {target['goal']:.2f}, {target['population']}: {target['verdict']}. {target['sentence']}"
        )


def _show_receipts(graded: Sequence[Mapping[str, Any]], by: Grouping = Grouping.all) -> None:
    """What was promised and what came, run by run; shares for everything but lifetime value."""
    rows = [dict(row) for row in graded if row["grouping"] == by]
    if not rows:
        show.say("\nNo promise has come due yet. Replay the past: foresell backfill --from DAY --to DAY")
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
    show.say()
    show.table(rows, columns, title="Promises whose time has come", plain_ids=["run_id", "model_id"])


def forecast(json: Json = False) -> None:
    """What the shop will take: weeks, months and quarters, net revenue and orders, with an 80 % interval."""
    with open_published() as (run, con, database):
        answers = {row["task"]: row for row in models.run_models(database, run["run_id"])}
        if not answers:
            raise NotReady("The published run has no predictions.", remedy="Make them: foresell refresh")
        rows = ask.forecast(con)
    if json:
        show.as_json(
            {"run_id": run["run_id"], "as_of": run["as_of"], "forecast": rows, "why": answers["revenue_forecast"]}
        )
        return
    if not rows:
        raise NotReady(answers["revenue_forecast"]["sentence"])
    columns = {
        "grain": "period",
        "starts": "from",
        "ends": "before",
        "target": "of",
        "known": "so far",
        "expected": "expected",
        "low": "low",
        "high": "high",
        "note": "note",
    }
    show.table(
        [_rounded(row) for row in rows],
        columns,
        title=f"Forecast as of {run['as_of']} (run {run['run_id']}), 80 % interval",
    )
    show.say("How right it has been: foresell metrics --task revenue_forecast")


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(value) if isinstance(value, float) else value for key, value in row.items()}


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day to speak as of, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
    every: Annotated[str, typer.Option(help="Days between, such as 30d.")] = "30d",
    json: Json = False,
) -> None:
    """Replay the past: predict as of earlier days from what was known then, and grade it by what came."""
    start, end = day(first, "--from"), day(last, "--to")
    step = every.removesuffix("d")
    if not step.isdigit() or int(step) < 1:
        raise UsageError(f"--every {every!r} is not a number of days.", remedy="Write it as 30d.")
    if start is None or end is None or start > end:
        raise UsageError("--from is later than --to.")
    settings, database = open_home()
    with show.progress(not json) as progress:
        made = pipeline.backfill(settings, database, start, end, int(step), progress)
    if json:
        show.as_json(
            [{"run_id": run["run_id"], "as_of": run["as_of"], "customers": run["customers_scored"]} for run in made]
        )
    else:
        show.say(f"{len(made)} days were replayed. What is shown did not change.")
        _show_receipts(models.receipts(database))


@models_app.callback(invoke_without_command=True)
def list_models(context: typer.Context, json: Json = False) -> None:
    """List the models, newest first."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    found = models.list_models(database)
    if json:
        show.as_json(found)
    elif not found:
        show.say("No model was trained yet. Load data, then: foresell refresh")
    else:
        columns = {
            "model_id": "model",
            "task": "task",
            "kind": "kind",
            "as_of": "as of",
            "state": "state",
            "reason": "why",
        }
        show.table(found, columns, plain_ids=["model_id"])


@models_app.command("show")
def show_model(
    model: Annotated[int, typer.Argument(help="The number `foresell models` shows.")], json: Json = False
) -> None:
    """One model's card: data window, rows, features, versions, metrics, checks."""
    _, database = open_home()
    found = models.show_model(database, model)
    if json:
        show.as_json(found)
        return
    card = found["card"]
    show.say(
        f"Model {found['model_id']}: {found['task']}, {found['kind']}, {found['state']}, trained {found['trained_at']:%Y-%m-%d %H:%M}"
    )
    for key in ("as_of", "horizon", "rows", "customers", "seed", "thresholds", "margin", "versions", "served_because"):
        if key in card:
            show.say(f"  {key}: {card[key]}")
    if card.get("features"):
        show.say(f"  features ({len(card['features'])}): {', '.join(card['features'])}")
    _show_metrics({"task": found["task"], "sentence": found["reason"], "level": found["kind"], "model": found}, False)


@models_app.command("rollback")
def rollback_model(task: Annotated[str, typer.Argument(help=f"One of: {', '.join(ALL_TASKS)}.")]) -> None:
    """Take the newest model of a task out of service; the one before it serves from the next refresh on."""
    _, database = open_home()
    show.say(
        f"Model {models.withdraw(database, task)} of {task} is withdrawn. Use the one before: foresell refresh --no-train"
    )
