"""Commands on identity: which records are one customer, how complete it is, and who could introduce whom."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from foresell.cli import printing
from foresell.cli.options import CustomerId, Json, Newest, Yes, confirm
from foresell.cli.session import open_home, open_published
from foresell.db import Statements
from foresell.errors import NotReady
from foresell.identity import decisions, moves
from foresell.identity.golden import GROUPS
from foresell.identity.relations import describe_opportunity, opportunity_values
from foresell.snapshot.completeness import measure_completeness
from foresell.workflows.golden import choose_missing_records

SQL = Statements("foresell.identity")


class Verdict(StrEnum):
    """What a person decides about two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


identity_app = typer.Typer(
    help="Find records of the same person or company, merge them into one customer, and undo it.", no_args_is_help=True
)
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the history of the customer.")]
Other = Annotated[
    list[str],
    typer.Argument(metavar="OTHER...", help="Customer numbers to merge into it; a merged one stands for its customer."),
]
ReviewId = Annotated[int, typer.Argument(metavar="REVIEW", help="Number of a pair (foresell identity review).")]
ModelId = Annotated[int, typer.Argument(metavar="MODEL", help="Number of a model (foresell identity models).")]
RecordIds = Annotated[
    list[int], typer.Argument(metavar="RECORD...", help="Numbers of its records (foresell identity records).")
]

LABELS = {
    "name": "Name", "email": "E-mail", "phone": "Phone", "address": "Address", "country": "Country", "signup_date": "Signup",
}  # fmt: skip
#: What the counts of a run are called.
COUNTS = {
    "records": "Records", "compared_records": "Records with something to compare", "pairs_person": "Pairs of people compared",
    "pairs_company": "Pairs of companies compared", "clusters": "Customers with several records", "merges": "Merges",
    "customers_merged": "Customers merged into another", "splits": "Splits", "reviews": "Pairs for review",
    "relations": "Relations",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(identity_app, name="identity")


@identity_app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be merged and split.")] = False,
    json: Json = False,
) -> None:
    """Compare all records, and merge those that are surely one customer; unsure pairs are put up for review.

    The first run trains the matching models. Any merge can be undone at any time: foresell identity undo.
    """
    from foresell.workflows.resolve import resolve_records  # Splink takes a second to import

    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        result = resolve_records(settings, database, dry_run=dry_run, progress=progress)
    if json:
        printing.print_json(result)
        return
    if dry_run:
        printing.print_text("Nothing was changed. A run would do this:")
    rows = [
        {"what": label, "count": result["counts"].get(name, 0)}
        for name, label in COUNTS.items()
        if name in result["counts"]
    ]
    printing.print_table(rows, {"what": "", "count": "Count"})
    for remark in result["remarks"]:
        printing.print_text(remark)
    if dry_run and result["customers"]:
        printing.print_text(
            f"Customers concerned: {', '.join(result['customers'][:20])}{' ...' if len(result['customers']) > 20 else ''}"
        )
    elif not dry_run:
        printing.print_text("Lists and scores follow with the next refresh: foresell refresh")


@identity_app.command("review")
def review(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    decided: Annotated[bool, typer.Option("--decided", help="The pairs decided on instead, the newest first.")] = False,
    json: Json = False,
) -> None:
    """List the pairs that a person should decide on, the highest revenue at stake first."""
    _, database = open_home()
    with database.connect() as con:
        rows = decisions.list_decided(con, limit=limit) if decided else SQL.rows(con, "runs.reviews", limit=limit)
    if json:
        printing.print_json(rows)
        return
    if decided:
        _print_decided(rows)
        return
    if not rows:
        printing.print_text("No pair waits for a decision.")
        return
    columns = {
        "review_id": "Review", "customer_a": "Customer", "customer_b": "and", "why": "Why", "weight": "Evidence (bits)",
        "value_at_stake": "Revenue of both", "opened_at": "Since",
    }  # fmt: skip
    printing.print_table(
        [{**row, "weight": round(row["weight"], 1), "opened_at": f"{row['opened_at']:%Y-%m-%d}"} for row in rows],
        columns,
    )
    printing.print_text(
        "Why: foresell identity explain A B · decide: foresell identity decide REVIEW same|different|unsure"
    )


