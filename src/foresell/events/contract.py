"""The contract: CloudEvents 1.0 in JSON, what is read from one, and why one is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from foresell.events.types import FROM_BROWSERS, TYPES, EventData, personal_fields

#: The longest event, as JSON.
EVENT_BYTES = 32_768
BATCH_EVENTS = 1_000
#: A clock may be this much ahead; what is further in the future is a mistake that its sender should hear of.
AHEAD_SECONDS = 300
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
SCHEMA = re.compile(r"urn:foresell:event:([a-z]+\.[a-z]+):([1-9][0-9]{0,2})")
CUSTOMER_IDS = "foresell"

Way = Literal["api", "browser"]


class CloudEvent(BaseModel):
    """One event: CloudEvents 1.0 in JSON, structured mode. `customersource`, `email`, `visitorid` and `istest` are extensions."""

    model_config = ConfigDict(extra="forbid")

    specversion: Literal["1.0"] = Field(description="Of CloudEvents.")
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Unique for its source, for ever: the same id again is the same event."
    )
    source: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S+$")] = Field(
        description="The system it happened in, such as `shop`."
    )
    type: Annotated[str, StringConstraints(max_length=100)] = Field(description="What happened: see contracts/events.")
    time: AwareDatetime | None = Field(None, description="When it happened; without it: now.")
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="The customer's number in `customersource`."
    )
    datacontenttype: Literal["application/json"] | None = Field(None, description="Always JSON.")
    dataschema: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="`urn:foresell:event:TYPE:VERSION`; without it: version 1."
    )
    traceparent: Annotated[str, StringConstraints(pattern="^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = Field(
        None, description="W3C trace context."
    )
    customersource: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = Field(
        None,
        description="Whose customer number `subject` is: a source of Foresell, or `foresell`; without it: `source`.",
    )
    email: Annotated[str, StringConstraints(min_length=3, max_length=320, pattern="^[^@ ]+@[^@ ]+$")] | None = Field(
        None, description="The customer's e-mail. Only a keyed hash of it is kept."
    )
    visitorid: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{8,64}$")] | None = Field(
        None, description="The random id of a browser."
    )
    istest: bool = Field(False, description="It is kept, and counts in no figure.")
    data: dict[str, Any] = Field(default_factory=dict, description="By the JSON Schema of its type and version.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not stored. `code` is stable: event_invalid, event_too_large, event_type_unknown,
    event_version_unknown, event_time_future, event_time_too_old, event_needs_person, event_not_from_browsers, id_reused,
    customer_not_found, customer_erased."""

    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A well-formed event. `data` has what is not personal, `personal` the rest; `claimed_at` is the time as sent, where it was
    corrected."""

    id: str
    source: str
    type: str
    version: int
    occurred_at: datetime | None
    claimed_at: datetime | None
    customer: tuple[str, str] | None
    email: str | None
    visitor: str | None
    filtered: str | None
    trace: str | None
    data: Mapping[str, Any]
    personal: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""


REFUSED = {
    "id_reused": "Another event was sent with this source and id.",
    "customer_not_found": "There is no customer with this id.",
    "customer_erased": "The customer was erased; nothing about them is stored.",
}


def read_event(item: object, now: datetime, way: Way, *, skew: timedelta = timedelta()) -> Event | Refusal:
    """An event from its JSON value, or why it is refused. `skew`: how much the sender's clock is behind ours.

    Nothing of what was sent is repeated in a refusal, since it may be personal.
    """
    content = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    if len(content) > EVENT_BYTES:
        return Refusal("event_too_large", f"An event may have {EVENT_BYTES:,} bytes.")
    try:
        envelope = CloudEvent.model_validate_json(content, strict=True)
    except ValidationError as error:
        return _explain(error, "")
    found = _find_model(envelope, way)
    if isinstance(found, Refusal):
        return found
    version, model = found
    try:
        data = model.model_validate_json(orjson.dumps(envelope.data), strict=True)
    except ValidationError as error:
        return _explain(error, "data")
    when = _read_time(envelope.time, now, way, skew)
    if isinstance(when, Refusal):
        return when
    return _make_event(envelope, version, data, when, content)


def _make_event(
    envelope: CloudEvent, version: int, data: EventData, when: tuple[datetime | None, datetime | None], content: bytes
) -> Event | Refusal:
    values = data.model_dump(mode="json", exclude_none=True)
    private = {name: values.pop(name) for name in personal_fields(type(data)) if name in values}
    customer = (envelope.customersource or envelope.source, envelope.subject) if envelope.subject else None
    if private and not (customer or envelope.email or envelope.visitorid):
        return Refusal(
            "event_needs_person",
            "Text about a person is stored only with the person: give subject, email or visitorid.",
        )
    return Event(
        id=envelope.id, source=envelope.source, type=envelope.type, version=version, occurred_at=when[0], claimed_at=when[1],
        customer=customer, email=envelope.email, visitor=envelope.visitorid, filtered="test" if envelope.istest else None,
        trace=envelope.traceparent, data=values, personal=private, content=content,
    )  # fmt: skip


def _find_model(envelope: CloudEvent, way: Way) -> tuple[int, type[EventData]] | Refusal:
    versions = TYPES.get(envelope.type)
    if versions is None:
        return Refusal("event_type_unknown", f"There is no such type; known are {', '.join(TYPES)}.", "type")
    if way == "browser" and (envelope.type not in FROM_BROWSERS or envelope.subject or envelope.email):
        return Refusal(
            "event_not_from_browsers",
            "Browsers send events of visitors only: send this one from your server.",
            "type" if envelope.type not in FROM_BROWSERS else "subject" if envelope.subject else "email",
        )
    if envelope.dataschema is None:
        return 1, versions[0]
    named = SCHEMA.fullmatch(envelope.dataschema)
    if not named or named[1] != envelope.type or int(named[2]) > len(versions):
        known = ", ".join(f"urn:foresell:event:{envelope.type}:{number + 1}" for number in range(len(versions)))
        return Refusal("event_version_unknown", f"The version is not known; known are {known}.", "dataschema")
    return int(named[2]), versions[int(named[2]) - 1]


def _read_time(
    time: datetime | None, now: datetime, way: Way, skew: timedelta
) -> tuple[datetime | None, datetime | None] | Refusal:
    """When it happened (None: when it is stored), and the time as sent where that is another."""
    if time is None:
        return None, None
    try:
        corrected = time.astimezone(UTC) + skew
    except OverflowError:
        return Refusal("event_time_too_old", "The time is out of range.", "time")
    if corrected < OLDEST:
        return Refusal("event_time_too_old", f"Events from {OLDEST:%Y-%m-%d} on are stored.", "time")
    if corrected > now:
        if way == "api" and corrected > now + timedelta(seconds=AHEAD_SECONDS):
            return Refusal("event_time_future", "The time is in the future: correct the clock, or the time.", "time")
        return None, time
    return corrected, time if skew else None


def _explain(error: ValidationError, prefix: str) -> Refusal:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    names = [str(part) for part in (prefix, *first["loc"]) if part != ""]
    where = ".".join(names)[:200] or None
    message = "is not known" if first["type"] == "extra_forbidden" else first["msg"]
    return Refusal("event_invalid", f"{where}: {message}" if where else message, where)
