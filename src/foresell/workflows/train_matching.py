"""Trains matching models anew, says what they would change, and serves them once someone approves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foresell.audit import record
from foresell.database import Database
from foresell.db import ArrowStatements, Row, Statements
from foresell.errors import ModelNotFound, UsageError
from foresell.identity import learning, training
from foresell.identity.model import Model, load, starting_model
from foresell.identity.record import Kind
from foresell.identity.record_tables import read_records_of
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.types import Progress, no_progress
from foresell.workflows.resolve import KINDS, SEED, Compared, compare_records, read_records

SQL = Statements("foresell.identity")
BULK = ArrowStatements("foresell.identity")


def propose_models(settings: Settings, database: Database, progress: Progress = no_progress) -> list[dict[str, Any]]:
    """Train a model of each kind on all records and on the decisions of people, and save it as proposed.

    Each card has an `effect`: what a run with it would merge and split, how many customers that concerns, and their net
    revenue. Nothing else changes. Returns model_id, kind and card of each.
    """
    secret = vault_of(settings).matching_secret()
    timings: dict[str, float] = {}
    compared = read_records(settings, database, timings, progress)
    with database.connect() as con:
        served = {row["kind"]: load(row["body"], secret) for row in SQL.rows(con, "batch.served_models")}
    proposed = []
    for kind in KINDS:
        model = _train(database, compared, kind, secret)
        compared.models = {**{each: starting_model(each, 1, secret) for each in KINDS}, **served, kind: model}
        compare_records(database, compared, settings, timings)
        model = replace(compared.models[kind], card={**model.card, "effect": _effect(database, compared)})
        with database.connect() as con:
            row = SQL.row(con, "runs.propose", kind=kind, body=model.dump(), card=json.dumps(dict(model.card)))
            assert row is not None
            record.record_sync(
                con, "identity.model_proposed", subject=f"match_model:{row['model_id']}", detail={"kind": kind}
            )
        proposed.append({"model_id": row["model_id"], "kind": kind, "card": dict(model.card)})
    return proposed


def decide_model(database: Database, model_id: int, *, approve: bool) -> Row:
    """Serve a proposed model instead of the one served so far, or refuse it. Returns model_id, kind and state.

    Raises ModelNotFound, or UsageError when it is not proposed (any more).
    """
    with database.connect() as con:
        found = SQL.row(con, "reviews.lock_model", model_id=model_id)
        if found is None:
            raise ModelNotFound(f"There is no matching model {model_id}.", remedy="List them: foresell identity models")
        if found["state"] != "proposed":
            raise UsageError(
                f"Matching model {model_id} is {found['state']}.", remedy="Propose a new one: foresell identity train"
            )
        if approve:
            SQL.run(con, "reviews.replace_served", kind=found["kind"])
        state = "served" if approve else "refused"
        done = SQL.row(con, "reviews.judge_model", model_id=model_id, state=state, user_id=None)
        assert done is not None
        record.record_sync(
            con, "identity.model_judged", subject=f"match_model:{model_id}",
            detail={"state": state, "kind": done["kind"]},
        )  # fmt: skip
    return done


def _train(database: Database, compared: Compared, kind: Kind, secret: bytes) -> Model:
    """Without labels first; then what people decided moves the weights, where there are enough decisions."""
    records = compared.records.filter(pc.equal(compared.records["kind"], kind))
    model = training.train(records, kind, seed=SEED, trained_at=datetime.now(UTC), secret=secret)
    with database.connect() as con:
        decided = SQL.rows(con, "runs.decisions_to_learn", kind=kind)
    numbers = [each[side] for each in decided for side in ("record_a", "record_b")]
    known = read_records_of(records, pa.array(numbers, pa.int64()))
    decisions = [(known[each["record_a"]], known[each["record_b"]], each["verdict"] == "same") for each in decided]
    learned = learning.learn(model, learning.decide(model, decisions), seed=SEED, learned_at=datetime.now(UTC))
    return replace(learned.model, card={**learned.model.card, "learning": learned.reason})


def _effect(database: Database, compared: Compared) -> dict[str, Any]:
    with database.arrow() as pg, pg.cursor() as cur:
        revenue = dict(BULK.rows(cur, "batch.customer_revenue"))
    customers = compared.plan.customers()
    return {
        "merges": compared.counts["merges"],
        "customers_merged": compared.counts["customers_merged"],
        "splits": compared.counts["splits"],
        "customers": len(customers),
        "revenue": round(sum(revenue.get(customer, 0.0) for customer in customers), 2),
    }
