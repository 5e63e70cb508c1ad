"""Reviews over HTTP: whose they are, who may read the texts, and shares among visible customers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foresell.store.database import open_database
from foresell.workflows.reviews import ReviewOptions, load_reviews
from tests.api.people import sql
from tests.support.served import Served

TEXT = "I love this mug, says Zebedee"


@pytest.fixture(scope="module")
def mine(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A customer of the rep with twelve reviews; another customer with one."""
    customer, other = served.customers["rep"][0], served.customers["other_rep"][0]
    ids = f"('{customer}', '{other}')"
    found = sql(served, f"select customer_id, source_key, source from core.customer_records where customer_id in {ids}")
    keys = {each: key for each, key, _ in found}
    rows = [f'R{n},{keys[customer]},mug,5,"{TEXT}",2026-0{1 + n % 3}-05' for n in range(12)]
    rows.append(f"X1,{keys[other]},mug,1,Terrible mug,2026-01-05")
    file: Path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    file.write_text("review_id,customer_id,product,rating,text,date\n" + "\n".join(rows) + "\n")
    done = load_reviews(
        served.settings, open_database(served.settings), file, ReviewOptions(found[0][2], "own customers", "contract")
    )
    assert done.joined == 13
    return customer


def get(served: Served, role: str, path: str) -> Any:
    answered = served.client(role).get(f"/api/{path}")
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_reviews_of_a_customer(served: Served, mine: str) -> None:
    found = get(served, "rep", f"customers/{mine}/reviews?limit=5")
    assert found["total"] == 12 and len(found["data"]) == 5
    first = found["data"][0]
    assert (first["sentiment"], first["language"], first["text"]) == ("positive", "en", TEXT)
    assert first["words"][0]["word"] == "love" and first["words"][0]["points"] > 0
    assert {"licence", "legal_basis", "origin", "retention_until", "model_version"} <= {
        k for k, v in first.items() if v
    }
    assert "record_id" not in first and "wrapped_key" not in first


def test_texts_need_the_permission_to_see_names(served: Served, mine: str) -> None:
    may = {
        role for (role,) in sql(served, "select role from access.role_permissions where permission = 'customers.names'")
    }
    assert "rep" in may and "analyst" not in may
    for role in ("rep", "admin", "analyst"):
        found = get(served, role, f"customers/{mine}/reviews")["data"][0]
        assert (found["text"] is not None) == (role in may), role
        assert found["has_text"]


def test_other_peoples_customers_are_not_there(served: Served, mine: str) -> None:
    other = served.customers["other_rep"][0]
    assert served.client("rep").get(f"/api/customers/{other}/reviews").status_code == 404
    assert get(served, "rep", "reviews/summary")["data"][0]["n"] == 12
    assert get(served, "admin", "reviews/summary")["data"][0]["n"] == 13


def test_shares_by_month_and_product(served: Served, mine: str) -> None:
    [group] = get(served, "rep", "reviews/summary?by=product&product=mug")["data"]
    assert (group["part"], group["enough"], group["positive"]["share"]) == ("mug", True, 1.0)
    assert 0.7 < group["positive"]["low"] < 0.8 and group["negative"]["share"] == 0
    months = get(served, "rep", "reviews/summary?by=month")["data"]
    assert [(each["part"], each["n"], each["positive"]) for each in months] == [
        ("2026-01", 4, None), ("2026-02", 4, None), ("2026-03", 4, None),
    ]  # fmt: skip
    assert served.client("rep").get("/api/reviews/summary?by=colour").status_code == 400


def test_reviews_are_in_the_timeline(served: Served, mine: str) -> None:
    found = get(served, "rep", f"customers/{mine}/timeline?kinds=review")["data"]
    assert len(found) == 12
    assert found[0]["sentence"].startswith("Review of mug: positive, rated 5 of 5")
    assert TEXT not in str(found)