def _print_decided(rows: list[dict[str, Any]]) -> None:
    if not rows:
        printing.print_text("No pair of the review list has a decision.")
        return
    columns = {
        "review_id": "Review", "customer_a": "Customer", "customer_b": "and", "verdict": "Decision", "by": "By",
        "decided_at": "When", "reason": "Reason",
    }  # fmt: skip
    printing.print_table([{**row, "decided_at": f"{row['decided_at']:%Y-%m-%d %H:%M}"} for row in rows], columns)
    printing.print_text("Undo: foresell identity reopen REVIEW")


@identity_app.command("decide")
def decide(
    review_id: ReviewId,
    verdict: Annotated[
        Verdict,
        typer.Argument(help="same: one customer; different: two customers; unsure: ask again when values change."),
    ],
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Decide on a pair of the review list. `same` merges the customers, `different` splits them if they are one."""
    settings, database = open_home()
    with database.connect() as con:
        done = decisions.decide_review(con, review_id, verdict.value, reason=reason)
    choose_missing_records(settings, database)
    if json:
        printing.print_json(done)
        return
    sentence = f"Decided: {verdict}."
    if done["kind"] == "merge":
        sentence = f"{', '.join(done['other_ids'])} was merged into {done['customer_id']}."
    elif done["kind"] == "split":
        sentence = f"{done['customer_id']} was split: the second record is customer {done['other_ids'][0]}."
    printing.print_text(f"{sentence} Undo: foresell identity reopen {review_id}")


@identity_app.command("reopen")
def reopen(review_id: ReviewId, json: Json = False) -> None:
    """Undo the decision about a pair, with what it merged or split: the pair waits for a decision again."""
    settings, database = open_home()
    with database.connect() as con:
        done = decisions.reopen_review(con, review_id)
    choose_missing_records(settings, database)
    if json:
        printing.print_json(done)
    else:
        printing.print_text("Undone. The pair waits for a decision again: foresell identity review")


@identity_app.command("explain")
def explain(a: CustomerId, b: CustomerId, json: Json = False) -> None:
    """Say why two customers are one, or are not: the evidence field by field, without values."""
    from foresell.workflows.explain_match import explain_customers

    settings, database = open_home()
    found = explain_customers(settings, database, a, b)
    if json:
        printing.print_json({name: getattr(found, name) for name in found.__slots__})
        return
    printing.print_text(found.reason)
    for sentence in found.sentences:
        printing.print_text(f"  {sentence}")
    if found.shared:
        printing.print_text(f"Compared because they share: {', '.join(found.shared)}")
    else:
        printing.print_text("A run does not compare them: they share no e-mail, phone, address or name with a place.")


@identity_app.command("records")
def records(customer_id: CustomerId, json: Json = False) -> None:
    """List the records of a customer: the sources that know them, and under which number."""
    _, database = open_home()
    with database.connect() as con:
        rows = moves.list_records(con, moves.find_customer(con, customer_id))
    if json:
        printing.print_json(rows)
    else:
        printing.print_table(rows, {"record_id": "Record", "source": "Source", "source_key": "Number in the source"})


@identity_app.command("merge")
def merge(customer_id: CustomerId, others: Other, reason: Reason = None, yes: Yes = False, json: Json = False) -> None:
    """Merge customers into the first one. Their numbers will lead to it."""
    settings, database = open_home()
    with database.connect() as con:
        into = moves.find_customer(con, customer_id)
        gone = [moves.find_customer(con, each) for each in others]
        confirm(f"Merge {', '.join(gone)} into {into}?", yes=yes, json=json)
        [move] = moves.merge(con, {into: gone}, reason=reason)
    choose_missing_records(settings, database)
    _print_move(move, f"{', '.join(gone)} merged into {into}.", json)


@identity_app.command("split")
def split(
    customer_id: CustomerId, record_ids: RecordIds, reason: Reason = None, yes: Yes = False, json: Json = False
) -> None:
    """Make some records of a customer a customer of their own: the one they were loaded as, or a new one."""
    settings, database = open_home()
    with database.connect() as con:
        customer = moves.find_customer(con, customer_id)
        confirm(f"Make {len(record_ids)} records of {customer} another customer?", yes=yes, json=json)
        done = moves.split(con, customer, record_ids, reason=reason)
    choose_missing_records(settings, database)
    _print_move(done["move_id"], f"The records are customer {done['customer_id']} now.", json)


@identity_app.command("undo")
def undo(
    move_id: Annotated[
        int, typer.Argument(metavar="MOVE", help="Number of a merge or split (foresell identity history).")
    ],
    json: Json = False,
) -> None:
    """Undo a merge or split, also one that others followed."""
    settings, database = open_home()
    with database.connect() as con:
        changed = moves.undo(con, move_id)
    choose_missing_records(settings, database)
    if json:
        printing.print_json({"move_id": move_id, "records": changed})
    else:
        printing.print_text(
            f"Undone: {len(changed)} records moved. Lists and scores follow with the next refresh: foresell refresh"
        )


@identity_app.command("history")
def history(customer_id: CustomerId, json: Json = False) -> None:
    """List the merges and splits of a customer, the newest first."""
    _, database = open_home()
    with database.connect() as con:
        rows = moves.list_moves(con, moves.find_customer(con, customer_id))
    if json:
        printing.print_json(rows)
        return
    if not rows:
        printing.print_text("It was never merged or split.")
        return
    columns = {
        "move_id": "Move",
        "kind": "What",
        "customer_id": "Customer",
        "others": "With",
        "by": "By",
        "made_at": "When",
        "undone": "Undone",
        "reason": "Reason",
    }
    printing.print_table([_move_row(row) for row in rows], columns)


@identity_app.command("quality")
def quality(json: Json = False) -> None:
    """Say how good the matching is: precision from decisions, the review queue, and the last run."""
    _, database = open_home()
    with database.connect() as con:
        found = decisions.read_quality(con)
    if json:
        printing.print_json(found)
        return
    if found["last_run"] is None:
        raise NotReady("No records have been compared yet.", remedy="Compare them: foresell identity run")
    decided = found["precision"]
    if decided["decided"]:
        printing.print_text(
            f"Of {decided['decided']} pairs the model would merge and people decided about (held out of training), "
            f"{decided['same']} are the same: {decided['share']:.0%} ({decided['low']:.0%} to {decided['high']:.0%})."
        )
    else:
        printing.print_text("No decisions yet that the model can be measured by.")
    printing.print_table(found["queue"], {"why": "Waiting for review", "reviews": "Pairs", "oldest": "Since"})
    run_of = found["last_run"]
    printing.print_text(
        f"Last run {run_of['run_id']}: {run_of['state']}, {run_of['counts'].get('customers_merged', 0)} customers merged, {run_of['counts'].get('splits', 0)} splits."
    )


@identity_app.command("train")
def train(json: Json = False) -> None:
    """Train matching models on all records and on decisions, and say what they would change. Approve one to use it."""
    from foresell.workflows.train_matching import propose_models

    settings, database = open_home()
    with printing.show_progress(not json) as progress:
        proposed = propose_models(settings, database, progress)
    if json:
        printing.print_json(proposed)
        return
    for each in proposed:
        effect = each["card"]["effect"]
        printing.print_text(
            f"Model {each['model_id']} ({each['kind']}): would merge {effect['customers_merged']:,} customers and split"
            f" {effect['splits']:,}; {effect['customers']:,} customers concerned, net revenue {effect['revenue']:,.2f}."
        )
    printing.print_text("Use one: foresell identity approve MODEL, then foresell identity run")


@identity_app.command("models")
def models(limit: Newest = 20, json: Json = False) -> None:
    """List the matching models, the newest first."""
    _, database = open_home()
    with database.connect() as con:
        rows = SQL.rows(con, "reviews.models", limit=limit)
    if json:
        printing.print_json(rows)
        return
    columns = {"model_id": "Model", "kind": "Of", "state": "State", "trained_at": "Trained"}
    printing.print_table([{**row, "trained_at": f"{row['trained_at']:%Y-%m-%d %H:%M}"} for row in rows], columns)


@identity_app.command("approve")
def approve(model_id: ModelId, json: Json = False) -> None:
    """Serve a proposed model. The next run uses it: foresell identity run"""
    _decide_model(model_id, approve=True, json=json)


@identity_app.command("refuse")
def refuse(model_id: ModelId, json: Json = False) -> None:
    """Refuse a proposed model. The one served so far stays."""
    _decide_model(model_id, approve=False, json=json)


@identity_app.command("completeness")
def completeness(json: Json = False) -> None:
    """How complete what is known of active customers is, by field and by source."""
    with open_published() as (_, con, _):
        found = measure_completeness(con)
    if json:
        printing.print_json(found)
        return
    printing.print_text(found["sentence"])
    printing.print_text(
        f"{found['at_goal']:,} of {found['active']:,} active customers reach the goal each."
        f" All {found['all_customers']:,} customers: {_percent(found['all_completeness'])}."
    )
    rows = [
        {"field": LABELS[each["field_group"]], "weight": each["weight"], "known": _percent(each["share"])}
        for each in found["fields"]
    ]
    printing.print_table(rows, {"field": "Field", "weight": "Weight", "known": "Active customers who have it"})
    sources = [
        {"source": each["source"], "records": f"{each['records']:,}", "all": _percent(each["completeness"])}
        | {group: _percent(each["fields"][group]) for group in GROUPS}
        for each in found["sources"]
    ]
    printing.print_table(sources, {"source": "Source", "records": "Records", "all": "Complete", **LABELS})


@identity_app.command("referrals")
def referrals(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many.")] = 20, json: Json = False
) -> None:
    """Prospects and lapsed customers whom a good customer could introduce, with the path as reason."""
    _, database = open_home()
    with database.connect() as con:
        rows = SQL.rows(con, "relations.opportunities", **opportunity_values(limit=limit))
    data = [describe_opportunity(row) for row in rows]
    if json:
        printing.print_json({"total": rows[0]["total"] if rows else 0, "opportunities": data})
        return
    if not data:
        printing.print_text(
            "There are no referral opportunities: no prospect or lapsed customer is related to a good one."
        )
    for each in data:
        printing.print_text(f"{each['strength']:.0%}  {each['reason']}")


def _decide_model(model_id: int, *, approve: bool, json: bool) -> None:
    from foresell.workflows.train_matching import decide_model

    _, database = open_home()
    done = decide_model(database, model_id, approve=approve)
    if json:
        printing.print_json(done)
    else:
        printing.print_text(f"Model {model_id} ({done['kind']}) is {done['state']}.")


def _print_move(move_id: int, sentence: str, json: bool) -> None:
    if json:
        printing.print_json({"move_id": move_id})
    else:
        printing.print_text(
            f"{sentence} Undo: foresell identity undo {move_id}. Lists and scores follow with the next refresh: foresell refresh"
        )


def _move_row(row: dict[str, Any]) -> dict[str, Any]:
    by = (
        row["user_name"]
        or {"user": "command line", "run": f"run {row['run_id']}", "arrival": "on arrival"}[row["made_by"]]
    )
    return {
        **{name: row[name] for name in ("move_id", "kind", "customer_id", "reason")},
        "others": ", ".join(row["other_ids"]), "by": by, "made_at": f"{row['made_at']:%Y-%m-%d %H:%M}",
        "undone": "yes" if row["undone_at"] else "",
    }  # fmt: skip


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
