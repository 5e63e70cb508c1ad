"""Instagram, imitated: what is read and kept, with every fault of the Graph API that is known, each with a control that fails."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from foresell.database import Database
from foresell.demo.imitations.instagram import ACCOUNT, APP_ID, APP_SECRET, TOKEN, Habits, InstagramImitation
from foresell.errors import UsageError
from foresell.feedback import social
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.connectors.http import ApiClient
from foresell.sources.connectors.instagram import Instagram, check_hashtags, read_usage
from foresell.store import sources
from foresell.workflows import connect
from foresell.workflows.connect import InstagramApp, SourceUnreachable
from foresell.workflows.erase import erase_customer
from foresell.workflows.social import SavedUse, forget_handle, keep_handle
from foresell.workflows.sync import sync_source, try_source
from tests.support.loading import load_texts
from tests.support.social import (
    AllMetricsOrNone,
    Clock,
    FixedTokens,
    OneListing,
    WithoutBudget,
    WithoutPause,
    imitated,
    rows,
    use,
)

POSTS = "select p.external_id, p.likes, p.comments from social.posts as p join social.accounts as a using (account_id)"
SMALL: dict[str, Any] = {"posts": 8, "accounts": (), "hashtags": ()}


def test_an_account_is_read_with_its_posts_comments_and_what_is_watched(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (account, connection):
        first = sync_source(settings, database, connection)
        assert (first.state, first.error, first.warnings) == ("done", None, [])
        again = sync_source(settings, database, connection)
        assert (again.state, again.changed, again.deleted) == ("done", 0, 0)
    assert rows(database, "select username, followers, posts from social.accounts where is_own") == [
        ("blue.mug.shop", 1_250, 60)
    ]
    assert sorted(rows(database, f"{POSTS} where a.is_own")) == sorted(
        (key, post["like_count"], post["comments_count"]) for key, post in account.posts.items()
    )
    of_posts = rows(
        database,
        "select p.external_id, count(*) from social.review_links join social.posts as p using (post_id) group by 1",
    )
    assert dict(of_posts) == {key: len(each) for key, each in account.comments.items() if each}
    texts = sum(map(len, account.comments.values())) + len(account.tagged) + 2 * 12
    assert rows(database, "select count(*), count(text) from feedback.reviews") == [(texts, 0)]
    assert rows(database, "select distinct kind, licence, legal_basis from feedback.reviews") == [
        ("mention", "Instagram Platform Terms", "legitimate interest")
    ]
    assert rows(database, "select count(document) from sources.documents") == [(0,)]
    captions = "select count(caption) from social.posts join social.accounts as a using (account_id) where not a.is_own"
    assert rows(database, captions) == [(0,)]
    names = rows(database, "select username from social.accounts where not is_own order by 1")
    assert names == [("lamp.and.light",), ("tea.house.york",)]


def test_a_dry_run_writes_nothing(settings: Settings, database: Database) -> None:
    with imitated(settings, database) as (_, connection):
        found = try_source(settings, database, connection)
    assert (found.reached, found.records["posts"]) == ("@blue.mug.shop", 50)
    assert rows(database, "select (select count(*) from sources.documents) + (select count(*) from social.posts)") == [
        (0,)
    ]


def test_with_a_fifth_of_the_calls_failing_nothing_is_missing(settings: Settings, database: Database) -> None:
    with imitated(settings, database, fault_share=0.2, seed=5) as (account, connection):
        for _ in range(12):
            rows(database, "delete from social.pauses returning 1")  # 429 pauses an hour
            done = sync_source(settings, database, connection)
            if done.state == "done":
                break
        assert done.state == "done", done.error
    held = rows(database, f"{POSTS} where a.is_own")
    assert {key for key, *_ in held} == account.posts.keys()
    assert rows(database, "select count(*) from social.review_links where post_id is not null") == [
        (sum(map(len, account.comments.values())),)
    ]


def test_engagement_is_read_again_an_hour_a_day_a_week_and_a_month_later(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    use(monkeypatch, clock=clock)
    with imitated(settings, database, **{**SMALL, "posts": 0}, now=clock) as (account, connection):
        post = account.add_post(clock.at - timedelta(minutes=5), comments=0)
        read: dict[str, list[float]] = {"comments": [], "insights": []}
        hours = [0, 0.5, 1, 2, 12, 24, 25, 48, 72, 100, 168, 169, 400, 720, 721, 760]
        account.posts[post]["comments_count"] = None  # as Instagram leaves it out: only the times say that it is due
        for hour, after in zip(hours, [0, *hours], strict=False):
            clock.move(hours=hour - after)
            account.calls.clear()
            assert sync_source(settings, database, connection).state == "done"
            for edge, at in read.items():
                at += [hour for call in account.calls if call.path.endswith(f"{post}/{edge}")]
    assert read == {"comments": [0, 1, 24, 168, 720], "insights": [0, 1, 24, 48, 72, 168, 720]}


def test_a_new_comment_on_a_recent_post_comes_with_the_next_reading(settings: Settings, database: Database) -> None:
    with imitated(settings, database, **SMALL) as (account, connection):
        sync_source(settings, database, connection)
        newest = max(account.posts, key=lambda key: account.posts[key]["timestamp"])
        account.add_comment(newest, account.now(), text="Worst thing ever. Terrible!")
        account.posts[newest]["like_count"] += 7
        done = sync_source(settings, database, connection)
        assert (done.state, done.changed) == ("done", 2)
    history = "select h.likes from social.post_history as h join social.posts as p using (post_id) where p.external_id = %s order by measured_at"
    assert [likes for (likes,) in rows(database, history, newest)] == [
        account.posts[newest]["like_count"] - 7,
        account.posts[newest]["like_count"],
    ]
    with database.connect() as con:
        [shown] = [post for post in social.list_posts(con, None, 50) if post["permalink"].endswith(f"{newest}/")]
    assert shown["sentiment"]["n"] == len(account.comments[newest])
    assert [each["likes"] for each in shown["history"]] == [shown["likes"] - 7, shown["likes"]]


@pytest.mark.parametrize(("control", "gone_after"), [(False, 2), (True, 1)])
def test_a_post_is_gone_when_two_complete_listings_do_not_have_it(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, control: bool, gone_after: int
) -> None:
    clock = Clock()
    use(monkeypatch, OneListing if control else OneListing.__mro__[1], clock)
    gone = "select external_id from social.posts where gone_at is not null"
    with imitated(settings, database, **SMALL, now=clock) as (account, connection):
        sync_source(settings, database, connection)
        lost = dict(account.posts)
        key = min(account.posts)
        account.delete_post(key)
        found = []
        for _ in range(3):
            clock.move(days=1)
            sync_source(settings, database, connection)
            found.append(rows(database, gone))
        account.posts, account.comments[key] = lost, []
        clock.move(days=1)
        sync_source(settings, database, connection)
        assert rows(database, gone) == []
    assert [bool(each) for each in found] == [listing >= gone_after for listing in (1, 2, 3)]


def test_a_listing_that_comes_back_empty_waits_for_a_person(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    use(monkeypatch, clock=clock)
    with imitated(settings, database, posts=40, accounts=(), hashtags=(), now=clock) as (account, connection):
        sync_source(settings, database, connection)
        account.posts = {}
        for _ in range(2):
            clock.move(days=1)
            done = sync_source(settings, database, connection)
    assert done.state == "held"
    assert rows(database, "select count(*) from social.posts where gone_at is not null") == [(0,)]


METRICS = "select i.metric, count(*) from social.post_insights as i group by 1 order by 1"


def test_one_metric_that_is_not_valid_any_more_does_not_lose_the_others(settings: Settings, database: Database) -> None:
    with imitated(settings, database, **SMALL, habits=Habits(dead_metrics={"saved"})) as (account, connection):
        done = sync_source(settings, database, connection)
    assert done.state == "done" and any("the metric saved of" in warning for warning in done.warnings)
    recent = sum(
        post["timestamp"] > f"{account.now() - timedelta(days=90):%Y-%m-%d}" for post in account.posts.values()
    )
    held = dict(rows(database, METRICS))
    assert "saved" not in held and held["reach"] == held["views"] == recent > 2
    probes = [call for call in account.calls if call.params.get("metric") == "saved"]
    assert 1 <= len(probes) <= 2, "it is asked for once for each kind of post, not for each post"


def test_the_control_that_asks_for_all_metrics_at_once_stops(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, AllMetricsOrNone)
    with imitated(settings, database, **SMALL, habits=Habits(dead_metrics={"saved"})) as (_, connection):
        assert sync_source(settings, database, connection).state == "failed"
    assert rows(database, METRICS) == []


def test_posts_older_than_the_business_account_are_skipped(settings: Settings, database: Database) -> None:
    habits = Habits()
    with imitated(settings, database, **SMALL, habits=habits) as (account, connection):
        newest = max(account.posts, key=lambda key: account.posts[key]["timestamp"])
        habits.before_business = {newest}
        assert sync_source(settings, database, connection).state == "done"
    without = (
        "select count(*) from social.post_insights join social.posts as p using (post_id) where p.external_id = %s"
    )
    assert rows(database, without, newest) == [(0,)]
    assert len(rows(database, METRICS)) > 3


def test_insights_that_are_not_there_yet_are_not_0_and_are_read_again(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    use(monkeypatch, clock=clock)
    with imitated(settings, database, **SMALL, habits=Habits(no_insights=True), now=clock) as (account, connection):
        account.add_post(clock.at - timedelta(minutes=1), comments=0)
        sync_source(settings, database, connection)
        assert rows(database, METRICS) == rows(database, "select 1 from social.account_insights") == []
        account.habits.no_insights = False
        clock.move(days=1)
        sync_source(settings, database, connection)
    assert dict(rows(database, METRICS))["reach"] == 2, "posted yesterday, or a day ago"
    days = rows(database, "select distinct day from social.account_insights order by 1")
    assert days == [(date(2027, 1, day),) for day in (18, 19, 20)]


@pytest.mark.parametrize("used", [80.0, 95.0, 100.0])
@pytest.mark.parametrize("header", ["usage", "app_usage"])
def test_no_call_is_made_while_most_is_used(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, used: float, header: str
) -> None:
    clock = Clock()
    use(monkeypatch, clock=clock)
    habits = Habits(**{header: used, "regain_minutes": 19 if header == "usage" else 0})
    wait = 19 if header == "usage" else 60
    with imitated(settings, database, **SMALL, habits=habits, now=clock) as (account, connection):
        first = sync_source(settings, database, connection)
        assert (first.connection_state, len(account.calls)) == ("throttled", 1)
        assert first.wait is not None and wait * 60 - 5 < first.wait <= wait * 60
        for _ in range(3):  # by hand, in the pause
            clock.move(minutes=wait / 4)
            assert sync_source(settings, database, connection).requests == 0
        habits.usage = habits.app_usage = 5.0
        clock.move(minutes=wait / 4 + 0.1)
        done = sync_source(settings, database, connection)
        assert (done.state, account.calls_in_pause) == ("done", 0)
    assert rows(database, "select count(*) from social.posts") == [(8,)]


def test_the_control_that_does_not_look_at_the_usage_calls_in_the_pause(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, WithoutPause)
    with imitated(settings, database, **SMALL, habits=Habits(usage=95.0)) as (account, connection):
        sync_source(settings, database, connection)
        assert account.calls_in_pause > 5


@pytest.mark.parametrize("code", [4, 17, 32, 613])
@pytest.mark.parametrize("control", [False, True])
def test_a_limit_that_is_reached_is_a_pause(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, code: int, control: bool
) -> None:
    clock = Clock()
    use(monkeypatch, WithoutPause if control else WithoutPause.__mro__[1], clock)
    habits = Habits(errors=[None, None, (code, None)], regain_minutes=30)
    with imitated(settings, database, **SMALL, habits=habits, now=clock) as (account, connection):
        first = sync_source(settings, database, connection)
        again = sync_source(settings, database, connection)
        assert (account.calls_in_pause > 0) == control
        if control:
            return
        assert (first.connection_state, again.connection_state, len(account.calls)) == ("throttled", "throttled", 3)
        clock.move(minutes=31)
        assert sync_source(settings, database, connection).state == "done"


@pytest.mark.parametrize(
    ("code", "subcode", "reason"),
    [(190, 463, "authentication"), (102, None, "authentication"), (368, None, "policy"), (10, None, "permission"), (200, None, "permission"), (803, None, "defect")],
)  # fmt: skip
def test_what_a_person_must_solve_stops_at_once_and_keeps_what_was_read(
    settings: Settings, database: Database, code: int, subcode: int | None, reason: str
) -> None:
    habits = Habits(errors=[None, None, None, (code, subcode)])  # the check, the profile and the posts come before
    with imitated(settings, database, **SMALL, habits=habits) as (account, connection):
        done = sync_source(settings, database, connection)
        assert (done.state, done.connection_state, done.reason, len(account.calls)) == (
            "failed",
            "needs you",
            reason,
            4,
        )
        with database.connect() as con:
            [row] = sources.list_connections(con, "insta")
        assert (row["state"], row["reason"]) == ("needs you", reason) and row["remedy"]
    assert rows(database, "select count(*) from social.posts") == [(8,)]


@pytest.mark.parametrize("code", [1, 2])
def test_what_may_pass_is_tried_again_in_the_same_sync(settings: Settings, database: Database, code: int) -> None:
    habits = Habits(errors=[None, (code, None), (code, None), None])
    with imitated(settings, database, **SMALL, habits=habits) as (_, connection):
        done = sync_source(settings, database, connection)
    assert (done.state, done.retries) == ("done", 2)


def test_a_sign_in_that_has_ended_is_seen_at_once_and_without_a_call(settings: Settings, database: Database) -> None:
    with imitated(settings, database, **SMALL) as (account, connection):
        account.habits.errors = []
        ended = "2026-01-01T00:00:00+00:00"
        rows(
            database,
            "update sources.connections set settings = settings || jsonb_build_object('signed_in_until', %s::text) returning 1",
            ended,
        )
        sources.request_due_syncs(database)
        with database.connect() as con:
            [row] = sources.list_connections(con, "insta")
        assert (row["state"], row["reason"], account.calls) == ("needs you", "authentication", [])
        assert "Sign in" in connect.describe_state(row)
        settings_of, secret = account.connection()
        secret["tokens"]["expires_at"] = ended
        connect.connect_imitation(settings, database, "insta", account.url, (settings_of, secret), "instagram")
        done = sync_source(settings, database, connection)
        assert (done.connection_state, done.reason, account.calls) == ("needs you", "authentication", [])


def test_lists_that_go_round_in_a_circle_end(settings: Settings, database: Database) -> None:
    with imitated(settings, database, posts=3, accounts=(), hashtags=(), habits=Habits(is_circle=True)) as (
        account,
        connection,
    ):
        done = sync_source(settings, database, connection)
        assert (done.connection_state, len(account.calls)) == ("throttled", 4)
        assert done.error and "circle" in done.error
    assert rows(database, "select count(*) from social.posts") == [(3,)]


def test_fields_that_are_missing_stay_missing(settings: Settings, database: Database) -> None:
    missing = {
        "like_count",
        "comments_count",
        "caption",
        "permalink",
        "username",
        "followers_count",
        "name",
        "media_product_type",
    }
    with imitated(settings, database, habits=Habits(leaves_out=missing)) as (account, connection):
        assert sync_source(settings, database, connection).state == "done"
    assert rows(
        database,
        "select count(*), count(likes), count(comments), count(permalink) from social.posts join social.accounts as a using (account_id) where a.is_own",
    ) == [(60, 0, 0, 0)]
    assert rows(database, "select followers from social.accounts where is_own") == [(None,)]
    comments = sum(map(len, account.comments.values()))
    assert rows(database, "select count(*) from social.review_links where post_id is not null") == [(comments,)]


def test_an_account_that_is_unknown_is_a_remark_and_the_others_are_read(settings: Settings, database: Database) -> None:
    watched = ("no.such.shop", "tea.house.york")
    with imitated(settings, database, posts=2, accounts=watched, hashtags=()) as (_, connection):
        done = sync_source(settings, database, connection)
    assert (done.state, done.warnings) == ("done", ["Instagram knows no business account @no.such.shop."])
    assert rows(database, "select username from social.accounts where not is_own") == [("tea.house.york",)]


@pytest.mark.parametrize("control", [False, True])
def test_no_more_than_thirty_hashtags_are_searched_in_any_seven_days(
    settings: Settings, database: Database, control: bool
) -> None:
    """Sixty days; a third of the hashtags is replaced every day, from a hundred."""
    clock, choice, every = Clock(), Random(3), [f"tag{number}" for number in range(100)]
    named = choice.sample(every, 30)
    with imitated(settings, database, posts=0, accounts=(), now=clock) as (account, connection):
        with database.connect() as con:
            connected = sources.read_connection(con, connection)
        use_of = SavedUse(database, FixedTokens(), connected)
        api = ApiClient(account.url, 1_000.0)
        cursor = None
        for _ in range(60):
            client = (WithoutBudget if control else Instagram)(
                ACCOUNT, "blue.mug.shop", APP_SECRET, use_of, hashtags=named, api=api, now=clock
            )
            for page in client.read("hashtags", cursor):
                cursor = page.next_cursor or cursor
            named = [*choice.sample(named, 20), *choice.sample(sorted(set(every) - set(named)), 10)]
            clock.move(days=1)
        client.close()
        most = max(
            len({tag for tag, at in account.searched if end - timedelta(days=7) < at <= end})
            for end in {at for _, at in account.searched}
        )
        searched = len({tag for tag, _ in account.searched})
    assert (most > 30) if control else (most == 30)
    assert searched > 60


def test_more_than_thirty_hashtags_cannot_be_named() -> None:
    with pytest.raises(UsageError, match="30"):
        check_hashtags([f"tag{number}" for number in range(31)])
    assert check_hashtags(["#Pottery", " pottery", "Töpferei"]) == ["pottery", "töpferei"]


PEOPLE = """customer_id,name,email,city
K1,Anna Berg,anna@shop.example,York
K2,Bob Moss,bob@shop.example,Leeds
"""
ORDERS = """order_id,customer_id,order_date,sku,product_name,quantity,unit_price
O1,K1,2026-01-05,MUG,Blue mug,1,3.50
O2,K2,2026-01-06,TEA,Green tea,1,3.50
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    load_texts(database, tmp_path, people=PEOPLE, orders=ORDERS)
    return database


