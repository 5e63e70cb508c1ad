"""Instagram by the Graph API, with Facebook Login: the own account, its posts, comments and insights, mentions, named other
business accounts, and hashtags.

Never run against Instagram: built from its documentation, and tested against an imitation that plays its faults.

Posts are read from the newest back. All of them are listed once a day, so that those that are gone are found; their comments
and insights are read again an hour, a day, a week and a month after they were posted. No call is made while the usage that
each answer states is at 80 % or more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import orjson

from foresell.errors import UsageError
from foresell.sources.connectors.http import Answer, ApiClient
from foresell.sources.connectors.kept import Kept, Notice
from foresell.sources.connectors.tokens import Tokens
from foresell.sources.contract import (
    Connection,
    Cursor,
    Page,
    Reason,
    Record,
    Stream,
    TerminalError,
    TransientError,
    find_stream,
)

#: The version of the Graph API, which Meta keeps for about two years.
GRAPH_VERSION = "v26.0"
API_URL = "https://graph.facebook.com"
SIGN_IN_URL = f"https://www.facebook.com/{GRAPH_VERSION}/dialog/oauth"
SCOPES = (
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "pages_read_engagement",
    "pages_show_list",
)
CALLS_A_SECOND = 2.0
PAGE_ROWS = 50
#: No call is made from this usage on (percent), until the time that the vendor states, otherwise for an hour.
PAUSE_AT, PAUSE = 80.0, timedelta(hours=1)
#: Different hashtags that may be searched in seven days.
MOST_HASHTAGS, HASHTAG_DAYS = 30, 7
MOST_ACCOUNTS = 50
#: Readings go back so long behind the newest post they know, a little longer than a month; all posts are listed once a day.
OVERLAP, RECENT, LIST_EVERY = timedelta(days=32), timedelta(days=31), timedelta(days=1)
#: The most pages of another account's posts, and of a hashtag, in one reading.
MOST_PAGES = 4
#: When the comments and insights of a post are read again, after it was posted. Insights are complete after 48 hours.
COMMENT_STEPS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
INSIGHT_STEPS = (*COMMENT_STEPS, timedelta(days=2), timedelta(days=3))
#: Insights of older posts are not read; those of an account's last days are read again.
INSIGHT_DAYS, ACCOUNT_DAYS, ACCOUNT_EVERY = timedelta(days=90), 3, timedelta(hours=6)
DISCOVER_EVERY, SEARCH_EVERY = timedelta(hours=6), timedelta(hours=20)

MEDIA_FIELDS = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count"
COMMENT_FIELDS = "id,text,timestamp,username,like_count"
MENTION_FIELDS = "id,caption,media_type,timestamp,username"
#: By media_product_type, the insights that a post has: one that is not valid for its type fails the whole call.
METRICS: Mapping[str, tuple[str, ...]] = {
    "FEED": ("reach", "saved", "shares", "views", "total_interactions"),
    "REELS": ("reach", "saved", "shares", "views", "total_interactions", "ig_reels_avg_watch_time"),
    "STORY": ("reach", "shares", "views", "total_interactions", "replies"),
}
DEFAULT_METRICS = ("reach",)
ACCOUNT_METRICS = ("reach", "views", "accounts_engaged", "total_interactions")

#: Codes of errors (see docs/how-to/connect-a-source.md): those that may pass, those of a limit, and what needs a person.
PASSING_CODES = frozenset({1, 2})
LIMIT_CODES = frozenset({4, 17, 32, 613, 80002})
SIGN_IN_CODES, BLOCK_CODE, OUR_CODE = frozenset({102, 190}), 368, 100
PERMISSION_CODES = frozenset({10, *range(200, 300)})
UNKNOWN_USER_CODES, TOO_MANY_HASHTAGS_CODE = frozenset({110, 100}), 18
BEFORE_BUSINESS_SUBCODE = 2108006

_USERNAME = re.compile(r"[A-Za-z0-9._]{1,30}")
_HASHTAG = re.compile(r"\w{1,100}")


class Refused(TerminalError):
    """An error with a code of the Graph API."""

    def __init__(self, code: int, subcode: int | None) -> None:
        reason: Reason = "defect"
        if code in SIGN_IN_CODES:
            reason = "authentication"
        elif code == BLOCK_CODE:
            reason = "policy"
        elif code in PERMISSION_CODES:
            reason = "permission"
        super().__init__(f"Instagram refuses (code {code}{f', {subcode}' if subcode else ''}).", reason=reason)
        self.number, self.subcode = code, subcode


@dataclass
class _Gate:
    """Keeps the limits of the API: no call while it pauses, and a pause where an answer says that most is used."""

    kept: Kept
    now: Callable[[], datetime]

    def before_call(self) -> None:
        until = self.kept.read_pause()
        if until is not None and until > self.now():
            raise TransientError(
                "Most of the calls that Instagram allows are used.",
                remedy="It is read again by itself when Instagram allows it.",
                retry_after=(until - self.now()).total_seconds(),
            )

    def after_answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        used, wait = read_usage(headers)
        error = _read_error(content) if status != 200 or b'"error"' in content[:64] else None
        is_limited = status == 429 or (error is not None and error[0] in LIMIT_CODES)
        if used >= PAUSE_AT or is_limited:
            self.kept.save_pause(self.now() + (wait or PAUSE))
        if is_limited:
            raise TransientError(
                "Instagram asks for fewer calls.",
                remedy="It is read again by itself.",
                retry_after=(wait or PAUSE).total_seconds(),
            )
        if (
            error is not None
            and error[0] not in SIGN_IN_CODES | {BLOCK_CODE}
            and (error[2] or error[0] in PASSING_CODES)
        ):
            raise TransientError(f"Instagram answers with code {error[0]}.", remedy="It is tried again by itself.")


@dataclass
class Instagram:
    """One professional account. `username`: its own; `accounts` and `hashtags`: what else is read. `api` is a client of API_URL."""

    account: str
    username: str
    app_secret: str = field(repr=False)
    kept: Kept = field(repr=False)
    accounts: Sequence[str] = ()
    hashtags: Sequence[str] = ()
    api: ApiClient = field(default_factory=lambda: ApiClient(API_URL, CALLS_A_SECOND))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    remarks: list[str] = field(default_factory=list, init=False)
    _listing: tuple[datetime | None, list[dict[str, Any]]] | None = field(default=None, init=False, repr=False)
    _invalid: set[tuple[str, str]] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        self.api.guard = _Gate(self.kept, self.now)

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    @property
    def requests(self) -> int:
        """Calls made."""
        return self.api.requests

    @property
    def retries(self) -> int:
        """Calls made again."""
        return self.api.retries

    def discover(self) -> Sequence[Stream]:
        """Accounts and posts before what belongs to them. Nothing is kept as it was sent once it is stored."""
        found = [
            _stream("profile", "none", "none"),
            _stream("posts", "listing", "none"),
            _stream("insights", "none", "none"),
            _stream("comments", "listing", "legitimate interest"),
            _stream("mentions", "none", "legitimate interest"),
        ]
        if self.accounts:
            found.append(_stream("other accounts", "none", "legitimate interest"))
        if self.hashtags:
            found.append(_stream("hashtags", "none", "legitimate interest"))
        return found

    def check(self) -> Connection:
        """The name of the account. Raises what `read` raises."""
        body = self._get(self.account, {"fields": "id,username"}).body
        name = str(body.get("username") or self.username)
        return Connection(f"@{name}", {"username": name})

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Sequence[Record]], None, None]:
        """A stream from its beginning, or what is new or due again since the cursor.

        Raises UnknownStream, TransientError or TerminalError.
        """
        find_stream(self, stream)
        position: dict[str, Any] = json.loads(cursor.position) if cursor else {}
        yield from {
            "profile": self._read_profile,
            "posts": self._read_posts,
            "insights": self._read_insights,
            "comments": self._read_comments,
            "mentions": self._read_mentions,
            "other accounts": self._read_accounts,
            "hashtags": self._read_hashtags,
        }[stream](position)

    def _read_profile(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        answer = self._get(self.account, {"fields": "id,username,name,website,followers_count,media_count"})
        document = {"id": self.account, "is_own": True, **_pick(answer.body, PROFILE)}
        yield Page([self._record(self.account, document, answer)], next_cursor=Cursor(json.dumps({"read": True})))

    def _read_posts(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """From the newest back to 30 days behind the newest that was known; all of them once a day, and at first."""
        listed, known = _moment(position.get("listed")), _moment(position.get("newest"))
        is_whole = listed is None or known is None or self.now() - listed >= LIST_EVERY
        until = None if is_whole or known is None else known - OVERLAP
        began, newest, found = self.now(), known, []
        for items, answer, following in self._pages(f"{self.account}/media", MEDIA_FIELDS):
            found += items
            times = [moment for item in items if (moment := _moment(item.get("timestamp")))]
            newest = max([*times, *([newest] if newest else [])], default=None)
            is_last = following is None or (until is not None and bool(times) and max(times) < until)
            after = {"newest": _text(newest), "listed": _text(began if is_whole else listed)}
            records = [
                self._record(str(item["id"]), {"account": self.account, **_pick(item, POST)}, answer) for item in items
            ]
            yield Page(
                records,
                next_cursor=Cursor(json.dumps(after)) if is_last else None,
                complete=is_last and is_whole and following is None,
            )
            if is_last:
                break
        self._listing = (until, found)

    def _read_comments(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """Comments of the posts that are due: with another count than before, or some time after they were posted."""
        read: dict[str, Any] = dict(position.get("read", {}))
        is_whole = not position
        is_first = is_whole or "left" in position
        notified = self._notified(position.get("notice", 0), "comments")
        media = self._list_posts(None if is_first else self.now() - RECENT)
        media = [*media, *({"id": key} for key in notified.keys() - {str(item["id"]) for item in media})]
        for item in media:
            key, count = str(item["id"]), item.get("comments_count")
            was, is_due = read.get(key), key in notified
            if was is None:
                is_due = is_due or is_first or self._is_recent(item)
            else:
                posted = _moment(item.get("timestamp"))
                is_due = is_due or was[1] != count or _is_due(posted, _moment(was[0]), self.now(), COMMENT_STEPS)
            if not is_due:
                continue
            read[key] = [_text(self.now()), count]
            if count != 0 or key in notified:
                left = {"left": True} if is_first else {}
                yield from self._read_comments_of(key, {"read": read, "notice": position.get("notice", 0), **left})
        newest = max([position.get("notice", 0), *(notice.notice_id for notice in notified.values())])
        recent = {str(item["id"]) for item in media if self._is_recent(item)}
        ended = {"read": {key: each for key, each in read.items() if key in recent}, "notice": newest}
        yield Page((), next_cursor=Cursor(json.dumps(ended)), complete=is_whole)

    def _read_comments_of(self, media: str, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        fields = f"{COMMENT_FIELDS},replies.limit({PAGE_ROWS}){{{COMMENT_FIELDS}}}"
        for items, answer, following in self._pages(f"{media}/comments", fields):
            records = []
            for item in items:
                replies = (item.get("replies") or {}).get("data") or []
                for each in (item, *replies):
                    if (
                        each.get("id") and each.get("username") != self.username
                    ):  # the company's own answers are no feedback
                        document = {"post": media, **_pick(each, COMMENT)}
                        records.append(self._record(str(each["id"]), document, answer))
            yield Page(records, next_cursor=Cursor(json.dumps(position)) if following is None else None)

    def _read_insights(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """Insights of the last days of the account, then of the posts that are due."""
        read: dict[str, str] = dict(position.get("read", {}))
        days_read = _moment(position.get("days"))
        if days_read is None or self.now() - days_read >= ACCOUNT_EVERY:
            records = [record for day in self._last_days() if (record := self._read_day(day))]
            days_read = self.now()
            left: dict[str, Any] = {"left": True} if not position or "left" in position else {}
            yield Page(records, next_cursor=Cursor(json.dumps({"read": read, "days": _text(days_read), **left})))
        is_first = not position or "left" in position
        media = self._list_posts(self.now() - (INSIGHT_DAYS if is_first else RECENT))
        for item in media:
            key, posted = str(item["id"]), _moment(item.get("timestamp"))
            if posted is None or posted < self.now() - INSIGHT_DAYS:
                continue
            if key in read and not _is_due(posted, _moment(read[key]), self.now(), INSIGHT_STEPS):
                continue
            if key not in read and not is_first and not self._is_recent(item):
                continue
            values, answer = self._read_metrics(key, str(item.get("media_product_type") or ""))
            read[key] = _text(self.now()) or ""
            records = [self._record(key, {"post": key, "metrics": values}, answer)] if values and answer else []
            left = {"read": read, "days": _text(days_read), **({"left": True} if is_first else {})}
            yield Page(records, next_cursor=Cursor(json.dumps(left)))
        recent = {str(item["id"]) for item in media if self._is_recent(item)}
        ended = {"read": {key: each for key, each in read.items() if key in recent}, "days": _text(days_read)}
        yield Page((), next_cursor=Cursor(json.dumps(ended)))

    def _last_days(self) -> list[date]:
        """The days of which the account's insights are read: they are complete 48 hours later."""
        today = self.now().date()
        return [today - timedelta(days=back) for back in range(ACCOUNT_DAYS, 0, -1)]

    def _read_day(self, day: date) -> Record | None:
        """The account's insights of a day; None where there are none yet, which is not 0."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        span = {
            "period": "day",
            "metric_type": "total_value",
            "since": str(int(start.timestamp())),
            "until": str(int((start + timedelta(days=1)).timestamp())),
        }
        values, answer = self._ask_metrics(self.account, "account", ACCOUNT_METRICS, span)
        if not values or answer is None:
            return None
        return self._record(f"day {day}", {"day": day.isoformat(), "account": self.account, "metrics": values}, answer)

    def _read_metrics(self, media: str, product_type: str) -> tuple[dict[str, Any], Answer | None]:
        """The insights of a post by name. None where Instagram has none: posted before the account was a business, or too few viewers."""
        try:
            return self._ask_metrics(media, product_type, METRICS.get(product_type, DEFAULT_METRICS), {})
        except Refused as error:
            if error.subcode == BEFORE_BUSINESS_SUBCODE or (error.number == 10 and product_type == "STORY"):
                return {}, None
            raise

    def _ask_metrics(
        self, node: str, product_type: str, names: Sequence[str], params: Mapping[str, str]
    ) -> tuple[dict[str, Any], Answer | None]:
        """All metrics in one call. Where one is not valid any more, each in a call of its own, and it is not asked for again."""
        valid = [name for name in names if (product_type, name) not in self._invalid]
        if not valid:
            return {}, None
        try:
            answer = self._get(f"{node}/insights", {"metric": ",".join(valid), **params})
            return _read_values(answer.body), answer
        except Refused as error:
            if error.number != OUR_CODE or error.subcode == BEFORE_BUSINESS_SUBCODE:
                raise
        values: dict[str, Any] = {}
        last: Answer | None = None
        for name in valid:
            try:
                answer = self._get(f"{node}/insights", {"metric": name, **params})
            except Refused as error:
                if error.number != OUR_CODE or error.subcode == BEFORE_BUSINESS_SUBCODE:
                    raise
                self._invalid.add((product_type, name))
                self.remarks.append(
                    f"Instagram does not know the metric {name} of {product_type.lower() or 'posts'} any more."
                )
                continue
            values |= _read_values(answer.body)
            last = answer
        return values, last

    def _read_mentions(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """Posts of others in which the account is tagged, then what notifications say of it being mentioned."""
        known = _moment(position.get("newest"))
        until, newest = known - OVERLAP if known else None, known
        for items, answer, following in self._pages(f"{self.account}/tags", MENTION_FIELDS):
            times = [moment for item in items if (moment := _moment(item.get("timestamp")))]
            newest = max([*times, *([newest] if newest else [])], default=None)
            yield Page([self._mention(str(item["id"]), item, answer) for item in items])
            if following is None or (until and times and max(times) < until):
                break
        last = int(position.get("notice", 0))
        for notice in self.kept.list_notices(last):
            last = notice.notice_id
            record = self._read_notice(notice) if notice.field == "mentions" else None
            after = {"newest": _text(newest), "notice": last}
            yield Page([record] if record else (), next_cursor=Cursor(json.dumps(after)))
        yield Page((), next_cursor=Cursor(json.dumps({"newest": _text(newest), "notice": last})))

    def _read_notice(self, notice: Notice) -> Record | None:
        """The comment or caption that mentions the account; None where it is gone."""
        what, wanted = ("comment", notice.comment_id) if notice.comment_id else ("media", notice.media_id)
        if not wanted or not wanted.isdigit():
            return None
        fields = "id,text,timestamp,like_count" if what == "comment" else MENTION_FIELDS
        try:
            answer = self._get(self.account, {"fields": f"mentioned_{what}.{what}_id({wanted}){{{fields}}}"})
        except Refused as error:
            if error.number == OUR_CODE:
                return None
            raise
        found = answer.body.get(f"mentioned_{what}")
        return self._mention(wanted, found, answer) if isinstance(found, dict) else None

    def _mention(self, key: str, item: Mapping[str, Any], answer: Answer) -> Record:
        document = _pick(item, COMMENT)
        if item.get("caption") is not None:
            document["text"] = item["caption"]
        return self._record(key, document, answer)

    def _read_accounts(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """The public profile and the newest posts of named business accounts, every six hours."""
        read = {name: at for name, at in position.get("read", {}).items() if name in self.accounts}
        for name in self.accounts:
            at = _moment(read.get(name))
            if at is not None and self.now() - at < DISCOVER_EVERY:
                continue
            try:
                yield from self._discover(name)
            except Refused as error:
                if error.number not in UNKNOWN_USER_CODES:
                    raise
                self.remarks.append(f"Instagram knows no business account @{name}.")
            read[name] = _text(self.now())
            yield Page((), next_cursor=Cursor(json.dumps({"read": read})))

    def _discover(self, name: str) -> Generator[Page[Sequence[Record]], None, None]:
        """One account with its posts of the last month, at most 200."""
        after, seen = None, set[str]()
        for _ in range(MOST_PAGES):
            where = f".after({after})" if after else ""
            media = f"media.limit({PAGE_ROWS}){where}{{{MEDIA_FIELDS}}}"
            profile = "id,username,name,website,followers_count,media_count"
            answer = self._get(self.account, {"fields": f"business_discovery.username({name}){{{profile},{media}}}"})
            found = answer.body.get("business_discovery") or {}
            if not found.get("id"):
                raise TerminalError(
                    "Instagram describes another account in another form than expected.", reason="drift"
                )
            posts = (found.get("media") or {}).get("data") or []
            account = {"id": str(found["id"]), "is_own": False, **_pick(found, PROFILE)}
            records = [self._record(f"account {found['id']}", account, answer)]
            for item in posts:
                document = {"account": account["id"], "username": account.get("username"), **_pick(item, POST)}
                document.pop("caption", None)  # a text by others is not kept
                records.append(self._record(str(item["id"]), document, answer))
            yield Page(records)
            times = [moment for item in posts if (moment := _moment(item.get("timestamp")))]
            after = _following(found.get("media") or {})
            if after is None or (times and max(times) < self.now() - OVERLAP):
                return
            _note_cursor(seen, after)

    def _read_hashtags(self, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """Posts of the last 24 hours with a hashtag, once a day each, as long as the budget of different hashtags lasts."""
        read = {tag: each for tag, each in position.get("read", {}).items() if tag in self.hashtags}
        for tag in sorted(self.hashtags, key=lambda tag: str(read.get(tag, ["", ""])[0])):
            at, number = read.get(tag, [None, None])
            last = _moment(at)
            if last is not None and self.now() - last < SEARCH_EVERY:
                continue
            if not self.kept.take_hashtag(tag, self.now()):
                self.remarks.append(
                    f"#{tag} is not read yet: Instagram allows {MOST_HASHTAGS} different hashtags in {HASHTAG_DAYS} days."
                )
                continue
            try:
                number = number or self._find_hashtag(tag)
                if number:
                    yield from self._search(tag, number)
            except Refused as error:
                if error.number not in (OUR_CODE, TOO_MANY_HASHTAGS_CODE):
                    raise
                self.remarks.append(f"Instagram does not search #{tag} (code {error.number}).")
            read[tag] = [_text(self.now()), number]
            yield Page((), next_cursor=Cursor(json.dumps({"read": read})))

    def _find_hashtag(self, tag: str) -> str | None:
        found = self._get("ig_hashtag_search", {"user_id": self.account, "q": tag}).body.get("data") or []
        return str(found[0]["id"]) if found and found[0].get("id") else None

    def _search(self, tag: str, number: str) -> Generator[Page[Sequence[Record]], None, None]:
        fields = "id,caption,timestamp,like_count,comments_count"
        pages = self._pages(f"{number}/recent_media", fields, {"user_id": self.account})
        for items, answer, _ in islice(pages, MOST_PAGES):
            records = []
            for item in items:
                document = {"hashtag": tag, **_pick(item, COMMENT)}
                if item.get("caption") is not None:
                    document["text"] = item["caption"]
                records.append(self._record(f"{tag} {item['id']}", document, answer))
            yield Page(records)

    def _list_posts(self, since: datetime | None) -> list[dict[str, Any]]:
        """Own posts since then, all of them with None; those of the reading of posts where they reach back far enough."""
        if self._listing and (self._listing[0] is None or (since is not None and self._listing[0] <= since)):
            return self._listing[1]
        found: list[dict[str, Any]] = []
        for items, _, following in self._pages(f"{self.account}/media", MEDIA_FIELDS):
            found += items
            times = [moment for item in items if (moment := _moment(item.get("timestamp")))]
            if following is None or (since and times and max(times) < since):
                break
        self._listing = (since, found)
        return found

    def _notified(self, after: int, name: str) -> dict[str, Notice]:
        """By post, the last notification of this field after a number."""
        return {
            notice.media_id: notice
            for notice in self.kept.list_notices(after)
            if notice.field == name and notice.media_id
        }

    def _is_recent(self, item: Mapping[str, Any]) -> bool:
        moment = _moment(item.get("timestamp"))
        return moment is not None and moment > self.now() - OVERLAP

    def _pages(
        self, path: str, fields: str, params: Mapping[str, str] | None = None
    ) -> Iterator[tuple[list[dict[str, Any]], Answer, str | None]]:
        """The pages of a list, each with the cursor of the next one. Raises TransientError where they go round in a circle."""
        after: str | None = None
        cursors, ids = set[str](), set[str]()
        while True:
            where = {"after": after} if after else {}
            answer = self._get(path, {"fields": fields, "limit": str(PAGE_ROWS), **(params or {}), **where})
            data = answer.body.get("data")
            if not isinstance(data, list):
                raise TerminalError("Instagram sends a list in another form than expected.", reason="drift")
            items = [item for item in data if isinstance(item, dict) and item.get("id")]
            following = _following(answer.body)
            if following is not None:
                _note_cursor(cursors, following)
                if items and ids.issuperset(str(item["id"]) for item in items):
                    raise _circle()
            ids |= {str(item["id"]) for item in items}
            yield items, answer, following
            if following is None:
                return
            after = following

    def _get(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer of a call. Raises TransientError or TerminalError; without a call where the sign-in has ended."""
        tokens = self.kept.tokens.read()
        if not tokens.lasts(0):
            raise TerminalError("The sign-in to Instagram has ended.", reason="authentication")
        proof = hmac.digest(self.app_secret.encode(), tokens.access.encode(), "sha256").hex()
        headers = {"Authorization": f"Bearer {tokens.access}"}
        answer = self.api.get(f"/{GRAPH_VERSION}/{path}", {**params, "appsecret_proof": proof}, headers)
        return _check_answer(answer)

    def _record(self, key: str, document: Mapping[str, Any], answer: Answer) -> Record:
        text = orjson.dumps(document, default=str, option=orjson.OPT_SORT_KEYS)
        version = hashlib.sha256(text).hexdigest()[:24]
        return Record(key, version, document, None, self.now(), answer.url.split("?")[0])


