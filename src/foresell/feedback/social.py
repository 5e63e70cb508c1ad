"""Social accounts and posts in the store: saved as they are read, with what they reached over time; user names of customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from foresell.db import AsyncConnection, AsyncStatements, Connection, Row, Statements
from foresell.feedback.summary import describe_group

SQL = Statements("foresell.feedback")
ASYNC_SQL = AsyncStatements("foresell.feedback")
#: What the keyed hash of a user name is made for; also the source under which erased ones are remembered.
HANDLE = "instagram handle"


@dataclass(frozen=True, slots=True)
class Received:
    """One object as it was received: `document` has our names of its fields, those that are missing are absent."""

    key: str
    document: Mapping[str, Any]
    read_at: datetime


def normalize_handle(handle: str) -> str:
    """A user name as it is compared: without @, in small letters."""
    return handle.strip().removeprefix("@").lower()


def save_accounts(con: Connection, connection_id: int, received: Iterable[Received]) -> None:
    """Insert or update accounts, and add to their history where a number changed."""
    for each in received:
        names = ("id", "username", "is_own", "name", "website", "followers", "posts")
        values = {name: each.document.get(name) for name in names}
        SQL.run(con, "social.save_account", connection_id=connection_id, read_at=each.read_at, **values)


def save_posts(con: Connection, connection_id: int, received: Iterable[Received]) -> None:
    """Insert or update posts of accounts that are saved, and add to their history where a number changed."""
    for each in received:
        names = ("account", "caption", "media_type", "product_type", "permalink", "posted_at", "likes", "comments")
        values = {name: each.document.get(name) for name in names}
        SQL.run(con, "social.save_post", connection_id=connection_id, key=each.key, read_at=each.read_at, **values)


def save_insights(con: Connection, connection_id: int, received: Iterable[Received]) -> None:
    """Add insights of posts where a value changed, and replace those of an account's day."""
    for each in received:
        statement = "social.save_day" if "day" in each.document else "social.save_post_insights"
        named = {name: each.document.get(name) for name in ("day", "account", "post")}
        metrics = Jsonb({name: float(value) for name, value in each.document.get("metrics", {}).items()})
        SQL.run(con, statement, connection_id=connection_id, read_at=each.read_at, metrics=metrics, **named)


def mark_gone(con: Connection, connection_id: int, keys: Sequence[str]) -> None:
    """Posts that complete listings do not have any more; they stay, with what they reached."""
    SQL.run(con, "social.mark_gone", connection_id=connection_id, keys=list(keys))


def delete_comments(con: Connection, source: str, keys: Sequence[str]) -> None:
    """Delete comments that were deleted at the source."""
    SQL.run(con, "social.delete_comments", source=source, keys=list(keys))


def link_reviews(
    con: Connection, connection_id: int, source: str, of_posts: Mapping[str, str], of_hashtags: Mapping[str, str]
) -> None:
    """Say to which post a saved comment belongs, and by which hashtag a mention was found; both by key of the comment."""
    SQL.run(
        con,
        "social.link_posts",
        connection_id=connection_id,
        source=source,
        keys=list(of_posts),
        posts=list(of_posts.values()),
    )
    SQL.run(con, "social.link_hashtags", source=source, keys=list(of_hashtags), hashtags=list(of_hashtags.values()))


def find_records(con: Connection, hashes: Sequence[bytes]) -> dict[bytes, int]:
    """By hash of a user name, the customer record that the company knows it of."""
    return {bytes(row["handle_hash"]): row["record_id"] for row in SQL.rows(con, "social.records", hashes=list(hashes))}


def save_handle(con: Connection, handle_hash: bytes, customer_id: str) -> bool:
    """Keep that a customer has this user name; false where there is no record of the customer."""
    return SQL.run(con, "social.save_handle", handle_hash=handle_hash, customer_id=customer_id) > 0


def forget_handle(con: Connection, handle_hash: bytes) -> bool:
    """Forget a user name; false where it was not kept."""
    return SQL.run(con, "social.forget_handle", handle_hash=handle_hash) > 0


def list_handles(con: Connection, customer_id: str) -> list[bytes]:
    """Hashes of the user names that are kept of a customer."""
    return [bytes(row["handle_hash"]) for row in SQL.rows(con, "social.handles", customer_id=customer_id)]


def clear_old(con: Connection, connection_id: int) -> None:
    """Delete notifications and keys of posts by hashtag that are too old to come again, and user names of deleted records."""
    for statement in ("old_notices", "old_documents", "lost_handles"):
        SQL.run(con, f"social.delete_{statement}", connection_id=connection_id)


def list_posts(con: Connection, account: str | None, limit: int | None) -> list[dict[str, Any]]:
    """Posts, the newest first, with their engagement over time and the shares of sentiments of their comments."""
    return [_describe(row) for row in SQL.rows(con, "social.posts", account=account, limit=limit)]


def list_accounts(con: Connection) -> list[Row]:
    """Social accounts, own ones first, with their numbers over time."""
    return SQL.rows(con, "social.accounts")


async def list_visible_posts(con: AsyncConnection, account: str | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """`list_posts` for the acting user, and how many posts there are."""
    rows = await ASYNC_SQL.rows(con, "social.visible_posts", account=account, limit=limit)
    return [_describe(row) for row in rows], rows[0]["total"] if rows else 0


async def list_visible_accounts(con: AsyncConnection) -> list[Row]:
    """`list_accounts` for the acting user."""
    return await ASYNC_SQL.rows(con, "social.visible_accounts")


def _describe(row: Row) -> dict[str, Any]:
    counts = ("positive", "negative", "not_sure", "not_analysed", "n")
    group = describe_group({"part": None, **{name: row[name] for name in counts}})
    shown = {name: value for name, value in row.items() if name not in (*counts, "total")}
    return {**shown, "sentiment": {name: value for name, value in group.items() if name != "part"}}
