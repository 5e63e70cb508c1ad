"""Connected sources over HTTP: who may, signing in, pausing, questions about gone rows, and that no secret comes back."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey

from foresell.demo.imitations.quickbooks import CLIENT_ID, CLIENT_SECRET, REALM, QuickBooksImitation
from foresell.store import sources
from foresell.workflows import connect
from tests.api.people import sql
from tests.support.served import STAFF, Served

READ, MANAGE = {"analyst", "steward", "admin"}, {"steward", "admin"}


@pytest.fixture(autouse=True)
def no_sources(served: Served) -> Iterator[None]:
    yield
    sql(
        served,
        "truncate sources.held_changes, sources.documents, sources.streams, sources.syncs, sources.connections cascade",
    )
    sql(served, "delete from jobs.jobs where kind = 'sync'")


@pytest.fixture
def company() -> Iterator[QuickBooksImitation]:
    with QuickBooksImitation(customers=5, invoices=5) as imitation:
        yield imitation


def begin(served: Served, company: QuickBooksImitation) -> str:
    """A company of which the sign-in is started; returns the state that belongs to it."""
    _, url = connect.connect_quickbooks(
        served.settings,
        served.database,
        "books",
        CLIENT_ID,
        CLIENT_SECRET,
        "https://shop.example/sources",
        imitation_url=company.url,
    )
    return parse_qs(urlsplit(url).query)["state"][0]


def row_of(served: Served, who: str = "steward") -> dict[str, Any]:
    [row] = served.client(who).get("/api/sources").json()["data"]
    return dict(row)


@pytest.mark.parametrize("who", STAFF)
def test_who_may_see_and_who_may_manage(served: Served, company: QuickBooksImitation, who: str) -> None:
    state = begin(served, company)
    client = served.client(who)
    seen = [client.get(path).status_code for path in ("/api/sources", "/api/sources/books/syncs")]
    assert seen == [200 if who in READ else 403] * 2
    finish = {"code": "imitation-code", "state": state, "realm": REALM}
    managed = [
        client.post("/api/sources/books/sign-in/finish", json=finish).status_code,
        client.post("/api/sources/books/state", json={"state": "paused"}).status_code,
        client.post("/api/sources/books/sync", json={}).status_code,
        client.delete("/api/sources/books").status_code,
    ]
    assert managed == ([200, 200, 202, 204] if who in MANAGE else [403] * 4)


def test_a_company_is_signed_in_to_once_by_the_one_who_began(served: Served, company: QuickBooksImitation) -> None:
    state, client = begin(served, company), served.client("admin")
    assert row_of(served)["in_words"] == "needs you: Sign in to it. (not read yet)"
    right = {"code": "imitation-code", "state": state, "realm": REALM}
    for wrong in ({"state": "x" * 32}, {"realm": "../9"}, {"code": "stolen"}):
        refused = client.post("/api/sources/books/sign-in/finish", json={**right, **wrong})
        assert refused.status_code in (400, 422), refused.text
        assert CLIENT_SECRET not in refused.text
    done = client.post("/api/sources/books/sign-in/finish", json=right)
    assert (done.status_code, done.json()["state"]) == (200, "due")
    again = client.post("/api/sources/books/sign-in/finish", json=right)
    assert again.status_code == 400, "the state is used"


def test_no_secret_is_shown_or_stored_in_clear(served: Served, company: QuickBooksImitation) -> None:
    state, client = begin(served, company), served.client("admin")
    client.post("/api/sources/books/sign-in/finish", json={"code": "imitation-code", "state": state, "realm": REALM})
    shown = client.get("/api/sources").text + client.get("/api/audit").text
    stored = str(sql(served, "select * from sources.connections"))
    for secret in (CLIENT_SECRET, company.refresh_token, *company.access_tokens):
        assert secret not in shown and secret not in stored


def test_pause_resume_read_now_and_disconnect(served: Served, company: QuickBooksImitation) -> None:
    state, client = begin(served, company), served.client("steward")
    client.post("/api/sources/books/sign-in/finish", json={"code": "imitation-code", "state": state, "realm": REALM})
    assert (
        client.post("/api/sources/books/state", json={"state": "paused"}).json()["in_words"] == "paused (not read yet)"
    )
    assert client.post("/api/sources/books/state", json={"state": "due"}).json()["state"] == "due"
    job = client.post("/api/sources/books/sync", json={"whole": True})
    assert (job.status_code, job.json()["kind"]) == (202, "sync")
    busy = client.post("/api/sources/books/sync", json={})
    assert (busy.status_code, busy.json()["code"]) == (409, "already_running")
    assert client.delete("/api/sources/books").status_code == 204
    assert client.get("/api/sources").json()["data"] == []
    assert client.post("/api/sources/books/sync", json={}).status_code == 404


def test_a_person_decides_about_rows_that_are_gone(served: Served, company: QuickBooksImitation) -> None:
    begin(served, company)
    connection = sql(served, "select connection_id from sources.connections")[0][0]
    with sources.open_sync(served.database, connection, None) as landing:
        landing.hold("orders", [f"A{number}" for number in range(30)], 40)
    client = served.client("steward")
    [question] = client.get("/api/sources/books/held-changes").json()["data"]
    assert (question["gone"], question["held"], question["keys"][0], question["state"]) == (30, 40, "A0", "open")
    path = f"/api/sources/books/held-changes/{question['held_id']}/decision"
    assert client.post(path, json={"accept": True}).json()["state"] == "due"
    assert client.post(path, json={"accept": False}).status_code == 404
    [decided] = client.get("/api/sources/books/held-changes", params={"every": True}).json()["data"]
    assert (decided["state"], decided["decided_by"]["name"]) == ("accepted", "Steward")


ENVELOPES = {
    "CloudEvents": [{"specversion": "1.0", "id": "1", "type": "qbo.invoice.created.v1", "intuitaccountid": REALM}],
    "eventNotifications": {"eventNotifications": [{"realmId": REALM, "dataChangeEvent": {"entities": []}}]},
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_signed_notification_has_the_company_read_and_a_forged_one_does_not(
    served: Served, company: QuickBooksImitation, envelope: str
) -> None:
    connection = connect.connect_imitation(served.settings, served.database, "books", company.url, company.connection())
    connect.save_webhook_token(served.settings, served.database, "books", "verifier")
    sql(served, "update sources.connections set next_at = now() + interval '1 hour'")
    content = json.dumps(ENVELOPES[envelope]).encode()
    right = base64.b64encode(hmac.digest(b"verifier", content, "sha256")).decode()
    anyone = httpx2.Client(base_url=served.url)
    for signature, status, due in (
        ("", 401, False),
        ("x" + right[1:], 401, False),
        (right, 204, True),
        (right, 204, True),
    ):
        answer = anyone.post(
            "/api/sources/books/webhook",
            content=content,
            headers={"intuit-signature": signature, "content-type": "application/json"},
        )
        [[is_due]] = sql(
            served, "select next_at <= now() from sources.connections where connection_id = %s", connection
        )
        assert (answer.status_code, is_due) == (status, due), answer.text
    other = json.dumps([{"intuitaccountid": "another"}]).encode()
    sql(served, "update sources.connections set next_at = now() + interval '1 hour'")
    signed = base64.b64encode(hmac.digest(b"verifier", other, "sha256")).decode()
    headers = {"intuit-signature": signed, "content-type": "application/json"}
    assert anyone.post("/api/sources/books/webhook", content=other, headers=headers).status_code == 204
    assert sql(served, "select next_at > now() from sources.connections") == [(True,)]
    assert anyone.post("/api/sources/none/webhook", content=other, headers=headers).status_code == 401


def test_a_sheet_that_cannot_be_read_is_not_connected(served: Served) -> None:
    key = RSAKey.generate_key(2048).as_pem(private=True).decode()
    file = json.dumps({"client_email": "a@b.example", "private_key_id": "1", "private_key": key})
    wanted = {"source": "sheet", "spreadsheet": "x" * 44, "tab": "Orders", "key_file": "{}"}
    refused = served.client("admin").post("/api/sources/google-sheets", json=wanted)
    assert refused.status_code == 400 and "key file" in refused.text
    wanted = {**wanted, "spreadsheet": "https://evil.example/spreadsheets/d/abc", "key_file": file}
    refused = served.client("admin").post("/api/sources/google-sheets", json=wanted)
    assert refused.status_code == 400 and "spreadsheet" in refused.text
    assert served.client("admin").get("/api/sources").json()["data"] == []


TEXT = """rows = "orders"
[columns]
order_key = "Order"
customer_key = "Customer"
"""


@pytest.fixture
def folder(served: Served, tmp_path: Path) -> Iterator[str]:
    connect.connect_folder(served.settings, served.database, "sheets", tmp_path)
    yield "/api/sources/sheets/mapping"
    sql(served, "delete from sources.connections where source = 'sheets'")


def test_a_mapping_is_given_changed_and_forgotten(served: Served, folder: str) -> None:
    client = served.client("steward")
    assert client.get(folder).json()["is_known"] is False
    early = client.put(folder, json={"columns": {"order_key": "No"}})
    assert (early.status_code, early.json()["code"]) == (400, "invalid_parameter"), early.text
    given = client.put(folder, json={"text": TEXT}).json()
    assert {each["field"]: each["header"] for each in given["fields"] if each["header"]} == {
        "order_key": "Order",
        "customer_key": "Customer",
    }
    changed = client.put(folder, json={"columns": {"order_key": "Order", "sku": "Article"}}).json()
    assert {each["field"] for each in changed["fields"] if each["header"]} == {"order_key", "sku"}
    assert 'sku = "Article"' in client.get(folder).json()["text"]
    for wrong in ({"columns": {"shoe_size": "Size"}}, {"text": "rows = 7"}, {"text": "rows ="}):
        refused = client.put(folder, json=wrong)
        assert refused.status_code in (400, 422) and refused.json()["title"], refused.text
    assert 'sku = "Article"' in client.get(folder).json()["text"], "a wrong mapping changes nothing"
    assert client.put(folder, json={}).json()["is_known"] is False


def test_who_may_see_and_change_a_mapping_and_that_quickbooks_has_none(
    served: Served, company: QuickBooksImitation, folder: str
) -> None:
    begin(served, company)
    for who in STAFF:
        client = served.client(who)
        seen, put = client.get(folder).status_code, client.put(folder, json={"text": TEXT}).status_code
        assert (seen, put) == (200 if who in READ else 403, 200 if who in MANAGE else 403), who
    fixed = served.client("admin").get("/api/sources/books/mapping")
    assert (fixed.status_code, fixed.json()["remedy"]) == (409, "Only spreadsheets and folders are read by a mapping.")
