"""Connects a source: checks what is given, saves its secret sealed, and reaches it once before anything is read."""

from __future__ import annotations

import hmac
import re
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import NotReady, UsageError
from foresell.feedback import social
from foresell.privacy.secret_box import SecretBox, secret_box_of
from foresell.settings import Settings
from foresell.sources.connectors import google_sheets, instagram, quickbooks
from foresell.sources.connectors.catalogue import find_kind
from foresell.sources.connectors.folder import check_folder
from foresell.sources.connectors.http import ApiClient
from foresell.sources.contract import TerminalError
from foresell.sources.files.fields import FIELDS
from foresell.sources.files.mapping import Mapping as FileMapping
from foresell.sources.files.mapping import build_mapping, parse_mapping, render_mapping
from foresell.store import sources
from foresell.store.sources import Connected
from foresell.workflows.social import check_not_erased
from foresell.workflows.sync import dump_tokens, make_source

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_REALM = re.compile(r"[0-9]{6,20}")


class SourceUnreachable(UsageError):
    """The source could not be reached with what was given; nothing was connected."""

    code = "source_unreachable"
    http_status = 422


def connect_folder(
    settings: Settings,
    database: Database,
    source: str,
    path: Path,
    *,
    pattern: str = "*",
    is_whole: bool = False,
    mapping: str | None = None,
    every_seconds: int | None = None,
) -> int:
    """Watch a folder of Excel and CSV files; returns the connection. `mapping`: TOML text, None to recognise each file.

    Raises UsageError, BadInput for a folder that cannot be watched, or SourceUnreachable.
    """
    full = check_folder(path, [settings.home])
    given = {"path": str(full), "pattern": pattern, "is_whole": is_whole}
    return _connect(settings, database, "folder", source, given, None, mapping, every_seconds, user_id=None)


def connect_sheet(
    settings: Settings,
    database: Database,
    source: str,
    spreadsheet: str,
    tab: str,
    key_file: str,
    *,
    mapping: str | None = None,
    every_seconds: int | None = None,
    user_id: int | None = None,
    imitation_url: str | None = None,
) -> int:
    """Connect one tab of a Google spreadsheet by the key file (JSON text) of a service account; returns the connection.

    Raises UsageError or SourceUnreachable.
    """
    account = google_sheets.read_key_file(key_file)
    given = {"spreadsheet": google_sheets.read_sheet_id(spreadsheet), "tab": tab.strip(), "account": account.email}
    if imitation_url:
        given["imitation_url"] = imitation_url
    secret = {
        "client_email": account.email,
        "private_key_id": account.key_id,
        "private_key": account.private_key,
    }
    return _connect(settings, database, "google-sheets", source, given, secret, mapping, every_seconds, user_id=user_id)


def connect_quickbooks(
    settings: Settings,
    database: Database,
    source: str,
    client_id: str,
    client_secret: str,
    redirect_url: str,
    *,
    every_seconds: int | None = None,
    user_id: int | None = None,
    imitation_url: str | None = None,
) -> tuple[int, str]:
    """Begin to connect a company of QuickBooks Online by your app's id and secret.

    Returns the connection, which needs a person, and the address at which that person allows it. Raises UsageError.
    """
    if not client_id.strip() or not client_secret.strip():
        raise UsageError(
            "QuickBooks needs the client id and the client secret of your app.",
            remedy="They are on Intuit's developer site, under Keys.",
        )
    given: dict[str, Any] = {"client_id": client_id.strip(), "redirect_url": redirect_url}
    if imitation_url:
        given["imitation_url"] = imitation_url
    state = _new_state(source)
    secret = {"client_secret": client_secret.strip(), "state": state}
    kind = find_kind("quickbooks")
    with database.connect() as con:
        connection_id = sources.add_connection(
            con,
            kind="quickbooks",
            source=_check_name(source),
            settings=given,
            every_seconds=every_seconds or kind.every_seconds,
            user_id=user_id,
            is_imitation=imitation_url is not None,
        )
        sources.save_secret(con, secret_box_of(settings), connection_id, secret)
        sources.need_sign_in(con, connection_id)
    return connection_id, quickbooks.sign_in_url(given["client_id"], redirect_url, state)


