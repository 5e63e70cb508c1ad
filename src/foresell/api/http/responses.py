"""How answers look: JSON with plain numbers and ISO days, lists with their total, pages and cursors."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from fastapi.responses import Response
from pydantic import BaseModel, Field


class Meta(BaseModel):
    """Where the figures come from."""

    run_id: int = Field(description="The published run all of them come from.", examples=[12])
    as_of: str = Field(description="The day they speak of: everything strictly before it.", examples=["2011-12-10"])
    currency: str | None = Field(None, description="ISO 4217; null where the sources do not say.", examples=["GBP"])


class Page(BaseModel):
    """A part of a list."""

    total: int = Field(description="How many there are, before paging.", examples=[4338])
    page: int = Field(description="Which page this is.", examples=[1])
    next_cursor: str | None = Field(None, description="Give it as `cursor` for what follows; null at the end.")
    meta: Meta


def body(content: Any) -> bytes:
    """JSON: decimals as numbers, days and times in ISO form."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z)


def answer(content: Any, status: int = 200) -> Response:
    """A JSON answer; the operation's response model documents it."""
    return Response(body(content), status, media_type="application/json")


def cursor_of(run_id: int, place: int, *key: int) -> str:
    """An opaque cursor: from this place on, in this run. `key`: what identifies the row before it."""
    return base64.urlsafe_b64encode(json.dumps([run_id, place, *key]).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[int, int]:
    """(run, place) of a cursor. Raises ValueError when it is none of ours."""
    run_id, place, *_ = read_cursor_key(text)
    return run_id, place


def read_cursor_key(text: str) -> tuple[int, ...]:
    """(run, place, key ...) of a cursor. Raises ValueError when it is none of ours."""
    try:
        parts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        raise ValueError("not a cursor") from error
    if not isinstance(parts, list) or not 2 <= len(parts) <= 4 or not all(type(part) is int for part in parts):
        raise ValueError("not a cursor")
    if not all(0 <= part < 2**31 for part in parts[1:]):
        raise ValueError("not a cursor")
    return tuple(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
