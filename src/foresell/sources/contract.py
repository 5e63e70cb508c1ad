"""The contract of a source: one outside system, read page by page. A source knows no database.

The caller keeps what a source hands over. For each page, in one transaction, it stores the records, applies the
deletions and saves the cursor, so a cursor is never ahead of the data. It retries a `TransientError`, stops at every
other ForesellError and tells a person, and compares the source's totals with what it holds.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from foresell.errors import ForesellError

#: What a page carries: a sequence of `Record`, or a handle to data that never becomes Python objects (`types.Staging`).
Content = TypeVar("Content", covariant=True)

#: How a stream reports deleted records: as keys in its pages (log), by leaving them out of a complete listing, or not.
Deletes = Literal["log", "listing", "none"]
#: Why a person must act before this source can be read again.
Reason = Literal["authentication", "permission", "quota", "policy", "drift", "defect"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record a source offers, and the terms on which it may be read and kept."""

    name: str
    key: tuple[str, ...]  # the fields that identify a record in the source; never a row number
    deletes: Deletes
    resumable: bool  # whether reading from a cursor brings only what changed since
    licence: str  # such as "own data" or "ODbL 1.0"
    legal_basis: str  # why personal data may be processed, such as "contract"; "none" where there is none in it
    retention_days: int | None = None  # None: as long as the customer is kept
    requests_per_minute: int | None = None  # None: no limit is known
    keeps_documents: bool = True  # False: about people; once loaded, only key and version of a record are kept
    listings_until_gone: int = 1  # complete listings in a row without a record after which it is deleted


@dataclass(frozen=True, slots=True)
class Connection:
    """The result of a check: what was reached, in words for the page, such as an account or a file name."""

    reached: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a stream. Only the source that wrote it interprets it; taken from the source's data and clock."""

    position: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the source sent it. `version` changes with every edit; `origin` is the URL or call it came from."""

    key: str
    version: str
    document: Mapping[str, Any]  # money as Decimal, never as float
    updated_at: datetime | None
    fetched_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Total:
    """A figure the source states about all its current records, such as their count or the revenue of a month."""

    name: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Page(Generic[Content]):
    """One step of reading.

    `next_cursor`: where to continue once this page is stored; None where resuming would lose or repeat records silently.
    `complete`: this page ends a full listing, so a stored key that no page of the reading contained is deleted.
    `totals`: of the page that ends a reading from the beginning: `count`, how many records it must have contained at least.
    """

    records: Content
    deletions: tuple[str, ...] = ()
    next_cursor: Cursor | None = None
    complete: bool = False
    totals: tuple[Total, ...] = ()


class Source(Protocol[Content]):
    """One outside system. An instance holds its settings and credentials; nothing is read until `check` or `read`."""

    def discover(self) -> Sequence[Stream]:
        """The streams this source offers."""

    def check(self) -> Connection:
        """Prove with one cheap call that the source can be read. Raises what `read` raises."""

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Content], None, None]:
        """The pages of a stream from `cursor` on, all of it without one; no pages when nothing changed.

        A page is valid until the next one is requested or the generator is closed: close it (`contextlib.closing`).
        Raises UnknownStream, TransientError (try again later) or any other ForesellError (a person must act).
        """


class UnknownStream(ForesellError):
    """The source has no such stream."""

    http_status = 404


class TransientError(ForesellError):
    """The source does not answer as it should; the next try may succeed."""

    exit_code = 18
    http_status = 503
    retryable = True

    def __init__(
        self,
        message: str | None = None,
        *,
        remedy: str | None = None,
        retry_after: float | None = None,
        over_quota: bool = False,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after  # seconds the source asked for; goes before any back-off of ours
        self.over_quota = over_quota  # the source says that it was called too often


class TerminalError(ForesellError):
    """The source refuses to be read; trying again unchanged cannot help."""

    exit_code = 18
    http_status = 409
    remedies: ClassVar[Mapping[Reason, str]] = {
        "authentication": "Sign in to the source again.",
        "permission": "Have the owner of the source grant access again.",
        "quota": "Wait until the quota is renewed, or have it raised.",
        "policy": "The source does not allow this; read the terms it names.",
        "drift": "The source changed its fields; compare them with the mapping.",
        "defect": "Report this: the request of Foresell was wrong.",
    }

    def __init__(self, message: str | None = None, *, reason: Reason, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy or self.remedies[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A total of the source that differs from what is held; `held` is None where nothing was measured for it."""

    name: str
    stated: Decimal
    held: Decimal | None


def find_stream(source: Source[Any], name: str) -> Stream:
    """The stream of that name. Raises UnknownStream."""
    streams = {stream.name: stream for stream in source.discover()}
    if name not in streams:
        raise UnknownStream(f"There is no stream {name!r}.", remedy=f"The streams are {', '.join(streams)}.")
    return streams[name]


def reconcile(stated: Iterable[Total], held: Mapping[str, Decimal]) -> list[Mismatch]:
    """The totals that do not agree to the last digit. A total without a measured value is a mismatch too."""
    return [
        Mismatch(total.name, total.value, held.get(total.name))
        for total in stated
        if held.get(total.name) != total.value
    ]