@dataclass(frozen=True, slots=True)
class InstagramApp:
    """Your app on Meta's developer site, and what is read. `username`: the own account, where a person has several."""

    app_id: str
    app_secret: str = field(repr=False)
    username: str | None = None
    accounts: Sequence[str] = ()
    hashtags: Sequence[str] = ()
    redirect_url: str = ""

    def settings(self) -> dict[str, Any]:
        """The settings of its connection. Raises UsageError."""
        if not self.app_id.strip().isdigit() or not self.app_secret.strip():
            raise UsageError(
                "Instagram needs the app id, a number, and the app secret of your app.",
                remedy="They are on Meta's developer site, under App settings, Basic.",
            )
        return {
            "app_id": self.app_id.strip(),
            "redirect_url": self.redirect_url,
            "wanted": instagram.check_usernames([self.username])[0] if self.username else None,
            "accounts": instagram.check_usernames(self.accounts),
            "hashtags": instagram.check_hashtags(self.hashtags),
        }


def connect_instagram(
    settings: Settings,
    database: Database,
    source: str,
    app: InstagramApp,
    *,
    token: str | None = None,
    every_seconds: int | None = None,
    user_id: int | None = None,
    imitation_url: str | None = None,
) -> tuple[int, str | None]:
    """Connect an Instagram account by Facebook Login, with a pasted `token`, or without one to be signed in to.

    Returns the connection, and without a token the address at which a person allows it. Raises UsageError or SourceUnreachable.
    """
    given, box = app.settings(), secret_box_of(settings)
    if imitation_url:
        given["imitation_url"] = imitation_url
    state = _new_state(source)
    secret = {"app_secret": app.app_secret.strip(), "state": state}
    with database.connect() as con:
        check_not_erased(settings, con, given["accounts"])
        connection_id = sources.add_connection(
            con,
            kind="instagram",
            source=_check_name(source),
            settings=given,
            every_seconds=every_seconds or find_kind("instagram").every_seconds,
            user_id=user_id,
            is_imitation=imitation_url is not None,
        )
        sources.save_secret(con, box, connection_id, secret)
        if token is None:
            sources.need_sign_in(con, connection_id)
            return connection_id, instagram.sign_in_url(given["app_id"], app.redirect_url, state)
        _save_instagram_token(con, box, sources.read_connection(con, connection_id), secret, token=token)
    return connection_id, None


def _save_instagram_token(
    con: Connection,
    box: SecretBox,
    connected: Connected,
    secret: Mapping[str, Any],
    *,
    token: str | None = None,
    code: str | None = None,
) -> None:
    """Check a pasted token, or exchange a code for one; find the account and save both. Raises SourceUnreachable or UsageError."""
    given = connected.settings
    app_id, app_secret = given["app_id"], secret["app_secret"]
    client = ApiClient(given.get("imitation_url") or instagram.API_URL, instagram.CALLS_A_SECOND)
    with closing(client):
        try:
            tokens = (
                instagram.inspect_token(client, app_id, app_secret, token.strip())
                if token is not None
                else instagram.request_tokens(client, app_id, app_secret, code or "", given["redirect_url"])
            )
            account, name = instagram.find_account(client, app_secret, tokens, given.get("wanted"))
        except TerminalError as error:
            raise SourceUnreachable(error.message, remedy=error.remedy) from None
    if (known := given.get("account")) not in (None, account):
        raise UsageError(
            f"This is another account (@{name}) than the one that is connected (@{given.get('username')}, {known}).",
            remedy="Sign in to the same account, or connect the other one under another name.",
        )
    found = {
        "account": account,
        "username": name,
        "reached": f"@{name}",
        "signed_in_until": tokens.expires_at.isoformat(),
    }
    sources.save_secret(con, box, connected.connection_id, {**secret, "tokens": dump_tokens(tokens)})
    sources.save_settings(con, connected.connection_id, {**given, **found})
    sources.set_state(con, connected.connection_id, "due")


def watch(
    settings: Settings, database: Database, source: str, accounts: Sequence[str], hashtags: Sequence[str]
) -> None:
    """Read these accounts and hashtags, instead of those before, from the next sync on. Raises UsageError, UnknownConnection or NotReady."""
    with database.connect() as con:
        row = sources.find_connection(con, source)
        if row["kind"] != "instagram":
            raise NotReady(f"{source} has no accounts and hashtags.")
        named = {"accounts": instagram.check_usernames(accounts), "hashtags": instagram.check_hashtags(hashtags)}
        check_not_erased(settings, con, named["accounts"])
        sources.save_settings(con, row["connection_id"], {**row["settings"], **named})


