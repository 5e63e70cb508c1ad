"""What intrusion detection has to know of requests: who used which session or key from where, which customers were opened, what was
refused. Noted in memory, written every two seconds in one statement: it costs a request no query.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb
from starlette.types import Scope

from foresell.access.client_info import ClientInfo
from foresell.access.principal import Principal
from foresell.api.http.app_state import AppState
from foresell.api.http.request_validation import address_of
from foresell.db import AsyncStatements
from foresell.errors import ForesellError
from foresell.logs import logger

SQL = AsyncStatements("foresell.detection")
WRITE_SECONDS = 2.0
#: While the database is away, no more than this is held.
MOST_HELD = 10_000
#: A session or key at the same network is noted this often.
SAME_NETWORK_SECONDS = 300.0
#: By the code of a problem, what is noted.
_KINDS = {"permission_missing": "denied", "customer_not_found": "customer missing"}

log = logger("api")


class _Noted(NamedTuple):
    kind: str
    network: str
    user_id: int | None = None
    session_id: str | None = None
    api_key_id: int | None = None
    account_hash: str | None = None
    customer_id: str | None = None


class ActivityLog:
    """One per process."""

    def __init__(self, web: AppState) -> None:
        self.web = web
        self._held: dict[_Noted, tuple[float, int]] = {}
        self._places: dict[str | int, tuple[str, float]] = {}
        self._writer: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start to write."""
        self._writer = asyncio.create_task(self._keep_writing())

    async def close(self) -> None:
        """Write what is left, and stop."""
        if self._writer:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        await self.write()

    def observe(self, scope: Scope) -> None:
        """Note what the answered request of this scope was, if it matters."""
        for noted in self._describe(scope):
            first, count = self._held.get(noted, (time.monotonic(), 0))
            if count or len(self._held) < MOST_HELD:
                self._held[noted] = first, count + 1

    async def write(self) -> None:
        """Write what is held; it is kept when the database is away."""
        if not self._held:
            return
        held, self._held = self._held, {}
        now = time.monotonic()
        rows = [{**noted._asdict(), "age": now - first, "count": count} for noted, (first, count) in held.items()]
        try:
            async with self.web.transaction(None) as con:
                await SQL.run(con, "alarms.add_activity", rows=Jsonb(rows))
        except ForesellError as error:
            log.warning("activity not written", action="detect", kind=type(error).__name__)
            self._held = {**held, **self._held}
        except psycopg.Error as error:  # what cannot be stored must not stop what follows
            log.error("activity lost", action="detect", kind=type(error).__name__, rows=len(rows))

    def _describe(self, scope: Scope) -> Iterator[_Noted]:
        state = scope.get("state", {})
        principal: Principal | None = state.get("principal")
        problem = state.get("problem")
        if principal is None:
            if "attempted_account" in state and problem in ("wrong_credentials", "too_many_attempts"):
                yield _Noted(
                    "sign-in refused", network_of(address_of(scope)), state.get("attempted_user_id"),
                    account_hash=state["attempted_account"].hex(),
                )  # fmt: skip
            return
        network = network_of(address_of(scope))
        who: dict[str, Any] = {
            "network": network, "user_id": principal.user_id, "session_id": principal.session_id,
            "api_key_id": principal.api_key_id,
        }  # fmt: skip
        if self._is_news(principal, network):
            yield _Noted("used", **who)
        customer = scope.get("path_params", {}).get("customer_id")
        kind = _KINDS.get(problem or "", "customer opened" if problem is None and scope["method"] == "GET" else None)
        if kind == "denied":
            yield _Noted(kind, **who)
        elif kind and customer:
            yield _Noted(kind, **who, customer_id=str(customer).upper()[:20])

    def _is_news(self, principal: Principal, network: str) -> bool:
        key = principal.api_key_id or principal.session_id
        if key is None:
            return False
        known, until = self._places.get(key, ("", 0.0))
        if known == network and until > time.monotonic():
            return False
        if len(self._places) >= MOST_HELD:
            self._places.clear()
        self._places[key] = network, time.monotonic() + SAME_NETWORK_SECONDS
        return True

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self.write()


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """The /24 or /48 of an address, as `ClientInfo` has it; 0.0.0.0/24 for what is no address."""
    try:
        return ClientInfo(str(ip_address(address))).network
    except ValueError:
        return ClientInfo("0.0.0.0").network  # noqa: S104
