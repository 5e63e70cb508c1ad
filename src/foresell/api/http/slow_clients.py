"""Drops clients that keep a connection busy without getting on: request heads and bodies that drip, answers no one reads.

The limits are those of Apache's mod_reqtimeout: a time for the head, and for the body a time that grows with what has come.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: A new connection may take so long for the whole head of its request; one that was idle, from its first byte on.
HEAD_SECONDS = 10.0
#: A body may take so long, and one second more for every MINIMUM_RATE bytes of it.
BODY_SECONDS = 20.0
MINIMUM_RATE = 500
#: A client may leave a full send buffer unread for so long.
UNREAD_SECONDS = 60.0
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class TimedProtocol(HttpToolsProtocol):
    """One connection, with time limits for what the client does."""

    _head: asyncio.TimerHandle | None = None
    _body: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _is_between_requests = True
    _body_began = 0.0
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: its first request is expected."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_SECONDS, self._drop)

    def connection_lost(self, exc: Exception | None) -> None:
        """No time limit is left over."""
        self._cancel("_head", "_body", "_unread")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request; the first ones after the previous request start the time for the head."""
        if self._is_between_requests:
            self._is_between_requests = False
            if self._head is None:
                self._head = self.loop.call_later(HEAD_SECONDS, self._drop)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is there; a body may follow."""
        super().on_headers_complete()
        self._is_between_requests = False  # also of a request that came along with the one before
        self._cancel("_head")
        self._body_began, self._body_bytes = self.loop.time(), 0
        self._body = self.loop.call_later(BODY_SECONDS, self._check_body)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._cancel("_body")
        self._is_between_requests = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self._cancel("_unread")
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """It read on."""
        self._cancel("_unread")
        super().resume_writing()

    def _check_body(self) -> None:
        """Drop a body that comes too slowly; not one whose bytes wait here to be read."""
        if self.flow.read_paused:
            self._body_began = self.loop.time()
        left = self._body_began + BODY_SECONDS + self._body_bytes / MINIMUM_RATE - self.loop.time()
        if left > 0:
            self._body = self.loop.call_later(left, self._check_body)
        else:
            self._drop()

    def _drop(self) -> None:
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not self._is_between_requests and not is_answering:
            self.transport.write(TIMED_OUT)
        self.transport.close()

    def _cancel(self, *timers: str) -> None:
        for name in timers:
            timer: asyncio.TimerHandle | None = getattr(self, name)
            if timer:
                timer.cancel()
                setattr(self, name, None)