def connect_imitation(
    settings: Settings,
    database: Database,
    source: str,
    url: str,
    given: tuple[Mapping[str, Any], Mapping[str, Any]],
    kind: str = "quickbooks",
) -> int:
    """Connect a local imitation of a vendor at this address, signed in, or the one of this name at its new address.

    `given`: its settings and its secret. Returns the connection.
    """
    stated, secret = given
    with database.connect() as con:
        known = sources.list_connections(con, source)
        if known:
            connection_id = int(known[0]["connection_id"])
        else:
            connection_id = sources.add_connection(
                con, kind=kind, source=_check_name(source), settings={}, every_seconds=10, is_imitation=True
            )
        sources.save_settings(con, connection_id, {**stated, "imitation_url": url})
        sources.save_secret(con, secret_box_of(settings), connection_id, secret)
        sources.set_state(con, connection_id, "due")
    return connection_id


def begin_sign_in(settings: Settings, database: Database, source: str) -> str:
    """The address at which a person allows a source to be read again. Raises UnknownConnection, or NotReady for a kind without."""
    box = secret_box_of(settings)
    with database.connect() as con:
        connected = sources.read_connection(con, sources.find_connection(con, source)["connection_id"])
        if connected.kind not in ("quickbooks", "instagram"):
            raise NotReady(
                f"{source} has no sign-in.", remedy=f"Give it a new secret: foresell sources secret {source}"
            )
        secret = sources.open_secret(box, connected.connection_id, connected.secret)
        secret["state"] = _new_state(source)
        sources.save_secret(con, box, connected.connection_id, secret)
    given = connected.settings
    if connected.kind == "instagram":
        return instagram.sign_in_url(given["app_id"], given["redirect_url"], secret["state"])
    return quickbooks.sign_in_url(given["client_id"], given["redirect_url"], secret["state"])


def finish_sign_in(
    settings: Settings, database: Database, source: str, code: str, state: str, realm: str | None = None
) -> None:
    """Take the answer of the vendor: exchange the code for tokens, save them, and read the source from now on.

    `realm`: the company, which QuickBooks sends along. Raises UsageError for an answer that does not belong to the sign-in that was started, or SourceUnreachable.
    """
    box = secret_box_of(settings)
    with database.connect() as con:
        connected = sources.read_connection(con, sources.find_connection(con, source)["connection_id"])
        secret = sources.open_secret(box, connected.connection_id, connected.secret)
        started = str(secret.pop("state", ""))
        is_instagram = connected.kind == "instagram"
        is_ours = bool(started) and hmac.compare_digest(started.encode(), state.encode())
        if not is_ours or not (is_instagram or _REALM.fullmatch(realm or "")):
            raise UsageError("This answer does not belong to the sign-in that was started.", remedy="Begin again.")
        if is_instagram:
            _save_instagram_token(con, box, connected, secret, code=code)
            return
        if (known := connected.settings.get("realm")) not in (None, realm):
            raise UsageError(
                f"This is another company ({realm}) than the one that is connected ({known}).",
                remedy="Sign in to the same company, or connect the other one under another name.",
            )
        client = ApiClient(connected.settings.get("imitation_url") or quickbooks.TOKEN_URL, 1.0)
        with closing(client):
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": connected.settings["redirect_url"],
            }
            try:
                tokens = quickbooks.request_tokens(
                    client, connected.settings["client_id"], secret["client_secret"], form
                )
            except TerminalError as error:
                raise SourceUnreachable(error.message, remedy="Begin the sign-in again.") from None
        sources.save_secret(con, box, connected.connection_id, {**secret, "tokens": dump_tokens(tokens)})
        sources.save_settings(con, connected.connection_id, {**connected.settings, "realm": realm})
        sources.set_state(con, connected.connection_id, "due")


