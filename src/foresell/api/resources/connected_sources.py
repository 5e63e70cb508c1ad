"""Connected sources: connect, sign in, read now, pause, disconnect; their syncs, and rows that are gone at the source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import anyio
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, ConfigDict, Field

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.dependencies import AppStateOf, public, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.idempotency import IdempotentOf
from foresell.api.http.responses import answer
from foresell.api.shared import jobs
from foresell.api.shared.schemas import NOT_BLANK, Body, Job, UserRef
from foresell.audit import record
from foresell.database import Database
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import Busy, NotFound, NotSignedIn
from foresell.sources.connectors.catalogue import KINDS, find_kind
from foresell.store import sources
from foresell.store.sources import UnknownConnection
from foresell.workflows import connect

router = APIRouter(prefix="/api/sources", tags=["sources"])
SQL = AsyncStatements("foresell.store", "queries/")
Reader = Annotated[Principal, require("sources.read")]
Manager = Annotated[Principal, require("sources.manage")]
T = TypeVar("T")

#: The name of a connected source.
Source = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["quickbooks-uk"])]
NewName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="The name of the source, as on its customers and orders.",
        examples=["quickbooks-uk"],
    ),
]
Every = Annotated[
    int | None, Field(ge=1, le=604_800, description="Seconds between two syncs; null: as usual for its kind.")
]


class SourceKind(BaseModel):
    """A kind of source that can be connected."""

    kind: str
    label: str = Field(description="What it is called.", examples=["QuickBooks Online"])
    every_seconds: int = Field(description="How often it is read, in seconds.")
    never_run: str | None = Field(description="What has not been tried with the real service; null where nothing.")
    on_command_line_only: bool = Field(description="Whether it can be connected at the command line only.")


class LastSync(BaseModel):
    """How the last sync ended."""

    sync_id: int = Field(description="Its number.")
    state: Literal["done", "failed", "held", "cancelled"]
    finished_at: datetime
    records: int = Field(description="Records or lines received.")
    changed: int = Field(description="New, or different from what was held.")
    deleted: int = Field(description="Gone at the source.")
    error: str | None


class ConnectedSource(BaseModel):
    """A connected source, its state and what it has brought."""

    source: str = Field(description="Its name, as on its customers and orders.")
    kind: str
    label: str = Field(description="What its kind is called.")
    reached: str | None = Field(description="What is reached: the company, spreadsheet or folder.")
    is_imitation: bool = Field(description="Whether it is an imitation of the vendor on this machine.")
    never_run: str | None = Field(description="What has not been tried with the real service; null where nothing.")
    state: Literal["due", "throttled", "needs you", "held", "paused"]
    in_words: str = Field(description="The state in words.", examples=["read until 2026-11-28 14:05"])
    reason: str | None = Field(
        description="Why a person must act: authentication, permission, quota, policy, drift, data."
    )
    remedy: str | None
    is_reading: bool = Field(description="Whether a sync is running.")
    can_sign_in: bool = Field(description="Whether it is signed in to in a browser.")
    has_mapping: bool = Field(description="Whether it is tables, of which a mapping names the columns.")
    every_seconds: int = Field(description="Seconds between two syncs.")
    next_at: datetime = Field(description="When it is read next.")
    read_until: datetime | None = Field(description="When the last sync that succeeded ended.")
    customers: int = Field(description="Customer records it has brought.")
    orders: int = Field(description="Orders it has brought.")
    requests_this_month: int = Field(description="Calls made to it since the first of the month (UTC).")
    open_questions: int = Field(description="How often rows are gone and wait for a decision.")
    last_sync: LastSync | None = Field(description="The last sync that ended; null before the first.")


class ConnectedSourceList(BaseModel):
    """All connected sources, by name."""

    data: list[ConnectedSource]
    kinds: list[SourceKind] = Field(description="What can be connected.")


class Mismatch(BaseModel):
    """A total that the source states and that differs from what is held."""

    name: str = Field(examples=["revenue 2026-10"])
    stated: str = Field(description="What the source states.")
    held: str = Field(description="What is held.")


class Sync(BaseModel):
    """One reading of a source."""

    sync_id: int = Field(description="Its number.")
    started_at: datetime
    finished_at: datetime | None
    state: Literal["running", "done", "failed", "held", "cancelled"]
    pages: int = Field(description="Steps in which it was read; each was saved with where reading goes on.")
    records: int = Field(description="Records or lines received.")
    changed: int = Field(description="New, or different from what was held.")
    deleted: int = Field(description="Gone at the source.")
    requests: int = Field(description="Calls made.")
    retries: int = Field(description="Calls made again after a failure.")
    batch_ids: list[int] = Field(description="The batches it loaded; each can be undone.")
    warnings: list[str] = Field(description="What a person should know, in sentences.")
    mismatches: list[Mismatch] = Field(description="Totals that the source states and that differ from what is held.")
    totals_compared: int = Field(description="How many totals were compared.")
    error: str | None
    remedy: str | None


class SyncList(BaseModel):
    """The newest syncs of a source."""

    data: list[Sync]


class HeldChange(BaseModel):
    """Rows that a source no longer has. Nothing changes until a person decides."""

    held_id: int = Field(description="The number of the question.")
    source: str
    stream: str = Field(description="What is gone.", examples=["orders"])
    gone: int = Field(description="How many are gone.")
    held: int = Field(description="How many were held.")
    keys: list[str] = Field(description="The first hundred of their keys.")
    state: Literal["open", "accepted", "refused", "outdated"]
    opened_at: datetime
    decided_at: datetime | None
    decided_by: UserRef | None = Field(description="Who decided; null at the command line, or while it is open.")


class HeldChangeList(BaseModel):
    """Questions about rows that are gone, the newest first."""

    data: list[HeldChange]


class NewSheet(Body):
    """A tab of a Google spreadsheet, and the key of a service account with which it is shared."""

    source: NewName
    spreadsheet: str = Field(min_length=20, max_length=500, description="Its address, or its id.")
    tab: str = Field(min_length=1, max_length=100, pattern=NOT_BLANK, description="The name of the tab.")
    key_file: str = Field(min_length=2, max_length=20_000, description="The JSON key file of the service account.")
    every_seconds: Every = None


class NewQuickBooks(Body):
    """Your app on Intuit's developer site, and where it sends people back to."""

    source: NewName
    client_id: str = Field(min_length=1, max_length=200, pattern=NOT_BLANK, description="The client id of the app.")
    client_secret: str = Field(min_length=1, max_length=500, pattern=NOT_BLANK, description="Its client secret.")
    redirect_url: str = Field(
        max_length=500, pattern=r"^https?://\S+$", description="A redirect address of the app; the Sources page is one."
    )
    every_seconds: Every = None


