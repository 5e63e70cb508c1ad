"""The endpoints of the specification: its paths, parameters and shapes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.served import Served

#: The specification's examples, by request: every key it shows is there, of the same kind.
SHAPES: dict[str, dict[str, Any]] = {
    "/api/health": {"status": "healthy", "timestamp": "2026-01-01T00:00:00"},
    "/api/customers/segments": {
        "segments": {"Champions": 150, "Loyal": 320, "At-Risk": 180, "Lost": 250}, "total_customers": 900,
        "last_updated": "2025-12-31",
    },
    "/api/customers/rfm": {
        "data": [
            {"customer_id": "C001", "name": "A B", "recency": 5, "frequency": 25, "monetary": 3500.5,
             "segment": "Champions", "rfm_score": 555}
        ],
        "total": 900, "page": 1,
    },
    "/api/customers/{id}/details": {
        "customer_id": "C001", "name": "A B", "country": "USA", "city": "campinas",
        "rfm": {"recency": 5, "frequency": 25, "monetary": 3500.5, "segment": "Champions"},
        "prediction": {"purchase_probability": 0.92, "predicted_next_month": True, "confidence": 0.88},
        "transaction_history": [{"date": "2025-12-20", "amount": 250.0, "products": ["A", "B"]}],
    },
    "/api/model/metrics": {
        "accuracy": 0.78, "f1_score": 0.75, "precision": 0.82, "recall": 0.7,
        "confusion_matrix": {"true_positive": 450, "true_negative": 280, "false_positive": 95, "false_negative": 75},
        "model_trained_date": "2025-12-31", "training_samples": 900,
    },
}  # fmt: skip


def unlike(example: Any, found: Any, path: str = "") -> list[str]:
    """Where an answer differs in shape from the specification's example."""
    if isinstance(example, dict):
        if not isinstance(found, dict):
            return [f"{path}: no object"]
        return [
            why
            for key, value in example.items()
            for why in (
                [f"{path}.{key} is missing"] if key not in found else unlike(value, found[key], f"{path}.{key}")
            )
        ]
    if isinstance(example, list):
        return (
            [f"{path}: empty or no list"]
            if not (isinstance(found, list) and found)
            else unlike(example[0], found[0], path)
        )
    kinds = (int, float) if type(example) in (int, float) else type(example)
    return (
        []
        if isinstance(found, kinds) and isinstance(found, bool) == isinstance(example, bool)
        else [f"{path}: {found!r}"]
    )


@pytest.mark.parametrize("path", SHAPES)
def test_shapes_are_the_specifications(served: Served, path: str) -> None:
    client = served.client("admin")
    customer = client.get("/api/customers/rfm").json()["data"][0]["customer_id"]
    answer = client.get(path.replace("{id}", customer))
    assert answer.status_code == 200, answer.text
    assert unlike(SHAPES[path], answer.json()) == []


def test_the_shape_check_finds_what_is_missing() -> None:
    assert unlike({"a": [{"b": 1}]}, {"a": [{"b": "1"}]}) == [".a.b: '1'"]
    assert unlike({"a": 1}, {}) == [".a is missing"]
    assert unlike({"a": 1}, {"a": True}) == [".a: True"]


def test_total_is_counted_before_paging(served: Served) -> None:
    client = served.client("admin")
    whole = client.get("/api/customers/rfm", params={"limit": 1000}).json()
    first = client.get("/api/customers/rfm", params={"limit": 7, "page": 2}).json()
    assert whole["total"] == len(whole["data"]) == first["total"] > 50
    assert first["data"] == whole["data"][7:14]
    assert first["page"] == 2


def test_a_cursor_walks_the_whole_list_once(served: Served) -> None:
    client = served.client("admin")
    whole = client.get("/api/customers/rfm", params={"limit": 1000, "sort_by": "monetary"}).json()
    rows, cursor = [], None
    while True:
        page = client.get(
            "/api/customers/rfm", params={"limit": 33, "sort_by": "monetary"} | ({"cursor": cursor} if cursor else {})
        ).json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert rows == whole["data"]
    assert [row["monetary"] for row in rows] == sorted((row["monetary"] for row in rows), reverse=True)


def test_segments_add_up_to_the_customers_scored(served: Served) -> None:
    client = served.client("admin")
    found = client.get("/api/customers/segments").json()
    assert sum(found["segments"].values()) == found["total_customers"]
    for segment, customers in found["segments"].items():
        listed = client.get("/api/customers/rfm", params={"segment": segment.upper(), "limit": 1}).json()
        assert listed["total"] == customers, segment


