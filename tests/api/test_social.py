"""Social accounts over HTTP: who sees posts, what notifications do, and a sign-in by Facebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from foresell.demo.imitations.instagram import ACCOUNT, APP_ID, APP_SECRET, InstagramImitation, sign
from foresell.workflows import connect
from foresell.workflows.connect import InstagramApp
from foresell.workflows.sync import sync_source
from tests.api.people import sql
from tests.support.served import STAFF, Served


@pytest.fixture(autouse=True)
def no_sources(served: Served) -> Iterator[None]:
    yield
    sql(
        served,
        "truncate sources.held_changes, sources.documents, sources.streams, sources.syncs, sources.connections, social.accounts,"
        " social.notices, social.pauses, social.handles, feedback.reviews cascade",
    )


@pytest.fixture
def account() -> Iterator[InstagramImitation]:
    with InstagramImitation(posts=4) as imitation:
        yield imitation


def connected(served: Served, account: InstagramImitation) -> int:
    given = account.connection((), ())
    return connect.connect_imitation(served.settings, served.database, "insta", account.url, given, "instagram")


def test_posts_are_seen_with_engagement_and_sentiments_by_who_reads_customers(
    served: Served, account: InstagramImitation
) -> None:
    newest = max(account.posts, key=lambda key: account.posts[key]["timestamp"])
    for _ in range(12):
        account.add_comment(newest, account.now(), text="I love it, great quality!")
    assert sync_source(served.settings, served.database, connected(served, account)).state == "done"
    counts = {}
    for who in STAFF:
        client = served.client(who)
        answers = [client.get(f"/api/social/{what}") for what in ("posts", "accounts")]
        allowed = client.get("/api/reviews/summary").status_code
        assert [each.status_code for each in answers] == [allowed, allowed]
        if allowed != 200:
            continue
        body = answers[0].json()
        first = body["data"][0]
        counts[who] = first["sentiment"]["n"]
        assert (body["total"], len(body["data"]), first["likes"]) == (4, 4, account.posts[newest]["like_count"])
        assert [each["likes"] for each in first["history"]] == [first["likes"]] and first["insights"]["reach"] > 0
        assert [each["account"] for each in answers[1].json()["data"]] == ["blue.mug.shop"]
    assert counts["admin"] == len(account.comments[newest]) and "admin" in counts
    admin = served.client("admin").get("/api/social/posts", params={"account": "Blue.Mug.Shop", "limit": 1}).json()
    assert admin["data"][0]["sentiment"]["positive"]["share"] > 0.5
    assert served.client("admin").get("/api/social/posts", params={"account": "else"}).json()["data"] == []
    assert served.client("admin").get("/api/social/posts", params={"limit": 0}).status_code == 400


CHANGE = {"id": "17900", "text": "Nice", "from": {"id": "1", "username": "anna.berg"}, "media": {"id": "18001"}}
ENTRY: dict[str, Any] = {"id": ACCOUNT, "time": 1_790_000_000}
FORMS: dict[str, Any] = {
    "changes": {"object": "instagram", "entry": [{**ENTRY, "changes": [{"field": "comments", "value": CHANGE}]}]},
    "field and value": {"object": "instagram", "entry": [{**ENTRY, "field": "comments", "value": CHANGE}]},
    "a list": [{"object": "instagram", "entry": [{**ENTRY, "changes": [{"field": "comments", "value": CHANGE}]}]}],
}


def post_notification(served: Served, content: bytes, signature: str) -> int:
    headers = {"x-hub-signature-256": signature, "content-type": "application/json"}
    with httpx2.Client(base_url=served.url) as anyone:
        return int(anyone.post("/api/sources/insta/webhook", content=content, headers=headers).status_code)


@pytest.mark.parametrize("form", FORMS)
def test_a_signed_notification_counts_once_and_a_forged_one_not(
    served: Served, account: InstagramImitation, form: str
) -> None:
    connected(served, account)
    content = json.dumps(FORMS[form]).encode()
    seen = []
    for signature in (
        "",
        "sha256=" + "0" * 64,
        sign(content, "another secret"),
        sign(content + b" "),
        sign(content),
        sign(content),
    ):
        sql(served, "update sources.connections set next_at = now() + interval '1 hour'")
        status = post_notification(served, content, signature)
        [[is_due]] = sql(served, "select next_at <= now() from sources.connections")
        [[notices]] = sql(served, "select count(*) from social.notices")
        seen.append((status, is_due, notices))
    assert seen == [(401, False, 0)] * 4 + [(204, True, 1), (204, False, 1)]
    assert sql(served, "select field, media_id, comment_id from social.notices") == [("comments", "18001", "17900")]
    assert "Nice" not in str(sql(served, "select * from social.notices"))


def test_a_notification_of_another_account_or_in_no_known_form_changes_nothing(
    served: Served, account: InstagramImitation
) -> None:
    connected(served, account)
    for body in (
        {"entry": [{"id": "9", "changes": [{"field": "comments", "value": CHANGE}]}]},
        [],
        {"entry": [3, None]},
        "x",
        7,
    ):
        content = json.dumps(body).encode()
        assert post_notification(served, content, sign(content)) == 204
    assert post_notification(served, b"{not json", sign(b"{not json")) == 400
    assert sql(served, "select count(*) from social.notices") == [(0,)]


def test_what_a_notification_names_is_read(served: Served, account: InstagramImitation) -> None:
    connection = connected(served, account)
    sync_source(served.settings, served.database, connection)
    old = min(account.posts, key=lambda key: account.posts[key]["timestamp"])
    comment = account.add_comment(old, account.now(), text="Terrible, it broke")
    account.mentioned["777"] = {
        "id": "777",
        "text": "Great mugs by @blue.mug.shop",
        "timestamp": "2026-11-20T08:00:00+0000",
    }
    changes = [
        {"field": "comments", "value": {**CHANGE, "id": comment, "media": {"id": old}}},
        {"field": "mentions", "value": {"media_id": "5", "comment_id": "777"}},
        {"field": "mentions", "value": {"media_id": "5", "comment_id": "778"}},
    ]
    content = json.dumps({"entry": [{**ENTRY, "changes": changes}]}).encode()
    assert post_notification(served, content, sign(content)) == 204
    done = sync_source(served.settings, served.database, connection)
    assert (done.state, done.error) == ("done", None)
    found = sql(
        served, "select source_key, sentiment from feedback.reviews where source_key in ('777', %s) order by 1", comment
    )
    assert found == [(comment, "negative"), ("777", "positive")]
    calls = len(account.calls)
    sync_source(served.settings, served.database, connection)
    assert not [call for call in account.calls[calls:] if "mentioned" in call.params.get("fields", "")]


def test_the_challenge_comes_back_to_who_knows_the_token(served: Served, account: InstagramImitation) -> None:
    connected(served, account)
    given = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ours"}
    with httpx2.Client(base_url=served.url) as anyone:
        assert anyone.get("/api/sources/insta/webhook", params=given).status_code == 401, "no token is kept yet"
        connect.save_webhook_token(served.settings, served.database, "insta", "ours")
        right = anyone.get("/api/sources/insta/webhook", params=given)
        assert (right.status_code, right.text) == (200, "1158201444")
        assert right.headers["content-type"].startswith("text/plain")
        for wrong in ({"hub.verify_token": "guess"}, {"hub.mode": "unsubscribe"}):
            assert anyone.get("/api/sources/insta/webhook", params={**given, **wrong}).status_code == 401
        assert anyone.get("/api/sources/none/webhook", params=given).status_code == 401
        assert anyone.get("/api/sources/insta/webhook", params={**given, "hub.challenge": "<b>"}).status_code == 400


def test_an_account_is_signed_in_to_by_facebook(served: Served, account: InstagramImitation) -> None:
    app = InstagramApp(APP_ID, APP_SECRET, redirect_url="https://shop.example/sources")
    _, url = connect.connect_instagram(served.settings, served.database, "insta", app, imitation_url=account.url)
    assert url and url.startswith("https://www.facebook.com/v26.0/dialog/oauth?")
    right = {"code": "imitation-code", "state": parse_qs(urlsplit(url).query)["state"][0]}
    client = served.client("steward")
    assert client.get("/api/sources").json()["data"][0]["state"] == "needs you"
    for wrong in ({"state": "x" * 32}, {"code": "stolen"}):
        assert client.post("/api/sources/insta/sign-in/finish", json={**right, **wrong}).status_code in (400, 422)
    done = client.post("/api/sources/insta/sign-in/finish", json=right)
    assert (done.status_code, done.json()["state"], done.json()["reached"]) == (200, "due", "@blue.mug.shop")
    assert done.json()["can_sign_in"] and "Never run against Instagram" in done.json()["never_run"]
    assert client.post("/api/sources/insta/sign-in/finish", json=right).status_code == 400, "the state is used"
    again = client.post("/api/sources/insta/sign-in", json={})
    assert again.json()["sign_in_url"].startswith("https://www.facebook.com/")
    shown = str(sql(served, "select * from sources.connections")) + client.get("/api/sources").text
    assert not [secret for secret in (APP_SECRET, "long-token", "short-token") if secret in shown]


def test_connecting_needs_the_right_and_names_that_can_be_names(served: Served) -> None:
    wanted = {"source": "insta", "app_id": APP_ID, "app_secret": "x", "redirect_url": "https://shop.example/sources"}
    assert served.client("analyst").post("/api/sources/instagram", json=wanted).status_code == 403
    for wrong in ({"app_id": "abc"}, {"accounts": ["a b"]}, {"accounts": ["x){id}"]}, {"hashtags": ["a-b"]}):
        assert served.client("admin").post("/api/sources/instagram", json={**wanted, **wrong}).status_code in (400, 422)
    done = served.client("admin").post("/api/sources/instagram", json={**wanted, "hashtags": ["#Pottery"]})
    assert done.status_code == 201 and "client_id=1234567890" in done.json()["sign_in_url"]