class NewInstagram(Body):
    """Your app on Meta's developer site, and what is read besides your own account."""

    source: NewName
    app_id: str = Field(pattern=r"^[0-9]{1,30}$", description="The id of the app.", examples=["1234567890"])
    app_secret: str = Field(min_length=1, max_length=500, pattern=NOT_BLANK, description="Its app secret.")
    username: str | None = Field(
        None, max_length=31, description="Your account; null where there is one only behind your Facebook pages."
    )
    accounts: list[Annotated[str, Field(max_length=31)]] = Field(
        [], max_length=50, description="Other business accounts, of which public numbers are read."
    )
    hashtags: list[Annotated[str, Field(max_length=101)]] = Field(
        [], max_length=30, description="Hashtags to search; 30 different ones are allowed in seven days."
    )
    redirect_url: str = Field(
        max_length=500, pattern=r"^https?://\S+$", description="A redirect address of the app; the Sources page is one."
    )
    every_seconds: Every = None


class SignIn(BaseModel):
    """Where a person allows the source to be read."""

    source: str
    sign_in_url: str = Field(description="The address to open in a browser.")


class SignInAnswer(Body):
    """What the vendor sent back to the redirect address."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=2_000)
    state: str = Field(min_length=1, max_length=200)
    realm: str | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="The company, which QuickBooks sends as realmId; null for others.",
    )


class StateChange(Body):
    """Pause the source, or read it again."""

    state: Literal["due", "paused"] = Field(description="due: read it now and from now on.")


class SyncRequest(Body):
    """What to read."""

    whole: bool = Field(False, description="Everything again, not only what changed.")


class FieldOfMapping(BaseModel):
    """One field that the rows of a source can fill."""

    field: str = Field(description="Its name in a mapping.", examples=["order_key"])
    label: str = Field(description="What it is called.", examples=["Order number"])
    meaning: str = Field(description="What it is for.")
    header: str | None = Field(description="The column it is read from; null where it is not read.")


class SourceMapping(BaseModel):
    """How the columns of a source's tables become fields."""

    source: str
    is_known: bool = Field(
        description="Whether a mapping is kept: given, or recognised in the first table. Otherwise the next table decides."
    )
    rows: str = Field(description="What a row is: an order line, a customer or a product.", examples=["orders"])
    fields: list[FieldOfMapping]
    text: str | None = Field(description="The whole mapping as TOML, with number and date formats; null without one.")


