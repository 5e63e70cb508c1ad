"""Rate limits: per user, and per address for requests without a sign-in. Each process counts for itself."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from foresell.errors import TooManyRequests
from foresell.settings import Settings

#: The window in seconds: a page that sends twenty requests at once stays below the limit.
WINDOW_SECONDS = 10
EXPORTS_A_MINUTE = 20
#: Contact details are shown one customer at a time; more than a person can read is a copy, which is an export.
REVEALS_A_MINUTE = 30
#: Requests that send events, of up to 1,000 each: programs may send far more often than pages ask.
EVENT_REQUESTS_A_SECOND = 500
#: Signing in and the like, as a share of what an address may ask.
AUTH_SHARE = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a limit for one client: `left` requests of `most` until `reset` seconds from now."""

    name: str
    most: int
    window: int
    left: int
    reset: int

    def headers(self) -> dict[str, str]:
        """RateLimit and RateLimit-Policy."""
        return {
            "ratelimit-policy": f'"{self.name}";q={self.most};w={self.window}',
            "ratelimit": f'"{self.name}";r={self.left};t={self.reset}',
        }


class Limits:
    """The counters of one process. Each question counts a request; raises RateLimited when there were enough."""

    def __init__(self, settings: Settings) -> None:
        self._counters = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._user = _rate("user", settings.user_rate * WINDOW_SECONDS / 60, WINDOW_SECONDS)
        self._address = _rate("address", settings.address_rate, 60)
        self._auth = _rate("auth", settings.address_rate / AUTH_SHARE, 60)
        self._export = _rate("export", EXPORTS_A_MINUTE, 60)
        self._events = _rate("events", EVENT_REQUESTS_A_SECOND * WINDOW_SECONDS, WINDOW_SECONDS)
        self._reveal = _rate("reveal", REVEALS_A_MINUTE, 60)

    def user(self, user_id: int) -> Standing:
        """One request more of a user."""
        return self._count(self._user, str(user_id))

    def events(self, user_id: int) -> Standing:
        """One request more of a user that sends events."""
        return self._count(self._events, str(user_id))

    def address(self, address: str) -> Standing:
        """Count one request of a client who is not signed in."""
        return self._count(self._address, address)

    def auth(self, address: str) -> Standing:
        """One request more that signs in, or tries to."""
        return self._count(self._auth, address)

    def export(self, user_id: int) -> Standing:
        """One export more of a user."""
        return self._count(self._export, str(user_id))

    def reveal(self, user_id: int) -> Standing:
        """One customer more whose contact details a user sees or searches by."""
        return self._count(self._reveal, str(user_id))

    def _count(self, item: RateLimitItemPerSecond, whose: str) -> Standing:
        allowed = self._counters.hit(item, whose)
        reset, left = self._counters.get_window_stats(item, whose)
        standing = Standing(
            item.namespace, item.amount, item.get_expiry(), max(left, 0), max(math.ceil(reset - time.time()), 1)
        )
        if not allowed:
            raise RateLimited(standing)
        return standing


class RateLimited(TooManyRequests):
    """Too many requests; wait a little."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(remedy=f"Try again in {standing.reset} seconds.", retry_after=standing.reset)
        self.standing = standing


def _rate(name: str, most: float, seconds: int) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(max(round(most), 1), seconds, namespace=name)
