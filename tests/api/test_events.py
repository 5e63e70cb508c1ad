"""Events over HTTP: taken in once, from whom they may come, and who sees them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from foresell.events.processing import process_events
from tests.api.people import sql
from tests.support.events import event
from tests.support.served import Served

SITE = "https://shop.example"


@pytest.fixture(scope="module")
def sender(served: Served) -> Iterator[httpx2.Client]:
    """A program whose API key may send events and nothing else."""
    wanted = {
        "name": "Shop", "scopes": ["events.write"],
        "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    made = served.client("steward").post("/api/me/api-keys", json=wanted)
    assert made.status_code == 201, made.text
    with httpx2.Client(
        base_url=served.url, headers={"authorization": f"Bearer {made.json()['key']}"}, timeout=30
    ) as client:
        yield client


@pytest.fixture(scope="module")
def write_key(served: Served) -> str:
    made = served.client("steward").post(
        "/api/events/write-keys", json={"name": "Site", "source": "website", "origins": [SITE]}
    )
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


def track(served: Served, key: str, /, *, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
    """What a browser sends."""
    body = {
        "key": key, "visitorid": "visitor-123", "consent": True,
        "events": [{"id": "b1", "type": "page.viewed", "data": {"path": "/"}}], **more,
    }  # fmt: skip
    sent = {
        "origin": SITE, "content-type": "text/plain;charset=UTF-8", "sec-fetch-site": "cross-site",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0", **(headers or {}),
    }  # fmt: skip
    return served.client(None).post("/api/events/track", content=json.dumps(body), headers=sent)


def stored(served: Served, source: str) -> list[tuple[Any, ...]]:
    return sql(served, "select id, type, filtered, via from events.events where source = %s order by seq", source)


def test_one_and_many_are_stored_once(served: Served, sender: httpx2.Client) -> None:
    one = sender.post("/api/events", json=event("one", source="t1"))
    assert one.status_code == 202 and one.json()["stored"] == 1
    many = [event(n, source="t1") for n in range(1000)]
    first = sender.post("/api/events", json=many)
    assert (first.status_code, first.json()["stored"]) == (202, 1000)
    again = sender.post(
        "/api/events", json=[*many[:500]], headers={"content-type": "application/cloudevents-batch+json"}
    )
    assert (again.status_code, again.json()["stored"], again.json()["duplicates"]) == (202, 0, 500)
    assert [each["seq"] for each in again.json()["results"]] == [each["seq"] for each in first.json()["results"][:500]]
    assert len(stored(served, "t1")) == 1001


def test_what_is_refused_is_named_and_the_rest_is_stored(served: Served, sender: httpx2.Client) -> None:
    answer = sender.post("/api/events", json=[event(1, source="t2"), event(2, "page.seen", source="t2"), 7])
    assert answer.status_code == 207
    assert [(each["id"], each["status"], each["code"]) for each in answer.json()["results"]] == [
        ("E1", "stored", None), ("E2", "refused", "event_type_unknown"), (None, "refused", "event_invalid"),
    ]  # fmt: skip
    alone = sender.post("/api/events", json=event(3, "page.seen", source="t2"))
    assert (alone.status_code, alone.json()["code"], alone.json()["parameter"]) == (422, "event_refused", "type")
    assert [each[0] for each in stored(served, "t2")] == ["E1"]
    counted = sql(served, "select n from events.intake_counts where outcome = 'event_type_unknown' and via = 'api'")
    assert counted[0][0] >= 2


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[]", 400), (b"", 422), (b"null", 422), (b'{"id": NaN}', 400),
        (json.dumps([event(n, source="t3") for n in range(1001)]).encode(), 400),
        (json.dumps(event(1, source="t3", data={"path": "/" + "x" * 5_000_000})).encode(), 413),
    ],
    ids=["none", "nothing", "null", "no number", "1,001 events", "5 MB"],
)  # fmt: skip
def test_hostile_bodies(served: Served, sender: httpx2.Client, content: bytes, status: int) -> None:
    answer = sender.post("/api/events", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert stored(served, "t3") == []


def test_ten_thousand_events_of_one_second(served: Served, sender: httpx2.Client) -> None:
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    for start in range(0, 10_000, 1000):
        answer = sender.post("/api/events", json=[event(n, source="t4", time=at) for n in range(start, start + 1000)])
        assert answer.status_code == 202 and answer.json()["stored"] == 1000
    assert len(stored(served, "t4")) == 10_000
    assert process_events(served.database) >= 10_000


def test_a_key_that_sends_may_do_nothing_else(served: Served, sender: httpx2.Client) -> None:
    for path in ("/api/events", "/api/customers", "/api/events/write-keys", "/api/audit"):
        assert sender.get(path).status_code == 403, path
    assert served.client("rep").post("/api/events", json=event("rep", source="t5")).status_code == 403
    assert stored(served, "t5") == []


def test_a_browser_is_taken_at_its_word_only_as_a_visitor(served: Served, write_key: str) -> None:
    answer = track(served, write_key)
    assert (answer.status_code, answer.json()["stored"], answer.json()["ignored"]) == (202, 1, None)
    assert answer.headers["access-control-allow-origin"] == SITE
    events = [
        {"id": "b2", "type": "order.placed", "data": {"order_key": "O", "amount": 9}},
        {"id": "b3", "type": "page.viewed", "data": {"path": "/"}, "subject": "K1"},
        {"id": "b4", "type": "page.viewed", "data": {"path": "/"}, "email": "ada@shop.example"},
        {"id": "b5", "type": "page.viewed", "data": {"path": "/"}, "source": "shop", "visitorid": "other-visitor"},
    ]
    answer = track(served, write_key, events=events)
    assert [each["code"] for each in answer.json()["results"]] == ["event_not_from_browsers"] * 3 + [None]
    assert [(each[0], each[3]) for each in stored(served, "website")] == [("b1", "browser"), ("b5", "browser")]
    [(visitors,)] = sql(served, "select count(distinct visitor_id) from events.events where source = 'website'")
    assert visitors == 1


@pytest.mark.parametrize(
    ("headers", "more", "status", "ignored"),
    [
        ({"sec-gpc": "1"}, {}, 202, "global privacy control"),
        ({}, {"consent": False}, 202, "no consent"),
        ({"origin": "https://evil.example"}, {}, 401, None),
        ({}, {"key": "fsw_made_up_key"}, 401, None),
        ({}, {"events": []}, 400, None),
        ({}, {"visitorid": "me"}, 400, None),
        ({}, {"events": [{"id": "x", "type": "page.viewed", "data": {"path": "/" + "x" * 70_000}}]}, 413, None),
    ],
)
def test_nothing_is_stored_of_a_browser(
    served: Served, write_key: str, headers: dict[str, str], more: dict[str, Any], status: int, ignored: str | None
) -> None:
    before = len(stored(served, "website"))
    answer = track(served, more.pop("key", write_key), headers=headers, **more)
    assert answer.status_code == status, answer.text
    assert answer.json().get("ignored") == ignored
    assert len(stored(served, "website")) == before


def test_bots_and_clocks_of_browsers(served: Served, write_key: str) -> None:
    named = [{"id": "bot", "type": "page.viewed", "data": {"path": "/"}}]
    track(served, write_key, events=named, headers={"user-agent": "Examplebot/2.1"})
    wrong = datetime.now(UTC) + timedelta(days=2)
    events = [
        {
            "id": "clock",
            "type": "page.viewed",
            "time": (wrong - timedelta(minutes=3)).isoformat(),
            "data": {"path": "/"},
        }
    ]
    track(served, write_key, events=events, sent_at=wrong.isoformat())
    assert ("bot", "page.viewed", "bot", "browser") in stored(served, "website")
    [(late,)] = sql(served, "select now() - occurred_at from events.events where id = 'clock'")
    assert timedelta(minutes=2) < late < timedelta(minutes=5)


def test_a_revoked_write_key_stops_at_once(served: Served) -> None:
    steward = served.client("steward")
    made = steward.post("/api/events/write-keys", json={"name": "Old", "source": "old", "origins": [SITE]}).json()
    assert track(served, made["key"]).status_code == 202
    assert steward.delete(f"/api/events/write-keys/{made['write_key_id']}").status_code == 204
    assert track(served, made["key"]).status_code == 401
    listed = {each["name"]: each for each in steward.get("/api/events/write-keys").json()["data"]}
    assert listed["Old"]["revoked_at"] and "key" not in listed["Old"]
    assert steward.delete("/api/events/write-keys/999999").status_code == 404


def test_the_snippet_may_be_loaded_by_other_sites(served: Served) -> None:
    answer = served.client(None).get("/api/events/track.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "document.cookie" not in answer.text and "canvas" not in answer.text


def test_who_sees_events(served: Served, sender: httpx2.Client) -> None:
    mine, other = served.customers["rep"][0], served.customers["other_rep"][0]
    sent = [
        event("mine", "note.added", {"note": "likes zinc"}, source="t6", subject=mine, customersource="foresell"),
        event("other", source="t6", subject=other, customersource="foresell"),
        event("unknown", source="t6", visitorid="visitor-t6"),
    ]
    assert sender.post("/api/events", json=sent).json()["stored"] == 3
    seen = {
        who: {each["customer_id"] for each in served.client(who).get("/api/events?source=t6").json()["data"]}
        for who in ("rep", "other_rep", "manager", "analyst", "marketer", "steward", "admin")
    }
    everything = {mine, other, None}
    assert seen == {
        "rep": {mine}, "other_rep": {other}, "manager": {mine}, "analyst": everything, "marketer": everything,
        "steward": everything, "admin": everything,
    }  # fmt: skip
    [note] = served.client("rep").get(f"/api/events?source=t6&customer_id={mine}").json()["data"]
    assert (note["type"], note["data"], note["has_personal"]) == ("note.added", {}, True)
    path = f"/api/events/{note['seq']}"
    assert served.client("rep").get(path).json()["personal"] == {"note": "likes zinc"}
    assert served.client("analyst").get(path).json()["personal"] is None, "without customers.names"
    assert served.client("other_rep").get(path).status_code == 404
    assert served.client("rep").get(f"/api/events?customer_id={other}").json()["data"] == []


def test_pages_filters_and_types(served: Served, sender: httpx2.Client) -> None:
    kinds = [("page.viewed", {"path": "/"}), ("product.viewed", {"sku": "MUG"})]
    sender.post("/api/events", json=[event(n, *kinds[n % 2], source="t7") for n in range(10)])
    admin = served.client("admin")
    first = admin.get("/api/events?source=t7&limit=4").json()
    rest = admin.get(f"/api/events?source=t7&before={first['next_before']}&limit=10").json()
    assert len(first["data"]) == 4 and len(rest["data"]) == 6 and rest["next_before"] is None
    only = admin.get("/api/events?source=t7&types=product.viewed").json()["data"]
    assert {each["type"] for each in only} == {"product.viewed"} and len(only) == 5
    assert admin.get("/api/events?types=page.seen").status_code == 400
    types = {each["type"]: each for each in admin.get("/api/events/types").json()["data"]}
    assert types["note.added"]["personal"] == ["note"] and not types["order.placed"]["from_browsers"]


def test_activity_and_timeline_of_a_customer(served: Served, sender: httpx2.Client) -> None:
    customer = served.customers["rep"][1]
    who = {"subject": customer, "customersource": "foresell", "source": "t8"}
    now = datetime.now(UTC)
    sender.post(
        "/api/events",
        json=[
            event(1, "product.viewed", {"sku": "MUG"}, time=(now - timedelta(hours=3)).isoformat(), **who),
            event(
                2,
                "cart.changed",
                {"items": [{"sku": "MUG"}], "value": 3.5},
                time=(now - timedelta(minutes=2)).isoformat(),
                **who,
            ),
            event(3, "order.placed", {"order_key": "T8", "amount": 3.5}, **who),
        ],
    )
    process_events(served.database)
    rep = served.client("rep")
    found = rep.get(f"/api/customers/{customer}/activity").json()
    assert found["recent"] == {"cart.changed": 1, "order.placed": 1}
    assert (found["sessions"], found["lead_stage"], found["last_type"], found["events"]) == (
        2,
        "customer",
        "order.placed",
        3,
    )
    assert found["last_session"]["orders"] == 1 and set(found["funnel"]) == {"product", "cart", "order"}
    assert served.client("other_rep").get(f"/api/customers/{customer}/activity").status_code == 404
    pages, before = [], ""
    while True:
        page = rep.get(f"/api/customers/{customer}/timeline?limit=2{before}").json()
        pages += page["data"]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    events = [each for each in pages if each["kind"] == "event"]
    assert [each["sentence"] for each in events] == [
        "Order placed: T8, 3.50 (t8).", "Cart changed (t8).", "Product viewed: MUG (t8).",
    ]  # fmt: skip
    whole = rep.get(f"/api/customers/{customer}/timeline?limit=200").json()["data"]
    assert [(each["kind"], each["id"]) for each in pages] == [(each["kind"], each["id"]) for each in whole]
    assert len({(each["kind"], each["id"]) for each in whole}) == len(whole)


def test_an_event_reaches_open_pages(served: Served, sender: httpx2.Client) -> None:
    customer = served.customers["rep"][0]
    with served.client("rep").stream("GET", "/api/stream", timeout=30) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: ready"
        sender.post("/api/events", json=event("live", source="t9", subject=customer, customersource="foresell"))
        process_events(served.database)
        deadline = time.monotonic() + 20
        for line in lines:
            if line.startswith("data:") and "t9" in line:
                payload = json.loads(line.removeprefix("data:"))
                assert (payload["type"], payload["customer_id"], payload["skipped"]) == ("page.viewed", customer, 0)
                break
            assert time.monotonic() < deadline