def customer(database: Database, key: str) -> str:
    [[found]] = rows(database, "select customer_id from core.customer_records where source_key = %s", key)
    return str(found)


def test_a_comment_is_of_a_customer_only_by_a_user_name_that_the_company_keeps(
    settings: Settings, shop: Database
) -> None:
    keep_handle(settings, shop, customer(shop, "K1"), "@Anna.Berg")
    with imitated(settings, shop, **{**SMALL, "posts": 1}) as (account, connection):
        [post] = account.posts
        account.comments[post].clear()
        for username, text in (
            ("anna.berg", "I love it, canary-1"),
            ("bob.moss", "Terrible, the worst of all, canary-2"),
            ("bob", "Great canary-3"),
        ):
            account.add_comment(post, account.now(), username, text)
        account.tagged.clear()
        sync_source(settings, shop, connection)
    with shop.connect() as con:
        held = con.execute(
            "select v.*, r.customer_id, k.kek_id, k.wrapped_key from feedback.reviews as v left join core.customer_records as r using (record_id)"
            " left join privacy.data_keys as k using (record_id) order by v.source_key"
        ).fetchall()
    texts = vault_of(settings).open_reviews(held)
    assert [(row["customer_id"], text, row["sentiment"]) for row, text in zip(held, texts, strict=True)] == [
        (customer(shop, "K1"), "I love it, canary-1", "positive"), (None, None, "negative"), (None, None, "positive"),
    ]  # fmt: skip
    assert signs(shop, "canary") == signs(shop, "anna.berg") == signs(shop, "bob.moss") == []
    assert forget_handle(settings, shop, "anna.berg") and not forget_handle(settings, shop, "anna.berg")