class NewMapping(Body):
    """Other columns for the kept mapping, a whole mapping as text, or neither: recognise the next table anew."""

    columns: dict[str, Annotated[str, Field(max_length=200)]] | None = Field(
        None, max_length=100, description="By field, the header of its column; fields that are left out are not read."
    )
    text: str | None = Field(None, max_length=50_000, description="TOML, as `foresell inspect --save-map` writes it.")


class Decision(Body):
    """Whether the rows are gone."""

    accept: bool = Field(description="true: they are gone, cancel their orders; false: keep them.")


@router.get("", response_model=ConnectedSourceList, responses=error_responses())
async def list_connected_sources(web: AppStateOf, principal: Reader) -> Response:
    """All connected sources with their state, and the kinds of sources that can be connected."""
    async with web.transaction(principal.user_id) as con:
        rows = await SQL.rows(con, "sources.connections", source=None)
    kinds = [
        {
            "kind": kind.name,
            "label": kind.label,
            "every_seconds": kind.every_seconds,
            "never_run": kind.never_run,
            "on_command_line_only": kind.name == "folder",
        }
        for kind in KINDS.values()
    ]
    return answer({"data": [_describe(row) for row in rows], "kinds": kinds})


@router.post("/google-sheets", status_code=201, response_model=ConnectedSource, responses=error_responses(422))
async def connect_google_sheet(web: AppStateOf, principal: Manager, wanted: NewSheet) -> Response:
    """Connect a tab of a Google spreadsheet. It is reached once before it is saved; the key is saved sealed."""
    await _work(
        web,
        principal,
        lambda database: connect.connect_sheet(
            web.settings,
            database,
            wanted.source,
            wanted.spreadsheet,
            wanted.tab,
            wanted.key_file,
            every_seconds=wanted.every_seconds,
            user_id=principal.user_id,
        ),
    )
    return await _answer_changed(web, principal, wanted.source, "source.connected", status=201)


@router.post("/quickbooks", status_code=201, response_model=SignIn, responses=error_responses(422))
async def connect_quickbooks(web: AppStateOf, principal: Manager, wanted: NewQuickBooks) -> Response:
    """Begin to connect a company of QuickBooks Online; a person then allows it at the address in the answer."""
    _, url = await _work(
        web,
        principal,
        lambda database: connect.connect_quickbooks(
            web.settings,
            database,
            wanted.source,
            wanted.client_id,
            wanted.client_secret,
            wanted.redirect_url,
            every_seconds=wanted.every_seconds,
            user_id=principal.user_id,
        ),
    )
    await _record(web, principal, wanted.source, "source.connected")
    return answer({"source": wanted.source, "sign_in_url": url}, 201)


@router.post("/instagram", status_code=201, response_model=SignIn, responses=error_responses(422))
async def connect_instagram(web: AppStateOf, principal: Manager, wanted: NewInstagram) -> Response:
    """Begin to connect an Instagram account; a person then allows it at the address in the answer."""
    app = connect.InstagramApp(
        wanted.app_id, wanted.app_secret, wanted.username, wanted.accounts, wanted.hashtags, wanted.redirect_url
    )
    _, url = await _work(
        web,
        principal,
        lambda database: connect.connect_instagram(
            web.settings,
            database,
            wanted.source,
            app,
            every_seconds=wanted.every_seconds,
            user_id=principal.user_id,
        ),
    )
    await _record(web, principal, wanted.source, "source.connected")
    return answer({"source": wanted.source, "sign_in_url": url}, 201)


@router.post("/{source}/sign-in", response_model=SignIn, responses=error_responses(404, 409))
async def begin_sign_in(web: AppStateOf, principal: Manager, source: Source) -> Response:
    """Sign in to a source again: a person allows it at the address in the answer."""
    url = await _work(web, principal, lambda database: connect.begin_sign_in(web.settings, database, source))
    return answer({"source": source, "sign_in_url": url})


@router.post("/{source}/sign-in/finish", response_model=ConnectedSource, responses=error_responses(404, 422))
async def finish_sign_in(web: AppStateOf, principal: Manager, source: Source, wanted: SignInAnswer) -> Response:
    """Finish a sign-in with what the vendor sent back; the source is read from now on."""
    await _work(
        web,
        principal,
        lambda database: connect.finish_sign_in(
            web.settings, database, source, wanted.code, wanted.state, wanted.realm
        ),
    )
    return await _answer_changed(web, principal, source, "source.signed_in")


