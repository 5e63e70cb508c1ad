"""Events of customers: intake from programs and from the pages of a site, the newest events, and the activity of a customer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.customer_path import CurrentCustomer
from foresell.api.http.dependencies import AppStateOf, public, require
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.request_validation import wrong_with
from foresell.api.http.responses import answer
from foresell.api.shared.schemas import NOT_BLANK, Body, Number
from foresell.db import Row
from foresell.errors import (
    EventRefused,
    MalformedRequest,
    ParameterError,
    TooLarge,
    WriteKeyRefused,
)
from foresell.events import reading
from foresell.events.contract import BATCH_EVENTS, CloudEvent
from foresell.events.intake import Result, take_in
from foresell.events.types import FROM_BROWSERS, TYPES, personal_fields

router = APIRouter(prefix="/api", tags=["events"])
Reader = Annotated[Principal, require("events.read")]
Sender = Annotated[Principal, require("events.write")]
KeyKeeper = Annotated[Principal, require("events.manage")]

#: What a browser sends at once.
TRACK_BYTES = 65_536
TRACK_EVENTS = 50
#: A browser's clock that differs by less is taken as right.
SKEW_SECONDS = 5
BOTS = re.compile(r"bot\b|crawl|spider|slurp|headless|lighthouse|preview|monitor|curl/|wget/|python-|^$", re.IGNORECASE)


class EventResult(BaseModel):
    """What became of one event."""

    id: str | None = Field(description="The event's id; null where it has none that can be read.")
    status: Literal["stored", "duplicate", "refused"] = Field(
        description="duplicate: it was stored before; it is not stored twice. refused: it is not stored, for `code`."
    )
    seq: int | None = Field(description="Its number in the sequence of all events; null when refused.")
    code: str | None = Field(description="Why it was refused; stable: see docs/how-to/send-events.md.")
    detail: str | None = Field(description="The same in a sentence.")
    field: str | None = Field(description="Which attribute.")


class EventResults(BaseModel):
    """What became of each event, in the sequence sent. What is stored or duplicate is committed."""

    stored: int = Field(description="How many were stored.")
    duplicates: int = Field(description="How many were stored before.")
    refused: int = Field(description="How many were refused.")
    results: list[EventResult] = Field(description="One per event.")


class TrackResults(EventResults):
    """The same for events of a browser."""

    ignored: Literal["no consent", "global privacy control"] | None = Field(
        description="Why nothing was stored: the visitor did not consent, or the browser asks for privacy."
    )


class StoredEvent(BaseModel):
    """An event, without what is personal."""

    seq: int = Field(description="Its number in the sequence of all events.")
    received_at: datetime = Field(description="When it was stored.")
    occurred_at: datetime = Field(description="When it happened.")
    type: str = Field(description="What happened.")
    version: int = Field(description="Version of the type.")
    source: str = Field(description="The system it happened in.")
    via: Literal["api", "browser"] = Field(description="How it was sent.")
    customer_id: str | None = Field(description="The customer it is of now; null for an unknown visitor.")
    visitor_id: int | None = Field(description="Foresell's number of the browser; null where none is known.")
    filtered: Literal["bot", "test"] | None = Field(description="Why it counts in no figure; null when it counts.")
    data: dict[str, Any] = Field(description="What is not personal, by its type.")
    has_personal: bool = Field(description="Whether there is a sealed part: see the event itself.")


class EventDetails(StoredEvent):
    """An event with its sealed part."""

    id: str = Field(description="The sender's id.")
    claimed_at: datetime | None = Field(description="The time as sent, where it was corrected.")
    personal: dict[str, Any] | None = Field(
        description="The sealed part; needs customers.names; null without one, and after the customer was erased."
    )


class EventList(BaseModel):
    """Events, the newest first."""

    data: list[StoredEvent]
    next_before: int | None = Field(description="Give it as `before` for what is older; null at the end.")


class EventFilter(BaseModel):
    """Which events."""

    model_config = ConfigDict(extra="forbid")

    types: str | None = Field(
        None, max_length=500, description="Only of these types, separated by commas.", examples=["order.placed"]
    )
    customer_id: str | None = Field(None, max_length=40, description="Only of this customer.")
    source: str | None = Field(None, max_length=200, description="Only from this source.")
    after: int = Field(0, ge=0, lt=2**63, description="Only with a greater number.")
    before: int = Field(reading.LAST, ge=0, lt=2**63, description="Only with a smaller number.")
    limit: int = Field(50, ge=1, le=500, description="How many.")


class EventType(BaseModel):
    """A type of event."""

    type: str = Field(description="Its name.")
    meaning: str = Field(description="What happened.")
    versions: int = Field(description="How many versions there are.")
    personal: list[str] = Field(description="The fields that are sealed.")
    from_browsers: bool = Field(description="Whether the pages of a site may send it.")


class EventTypes(BaseModel):
    """All types of events."""

    data: list[EventType]


class Activity(BaseModel):
    """What is known of the activity of a customer, from the events."""

    customer_id: str
    first_at: datetime | None = Field(description="The first event.")
    last_at: datetime | None = Field(description="The newest event.")
    last_type: str | None = Field(description="Its type.")
    events: int = Field(description="How many events count.")
    recent: dict[str, int] = Field(description="Events of the last 30 minutes, by type.")
    sessions: int = Field(description="Sessions; one ends after a pause of 30 minutes.")
    last_session: dict[str, Any] | None = Field(description="The newest session and what was done in it.")
    lead_stage: str | None = Field(description="visitor, engaged, lead, opportunity or customer.")
    stages: dict[str, Any] = Field(description="When each stage was first reached.")
    funnel: dict[str, Any] = Field(description="By step of the funnel: how often, and when last.")


class WriteKey(BaseModel):
    """A public key with which the pages of a site send events of visitors."""

    write_key_id: int = Field(description="Its number.")
    name: str = Field(description="What it is for.")
    source: str = Field(description="The source of its events.")
    hint: str = Field(description="Its first characters.")
    origins: list[str] = Field(description="The sites it counts on.")
    created_at: datetime
    revoked_at: datetime | None = Field(description="When it was revoked; null while it counts.")


class WriteKeys(BaseModel):
    """All write keys."""

    data: list[WriteKey]


class NewWriteKey(Body):
    """A new write key."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NOT_BLANK)] = Field(
        description="What it is for."
    )
    source: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9.-]{0,39}$")] = Field(
        description="The source of its events.", examples=["website"]
    )
    origins: list[Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]] = Field(
        min_length=1, max_length=20, description="The sites it counts on.", examples=[["https://shop.example"]]
    )


