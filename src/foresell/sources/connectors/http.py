"""Calls to the API of a vendor: a budget of calls a second, retries of what may pass, and errors in the words of the contract.

Only GET and POST, to one host given in advance; redirects are not followed and answers are bounded.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import httpx2
import stamina

import foresell
from foresell.sources.contract import TransientError

stamina.instrumentation.set_on_retry_hooks(())  # a sync says itself how many calls were repeated

#: Statuses that may pass by themselves.
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is retried: `attempts` in all, waiting from `first` seconds, doubled each time, up to `longest`.

    A vendor that asks for more than `longest` seconds ends the reading instead; it goes on at the time the vendor named.
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor answered: `body` is its JSON, with money as Decimal."""

    status: int
    body: Any
    headers: Mapping[str, str]
    url: str


class Guard(Protocol):
    """Looks at every call of a client, also at those made again. What it raises is handled like an error of the call."""

    def before_call(self) -> None:
        """Raises TransientError where no call may be made now."""

    def after_answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Raises TransientError for an answer that is an error that may pass."""


@dataclass
class ApiClient:
    """Calls one host. `requests` and `retries` count the calls made; `per_second` bounds them."""

    base_url: str
    per_second: float
    timeout: float = 60.0
    patience: Patience = field(default_factory=Patience)
    requests: int = 0
    retries: int = 0
    guard: Guard | None = None
    _next_at: float = 0.0
    _http: httpx2.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = httpx2.Client(
            base_url=self.base_url,
            timeout=self.timeout,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"Foresell/{foresell.__version__}", "Accept": "application/json"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The JSON answer of a GET. Raises TransientError when it does not come in all attempts."""
        return self._call("GET", path, params=params, headers=headers)

    def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """The JSON answer of a POST of a form. Raises TransientError when it does not come in all attempts."""
        return self._call("POST", path, form=form, headers=headers)

    def _call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        for attempt in stamina.retry_context(
            on=self._wait_for,
            attempts=self.patience.attempts,
            timeout=None,
            wait_initial=self.patience.first,
            wait_max=self.patience.longest,
            wait_jitter=self.patience.first / 2,
        ):
            with attempt:
                self.retries += attempt.num > 1
                return self._call_once(method, path, params, form, headers)
        raise AssertionError("the last attempt returns or raises")

    def _wait_for(self, error: Exception) -> bool | float:
        """Whether to call again, or after how many seconds."""
        if not isinstance(error, TransientError):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self.patience.longest else False

    def _call_once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        if self.guard:
            self.guard.before_call()
        self._await_turn()
        self.requests += 1
        try:
            with self._http.stream(
                method, path, params=params, data=dict(form) if form is not None else None, headers=headers
            ) as response:
                content = _read_bounded(response)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise TransientError(
                f"{self._host} does not answer ({type(error).__name__}).", remedy="It is tried again by itself."
            ) from None
        if self.guard:
            self.guard.after_answer(response.status_code, response.headers, content)
        if response.status_code in TRANSIENT:
            raise TransientError(
                f"{self._host} answers {response.status_code}.",
                remedy="It is tried again by itself.",
                retry_after=read_retry_after(response.headers.get("retry-after")),
                over_quota=response.status_code == 429,
            )
        try:
            body = json.loads(content, parse_float=Decimal) if content else None
        except ValueError:
            if response.status_code == 200:
                raise TransientError(
                    f"{self._host} answers with something that is not JSON.", remedy="It is tried again by itself."
                ) from None
            body = None
        return Answer(response.status_code, body, response.headers, str(response.url))

    def _await_turn(self) -> None:
        """Wait until the budget allows another call."""
        now = time.monotonic()
        if now < self._next_at:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self.per_second

    @property
    def _host(self) -> str:
        return self._http.base_url.host


def read_retry_after(text: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date (RFC 9110, 10.2.3); None where it says nothing."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None


def _read_bounded(response: httpx2.Response) -> bytes:
    """The whole body. Raises TransientError when it is larger than any page can be."""
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise TransientError(f"{response.url.host} sends more than {MOST_BYTES >> 20} MiB in one answer.")
        parts.append(part)
    return b"".join(parts)