@router.post("/{source}/webhook", status_code=204, dependencies=[public()], responses=error_responses())
async def take_webhook(
    web: AppStateOf,
    request: Request,
    source: Source,
    intuit_signature: Annotated[
        str,
        Header(max_length=200, description="QuickBooks: HMAC-SHA256 of the body with the verifier token, in base64."),
    ] = "",
    x_hub_signature_256: Annotated[
        str, Header(max_length=200, description="Instagram: sha256= and HMAC-SHA256 of the body with the app secret.")
    ] = "",
) -> Response:
    """For QuickBooks and Instagram: they say that something changed, and it is read at once. Signed with a secret of the app."""
    content = await request.body()
    database = Database(web.settings, via="web")
    async with web.while_database_answers():
        is_genuine = await anyio.to_thread.run_sync(
            lambda: connect.take_webhook(
                web.settings, database, source, content, intuit_signature or x_hub_signature_256
            )
        )
    if not is_genuine:
        raise NotSignedIn("This is not signed by the vendor of this source.")
    return Response(status_code=204)


@router.get("/{source}/webhook", dependencies=[public()], response_class=PlainTextResponse, responses=error_responses())
async def answer_challenge(
    web: AppStateOf,
    source: Source,
    mode: Annotated[str, Query(alias="hub.mode", max_length=40, description="Always subscribe.")] = "",
    challenge: Annotated[
        str, Query(alias="hub.challenge", max_length=500, pattern=r"^[\w.-]*$", description="What to send back.")
    ] = "",
    token: Annotated[
        str, Query(alias="hub.verify_token", max_length=500, description="The verifier token that was entered there.")
    ] = "",
) -> Response:
    """For Instagram: Meta checks the address before it sends notifications there, and gets its challenge back."""
    database = Database(web.settings, via="web")
    async with web.while_database_answers():
        found = await anyio.to_thread.run_sync(
            lambda: connect.answer_challenge(web.settings, database, source, mode, challenge, token)
        )
    if found is None:
        raise NotSignedIn("This is not the verifier token of this source.")
    return PlainTextResponse(found)


@router.post("/{source}/sync", status_code=202, response_model=Job, responses=error_responses(404, 409, 422))
async def request_sync(principal: Manager, idempotent: IdempotentOf, source: Source, wanted: SyncRequest) -> Response:
    """Read a source now, in the background. 409 while it is being read."""

    async def act(con: AsyncConnection) -> dict[str, Any]:
        row = await _find(con, source)
        arguments = {"connection_id": row["connection_id"], "whole": wanted.whole}
        try:
            job = await jobs.request_job(con, "sync", arguments)
        except UniqueViolation:
            raise Busy("This source is being read already.", remedy="Wait until it is finished.") from None
        await record.record(
            con, "source.sync", actor=principal.user_id, subject=f"source:{source}", request_id=idempotent.request_id
        )
        return job

    return await idempotent.run(principal, act, status=202)


@router.post("/{source}/state", response_model=ConnectedSource, responses=error_responses(404))
async def change_state(web: AppStateOf, principal: Manager, source: Source, wanted: StateChange) -> Response:
    """Pause a source, or read it again: a paused one, or one whose problem is solved."""
    async with web.transaction(principal.user_id) as con:
        row = await _find(con, source)
        await SQL.run(con, "sources.change", connection_id=row["connection_id"], state=wanted.state)
    action = "source.paused" if wanted.state == "paused" else "source.resumed"
    return await _answer_changed(web, principal, source, action)


@router.get("/{source}/mapping", response_model=SourceMapping, responses=error_responses(404, 409))
async def read_mapping(web: AppStateOf, principal: Reader, source: Source) -> Response:
    """How the columns of a source's tables become fields. 409 for a source that is not tables."""
    async with web.transaction(principal.user_id) as con:
        return answer(connect.describe_mapping(await _find(con, source)))


@router.put("/{source}/mapping", response_model=SourceMapping, responses=error_responses(404, 409, 422))
async def replace_mapping(web: AppStateOf, principal: Manager, source: Source, wanted: NewMapping) -> Response:
    """Read the tables of a source by another mapping from now on. What was loaded stays until its rows come again."""

    def replace(database: Database) -> dict[str, Any]:
        connect.replace_mapping(database, source, wanted.text, wanted.columns)
        with database.connect() as con:
            return connect.describe_mapping(sources.find_connection(con, source))

    described = await _work(web, principal, replace)
    await _record(web, principal, source, "source.mapped")
    return answer(described)