class CreatedWriteKey(BaseModel):
    """The key, to be put into the pages of the site."""

    write_key_id: int = Field(description="Its number.")
    key: str = Field(description="The key. It is public.")


class Tracked(Body):
    """What the snippet in the pages of a site sends."""

    key: Annotated[str, StringConstraints(min_length=8, max_length=100)] = Field(description="The write key.")
    visitorid: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{8,64}$")] = Field(
        description="The random id of the browser."
    )
    consent: bool = Field(description="Whether the visitor consented.")
    sent_at: AwareDatetime | None = Field(None, description="The browser's time, by which its clock is corrected.")
    events: list[dict[str, Any]] = Field(
        min_length=1, max_length=TRACK_EVENTS, description="Each with id, type, time and data."
    )


CLOUD_EVENT = CloudEvent.model_json_schema()
INTAKE = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"anyOf": [CLOUD_EVENT, {"type": "array", "minItems": 1, "maxItems": BATCH_EVENTS, "items": CLOUD_EVENT}]}}
            for kind in ("application/json",)
        },
    }
}  # fmt: skip
TRACKING = {
    "requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string", "contentMediaType": "application/json"}}}}
}  # fmt: skip


@router.post("/events", status_code=202, response_model=EventResults, openapi_extra=INTAKE,
             responses={207: {"model": EventResults, "description": "Some were refused"}, **error_responses(413, 422)})  # fmt: skip
