"""One process that answers requests: `python -m foresell.api.serve FD`, on a listening socket handed down to it.

With the argument `single-user`, the only user of an embedded database needs no second factor (see Settings).
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from types import FrameType

import uvicorn

from foresell import logs
from foresell.api.app import create_app
from foresell.api.http.live_events import LiveEvents
from foresell.api.http.slow_clients import TimedProtocol
from foresell.parent_watch import await_go
from foresell.settings import Settings, read_settings

#: How long requests under way may take to finish when the process is asked to stop.
GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """Ends the live streams, which never end by themselves, when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, live: LiveEvents) -> None:
        super().__init__(config)
        self.live = live

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On a signal, in the main thread."""
        self.live.stop()
        super().handle_exit(sig, frame)


def server(settings: Settings) -> Server:
    """A server of the API. Only behind a public address is a proxy believed about who is asking."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=TimedProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.public_url is not None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, app.state.live)


def main() -> None:
    """Serve on the inherited socket until told to stop."""
    logs.configure(verbose=bool(os.environ.get("FORESELL_VERBOSE")))
    listener = socket.socket(fileno=int(sys.argv[1]))
    settings = read_settings()
    if "single-user" in sys.argv[2:] and settings.database_url is None and settings.public_url is None:
        settings = replace(settings, single_user=not settings.hosts)
    ready = server(settings)
    await_go()
    ready.run(sockets=[listener])


if __name__ == "__main__":
    main()