@router.delete("/{source}", status_code=204, responses=error_responses(404))
async def disconnect(web: AppStateOf, principal: Manager, source: Source) -> Response:
    """Disconnect a source. Its secret and what waits to be loaded are deleted; customers and orders stay."""

    def remove(database: Database) -> None:
        with database.connect() as con:
            sources.remove_connection(con, sources.find_connection(con, source)["connection_id"])

    await _work(web, principal, remove)
    await _record(web, principal, source, "source.disconnected")
    return Response(status_code=204)


@router.get("/{source}/syncs", response_model=SyncList, responses=error_responses(404))
async def list_syncs(
    web: AppStateOf, principal: Reader, source: Source, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """The newest syncs of a source."""
    async with web.transaction(principal.user_id) as con:
        await _find(con, source)
        rows = await SQL.rows(con, "sources.syncs", source=source, limit=limit)
    return answer({"data": rows})


@router.get("/{source}/held-changes", response_model=HeldChangeList, responses=error_responses(404))
async def list_held_changes(
    web: AppStateOf,
    principal: Reader,
    source: Source,
    every: Annotated[bool, Query(description="Also questions that are decided or outdated.")] = False,
) -> Response:
    """Rows of a source that are gone and wait for a decision."""
    async with web.transaction(principal.user_id) as con:
        await _find(con, source)
        rows = await SQL.rows(con, "sources.held_changes", source=source, only_open=not every)
    shown = HeldChange.model_fields
    return answer({"data": [{name: row[name] for name in shown} for row in rows]})


@router.post(
    "/{source}/held-changes/{held_id}/decision", response_model=ConnectedSource, responses=error_responses(404)
)
async def decide_held_change(
    web: AppStateOf,
    principal: Manager,
    source: Source,
    held_id: Annotated[int, Path(ge=1, lt=2**31, description="The number of the question.")],
    wanted: Decision,
) -> Response:
    """Decide whether these rows are gone; the source is read again at once."""
    async with web.transaction(principal.user_id) as con:
        row = await _find(con, source)
        decided = await SQL.row(
            con,
            "sources.decide",
            held_id=held_id,
            state="accepted" if wanted.accept else "refused",
            decided_by=principal.user_id,
        )
        if decided is None or decided["connection_id"] != row["connection_id"]:
            raise NotFound("There is no open question of this number.", remedy="It may have been decided meanwhile.")
        await SQL.run(con, "sources.change", connection_id=row["connection_id"], state="due")
    action = "source.gone_rows_accepted" if wanted.accept else "source.gone_rows_refused"
    return await _answer_changed(web, principal, source, action)


async def _work(web: AppState, principal: Principal, work: Callable[[Database], T]) -> T:
    """What `work` returns, done in a thread for this user."""
    database = Database(web.settings, acting_for=principal.user_id, via="web")
    async with web.while_database_answers():
        return await anyio.to_thread.run_sync(lambda: work(database))


async def _find(con: AsyncConnection, source: str) -> Row:
    row = await SQL.row(con, "sources.connections", source=source)
    if row is None:
        raise UnknownConnection(f"No source named {source!r} is connected.", remedy="List them: GET /api/sources")
    return row


async def _record(web: AppState, principal: Principal, source: str, action: str) -> None:
    async with web.transaction(principal.user_id) as con:
        await record.record(con, action, actor=principal.user_id, subject=f"source:{source}")


async def _answer_changed(web: AppState, principal: Principal, source: str, action: str, status: int = 200) -> Response:
    """The source after a change, which is recorded."""
    async with web.transaction(principal.user_id) as con:
        await record.record(con, action, actor=principal.user_id, subject=f"source:{source}")
        return answer(_describe(await _find(con, source)), status)


def _describe(row: Row) -> Row:
    kind = find_kind(row["kind"])
    same = (
        "source", "kind", "is_imitation", "state", "reason", "remedy", "every_seconds", "next_at", "read_until", "customers",
        "orders", "requests_this_month",
    )  # fmt: skip
    last = {name: row[f"last_{name}"] for name in LastSync.model_fields if name != "sync_id"}
    return {
        **{name: row[name] for name in same},
        "label": kind.label,
        "reached": row["settings"].get("reached"),
        "never_run": kind.never_run,
        "in_words": connect.describe_state(row),
        "is_reading": row["running_sync_id"] is not None,
        "can_sign_in": kind.name in ("quickbooks", "instagram"),
        "has_mapping": kind.is_table,
        "open_questions": row["held"],
        "last_sync": {"sync_id": row["last_sync_id"], **last} if row["last_sync_id"] else None,
    }