async def send_events(request: Request, web: AppStateOf, principal: Sender) -> Response:
    """Store one event (CloudEvents 1.0 in JSON) or up to 1,000. Answered once they are committed: 202 when each is stored
    or was before, 207 when some were refused. One event alone that is refused is a problem with status 422. Sending an event
    again changes nothing, ever."""
    content = orjson.loads(await request.body() or b"null")
    items = content if isinstance(content, list) else [content]
    if not 1 <= len(items) <= BATCH_EVENTS:
        raise ParameterError("body", f"body: a batch has 1 to {BATCH_EVENTS:,} events", remedy="Divide it.")
    results = await _store(web, principal.user_id, items)
    if not isinstance(content, list) and (refused := results[0]).status == "refused":
        raise EventRefused(
            f"{refused.code}: {refused.detail}",
            remedy="See docs/how-to/send-events.md.",
            parameter=refused.field or "body",
        )
    return answer(_describe(results), 207 if any(each.status == "refused" for each in results) else 202)


@router.post("/events/track", status_code=202, response_model=TrackResults, openapi_extra=TRACKING,
             responses=error_responses(413), dependencies=[public()])  # fmt: skip
async def track_events(request: Request, web: AppStateOf) -> Response:
    """Store events of a visitor, sent by the snippet in the pages of a site with a write key. Nothing is stored without consent,
    or when the browser asks for privacy (Sec-GPC). No address, no browser name and no cookie is kept."""
    tracked = await _read_tracked(request)
    origin = request.headers.get("origin", "")
    async with web.transaction(None) as con:
        key = await reading.find_write_key(con, tracked.key)
    if key is None or origin not in key["origins"]:
        raise WriteKeyRefused(remedy="Check the key, and that it names this site among its origins.")
    headers = {"access-control-allow-origin": origin, "vary": "origin", "cross-origin-resource-policy": "cross-origin"}
    ignored = (
        "global privacy control" if request.headers.get("sec-gpc") == "1" else None if tracked.consent else "no consent"
    )
    results: list[Result] = []
    if ignored is None:
        results = await _store_tracked(
            web, tracked, key, is_bot=bool(BOTS.search(request.headers.get("user-agent", "")))
        )
    response = answer({**_describe(results), "ignored": ignored}, 202)
    response.headers.update(headers)
    return response


@router.get("/events/track.js", response_class=Response, dependencies=[public()],
            responses={**error_responses(), 200: {"content": {"text/javascript": {}}, "description": "The snippet"}})  # fmt: skip
async def get_snippet() -> Response:
    """The snippet for the pages of a site: sends events of visitors who consented. See docs/how-to/send-events.md."""
    headers = {"cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=3600"}
    return Response(_SNIPPET, media_type="text/javascript", headers=headers)


@router.get("/events", response_model=EventList, responses=error_responses())
async def list_events(web: AppStateOf, principal: Reader, wanted: Annotated[EventFilter, Query()]) -> Response:
    """The newest events of visible customers; with events.all also of unknown visitors, for those who see all customers."""
    types = _choose_types(wanted.types)
    async with web.transaction(principal.user_id) as con:
        rows = await reading.list_events(
            con, types=types, customer_id=wanted.customer_id, source=wanted.source, after=wanted.after, before=wanted.before,
            limit=wanted.limit + 1,
        )  # fmt: skip
    shown = rows[: wanted.limit]
    return answer({"data": shown, "next_before": shown[-1]["seq"] if len(rows) > wanted.limit else None})


@router.get("/events/types", response_model=EventTypes, responses=error_responses())
async def list_event_types(principal: Reader) -> Response:
    """All types of events, which fields of them are sealed, and which of them browsers may send."""
    described = [
        {
            "type": name,
            "meaning": (versions[-1].__doc__ or "").strip(),
            "versions": len(versions),
            "personal": sorted(personal_fields(versions[-1])),
            "from_browsers": name in FROM_BROWSERS,
        }
        for name, versions in TYPES.items()
    ]
    return answer({"data": described})


@router.get("/events/write-keys", response_model=WriteKeys, responses=error_responses())
async def list_write_keys(web: AppStateOf, principal: KeyKeeper) -> Response:
    """The keys with which the pages of a site send events."""
    async with web.transaction(principal.user_id) as con:
        return answer({"data": await reading.list_write_keys(con)})


