"""What is kept for a connection outside it, so that all processes share it: tokens, budgets, pauses and notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from foresell.sources.connectors.tokens import TokenStore


@dataclass(frozen=True, slots=True)
class Notice:
    """A signed notification of the vendor: what happened (`field`) to which of its objects."""

    notice_id: int
    field: str
    media_id: str | None
    comment_id: str | None
    received_at: datetime


class Kept(Protocol):
    """What is kept of one connection."""

    @property
    def tokens(self) -> TokenStore:
        """The tokens of its account."""

    def read_pause(self) -> datetime | None:
        """Until when its vendor must not be called; None where it may be."""

    def save_pause(self, until: datetime) -> None:
        """Call the vendor no more until then, in all processes; a pause that ends later stays."""

    def take_hashtag(self, hashtag: str, now: datetime) -> bool:
        """Whether this hashtag may be searched now. It is noted before the search, as one that fails may count too."""

    def list_notices(self, after: int) -> Sequence[Notice]:
        """The notifications after this number, in their order."""
