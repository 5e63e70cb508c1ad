"""An imitation of the Graph API as it serves Instagram: seeded accounts, posts, comments and insights, its limits and its faults."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from foresell.demo.imitations.server import Imitation, Reply

VERSION, ACCOUNT, USERNAME = "v26.0", "17841400000000001", "blue.mug.shop"
APP_ID, APP_SECRET, TOKEN = "1234567890", "imitation-app-secret", "imitation-token"
#: Different hashtags in seven days.
MOST_HASHTAGS = 30
#: The metrics of each kind of post; a call with another one fails as a whole.
METRICS = {
    "FEED": {"reach", "saved", "shares", "views", "total_interactions", "profile_visits"},
    "REELS": {"reach", "saved", "shares", "views", "total_interactions", "ig_reels_avg_watch_time"},
    "STORY": {"reach", "shares", "views", "total_interactions", "replies"},
    "account": {"reach", "views", "accounts_engaged", "total_interactions"},
}
_OTHERS = {"tea.house.york": 40, "lamp.and.light": 25}
_PEOPLE = ("anna.berg", "jan_devries", "maria.s", "luc.martin", "ola_n", "emma.walsh")
_GOOD = (
    "I love it, so beautiful!",
    "Great quality, fast delivery, thank you",
    "The best mug I have ever had",
    "Wonderful colours",
)
_BAD = (
    "Terrible, it broke after one day",
    "Worst service ever, very disappointed",
    "Not good at all, I want my money back",
)
_PLAIN = ("Is this also available in green?", "Sehr schön, gefällt mir", "When do you ship to Norway?")
_THINGS = ("mug", "teapot", "plate", "bowl", "vase", "lamp")
_DISCOVERY = re.compile(r"business_discovery\.username\((?P<name>[^)]+)\)")
_AFTER = re.compile(r"media\.limit\((?P<limit>\d+)\)(?:\.after\((?P<after>[^)]+)\))?")
_MENTIONED = re.compile(r"mentioned_(?P<what>comment|media)\.\w+\((?P<id>\d+)\)")


@dataclass
class Habits:
    """What this Graph API does.

    `usage`: percent that the header X-Business-Use-Case-Usage states, with `regain_minutes`; `app_usage`: of X-App-Usage. `errors`: code
    and subcode of the next calls, None for an answer; `dead_metrics`: metrics that are not valid any more; `before_business`: posts
    older than the business account; `no_insights`: insights are empty yet; `leaves_out`: fields that no object has; `is_circle`: lists
    return to their first page; `page_limit`: it returns no more rows than this.
    """

    usage: float = 5.0
    app_usage: float = 5.0
    regain_minutes: int = 0
    errors: list[tuple[int, int | None] | None] = field(default_factory=list)
    dead_metrics: set[str] = field(default_factory=set)
    before_business: set[str] = field(default_factory=set)
    no_insights: bool = False
    leaves_out: set[str] = field(default_factory=set)
    is_circle: bool = False
    page_limit: int = 50


class InstagramImitation(Imitation):
    """An account with `posts` posts in the last 200 days, two other accounts, and posts with any hashtag.

    `calls_in_pause`: calls that came although the answer before had said that they may not. `searched`: each search of a hashtag.
    """

    def __init__(
        self,
        *,
        posts: int = 60,
        seed: int = 1,
        fault_share: float = 0.0,
        habits: Habits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(self._serve, seed=seed, fault_share=fault_share)
        self.habits, self.now = habits or Habits(), now
        self.data = Random(seed)  # noqa: S311 - makes data
        self.tokens = {TOKEN}
        self.posts: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.others: dict[str, dict[str, dict[str, Any]]] = {}
        self.tagged: dict[str, dict[str, Any]] = {}
        self.mentioned: dict[str, dict[str, Any]] = {}
        self.followers = 1_250
        self.searched: list[tuple[str, datetime]] = []
        self.calls_in_pause = 0
        self.paused_until: datetime | None = None
        self._number = 18_000_000_000_000
        self._make_accounts(posts)

    def connection(
        self, accounts: Sequence[str] = tuple(_OTHERS), hashtags: Sequence[str] = ("bluemug", "pottery")
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings and the secret of a connection to this account that is signed in."""
        settings = {
            "app_id": APP_ID, "account": ACCOUNT, "username": USERNAME, "accounts": list(accounts), "hashtags": list(hashtags),
            "redirect_url": "http://127.0.0.1/sources",
        }  # fmt: skip
        tokens = {"access": TOKEN, "expires_at": "2100-01-01T00:00:00+00:00", "refresh": ""}
        return settings, {"app_secret": APP_SECRET, "tokens": tokens}

    def _make_accounts(self, posts: int) -> None:
        now = self.now()
        for index in range(posts):
            age = timedelta(days=200 * index / max(1, posts), hours=self.data.uniform(0, 20))
            self.add_post(now - age)
        for name, count in _OTHERS.items():
            made = [self._make_post(now - timedelta(days=3 * index)) for index in range(count)]
            self.others[name] = {post["id"]: post for post in made}
        for index in range(5):
            post = self._make_post(now - timedelta(days=7 * index))
            self.tagged[post["id"]] = {
                **post,
                "username": self.data.choice(_PEOPLE),
                "caption": f"{_GOOD[index % 4]} @{USERNAME}",
            }

    def add_post(self, at: datetime, comments: int | None = None) -> str:
        """Publish a post, with comments. Returns its id."""
        post = self._make_post(at)
        self.posts[post["id"]] = post
        self.comments[post["id"]] = []
        for _ in range(self.data.randint(0, 6) if comments is None else comments):
            self.add_comment(post["id"], at + timedelta(hours=self.data.uniform(0.1, 40)))
        return str(post["id"])

    def add_comment(self, post: str, at: datetime, username: str | None = None, text: str | None = None) -> str:
        """Someone comments on a post. Returns the id of the comment."""
        comment = {
            "id": self._next_id(), "text": text or self.data.choice((*_GOOD, *_BAD, *_PLAIN)), "timestamp": _time(at),
            "username": username or self.data.choice(_PEOPLE), "like_count": self.data.randint(0, 3),
        }  # fmt: skip
        self.comments[post].append(comment)
        self.posts[post]["comments_count"] += 1
        return str(comment["id"])

    def delete_post(self, post: str) -> None:
        """The account deletes a post, with its comments."""
        del self.posts[post], self.comments[post]

    def engage(self) -> None:
        """Time goes by: newest posts get likes, followers come, and someone comments."""
        self.followers += self.data.randint(0, 5)
        for post in sorted(self.posts, key=lambda key: str(self.posts[key]["timestamp"]))[-10:]:
            self.posts[post]["like_count"] += self.data.randint(0, 4)
        self.add_comment(self.data.choice(list(self.posts)), self.now())

    def _make_post(self, at: datetime) -> dict[str, Any]:
        kind = self.data.choice((("IMAGE", "FEED"), ("CAROUSEL_ALBUM", "FEED"), ("VIDEO", "REELS")))
        key = self._next_id()
        thing = self.data.choice(_THINGS)
        return {
            "id": key, "caption": f"Our new {thing} is here #{thing} #pottery", "media_type": kind[0], "media_product_type": kind[1],
            "permalink": f"https://www.instagram.com/p/{key}/", "timestamp": _time(at), "like_count": self.data.randint(3, 400),
            "comments_count": 0,
        }  # fmt: skip

    def _next_id(self) -> str:
        self._number += self.data.randint(1, 999)
        return str(self._number)

    def _serve(self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        if self.paused_until and self.now() < self.paused_until:
            self.calls_in_pause += 1
        reply = self._answer_call(path, params, headers)
        stated = self._usage()
        if max(self.habits.usage, self.habits.app_usage) >= 80:
            self.paused_until = self.now() + timedelta(minutes=self.habits.regain_minutes or 60)
        return Reply(reply.status, reply.body, {**stated, **reply.headers})

    def _usage(self) -> dict[str, str]:
        one = {
            "type": "instagram", "call_count": self.habits.usage, "total_cputime": 1, "total_time": 2,
            "estimated_time_to_regain_access": self.habits.regain_minutes,
        }  # fmt: skip
        app = {"call_count": self.habits.app_usage, "total_time": 1, "total_cputime": 1}
        return {"X-App-Usage": json.dumps(app), "X-Business-Use-Case-Usage": json.dumps({ACCOUNT: [one]})}

    def _answer_call(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        version, _, rest = path.removeprefix("/").partition("/")
        if version != VERSION:
            return _refuse(2635, None, "You are calling a deprecated version of the Graph API.")
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        if rest == "oauth/access_token":
            return self._give_token(params)
        if rest == "debug_token":
            return self._describe_token(params, bearer)
        proof = hmac.digest(APP_SECRET.encode(), bearer.encode(), "sha256").hex()
        if bearer not in self.tokens or params.get("appsecret_proof") != proof:
            return _refuse(190, 463, "Error validating access token: Session has expired.")
        if self.habits.errors and (error := self.habits.errors.pop(0)) is not None:
            if error[0] in (4, 17, 32, 613):
                self.paused_until = self.now() + timedelta(minutes=self.habits.regain_minutes or 60)
            return _refuse(*error, "An error that was asked for.", is_transient=error[0] == 2)
        return self._answer_node(rest, params)

    def _answer_node(self, rest: str, params: Mapping[str, str]) -> Reply:
        node, _, edge = rest.partition("/")
        fields = params.get("fields", "")
        if rest == "me/accounts":
            return Reply(
                200, {"data": [{"id": "1", "instagram_business_account": {"id": ACCOUNT, "username": USERNAME}}]}
            )
        if rest == "ig_hashtag_search":
            return self._search(params["q"].lower())
        if found := _DISCOVERY.search(fields):
            return self._discover(found["name"], fields)
        if found := _MENTIONED.search(fields):
            item = self.mentioned.get(found["id"])
            if item is None:
                return _refuse(100, 33, "Object does not exist.")
            return Reply(200, {f"mentioned_{found['what']}": self._strip(item), "id": ACCOUNT})
        if node == ACCOUNT and not edge:
            profile = {
                "id": ACCOUNT,
                "username": USERNAME,
                "name": "Blue Mug (imitation)",
                "followers_count": self.followers,
            }
            return Reply(200, self._strip({**profile, "media_count": len(self.posts)}))
        if rest == f"{ACCOUNT}/media":
            return self._list(self.posts.values(), params)
        if rest == f"{ACCOUNT}/tags":
            return self._list(self.tagged.values(), params)
        if edge == "comments" and node in self.posts:
            return self._list(self.comments[node], params)
        if edge == "insights":
            return self._insights(node, params["metric"].split(","))
        if edge == "recent_media" and node.startswith("178430"):
            return self._list(self._posts_of(node), params)
        return _refuse(100, 33, f"Unsupported get request. Object with ID '{node}' does not exist.")

    def _list(self, items: Any, params: Mapping[str, str], after: str | None = None) -> Reply:
        rows = sorted(items, key=lambda item: (str(item.get("timestamp")), str(item["id"])), reverse=True)
        limit = min(int(params.get("limit", 25)), self.habits.page_limit)
        after = params.get("after") or after
        keys = [str(row["id"]) for row in rows]
        start = keys.index(after) + 1 if after in keys else 0
        page = rows[start : start + limit]
        body: dict[str, Any] = {"data": [self._strip(row) for row in page]}
        if page:
            last = str(page[-1]["id"])
            body["paging"] = {"cursors": {"before": str(page[0]["id"]), "after": last}}
            if start + limit < len(rows):
                body["paging"]["next"] = "https://graph.facebook.com/next"
            elif self.habits.is_circle:
                body["paging"] = {"cursors": {"after": "first"}, "next": "https://graph.facebook.com/next"}
        return Reply(200, body)

    def _strip(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in item.items() if name not in self.habits.leaves_out}

    def _insights(self, node: str, names: list[str]) -> Reply:
        if node in self.habits.before_business:
            return _refuse(100, 2108006, "Media posted before business account conversion")
        kind = "account" if node == ACCOUNT else str(self.posts.get(node, {}).get("media_product_type", "FEED"))
        if wrong := [name for name in names if name not in METRICS[kind] - self.habits.dead_metrics]:
            return _refuse(100, None, f"(#100) metric[0] must be one of the following values, not {wrong[0]}")
        if self.habits.no_insights:
            return Reply(200, {"data": []})
        value = Random(f"{node}{len(self.calls) // 500}").randint(10, 5_000)  # noqa: S311 - makes data
        if kind == "account":
            return Reply(
                200, {"data": [{"name": name, "period": "day", "total_value": {"value": value}} for name in names]}
            )
        return Reply(
            200, {"data": [{"name": name, "period": "lifetime", "values": [{"value": value}]} for name in names]}
        )

    def _discover(self, name: str, fields: str) -> Reply:
        if name not in self.others:
            return _refuse(110, 2207013, "Invalid user id")
        found = _AFTER.search(fields)
        params = {"limit": found["limit"] if found else "25"}
        listed = self._list(self.others[name].values(), params, after=found["after"] if found else None).body
        key = f"1784140000000{list(self.others).index(name) + 1000}"
        profile = {"id": key, "username": name, "name": f"{name} (imitation)", "followers_count": 5_000}
        return Reply(
            200,
            {
                "business_discovery": {
                    **self._strip({**profile, "media_count": len(self.others[name])}),
                    "media": listed,
                },
                "id": ACCOUNT,
            },
        )

    def _search(self, tag: str) -> Reply:
        week = {name for name, at in self.searched if at > self.now() - timedelta(days=7)} | {tag}
        self.searched.append((tag, self.now()))
        if len(week) > MOST_HASHTAGS:
            return _refuse(18, 2207034, "You have exceeded the limit of 30 unique hashtags in 7 days.")
        return Reply(200, {"data": [{"id": f"178430{sum(tag.encode())}{len(tag)}"}]})

    def _posts_of(self, node: str) -> list[dict[str, Any]]:
        some = Random(node)  # noqa: S311 - makes data
        return [
            {
                "id": f"{node}{index}",
                "caption": some.choice((*_GOOD, *_BAD, *_PLAIN)),
                "timestamp": _time(self.now()),
                "like_count": index,
            }
            for index in range(12)
        ]

    def _give_token(self, params: Mapping[str, str]) -> Reply:
        is_known = params.get("code") == "imitation-code" or params.get("fb_exchange_token") in self.tokens
        if params.get("client_secret") != APP_SECRET or not is_known:
            return _refuse(100, 36009, "This authorization code has been used or is not valid.")
        token = "long-token" if "fb_exchange_token" in params else "short-token"
        self.tokens.add(token)
        return Reply(200, {"access_token": token, "token_type": "bearer", "expires_in": 5_184_000})

    def _describe_token(self, params: Mapping[str, str], bearer: str) -> Reply:
        is_valid = params.get("input_token") in self.tokens and bearer == f"{APP_ID}|{APP_SECRET}"
        scopes = ["instagram_basic", "instagram_manage_comments", "instagram_manage_insights", "pages_read_engagement"]
        ends = int((self.now() + timedelta(days=50)).timestamp())
        return Reply(200, {"data": {"app_id": APP_ID, "is_valid": is_valid, "scopes": scopes, "expires_at": ends}})


def sign(content: bytes, secret: str = APP_SECRET) -> str:
    """The header X-Hub-Signature-256 of a notification."""
    return f"sha256={hmac.digest(secret.encode(), content, 'sha256').hex()}"


def _refuse(code: int, subcode: int | None, message: str, *, is_transient: bool = False) -> Reply:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "imitation"}
    if subcode:
        error["error_subcode"] = subcode
    if is_transient:
        error["is_transient"] = True
    return Reply(400, {"error": error})


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