def signs(database: Database, sign: str) -> list[str]:
    """Tables of social accounts, of feedback and of what sources sent in which a text is seen."""
    tables = rows(
        database,
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('social', 'feedback', 'sources')",
    )
    return [
        table
        for (table,) in tables
        if any(sign in str(row).lower() for row in rows(database, f"select t::text from {table} as t"))
    ]


def test_an_erasure_reaches_user_names_texts_accounts_and_captions(settings: Settings, shop: Database) -> None:
    anna = customer(shop, "K1")
    keep_handle(settings, shop, anna, "tea.house.york")
    with imitated(settings, shop, posts=3, accounts=("tea.house.york",), hashtags=()) as (account, connection):
        post = min(account.posts)
        account.posts[post]["caption"] = "Thank you Anna Berg for the photo"
        account.comments[post].clear()
        account.add_comment(post, account.now(), "tea.house.york", "I love it, canary-1")
        sync_source(settings, shop, connection)
        assert {"social.accounts", "sources.connections"} <= set(signs(shop, "tea.house.york"))
        assert signs(shop, "anna berg") == ["social.posts"]

        # another comment of hers has arrived and is not stored yet
        with sources.open_sync(shop, connection, None) as landing:
            from foresell.privacy.secret_box import secret_box_of

            waiting = json.dumps({"post": post, "username": "tea.house.york", "text": "canary-2"}).encode()
            sealed = secret_box_of(settings).seal(waiting, sources.document_place(connection, "comments", "77"))
            now = account.now()
            landing.save_page("comments", [sources.Arrival("77", "1", None, now, "x", sealed)], (), None, ended=False)

        done = erase_customer(settings, shop, anna)
        assert done.rows.reviews == 1 and done.files.documents >= 4
        assert signs(shop, "tea.house.york") == signs(shop, "anna berg") == []
        assert rows(shop, "select count(*) from social.handles") == [(0,)]
        assert rows(shop, "select count(*) from sources.documents where key = '77'") == [(0,)]

        # she cannot be named again; she writes again, and the caption is still published
        with pytest.raises(UsageError, match="erased"):
            connect.watch(settings, shop, "insta", ["tea.house.york"], [])
        account.posts[post]["like_count"] += 1
        account.add_comment(post, account.now(), "tea.house.york", "Again canary-3")
        again = sync_source(settings, shop, connection, whole=True)
        assert again.state == "done", again.error
        assert signs(shop, "tea.house.york") == signs(shop, "anna berg") == []
        assert rows(shop, "select count(*), count(text) from feedback.reviews where erased_at is not null") == [(1, 0)]
        with pytest.raises(UsageError, match="erased"):
            keep_handle(settings, shop, customer(shop, "K2"), "tea.house.york")
    again_erased = erase_customer(settings, shop, anna)
    assert again_erased.rows.reviews == 0