def replace_secret(settings: Settings, database: Database, source: str, text: str) -> None:
    """Put a new secret in place of the old: the key file of a service account, the client secret of a QuickBooks app, or the access
    token of an Instagram account.

    Raises UsageError, UnknownConnection, or NotReady for a kind without a secret.
    """
    box = secret_box_of(settings)
    with database.connect() as con:
        connected = sources.read_connection(con, sources.find_connection(con, source)["connection_id"])
        secret = sources.open_secret(box, connected.connection_id, connected.secret)
        if connected.kind == "google-sheets":
            account = google_sheets.read_key_file(text)
            secret = {
                "client_email": account.email,
                "private_key_id": account.key_id,
                "private_key": account.private_key,
            }
        elif connected.kind == "quickbooks":
            secret["client_secret"] = text.strip()
        elif connected.kind == "instagram":
            _save_instagram_token(con, box, connected, secret, token=text)
            return
        else:
            raise NotReady(f"{source} has no secret.")
        sources.save_secret(con, box, connected.connection_id, secret)
        sources.set_state(con, connected.connection_id, "due")


def save_webhook_token(settings: Settings, database: Database, source: str, token: str) -> None:
    """Keep the verifier token of an app: with QuickBooks' its notifications are signed, by Instagram's Meta checks our address.

    Raises UnknownConnection, or NotReady for another kind of source.
    """
    box = secret_box_of(settings)
    with database.connect() as con:
        connected = sources.read_connection(con, sources.find_connection(con, source)["connection_id"])
        if connected.kind not in ("quickbooks", "instagram"):
            raise NotReady(f"{source} sends no notifications.")
        secret = sources.open_secret(box, connected.connection_id, connected.secret)
        sources.save_secret(con, box, connected.connection_id, {**secret, "webhook_token": token.strip()})


def take_webhook(settings: Settings, database: Database, source: str, content: bytes, signature: str) -> bool:
    """Have a source read at once because its vendor says that it changed. False for a notification that is not the vendor's.

    A notification is only a reason to look: one that comes twice, late or in another order does no harm. Instagram's are kept, with
    what they name; one that comes twice is kept once.
    """
    with database.connect() as con:
        rows = sources.list_connections(con, source)
        if not rows or rows[0]["kind"] not in ("quickbooks", "instagram"):
            return False
        connected = sources.read_connection(con, rows[0]["connection_id"])
        secret = sources.open_secret(secret_box_of(settings), connected.connection_id, connected.secret)
        if connected.kind == "instagram":
            return _take_changes(con, connected, content, signature, str(secret.get("app_secret", "")))
        companies = quickbooks.read_webhook(content, signature, str(secret.get("webhook_token", "")))
        if companies is None:
            return False
        if connected.settings.get("realm") in companies:
            sources.SQL.run(con, "sources.wake", connection_id=connected.connection_id)
    return True


def _take_changes(con: Connection, connected: Connected, content: bytes, signature: str, app_secret: str) -> bool:
    """Keep what Instagram says has changed, and have the account read where it is new. False where our app did not sign it."""
    changes = instagram.read_webhook(content, signature, app_secret)
    if changes is None:
        return False
    new = sum(
        social.SQL.run(
            con, "social.add_notice", connection_id=connected.connection_id, digest=each.digest, field=each.field,
            media_id=each.media_id, comment_id=each.comment_id,
        )
        for each in changes
        if each.account == connected.settings.get("account")
    )  # fmt: skip
    if new:
        sources.SQL.run(con, "sources.wake", connection_id=connected.connection_id)
    return True


def answer_challenge(
    settings: Settings, database: Database, source: str, mode: str, challenge: str, token: str
) -> str | None:
    """What Meta must get back when it checks the address of an Instagram account's notifications; None where it is not to be had."""
    with database.connect() as con:
        rows = sources.list_connections(con, source)
        if not rows or rows[0]["kind"] != "instagram":
            return None
        connected = sources.read_connection(con, rows[0]["connection_id"])
        secret = sources.open_secret(secret_box_of(settings), connected.connection_id, connected.secret)
    return instagram.check_challenge(mode, challenge, token, str(secret.get("webhook_token", "")))


