"""Stores what a social account sent: accounts, posts and what they reached in tables of their own, comments and mentions as feedback.

A comment is joined to a customer only by a user name that the company has kept of the customer. Without one no text is kept, and no
user name is kept of anyone: only keyed hashes of those that the company knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import NotFound, UsageError
from foresell.feedback import reviews, social
from foresell.feedback.reviews import Provenance
from foresell.feedback.social import HANDLE, Received, normalize_handle
from foresell.privacy.identifiers import Identifiers
from foresell.privacy.secret_box import SecretBox, secret_box_of
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.sources.connectors.instagram import HASHTAG_DAYS, MOST_HASHTAGS, check_usernames
from foresell.sources.connectors.kept import Notice
from foresell.sources.connectors.tokens import TokenStore
from foresell.sources.files.review_rows import ReviewRow
from foresell.store import sources
from foresell.store.sources import Connected, Landing
from foresell.workflows.reviews import AT_ONCE, ReviewLoad, ReviewOptions, ReviewPart

#: The streams whose records are texts that people wrote.
TEXTS = ("comments", "mentions", "hashtags")
LICENCE, KEEP_DAYS = "Instagram Platform Terms", 730


class SavedUse:
    """What is kept of one connection in the database, for all processes."""

    def __init__(self, database: Database, tokens: TokenStore, connected: Connected) -> None:
        self._database, self._tokens, self._connection_id = database, tokens, connected.connection_id
        self._account = str(connected.settings.get("account", ""))
        self._app = str(connected.settings.get("app_id", ""))

    @property
    def tokens(self) -> TokenStore:
        """The tokens of the account."""
        return self._tokens

    def read_pause(self) -> datetime | None:
        """Until when no app of this id makes a call."""
        with self._database.connect() as con:
            row = social.SQL.row(con, "social.pause", app=self._app)
        return row["ends_at"] if row else None

    def save_pause(self, until: datetime) -> None:
        """Committed before this returns."""
        with self._database.connect() as con:
            social.SQL.run(con, "social.save_pause", app=self._app, until=until)

    def take_hashtag(self, hashtag: str, now: datetime) -> bool:
        """Whether the hashtag may be searched; at any time, no more than 30 were searched in the seven days before."""
        with self._database.connect() as con:
            social.SQL.row(con, "social.take_account", account=self._account)
            given = {"account": self._account, "hashtag": hashtag, "now": now}
            taken = social.SQL.row(con, "social.take_hashtag", **given, days=HASHTAG_DAYS, most=MOST_HASHTAGS)
        return taken is not None

    def list_notices(self, after: int) -> Sequence[Notice]:
        """The notifications after this number."""
        with self._database.connect() as con:
            rows = social.SQL.rows(con, "social.notices", connection_id=self._connection_id, after=after)
        return [Notice(**row) for row in rows]


def store_received(settings: Settings, landing: Landing, connected: Connected, box: SecretBox) -> None:
    """Store what was received since the last time, in one transaction that marks it as loaded and deletes its content.

    Raises Busy while a load runs.
    """
    rows = landing.list_pending()
    if not rows:
        return
    received: dict[str, list[Received]] = {}
    gone: dict[str, list[str]] = {}
    for row in rows:
        if row["deleted"]:
            gone.setdefault(row["stream"], []).append(row["key"])
        elif row["document"] is not None:
            place = sources.document_place(connected.connection_id, row["stream"], row["key"])
            document = json.loads(box.open(bytes(row["document"]), place))
            received.setdefault(row["stream"], []).append(Received(row["key"], document, row["fetched_at"]))
    con, vault = landing.con, vault_of(settings)
    parts = [
        part for stream in TEXTS for part in _make_parts(vault, connected.source, stream, received.get(stream, ()))
    ]
    for part in parts:
        part.judge_changed(con)
    with con.transaction():
        reviews.take_lock(con)
        reviews.delete_expired(con, datetime.now(UTC).date())
        _save_tables(con, vault, connected.connection_id, received)
        done = ReviewLoad(connected.source, "", 0, {}, [], None)
        for part in parts:
            part.save(con, done)
        _link(con, connected, received)
        social.mark_gone(con, connected.connection_id, gone.get("posts", ()))
        social.delete_comments(con, connected.source, gone.get("comments", ()))
        social.clear_old(con, connected.connection_id)
        streams = list({row["stream"] for row in rows})
        sources.SQL.run(con, "sources.settle_pending", connection_id=connected.connection_id, without_content=streams)


def _save_tables(con: Connection, vault: Vault, connection_id: int, received: Mapping[str, Sequence[Received]]) -> None:
    """Accounts before their posts, and those before their insights. Other accounts are left out once erased."""
    others = received.get("other accounts", ())
    erased = reviews.list_erased(con, HANDLE)
    names = [normalize_handle(str(each.document.get("username") or "")) for each in others]
    kept = [each for each, digest in zip(others, vault.digests(HANDLE, names), strict=True) if digest not in erased]
    social.save_accounts(con, connection_id, received.get("profile", ()))
    social.save_accounts(con, connection_id, (each for each in kept if each.key.startswith("account ")))
    social.save_posts(con, connection_id, received.get("posts", ()))
    social.save_posts(con, connection_id, (each for each in kept if not each.key.startswith("account ")))
    social.save_insights(con, connection_id, received.get("insights", ()))


def _make_parts(vault: Vault, source: str, stream: str, received: Sequence[Received]) -> Iterator[ReviewPart]:
    """Texts as mentions, some at a time."""
    options = ReviewOptions(source, LICENCE, "legitimate interest", kind="mention", keep_days=KEEP_DAYS)
    until = datetime.now(UTC).date() + timedelta(days=KEEP_DAYS)
    terms = Provenance("mention", source, LICENCE, options.legal_basis, f"Instagram, {stream}", until, True)
    for start in range(0, len(received), AT_ONCE):
        some = received[start : start + AT_ONCE]
        handles = [normalize_handle(str(each.document.get("username") or "")) for each in some]
        finder = _Finder(vault, handles)
        yield ReviewPart(vault, options, terms, [_make_row(each) for each in some], finder.find)


class _Finder:
    """Finds the customers of some texts by the user names of who wrote them."""

    def __init__(self, vault: Vault, handles: Sequence[str]) -> None:
        self._hashes = [
            digest if handle else None for handle, digest in zip(handles, vault.digests(HANDLE, handles), strict=True)
        ]

    def find(self, con: Connection) -> tuple[list[int | None], set[int]]:
        """The record of each text, and those of erased customers."""
        known = social.find_records(con, [each for each in self._hashes if each])
        erased = reviews.list_erased(con, HANDLE)
        records = [known.get(each) if each else None for each in self._hashes]
        return records, {i for i, each in enumerate(self._hashes) if each in erased}


def _make_row(each: Received) -> ReviewRow:
    """A text as a row; one without a time counts from when it was read."""
    try:
        written = datetime.fromisoformat(str(each.document.get("written_at")))
    except ValueError:
        written = each.read_at
    written = (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    text = str(each.document["text"]) if each.document.get("text") else None
    return ReviewRow(0, each.key, None, None, None, None, text, None, written)


def _link(con: Connection, connected: Connected, received: Mapping[str, Sequence[Received]]) -> None:
    of_posts = {each.key: str(each.document["post"]) for each in received.get("comments", ())}
    of_hashtags = {each.key: str(each.document["hashtag"]) for each in received.get("hashtags", ())}
    social.link_reviews(con, connected.connection_id, connected.source, of_posts, of_hashtags)


def keep_handle(settings: Settings, database: Database, customer_id: str, handle: str) -> None:
    """Keep that a customer has this user name, as a keyed hash: from now on what it writes is joined to the customer.

    Raises UsageError for one that cannot be one, or that was of a customer who was erased.
    """
    [name] = check_usernames([handle])
    digest = vault_of(settings).digest(HANDLE, name)
    with database.connect() as con:
        check_not_erased(settings, con, [name])
        if not social.save_handle(con, digest, customer_id):
            raise NotFound("This customer has no record.", remedy="List them: foresell customers")


def check_not_erased(settings: Settings, con: Connection, names: Sequence[str]) -> None:
    """Raises UsageError for a user name of a customer who was erased."""
    erased, digests = reviews.list_erased(con, HANDLE), vault_of(settings).digests(HANDLE, names)
    if erased.intersection(digests):
        raise UsageError("This user name was of a customer who was erased.", remedy="It cannot be kept again.")


def forget_handle(settings: Settings, database: Database, handle: str) -> bool:
    """Forget a user name; false where it was not kept."""
    with database.connect() as con:
        return social.forget_handle(con, vault_of(settings).digest(HANDLE, normalize_handle(handle)))


def erase_from_social(settings: Settings, database: Database, customer_id: str, who: Identifiers) -> int:
    """Erase a customer from what social accounts sent: texts that wait to be stored, accounts with a user name of the customer, and
    captions that name the customer. The user names are remembered as keyed hashes, so that they do not come back.

    Returns how many places were changed. Raises Busy while such an account is read.
    """
    vault, box = vault_of(settings), secret_box_of(settings)
    with database.connect() as con:
        hashes = set(social.list_handles(con, customer_id))
        connections = [row for row in sources.list_connections(con) if row["kind"] == "instagram"]
    changed = 0
    for row in connections if hashes else ():
        changed += _erase_from_connection(database, vault, box, row, hashes)
    with database.connect() as con:
        for account in social.SQL.rows(con, "social.accounts_of_connection") if hashes else ():
            if vault.digest(HANDLE, normalize_handle(account["username"])) in hashes:
                changed += social.SQL.run(con, "social.delete_account", account_id=account["account_id"])
        for post in social.SQL.rows(con, "social.own_posts"):
            if (caption := who.replace_in(post["caption"])) != post["caption"]:
                changed += social.SQL.run(con, "social.erase_caption", post_id=post["post_id"], caption=caption)
        for digest in hashes:
            sources.SQL.run(con, "sources.remember_erased", source=HANDLE, digest=digest)
    return changed


def _erase_from_connection(
    database: Database, vault: Vault, box: SecretBox, row: Mapping[str, Any], hashes: set[bytes]
) -> int:
    """Documents that were not stored yet, and named accounts in the settings."""
    connection_id, changed = row["connection_id"], 0
    with sources.open_documents(database, connection_id) as con:
        for kept in sources.SQL.rows(con, "sources.kept_documents", connection_id=connection_id):
            place = sources.document_place(connection_id, kept["stream"], kept["key"])
            username = json.loads(box.open(bytes(kept["document"]), place)).get("username")
            if username and vault.digest(HANDLE, normalize_handle(str(username))) in hashes:
                where = {"connection_id": connection_id, "stream": kept["stream"], "key": kept["key"]}
                changed += sources.SQL.run(con, "sources.delete_document", **where)
        named = row["settings"].get("accounts", [])
        left = [name for name in named if vault.digest(HANDLE, normalize_handle(name)) not in hashes]
        if left != named:
            sources.save_settings(con, connection_id, {**row["settings"], "accounts": left})
            sources.SQL.run(con, "sources.forget_cursor", connection_id=connection_id, stream="other accounts")
            changed += len(named) - len(left)
    return changed