def app(**given: Any) -> InstagramApp:
    return InstagramApp(APP_ID, APP_SECRET, redirect_url="https://shop.example/sources", **given)


def test_a_pasted_token_is_checked_and_its_end_is_kept(settings: Settings, database: Database) -> None:
    with InstagramImitation(posts=2) as account:
        for token, why in (("stolen", "not valid"), (TOKEN, None)):
            if why:
                with pytest.raises(SourceUnreachable, match=why):
                    connect.connect_instagram(
                        settings, database, "insta", app(), token=token, imitation_url=account.url
                    )
                assert rows(database, "select count(*) from sources.connections") == [(0,)]
                continue
            connection, url = connect.connect_instagram(
                settings, database, "insta", app(accounts=["@Tea.House.York"]), token=token, imitation_url=account.url
            )
            assert url is None
        with database.connect() as con:
            [row] = sources.list_connections(con, "insta")
        assert (row["settings"]["account"], row["settings"]["accounts"], row["state"]) == (
            ACCOUNT,
            ["tea.house.york"],
            "due",
        )
        ends = datetime.fromisoformat(row["settings"]["signed_in_until"])
        assert timedelta(days=49) < ends - account.now() < timedelta(days=51)
        assert sync_source(settings, database, connection).state == "done"
        with pytest.raises(SourceUnreachable, match="not clear which account"):
            connect.connect_instagram(
                settings, database, "other", app(username="someone"), token=TOKEN, imitation_url=account.url
            )


USAGES = {
    "nothing": ({}, 0, None),
    "app": ({"x-app-usage": '{"call_count":28,"total_time":81.5,"total_cputime":2}'}, 81.5, None),
    "business": (
        {
            "x-business-use-case-usage": '{"1":[{"call_count":100,"estimated_time_to_regain_access":19}],"2":[{"call_count":3}]}'
        },
        100,
        timedelta(minutes=19),
    ),
    "broken": ({"x-app-usage": "{", "x-business-use-case-usage": "[]"}, 0, None),
}


@pytest.mark.parametrize("stated", USAGES)
def test_the_usage_that_answers_state(stated: str) -> None:
    headers, used, wait = USAGES[stated]
    assert read_usage(headers) == (used, wait)
