"""Export is the screen: the same customers in the same order, complete, and what left is remembered."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import httpx2
import openpyxl
import pytest

from foresell.api.resources import exports
from tests.support.served import Served, superuser

URL = "/api/export/customers"


def rows_of(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def list_customers(client: httpx2.Client, **question: Any) -> tuple[int, list[dict[str, Any]]]:
    found = client.get("/api/customers", params={"limit": 1000, **question}).json()
    return found["total"], found["data"]


def test_the_documents_request_gives_the_documents_columns(served: Served) -> None:
    body = {
        "segment": "Champions",
        "include_predictions": True,
        "date_range": {"start": "2000-01-01", "end": "2100-12-31"},
    }
    answer = served.client("admin").post(URL, json=body)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="customers-')
    assert answer.text.splitlines()[0] == "customer_id,name,email,segment,rfm_score,purchase_probability"
    rows = rows_of(answer)
    assert rows and {row["segment"] for row in rows} == {"Champions"}
    assert all("@" not in row["email"].replace("•••@•••", "") for row in rows)


@pytest.mark.parametrize(
    "question",
    [
        {}, {"sort": "monetary"}, {"segment": "champions", "sort": "recency"}, {"min_probability": 0.3, "sort": "value"},
        {"country": "NL"}, {"q": "a"}, {"from": "2026-08-01", "to": "2026-10-15"}, {"state": "at risk"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("who", ["admin", "rep"])
def test_rows_and_order_are_the_lists(
    served: Served, monkeypatch: pytest.MonkeyPatch, who: str, question: dict[str, Any]
) -> None:
    monkeypatch.setattr(exports, "FIRST_ROWS", 7)
    monkeypatch.setattr(exports, "MORE_ROWS", 13)
    client = served.client(who)
    found = client.get("/api/customers", params={"limit": 1000, **question})
    answer = client.post(
        URL, json=question | {"columns": ["customer_id", "name", "monetary", "expected_revenue", "owner"]}
    )
    if found.status_code == 400:
        assert answer.status_code == 400
        assert answer.json()["parameter"] == found.json()["parameter"]
        return
    total, data = found.json()["total"], found.json()["data"]
    rows = rows_of(answer)
    assert len(rows) == total == int(answer.headers["x-export-rows"]) == len(data)
    assert [row["customer_id"] for row in rows] == [row["customer_id"] for row in data]
    for row, shown in zip(rows, data, strict=True):
        assert row["name"] == (shown["name"] or "")
        assert float(row["monetary"]) == pytest.approx(shown["monetary"])
        assert row["expected_revenue"] == ("" if shown["expected_revenue"] is None else str(shown["expected_revenue"]))
        assert row["owner"] == ((shown["owner"] or {}).get("name") or "")


def test_all_columns_and_both_formats_say_the_same(served: Served) -> None:
    client = served.client("admin")
    columns = list(exports.Column.__args__)  # type: ignore[attr-defined]
    rows = rows_of(client.post(URL, json={"columns": columns}))
    answer = client.post(URL, json={"columns": columns, "format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = list(book["Customers"].iter_rows(values_only=True))
    assert columns == list(rows[0])
    assert list(sheet[0]) == [exports.COLUMNS[name].column.label for name in columns]
    assert len(sheet) == len(rows) + 1
    for row, cells in zip(rows, sheet[1:], strict=True):
        for text, cell in zip(row.values(), cells, strict=True):
            if cell is None:
                assert text == ""
            elif isinstance(cell, (int, float)):
                assert float(text) == pytest.approx(cell)
            else:
                assert str(cell).removesuffix(" 00:00:00") == text
    assert ["Customers", len(rows)] in [list(row) for row in book["About"].iter_rows(values_only=True)]


def test_headers_can_be_labels_or_names(served: Served) -> None:
    client = served.client("admin")
    labels = ["Customer ID", "Chance to order (30 days)"]
    body = {"columns": ["customer_id", "purchase_probability"], "headers": "labels"}
    assert client.post(URL, json=body).text.splitlines()[0] == ",".join(labels)
    book = client.post(URL, json=body | {"format": "xlsx", "headers": "names"}).content
    assert next(openpyxl.load_workbook(io.BytesIO(book))["Customers"].values) == tuple(body["columns"])


def test_only_chosen_customers_and_only_those_in_reach(served: Served) -> None:
    mine, theirs = served.customers["rep"][:5], served.customers["other_rep"][:5]
    rows = rows_of(served.client("rep").post(URL, json={"customer_ids": mine + theirs}))
    assert rows and {row["customer_id"] for row in rows} <= set(mine)


def test_without_predictions(served: Served) -> None:
    answer = served.client("admin").post(URL, json={"include_predictions": False})
    assert answer.text.splitlines()[0] == "customer_id,name,email,segment,rfm_score"


def test_without_a_body_all_customers_are_exported(served: Served) -> None:
    client = served.client("admin")
    assert len(rows_of(client.post(URL))) == list_customers(client)[0]


def test_the_manifest_knows_what_left(served: Served) -> None:
    client = served.client("analyst")
    answer = client.post(URL, json={"segment": "Champions", "q": "a", "sort": "monetary"})
    manifest = client.get(f"/api/exports/{answer.headers['x-export-id']}/manifest").json()
    assert manifest["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert manifest["bytes"] == len(answer.content)
    assert manifest["rows"] == len(rows_of(answer))
    assert manifest["filters"] == {"segment": "Champions", "q": "a search"}
    assert manifest["columns"] == ["customer_id", "name", "email", "segment", "rfm_score", "purchase_probability"]
    assert manifest["finished_at"]
    assert served.client("rep").get(f"/api/exports/{manifest['export_id']}/manifest").status_code == 404
    assert served.client("admin").get(f"/api/exports/{manifest['export_id']}/manifest").status_code == 200
    with served.database.connect() as con:
        events = con.execute("select actor_id, detail from audit.events where action = 'export' and subject = %s",
                             [f"export:{manifest['export_id']}"]).fetchall()  # fmt: skip
    assert [event["actor_id"] for event in events] == [served.users["analyst"]]
    assert events[0]["detail"]["rows"] == manifest["rows"]


def test_contact_data_needs_its_own_right_and_a_recent_factor(served: Served) -> None:
    for who, options in (("analyst", {}), ("rep", {}), ("admin", {"second_factor": False})):
        answer = served.client(who, **options).post(URL, json={"contacts": True})
        assert answer.status_code == 403, who
        assert "customer_id" not in answer.text


def test_contact_data_in_full_is_what_was_loaded_and_recorded(served: Served) -> None:
    columns = ["customer_id", "email", "phone", "address"]
    client = served.client("manager")
    masked = rows_of(client.post(URL, json={"columns": columns}))
    full = rows_of(client.post(URL, json={"columns": columns, "contacts": True}))
    assert [row["customer_id"] for row in full] == [row["customer_id"] for row in masked]
    known = [row for row in full if row["email"]]
    assert known and all("@" in row["email"] and "•" not in row["email"] for row in known)
    assert [bool(row["email"]) for row in full] == [bool(row["email"]) for row in masked]
    with served.database.connect() as con:
        [events] = con.execute(
            "select count(*) as n from audit.events where action = 'contact.export' and actor_id = %s",
            [served.users["manager"]],
        ).fetchall()
    assert events["n"] >= 1


def test_days_are_given_one_way_only(served: Served) -> None:
    answer = served.client("admin").post(URL, json={"from": "2011-01-01", "date_range": {"start": "2011-01-01"}})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "date_range")


@pytest.mark.parametrize(
    "body, parameter",
    [
        ({"segment": "Unknown"}, "segment"), ({"columns": ["password"]}, "columns.0"), ({"format": "pdf"}, "format"),
        ({"date_range": {"start": "yesterday"}}, "date_range.start"), ({"limit": 5}, "limit"), ({"columns": []}, "columns"),
        ({"customer_ids": ["'; drop table"]}, "customer_ids.0"), ({"sort": "1; drop"}, "sort"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_named(served: Served, body: dict[str, Any], parameter: str) -> None:
    answer = served.client("admin").post(URL, json=body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_broken_export_is_never_taken_for_a_whole_one(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the manifest: what was cut off in the middle has no hash, and the client hears of it."""
    monkeypatch.setattr(exports, "FIRST_ROWS", 5)
    monkeypatch.setattr(exports, "MORE_ROWS", 5)
    calls = []

    def breaks(self: object, ranks: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("planted")
        return original(self, ranks)

    original = exports._CustomerExport._scores
    monkeypatch.setattr(exports._CustomerExport, "_scores", breaks)
    client = served.client("admin")
    with client.stream("POST", URL, json={}) as answer:
        number = answer.headers["x-export-id"]
        with pytest.raises(httpx2.RemoteProtocolError):
            answer.read()
    monkeypatch.undo()
    manifest = client.get(f"/api/exports/{number}/manifest").json()
    assert manifest["finished_at"] is None and manifest["sha256"] is None
    assert len(rows_of(client.post(URL, json={}))) > 0, "the place in the queue was given back"


def test_erased_or_tampered_exports_are_not_the_webs_to_change(served: Served) -> None:
    client = served.client("analyst")
    number = client.post(URL, json={"segment": "Champions"}).headers["x-export-id"]
    with superuser(served.settings) as con:
        con.execute("set role foresell_web")
        for statement in (
            "update delivery.exports set rows = 0", "delete from delivery.exports", "update delivery.exports set sha256 = 'x'"
        ):  # fmt: skip
            try:
                assert con.execute(statement).rowcount <= 0
            except Exception as error:
                assert "permission denied" in str(error)
    assert client.get(f"/api/exports/{number}/manifest").json()["sha256"]