def test_metrics_agree_with_their_own_confusion_matrix(served: Served) -> None:
    found = served.client("admin").get("/api/model/metrics").json()
    matrix = found["confusion_matrix"]
    right = matrix["true_positive"] + matrix["true_negative"]
    assert found["accuracy"] == pytest.approx(right / sum(matrix.values()), abs=0.02)
    predicted_positive = matrix["true_positive"] + matrix["false_positive"]
    assert found["precision"] == pytest.approx(matrix["true_positive"] / predicted_positive, abs=0.05)


def test_the_predicted_label_follows_the_models_own_threshold(served: Served) -> None:
    client = served.client("admin")
    threshold = client.get("/api/distributions/probability").json()["cut_points"][0]
    assert threshold != 0.5, "otherwise this shop cannot tell the threshold from one half"
    listed = client.get("/api/customers", params={"sort": "probability", "limit": 1000}).json()["data"]
    chances = {row["customer_id"]: row["probability"] for row in listed}
    between = [who for who, chance in chances.items() if min(threshold, 0.5) <= chance < max(threshold, 0.5)]
    assert between, "a customer must lie between the threshold and one half"
    for who in (*between[:5], listed[0]["customer_id"], listed[-1]["customer_id"]):
        label = client.get(f"/api/customers/{who}/details").json()["prediction"]["predicted_next_month"]
        assert label is (chances[who] >= threshold), (who, chances[who], threshold)


BAD = [
    ("/api/customers/rfm?limit=0", "limit"),
    ("/api/customers/rfm?limit=1001", "limit"),
    ("/api/customers/rfm?limit=ten", "limit"),
    ("/api/customers/rfm?page=0", "page"),
    ("/api/customers/rfm?page=999999999999999999999", "page"),
    ("/api/customers/rfm?segment=Unknown", "segment"),
    ("/api/customers/rfm?category=Nothing", "category"),
    ("/api/customers/rfm?sort_by=name%3Bdrop%20table", "sort_by"),
    ("/api/customers/rfm?from=2024-13-01", "from"),
    ("/api/customers/rfm?from=2024-02-02&to=2024-02-01", "to"),
    ("/api/customers/rfm?cursor=xyz", "cursor"),
    ("/api/customers/rfm?cursor=WzEsIC01XQ", "cursor"),
    ("/api/customers?min_probability=2", "min_probability"),
    ("/api/customers?min_probability=nan", "min_probability"),
    ("/api/customers?sort=rm", "sort"),
    ("/api/customers?sgement=Loyal", "sgement"),
    ("/api/customers?q=%00", "query"),
    ("/api/customers/C1/details", "customer_id"),
]


@pytest.mark.parametrize(("path", "parameter"), BAD)
def test_a_bad_parameter_is_named(served: Served, path: str, parameter: str) -> None:
    answer = served.client("admin").get(path)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["parameter"] == parameter
    assert found["error"] == f"{parameter} parameter invalid"
    assert found["request_id"] == answer.headers["x-request-id"]


def test_unknown_things_are_not_found_in_the_documents_words(served: Served) -> None:
    client = served.client("admin")
    assert client.get("/api/customers/C999999/details").json()["error"] == "Customer not found"
    assert client.get("/api/customers/C999999/details").status_code == 404
    assert client.get("/api/nothing").json()["error"] == "Endpoint not found"


def test_without_a_sign_in_nothing_is_shown(served: Served) -> None:
    for path in SHAPES:
        if path != "/api/health":
            answer = served.client(None).get(path.replace("{id}", "C000001"))
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_rep_sees_the_own_customers_only(served: Served) -> None:
    mine, theirs = served.customers["rep"], served.customers["other_rep"]
    client = served.client("rep")
    listed = {row["customer_id"] for row in client.get("/api/customers/rfm", params={"limit": 1000}).json()["data"]}
    assert listed and listed <= set(mine)
    total = client.get("/api/customers/segments").json()["total_customers"]
    assert total == len(listed)
    assert client.get(f"/api/customers/{theirs[0]}/details").status_code == 404
    manager = served.client("manager").get("/api/customers/rfm", params={"limit": 1000}).json()["data"]
    assert {row["customer_id"] for row in manager} == listed, "the team is this one rep"