@router.post("/events/write-keys", status_code=201, response_model=CreatedWriteKey, responses=error_responses())
async def create_write_key(web: AppStateOf, principal: KeyKeeper, body: NewWriteKey) -> Response:
    """Add a write key. It can only add events of visitors, from these sites."""
    async with web.transaction(principal.user_id) as con:
        number, key = await reading.add_write_key(con, body.name, body.source, body.origins)
    return answer({"write_key_id": number, "key": key}, 201)


@router.delete("/events/write-keys/{write_key_id}", status_code=204, responses=error_responses(404))
async def revoke_write_key(web: AppStateOf, principal: KeyKeeper, write_key_id: Number) -> Response:
    """Revoke a write key at once."""
    async with web.transaction(principal.user_id) as con:
        await reading.revoke_write_key(con, write_key_id)
    return Response(status_code=204)


@router.get("/events/{seq}", response_model=EventDetails, responses=error_responses(404))
async def get_event(
    web: AppStateOf, principal: Reader, seq: Annotated[int, Path(ge=0, lt=2**63, description="The event's number.")]
) -> Response:
    """One event. What is personal needs customers.names."""
    async with web.transaction(principal.user_id) as con:
        return answer(await reading.find_event(con, web.vault, seq))


@router.get("/customers/{customer_id}/activity", response_model=Activity, responses=error_responses(404))
async def get_customer_activity(web: AppStateOf, principal: Reader, customer_id: CurrentCustomer) -> Response:
    """What is known of the activity of a customer: last 30 minutes, sessions, funnel, lead stage."""
    async with web.transaction(principal.user_id) as con:
        return answer({"customer_id": customer_id, **await reading.find_activity(con, customer_id)})


async def _store(web: AppState, user_id: int | None, items: Sequence[object], **options: Any) -> list[Result]:
    async def run(statement: str, values: dict[str, Any]) -> list[Row]:
        return await web.rows(user_id, statement, values)

    return await take_in(run, web.vault, items, now=datetime.now(UTC), **options)


async def _store_tracked(web: AppState, tracked: Tracked, key: Row, *, is_bot: bool) -> list[Result]:
    now = datetime.now(UTC)
    skew = now - tracked.sent_at if tracked.sent_at else timedelta()
    if abs(skew) < timedelta(seconds=SKEW_SECONDS):
        skew = timedelta()
    known = {"specversion": "1.0", "source": key["source"], "visitorid": tracked.visitorid}
    items = [{**event, **known} for event in tracked.events]
    write_key = reading.hash_write_key(tracked.key)
    return await _store(web, None, items, way="browser", write_key=write_key, skew=skew, is_bot=is_bot)


async def _read_tracked(request: Request) -> Tracked:
    """The body, which browsers send as plain text so that no question precedes it. Raises TooLarge or MalformedRequest."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > TRACK_BYTES:
            raise TooLarge(f"Browsers send {TRACK_BYTES:,} bytes at most.", parameter="body")
    if why := wrong_with(content):
        raise MalformedRequest(why, parameter="body")
    try:
        return Tracked.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise MalformedRequest(f"{name}: {first['msg']}", parameter=name) from None


def _choose_types(text: str | None) -> list[str] | None:
    """Raises ParameterError for a type that there is not."""
    wanted = [each.strip() for each in (text or "").split(",") if each.strip()]
    for each in wanted:
        if each not in TYPES:
            raise ParameterError(
                "types", f"types: there is no type {each[:50]}", remedy=f"Choose from: {', '.join(TYPES)}"
            )
    return wanted or None


def _describe(results: Sequence[Result]) -> dict[str, Any]:
    count = {status: sum(each.status == status for each in results) for status in ("stored", "duplicate", "refused")}
    described = [{name: getattr(each, name) for name in Result.__slots__} for each in results]
    return {
        "stored": count["stored"], "duplicates": count["duplicate"], "refused": count["refused"], "results": described,
    }  # fmt: skip


_SNIPPET = resources.files("foresell.events").joinpath("track.js").read_text(encoding="utf-8")
