"""The tokens of a connected account, which the vendor replaces again and again (OAuth 2.0, RFC 6749)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token with its end, and the refresh token that brings the next one."""

    access: str
    expires_at: datetime
    refresh: str
    refresh_expires_at: datetime | None = None

    def lasts(self, seconds: float) -> bool:
        """Whether the access token can still be used so long."""
        return bool(self.access) and self.expires_at > datetime.now(UTC) + timedelta(seconds=seconds)


#: Brings new tokens for old ones; called while no one else may.
Renew = Callable[[Tokens], Tokens]


class TokenStore(Protocol):
    """Where the tokens of one account are kept. Of all processes, one renews them at a time."""

    def read(self) -> Tokens:
        """The tokens as they are saved. Raises TerminalError when there are none."""

    def renew(self, used: Tokens, renew: Renew) -> Tokens:
        """New tokens, saved before this returns, so that none is used that could be lost.

        `used`: the tokens that do not work any more. When another process has replaced them meanwhile, its tokens are returned
        and `renew` is not called.
        """
