"""Customers that are merged and pairs that wait for a decision, for tests over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from psycopg.types.json import Jsonb

from tests.api.people import sql
from tests.support.served import Served

MAY_DECIDE = {"steward", "admin"}


@pytest.fixture(autouse=True)
def clean_identity(served: Served) -> Iterator[None]:
    """Each test leaves records, owners and the tables of identity as they were."""
    records = sql(served, "select record_id, customer_id from core.customer_records")
    owners = sql(served, "select customer_id, user_id, assigned_at from access.customer_owners")
    yield
    sql(served, "delete from engagement.follow_ups")
    for table in ("snoozes", "calls", "call_lists"):
        sql(served, f"delete from engagement.{table}")
    sql(
        served, "truncate identity.moves, identity.move_customers, identity.moved_records, identity.kept_owners cascade"
    )
    sql(served, "truncate identity.decisions, identity.reviews, identity.match_pairs, identity.compared_records")
    sql(served, "truncate identity.match_keys, detection.canary_customers, api.idempotency_keys, api.live_events")
    sql(served, "update core.customers set merged_into = null")
    for record, customer in records:
        sql(served, "update core.customer_records set customer_id = %s where record_id = %s", customer, record)
    sql(
        served,
        "delete from core.customers as c where not exists (select from core.customer_records as r where r.customer_id = c.customer_id)",
    )
    sql(served, "delete from access.customer_owners")
    for row in owners:
        sql(served, "insert into access.customer_owners (customer_id, user_id, assigned_at) values (%s, %s, %s)", *row)


def merge(client: httpx2.Client, *ids: str, reason: str | None = None) -> dict[str, Any]:
    answer = client.post("/api/identity/merges", json={"customer_ids": list(ids), "reason": reason})
    assert answer.status_code == 201, answer.text
    return answer.json()


def get(client: httpx2.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


@pytest.fixture
def pair(served: Served) -> tuple[str, str]:
    """A customer of the rep's, and one of the other rep's."""
    scored = {row["customer_id"] for row in get(served.client("admin"), "/api/customers", limit=1000)["data"]}
    mine, theirs = (next(each for each in served.customers[who] if each in scored) for who in ("rep", "other_rep"))
    return mine, theirs


LEVELS = {
    "name": ["last name differs by a typo", 9.1],
    "email": ["same e-mail", 20.1],
    "phone": ["not compared", 0.0],
    "address": ["different address", -2.6],
}


WEIGHT = 4.7


def record_of(served: Served, customer: str) -> int:
    return int(sql(served, "select min(record_id) from core.customer_records where customer_id = %s", customer)[0][0])


def add_review(
    served: Served,
    a: str,
    b: str,
    *,
    value: float = 100,
    why: str = "pair",
    pattern: str = "person 6-4-0",
    days: int = 0,
) -> int:
    """An open review of the first records of two customers, as a run writes it."""
    records = sorted((record_of(served, a), record_of(served, b)))
    sql(
        served,
        "insert into identity.match_pairs (record_a, record_b, weight, levels, verdict) values (%s, %s, %s, %s, 'review')"
        " on conflict do nothing",
        *records, WEIGHT, Jsonb(LEVELS),
    )  # fmt: skip
    [[review]] = sql(
        served,
        "insert into identity.reviews (record_a, record_b, why, weight, value_at_stake, pattern, opened_at)"
        " values (%s, %s, %s, %s, %s, %s, now() - make_interval(days => %s)) returning review_id",
        *records, why, WEIGHT, value, pattern, days,
    )  # fmt: skip
    return int(review)
