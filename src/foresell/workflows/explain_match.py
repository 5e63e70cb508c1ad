"""Explains why two customers are one, or are not: opens their records, and compares them with the served model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foresell.database import Database
from foresell.db import Statements
from foresell.errors import CustomerNotFound, NotReady, UsageError
from foresell.identity import explanation, keys
from foresell.identity.model import load
from foresell.identity.moves import find_customer
from foresell.identity.record import Kind, Record
from foresell.identity.scorer import Scored, Scorer
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.workflows.opened_records import open_records

SQL = Statements("foresell.identity")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The best pair of records of two customers. weight in bits; None: one is a person and the other a company.

    shared: what they have in common, in words; without one a run does not compare them.
    """

    record_a: int
    record_b: int
    weight: float | None
    verdict: str
    reason: str
    sentences: list[str]
    shared: list[str]


def explain_customers(settings: Settings, database: Database, a: str, b: str) -> Explanation:
    """Why two customers (ids, also merged ones) are matched or not, by their two most alike records.

    Of one customer's two merged ids, the records that each was loaded with. Raises CustomerNotFound, NotReady before the
    first run, UsageError for one and the same record.
    """
    vault = vault_of(settings)
    secret = vault.matching_secret()
    with database.connect() as con:
        served = SQL.rows(con, "batch.served_models")
        sides = [
            open_records(
                SQL.rows(con, "runs.records_of", customer_id=find_customer(con, each), loaded_as=each.upper()), vault
            )
            for each in (a, b)
        ]
    if not served:
        raise NotReady("No records have been compared yet.", remedy="Compare them: foresell identity run")
    if not all(sides):
        raise CustomerNotFound("One of them was erased, or has neither a name nor contact details.")
    models = {row["kind"]: load(row["body"], secret) for row in served}
    scored = [(_score(models, x, y), x, y) for x in sides[0] for y in sides[1] if x.record_id != y.record_id]
    if not scored:
        raise UsageError(f"{a} and {b} are one record.", remedy="Name two customers or two merged ids.")
    best, x, y = max(scored, key=lambda each: each[0].weight if each[0] else float("-inf"))
    common = set(keys.keys(x, secret)) & set(keys.keys(y, secret))
    shared = [words for rule, words in keys.RULES.items() if rule in {each for each, _ in common}]
    if best is None:
        reason = explanation.NO_PAIR["a person and a company"]
        return Explanation(x.record_id, y.record_id, None, "none", reason, [], shared)
    judged = best.judge()
    sentences = explanation.explain(best.evidence, best.weight).sentences
    return Explanation(x.record_id, y.record_id, best.weight, judged.verdict, judged.reason, sentences, shared)


def _score(models: dict[Kind, Any], a: Record, b: Record) -> Scored | None:
    if a.kind != b.kind:
        return None
    return Scorer(models[a.kind]).score(a, b)