PROFILE = {
    "username": "username",
    "name": "name",
    "website": "website",
    "followers_count": "followers",
    "media_count": "posts",
}
POST = {
    "caption": "caption", "media_type": "media_type", "media_product_type": "product_type", "permalink": "permalink",
    "timestamp": "posted_at", "like_count": "likes", "comments_count": "comments",
}  # fmt: skip
COMMENT = {"text": "text", "timestamp": "written_at", "username": "username"}


def _pick(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of an object, by our names. What is missing, such as hidden likes, stays missing."""
    return {ours: item[theirs] for theirs, ours in names.items() if item.get(theirs) is not None}


def _stream(name: str, deletes: Any, legal_basis: str) -> Stream:
    return Stream(
        name=name,
        key=("id",),
        deletes=deletes,
        resumable=True,
        licence="Instagram Platform Terms",
        legal_basis=legal_basis,
        keeps_documents=False,
        listings_until_gone=2,
    )


def _is_due(posted: datetime | None, read: datetime | None, now: datetime, steps: Sequence[timedelta]) -> bool:
    """Whether one of the times after the posting has come since the last reading."""
    if posted is None or read is None:
        return read is None
    return any(read < posted + step <= now for step in steps)


def _moment(text: Any) -> datetime | None:
    """A time such as 2026-11-20T08:00:00+0000; None where it is missing or written otherwise."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _following(body: Mapping[str, Any]) -> str | None:
    """The cursor of the next page; a list ends where there is no `next`, even with a cursor."""
    paging = body.get("paging") or {}
    after = (paging.get("cursors") or {}).get("after")
    return str(after) if paging.get("next") and after else None


def _note_cursor(seen: set[str], cursor: str) -> None:
    if cursor in seen:
        raise _circle()
    seen.add(cursor)


def _circle() -> TransientError:
    return TransientError(
        "Instagram's pages go round in a circle.", remedy="What was read is kept; it is tried again by itself."
    )


def _read_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The insights of an answer by name. What has no value is left out: it is not 0."""
    found = {}
    for entry in body.get("data") or []:
        values = entry.get("values") or [{}]
        value = (entry.get("total_value") or {}).get("value", values[-1].get("value"))
        if entry.get("name") and isinstance(value, int | float | Decimal):
            found[str(entry["name"])] = value
    return found


def _read_error(content: bytes) -> tuple[int, int | None, bool] | None:
    """Code, subcode and is_transient of an answer that is an error; None for anything else."""
    try:
        error = json.loads(content).get("error")
        return (
            int(error["code"]),
            int(error["error_subcode"]) if error.get("error_subcode") else None,
            bool(error.get("is_transient")),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _check_answer(answer: Answer) -> Answer:
    """The answer where it is none of an error. Raises Refused, TransientError or TerminalError."""
    error = (
        _read_error(orjson.dumps(answer.body, default=str))
        if isinstance(answer.body, dict) and "error" in answer.body
        else None
    )
    if error is not None:
        raise Refused(error[0], error[1])
    if answer.status == 401:
        raise TerminalError("Instagram refuses the sign-in.", reason="authentication")
    if answer.status != 200:
        raise TerminalError(f"Instagram answers with {answer.status}.", reason="defect")
    if not isinstance(answer.body, dict):
        raise TransientError("Instagram answers with nothing.")
    return answer


def read_usage(headers: Mapping[str, str]) -> tuple[float, timedelta | None]:
    """The highest usage that an answer states, in percent, and how long no call should be made; None where it does not say.

    X-App-Usage is an object; X-Business-Use-Case-Usage has a list for each business, with the minutes until it may be called
    again.
    """
    used, minutes = 0.0, 0.0
    for name in ("x-app-usage", "x-business-use-case-usage"):
        try:
            stated = json.loads(headers.get(name) or headers.get(name.title()) or "{}")
            entries = [each for part in stated.values() if isinstance(part, list) for each in part] or [stated]
            for entry in entries:
                used = max(
                    [used, *(float(entry.get(part) or 0) for part in ("call_count", "total_time", "total_cputime"))]
                )
                minutes = max(minutes, float(entry.get("estimated_time_to_regain_access") or 0))
        except (ValueError, TypeError, AttributeError):
            continue
    return used, timedelta(minutes=minutes) if minutes else None


def check_usernames(names: Sequence[str]) -> list[str]:
    """Names of accounts, without @ and in small letters. Raises UsageError."""
    found = [name.strip().removeprefix("@").lower() for name in names]
    if wrong := [name for name in found if not _USERNAME.fullmatch(name)]:
        raise UsageError(
            f"{wrong[0]!r} is no name of an Instagram account.", remedy="Write it as on its page.", parameter="accounts"
        )
    if len(set(found)) > MOST_ACCOUNTS:
        raise UsageError(f"At most {MOST_ACCOUNTS} other accounts are read.", parameter="accounts")
    return sorted(set(found))


def check_hashtags(tags: Sequence[str]) -> list[str]:
    """Hashtags without # and in small letters. Raises UsageError for one that is none, or for more than 30."""
    found = [tag.strip().removeprefix("#").lower() for tag in tags]
    if wrong := [tag for tag in found if not _HASHTAG.fullmatch(tag)]:
        raise UsageError(
            f"{wrong[0]!r} is no hashtag.", remedy="Letters, digits and underscores.", parameter="hashtags"
        )
    if len(set(found)) > MOST_HASHTAGS:
        raise UsageError(
            f"Instagram allows {MOST_HASHTAGS} different hashtags in {HASHTAG_DAYS} days.",
            remedy="Name fewer.",
            parameter="hashtags",
        )
    return sorted(set(found))


def sign_in_url(app_id: str, redirect_url: str, state: str) -> str:
    """Where a person allows Foresell to read the account; the answer comes to `redirect_url`."""
    query = {
        "client_id": app_id,
        "redirect_uri": redirect_url,
        "state": state,
        "response_type": "code",
        "scope": ",".join(SCOPES),
    }
    return f"{SIGN_IN_URL}?{urlencode(query)}"


def request_tokens(client: ApiClient, app_id: str, app_secret: str, code: str, redirect_url: str) -> Tokens:
    """A token for a code, then one that lasts about 60 days for it. Raises TerminalError when Meta refuses, or TransientError."""
    given = {"client_id": app_id, "client_secret": app_secret}
    path = f"/{GRAPH_VERSION}/oauth/access_token"
    short = _read_token(client.get(path, {**given, "redirect_uri": redirect_url, "code": code}))
    exchange = {"grant_type": "fb_exchange_token", "fb_exchange_token": short.access}
    return _read_token(client.get(path, {**given, **exchange}))


def _read_token(answer: Answer) -> Tokens:
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status != 200 or not body.get("access_token"):
        raise TerminalError("Facebook does not accept the sign-in.", reason="authentication")
    seconds = int(body.get("expires_in") or 60 * 86_400)
    return Tokens(str(body["access_token"]), datetime.now(UTC) + timedelta(seconds=seconds), "")


def inspect_token(client: ApiClient, app_id: str, app_secret: str, token: str) -> Tokens:
    """A pasted token with its end, as Meta states it. Raises TerminalError for one that is not valid, of another app, or that may
    not read what is needed.
    """
    answer = client.get(
        f"/{GRAPH_VERSION}/debug_token", {"input_token": token}, {"Authorization": f"Bearer {app_id}|{app_secret}"}
    )
    data = (answer.body or {}).get("data") if isinstance(answer.body, dict) else None
    if (
        answer.status != 200
        or not isinstance(data, dict)
        or not data.get("is_valid")
        or str(data.get("app_id")) != app_id
    ):
        raise TerminalError("This token is not valid for your app.", reason="authentication")
    missing = [scope for scope in SCOPES[:4] if scope not in (data.get("scopes") or [])]
    if missing:
        raise TerminalError(
            f"This token may not read what is needed: {', '.join(missing)} is missing.", reason="permission"
        )
    ends = int(data.get("expires_at") or 0)
    return Tokens(token, datetime.fromtimestamp(ends, UTC) if ends else datetime(2100, 1, 1, tzinfo=UTC), "")


def find_account(client: ApiClient, app_secret: str, tokens: Tokens, username: str | None) -> tuple[str, str]:
    """Id and name of the professional account behind one of the person's pages. Raises TerminalError where there is none, or where there
    are several and none of this name.
    """
    proof = hmac.digest(app_secret.encode(), tokens.access.encode(), "sha256").hex()
    fields = {"fields": "instagram_business_account{id,username}", "limit": "100", "appsecret_proof": proof}
    answer = _check_answer(
        client.get(f"/{GRAPH_VERSION}/me/accounts", fields, {"Authorization": f"Bearer {tokens.access}"})
    )
    pages = [page.get("instagram_business_account") or {} for page in answer.body.get("data") or []]
    found = {str(page.get("username") or "").lower(): str(page["id"]) for page in pages if page.get("id")}
    wanted = {username: found[username]} if username and username in found else {} if username else found
    if len(wanted) != 1:
        shown = ", ".join(f"@{name}" for name in sorted(found)) or "none"
        raise TerminalError(
            f"It is not clear which account is meant: behind your pages there are {shown}.",
            reason="permission",
            remedy="Connect the account to a Facebook page of yours, and name it with --username.",
        )
    [(name, key)] = wanted.items()
    return key, name


def check_challenge(mode: str, challenge: str, token: str, expected: str) -> str | None:
    """What Meta must get back when it checks an address for notifications; None where it does not know our token."""
    is_right = bool(expected) and hmac.compare_digest(token.encode(), expected.encode())
    return challenge if mode == "subscribe" and is_right else None


@dataclass(frozen=True, slots=True)
class Change:
    """One change that a notification names: whose account, which field, which post and comment. `digest` tells one that comes twice."""

    account: str
    field: str
    media_id: str | None
    comment_id: str | None
    digest: bytes


def read_webhook(content: bytes, signature: str, app_secret: str) -> list[Change] | None:
    """The changes that a notification names; None where our app did not sign it.

    `signature`: the header X-Hub-Signature-256, HMAC-SHA256 of the body as it was sent. Three forms are read: an entry with
    `changes`, an entry with `field` and `value` itself, and a list of such notifications.
    """
    expected = f"sha256={hmac.digest(app_secret.encode(), content, 'sha256').hex()}"
    if not app_secret or not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    try:
        body = json.loads(content)
    except ValueError:
        return []
    found = []
    for part in body if isinstance(body, list) else [body]:
        for entry in (part.get("entry") or []) if isinstance(part, dict) else []:
            for change in (entry.get("changes") or [entry]) if isinstance(entry, dict) else []:
                value = change.get("value") if isinstance(change, dict) else None
                if isinstance(value, dict) and change.get("field"):
                    found.append(_read_change(str(entry.get("id")), str(change["field"]), value, app_secret))
    return found


def _read_change(account: str, name: str, value: Mapping[str, Any], key: str) -> Change:
    media = value.get("media_id") or (value.get("media") or {}).get("id")
    comment = value.get("comment_id") or (value.get("id") if name in ("comments", "live_comments") else None)
    text = json.dumps([account, name, value], sort_keys=True)
    digest = hmac.digest(key.encode(), text.encode(), "sha256")
    return Change(account, name, str(media) if media else None, str(comment) if comment else None, digest)
