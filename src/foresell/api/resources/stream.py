"""The live stream: what happens, as it happens, to those who may know."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from foresell.access.principal import Principal, find_end, is_still_valid
from foresell.api.http.app_state import AppState
from foresell.api.http.authentication import token_end_of
from foresell.api.http.dependencies import AppStateOf, signed_in
from foresell.api.http.error_handlers import error_responses
from foresell.api.http.live_events import LiveEvents
from foresell.api.http.responses import body
from foresell.db import Row
from foresell.engagement import events
from foresell.errors import DatabaseUnavailable

router = APIRouter(prefix="/api", tags=["live"])

#: The longest a stream lasts; the client opens the next where it left off.
STREAM_SECONDS = 540.0
#: Looked at least so often, also without news.
LOOK_SECONDS = 15.0
RETRY_MILLISECONDS = 2_000
EVENTS_AT_ONCE = 500


async def live_of(request: Request) -> LiveEvents:
    """What this process hears."""
    live: LiveEvents = request.app.state.live
    return live


async def _token_end(request: Request) -> float:
    return token_end_of(request)


@router.get("/stream", response_class=EventSourceResponse, responses=error_responses())
async def stream_events(
    web: AppStateOf,
    principal: Annotated[Principal, signed_in()],
    live: Annotated[LiveEvents, Depends(live_of)],
    token_ends: Annotated[float, Depends(_token_end)],
    last_event_id: Annotated[
        int | None, Header(ge=0, lt=2**63, description="The id of the last event seen: what followed is sent first.")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Events as they happen: run_published, run_progress, import_progress, call_logged, call_undone, customers_assigned,
    snooze, batch_undone, customer_event (seq, type, source, occurred_at; `skipped`: how many older ones of a burst are only in
    GET /api/events). Begins with `ready`. A comment comes every 15 seconds; the stream ends after nine minutes, with its
    access token, or when its session or API key ends; open it again with Last-Event-ID."""
    last = last_event_id
    async with web.transaction(principal.user_id) as con:
        if last is None:
            last = await events.find_newest_event_id(con)
        access_ends = await find_end(con, principal)
    yield ServerSentEvent(event="ready", id=str(last), retry=RETRY_MILLISECONDS, raw_data="{}")
    ends = min(time.time() + STREAM_SECONDS, token_ends, access_ends.timestamp() if access_ends else math.inf)
    while not live.stopping and (left := ends - time.time()) > 0:
        news = live.news()
        news_for_user = await _read_events(web, principal, last)
        if news_for_user is None:
            return
        for event in news_for_user:
            last = event["event_id"]
            data = {**event["payload"], "customer_id": event["customer_id"], "at": event["at"]}
            yield ServerSentEvent(event=event["kind"], id=str(last), raw_data=body(data).decode())
        if len(news_for_user) < EVENTS_AT_ONCE:
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), min(LOOK_SECONDS, left))


async def _read_events(web: AppState, principal: Principal, after: int) -> list[Row] | None:
    """What this user may know of since; None when they are no longer signed in; nothing while the database is away."""
    try:
        async with web.transaction(principal.user_id) as con:
            if not await is_still_valid(con, principal):
                return None
            return await events.read_events(con, after=after, limit=EVENTS_AT_ONCE)
    except DatabaseUnavailable:
        return []
