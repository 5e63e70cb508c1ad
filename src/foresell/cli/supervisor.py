"""Supervises the processes of an installation: the API on one listening socket, and the worker."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from foresell.cli import printing, processes
from foresell.cli.processes import SupervisedProcess
from foresell.errors import Busy, DatabaseUnavailable, DiskTrouble
from foresell.settings import Settings
from foresell.store import embedded
from foresell.tempdirs import clear_temporary_folders, temporary_folder

WATCH_SECONDS = 0.5
#: How long the database is waited for before the other processes are looked after again.
RESTART_SECONDS = 10.0


class Supervisor:
    """Several API processes on one listening socket and, with `worker` (`foresell up`), one worker.

    On entry one API process imports its modules; `go` lets it begin and, once it answers, starts the others, so that the
    first start has all of the machine; `watch` restarts what dies (and an embedded database) until a signal arrives;
    on exit the API stops first, then the worker.
    """

    def __init__(self, settings: Settings, listener: socket.socket, *, worker: bool) -> None:
        self.settings = settings
        self.listener = listener
        self.has_worker = worker
        self.stopped = threading.Event()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopped.set())
        clear_temporary_folders(self.settings.work)
        self.metrics = self._stack.enter_context(temporary_folder(self.settings.work, "metrics"))
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(self.metrics)}
        fd = self.listener.fileno()
        arguments = [str(fd), *(["single-user"] if self.has_worker else [])]
        self.api = [
            SupervisedProcess("API", "foresell.api.serve", arguments, [fd], environment)
            for _ in range(self.settings.web_workers)
        ]
        worker = SupervisedProcess("worker", "foresell.worker", environment=environment)
        self.workers = [worker] if self.has_worker else []
        self._stack.callback(processes.stop_all, self.workers)
        self._stack.callback(processes.stop_all, self.api)
        self.api[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def serve(self) -> None:
        """Start serving; the database must be available. Raises ForesellError when the API keeps stopping."""
        self.api[0].start_work()
        while not self._api_answers() and not self.stopped.is_set():
            self._restart_dead()
        for process in (*self.api[1:], *self.workers):
            process.start()
            process.start_work()

    def watch(self) -> None:
        """Restart processes that die, until a signal arrives."""
        trouble = ""
        while not self.stopped.wait(WATCH_SECONDS):
            self._restart_dead()
            if self.settings.database_url or embedded.is_running(self.settings.home):
                trouble = ""
            else:
                trouble = self._restart_database(trouble)

    def _restart_database(self, trouble: str) -> str:
        """Try for a short time; a lasting trouble (a full disk, a suspended server) is printed once. Returns the trouble."""
        if not trouble:
            printing.print_note("The database does not answer; restarting it.")
        try:
            embedded.ensure_running(self.settings.home, RESTART_SECONDS)
        except (DatabaseUnavailable, DiskTrouble) as error:
            found = error.message.partition("\n")[0]
            if found != trouble:
                printing.print_note(f"{error.message} {error.remedy}")
            return found
        return ""

    def _api_answers(self) -> bool:
        """Whether the API answers. The socket is already listening, so a request waits instead of failing."""
        host, port = self.listener.getsockname()[:2]
        connection = HTTPConnection(host, port, timeout=WATCH_SECONDS)
        with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
            connection.request("GET", "/api/health")
            return connection.getresponse().status == HTTPStatus.OK
        return False

    def _restart_dead(self) -> None:
        for process in (*self.api, *self.workers):
            if dead := process.restart_if_dead():
                printing.print_note(f"The {process.name} had stopped; it was restarted.")
                processes.delete_gauges(self.metrics, dead)


@contextmanager
def open_listener(
    settings: Settings, host: str, port: int | None, *, any_port: bool = False
) -> Iterator[socket.socket]:
    """A listening socket on `port`, by default FORESELL_PORT. With `any_port`, on a free port where that one is taken.

    Raises Busy when the port cannot be used.
    """
    wanted = port or settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
        except OSError as error:
            if not any_port or error.errno != errno.EADDRINUSE:
                raise Busy(
                    f"Port {wanted} on {host} cannot be used: {error.strerror}.",
                    remedy="Choose another: --port, or FORESELL_PORT.",
                ) from None
            listener.bind((host, 0))
            printing.print_note(f"Port {wanted} is used by another program; using {listener.getsockname()[1]} instead.")
        listener.listen(2048)
        yield listener