def replace_mapping(
    database: Database, source: str, mapping: str | None, columns: Mapping[str, str] | None = None
) -> None:
    """Read the tables of a source by another mapping from now on, and read it at once.

    `mapping`: TOML text. `columns`: header by field, for the mapping that is kept. Neither: recognise the next table anew.
    Raises BadInput for a mapping that is wrong, NotReady for a source without tables, or UnknownConnection.
    """
    with database.connect() as con:
        row = sources.find_connection(con, source)
        _check_tables(row)
        kept = row["settings"].get("mapping")
        if columns is not None:
            if mapping or not kept:
                raise UsageError(
                    "Columns change a mapping that is kept.",
                    remedy="Give the whole mapping as text.",
                    parameter="columns",
                )
            mapping = render_mapping(build_mapping({**tomllib.loads(kept), "columns": dict(columns)}, "the mapping"))
        elif mapping:
            parse_mapping(mapping, "the mapping")
        stated = {key: value for key, value in row["settings"].items() if key != "mapping"}
        sources.save_settings(con, row["connection_id"], stated | ({"mapping": mapping} if mapping else {}))
        sources.set_state(con, row["connection_id"], "due")


def describe_mapping(row: Mapping[str, Any]) -> dict[str, Any]:
    """How the tables of a connected source (a row of store.sources.list_connections) are read.

    Grain of `fields`: one field that its rows can fill. Raises NotReady for a source that is not tables.
    """
    _check_tables(row)
    text = row["settings"].get("mapping")
    kept = parse_mapping(text, "the saved mapping") if text else FileMapping()
    return {
        "source": row["source"],
        "is_known": text is not None,
        "rows": kept.rows,
        "fields": [
            {
                "field": each.name,
                "label": each.label,
                "meaning": each.meaning,
                "header": kept.columns.get(each.name),
            }
            for each in FIELDS
            if kept.rows in each.rows
        ],
        "text": text,
    }


def _check_tables(row: Mapping[str, Any]) -> None:
    kind = find_kind(row["kind"])
    if not kind.is_table:
        raise NotReady(
            f"The fields of {kind.label} are fixed: {row['source']} has no mapping.",
            remedy="Only spreadsheets and folders are read by a mapping.",
        )


def _connect(
    settings: Settings,
    database: Database,
    kind: str,
    source: str,
    given: Mapping[str, Any],
    secret: Mapping[str, Any] | None,
    mapping: str | None,
    every_seconds: int | None,
    *,
    user_id: int | None,
) -> int:
    """Save the connection and reach the source. Raises SourceUnreachable; then nothing is saved."""
    stated = dict(given)
    if mapping:
        parse_mapping(mapping, "the mapping")
        stated["mapping"] = mapping
    found = find_kind(kind)
    with database.connect() as con:
        connection_id = sources.add_connection(
            con,
            kind=kind,
            source=_check_name(source),
            settings=stated,
            every_seconds=every_seconds or found.every_seconds,
            user_id=user_id,
            is_imitation="imitation_url" in given,
        )
        if secret is not None:
            sources.save_secret(con, secret_box_of(settings), connection_id, secret)
        connected = sources.read_connection(con, connection_id)
        try:
            _, reached = make_source(settings, database, connected)
            with closing(reached):
                sources.save_settings(con, connection_id, {**stated, "reached": reached.check().reached})
        except TerminalError as error:
            raise SourceUnreachable(error.message, remedy=error.remedy) from None
    return connection_id


def _new_state(source: str) -> str:
    """What must come back with the answer to a sign-in: the source, so that the page knows it, and a secret."""
    return f"{source}.{secrets.token_urlsafe(24)}"


def _check_name(source: str) -> str:
    if not _NAME.fullmatch(source):
        raise UsageError(
            f"{source!r} cannot be the name of a source.",
            remedy="Use up to 40 small letters, digits and hyphens, such as quickbooks-uk.",
            parameter="source",
        )
    return source


def describe_state(row: Mapping[str, Any]) -> str:
    """The state of a connected source (a row of store.sources.list_connections) in words."""
    until = f"read until {row['read_until'].astimezone():%Y-%m-%d %H:%M %Z}" if row["read_until"] else "not read yet"
    if row["running_sync_id"]:
        return f"reading now; {until}"
    match row["state"]:
        case "needs you":
            return f"needs you: {' '.join(filter(None, (row['last_error'], row['remedy'])))} ({until})"
        case "held":
            return f"waits for your decision about rows that are gone ({until})"
        case "throttled":
            return (
                f"waits until {row['next_at'].astimezone():%H:%M %Z}: {row['last_error'] or 'too many calls'} ({until})"
            )
        case "paused":
            return f"paused ({until})"
    return until
