"""Commands that serve: up, down, serve, worker."""

from __future__ import annotations

from typing import Annotated

import typer

from foresell.cli import printing
from foresell.cli.installation import print_first_link, run_installation, stop_installation
from foresell.cli.supervisor import Supervisor, open_listener
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.store.database import open_database

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="The port to listen on (default: FORESELL_PORT, else 8000).")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, down, serve, worker):
        app.command()(command)


def up(port: Port = None) -> None:
    """Run database, API and worker on this machine until Ctrl-C. Processes that die are restarted."""
    run_installation(read_settings(), port)


def down() -> None:
    """Stop `foresell up` and the embedded database of this home."""
    settings = read_settings()
    stopped = stop_installation(settings)
    printing.print_text("Foresell is down." if stopped else f"Nothing was running on {settings.home}.")


def serve(
    port: Port = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Run only the API, for production.

    Put a TLS proxy in front, use an external database, and run `foresell worker` as well. Beyond this machine (`--host`) it listens
    only with an https `FORESELL_PUBLIC_URL`.
    """
    settings = read_settings()
    if host not in ("127.0.0.1", "::1", "localhost") and not (settings.public_url or "").startswith("https:"):
        raise UsageError(
            f"On {host} passwords would cross the network in clear text.",
            remedy="Put a TLS proxy in front and set FORESELL_PUBLIC_URL to its https address.",
        )
    with (
        open_listener(settings, host, port) as listener,
        Supervisor(settings, listener, worker=False) as supervisor,
    ):
        database = open_database(settings)
        supervisor.serve()
        origin = settings.public_url or f"http://{host}:{listener.getsockname()[1]}"
        printing.print_text(f"The API answers on {origin}. Stop with Ctrl-C.")
        print_first_link(settings, database, origin)
        supervisor.watch()


def worker() -> None:
    """Run only the worker, for production.

    It executes the imports, undos and refreshes requested in the API. Several may run.
    """
    from foresell.worker import run_worker

    settings = read_settings()
    open_database(settings)
    printing.print_text("The worker is waiting for jobs. Stop with Ctrl-C.")
    run_worker(settings)
