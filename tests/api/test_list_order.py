"""The order of the list: by every column, both ways, every customer once, the same in the export."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from foresell.api.shared.customer_lists import OWNER_SORTS
from foresell.scores import registry
from foresell.workflows.refresh import run_refresh
from tests.support.served import Served, superuser

Row = dict[str, Any]


def _risk(row: Row) -> float | None:
    return None if row["churn_90"] is None or row["value_12m"] is None else row["churn_90"] * row["value_12m"]


def _order_of_name(served: Served) -> Callable[[Row], str | None]:
    """The name as it is sorted, as the database folds it; a name is the first that the customer's records know."""
    query = (
        "select distinct on (customer_id) customer_id,"
        " lower(regexp_replace(normalize(name, nfd), '[\\u0300-\\u036f]', '', 'g'))"
        " from core.customer_records where name is not null order by customer_id, record_id"
    )
    with superuser(served.settings) as con:
        folded = dict(con.execute(query).fetchall())
    return lambda row: folded.get(row["customer_id"])  # type: ignore[return-value]


#: What each order compares, and whether the largest comes first.
KEYS: dict[str, tuple[Callable[[Row], Any], bool]] = {
    "segment": (lambda row: row["segment"], False), "score": (lambda row: (row["rfm_score"], row["monetary"]), True),
    "recency": (lambda row: row["recency_days"], False), "frequency": (lambda row: row["frequency"], True),
    "monetary": (lambda row: row["monetary"], True), "last_year": (lambda row: row["revenue_365d"], True),
    "probability": (lambda row: row["probability"], True), "value": (lambda row: row["expected_revenue"], True),
    "lifetime": (lambda row: row["value_12m"], True), "risk": (_risk, True),
    "churn": (lambda row: row["churn_90"], True), "order_value": (lambda row: row["expected_order_value"], True),
    "country": (lambda row: row["country"], False), "reason": (lambda row: row["why_call"], False), "value_at_risk": (lambda row: row["value_at_risk"], True),
    "owner": (lambda row: row["owner"] and row["owner"]["name"].lower(), False),
}  # fmt: skip


#: The orders whose export is read, too; a user may not make exports without end.
EXPORTED = ("name", "owner", "last_year", "risk")


def read_all(client: httpx2.Client, limit: int, **question: Any) -> list[Row]:
    """The whole list, page by page."""
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        params = {"limit": limit, **question, **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/customers", params=params)
        assert page.status_code == 200, page.text
        rows += page.json()["data"]
        if (cursor := page.json()["next_cursor"]) is None:
            assert len(rows) == page.json()["total"]
            return rows


@pytest.fixture(scope="module", autouse=True)
def some_without_a_name(served: Served) -> Iterator[None]:
    """Two customers without a name, two who share one, and one whose name begins with an accent; as before afterwards."""
    ids = sorted(row["customer_id"] for row in read_all(served.client("admin"), 1000))[:5]
    names = [None, None, "Anna Berg", "ANNA BERG", "Édith Aalto"]
    with superuser(served.settings) as con:
        before = con.execute(
            "select name, record_id from core.customer_records where customer_id = any(%s)", [ids]
        ).fetchall()
        for customer_id, name in zip(ids, names, strict=True):
            con.execute("update core.customer_records set name = %s where customer_id = %s", [name, customer_id])
    run_refresh(served.settings, served.database, predict=True, train="never")
    yield
    with superuser(served.settings) as con:
        con.cursor().executemany("update core.customer_records set name = %s where record_id = %s", before)


@pytest.mark.parametrize("name", [*registry.best_first_sorts(), "owner"])
def test_every_customer_comes_once_in_order_both_ways(served: Served, name: str) -> None:
    client = served.client("admin")
    key, largest_first = KEYS.get(name) or (_order_of_name(served), False)
    rank = {row["customer_id"]: place for place, row in enumerate(read_all(client, 1000, sort="value"))}
    for sort, is_descending in ((name, largest_first), (name + registry.REVERSED, not largest_first)):
        rows = read_all(client, 1000, sort=sort)
        assert [row["customer_id"] for row in read_all(client, 7, sort=sort)] == [row["customer_id"] for row in rows]
        assert {row["customer_id"] for row in rows} == set(rank)
        keys = [key(row) for row in rows]
        known = [each for each in keys if each is not None]
        assert keys == known + [None] * (len(keys) - len(known)), "customers without a value come last"
        assert known == sorted(known, reverse=is_descending)
        for row, following in itertools.pairwise(rows):
            if key(row) == key(following):
                assert rank[row["customer_id"]] < rank[following["customer_id"]], "ties keep the order of the call list"
        if name not in EXPORTED:
            continue
        exported = client.post("/api/export/customers", json={"sort": sort, "columns": ["customer_id"]})
        in_file = [row["customer_id"] for row in csv.DictReader(io.StringIO(exported.text))]
        assert in_file == [row["customer_id"] for row in rows]


@pytest.mark.parametrize("sort", ["monetary", *OWNER_SORTS])
def test_a_customer_who_leaves_the_list_hides_no_one(served: Served, sort: str) -> None:
    """The list of one owner is read page by page, while its customers pass to a colleague."""
    client = served.client("admin")
    question = {"sort": sort, **({} if sort in OWNER_SORTS else {"owner": served.users["rep"]})}
    before = [row["customer_id"] for row in read_all(client, 1000, **question)]
    first = client.get("/api/customers", params={**question, "limit": 5}).json()
    seen = [row["customer_id"] for row in first["data"]]
    moved = client.post("/api/assignments", json={"customer_ids": seen, "user_id": served.users["other_rep"]}).json()
    try:
        cursor, after = first["next_cursor"], []
        while cursor:
            page = client.get("/api/customers", params={**question, "limit": 5, "cursor": cursor}).json()
            after += [row["customer_id"] for row in page["data"]]
            cursor = page["next_cursor"]
        stayed = before[5:]
        assert [customer for customer in after if customer in stayed] == stayed
        assert len(after) == len(set(after))
    finally:
        assert client.post(f"/api/assignments/{moved['assignment_id']}/undo").status_code == 200
