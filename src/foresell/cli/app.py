"""The `foresell` program: its commands, exit codes and error messages."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

import foresell
from foresell import logs
from foresell.cli.printing import err
from foresell.errors import ForesellError
from foresell.secret_files import UMASK

EXIT_CODES = """
Exit codes: 0 success · 1 unexpected error · 2 wrong usage · 3 unreadable input · 4 too many rows rejected ·
5 empty source · 6 database unavailable · 7 busy · 8 not found · 9 not ready · 10 disk error · 11 not signed in ·
12 not allowed · 13 too many attempts · 14 model unavailable · 15 audit log or derived tables changed · 16 sign-in provider failed ·
17 database of another version · 18 a source could not be read · 130 interrupted
"""

#: The module of each command, in the order of `foresell --help`.
MODULES = {
    "demo": "demo",
    "up": "server", "down": "server", "serve": "server", "worker": "server",
    "doctor": "doctor",
    "upgrade": "upgrade", "restore": "upgrade",
    "sql": "console",
    "inspect": "batches", "load": "batches", "batches": "batches", "profile": "batches", "undo": "batches",
    "connect": "sources", "sync": "sources", "sources": "sources",
    "refresh": "runs", "runs": "runs", "rollback": "runs", "backfill": "runs",
    "customers": "customers", "customer": "customers",
    "segments": "segments",
    "lineage": "lineage",
    "calls": "calls",
    "call-log": "call_log",
    "predictions": "predictions", "forecast": "predictions",
    "train": "models", "metrics": "models", "models": "models",
    "users": "users",
    "erase": "privacy", "keys": "privacy",
    "identity": "identity",
    "reviews": "reviews", "social": "social",
    "directories": "directories", "enrich": "enrich",
    "events": "events",
    "audit": "audit", "alarms": "alarms",
}  # fmt: skip

app = typer.Typer(
    name="foresell",
    help="One record per customer, who is likely to buy next, the expected revenue, and how accurate that has been.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register_commands(arguments: Sequence[str]) -> None:
    """Add the commands that these arguments need: the module of the first command named, or all (for help and completion).

    Importing all modules would slow every command down.
    """
    given = next((each for each in arguments if each in MODULES), None)
    for name in [MODULES[given]] if given else dict.fromkeys(MODULES.values()):
        import_module(f"foresell.cli.{name}").register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"foresell {foresell.__version__}")
        raise typer.Exit


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to standard error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Settings are read from the environment or a .env file: FORESELL_HOME, DATABASE_URL, FORESELL_MEMORY_GIB."""
    logs.configure(verbose=verbose)


def main() -> int:
    """Run the command line and return the exit code. Tracebacks are shown only when FORESELL_DEBUG is set."""
    logs.configure()
    os.umask(UMASK)
    try:
        register_commands(sys.argv[1:])
        result = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        return result if isinstance(result, int) else 0
    except ForesellError as error:
        return _print_error(error.message, error.remedy, error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _print_error("Stopped. Completed work is kept; unfinished work was rolled back.", None, 130)
    except TyperException as error:
        return _print_error(error.format_message(), "See: foresell --help", 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        file = f": {error.filename}" if error.filename else ""
        return _print_error(
            f"{error.strerror or error}{file}", "Free some disk space or correct the permissions, then try again.", 10
        )
    except MemoryError:
        return _print_error("Out of memory.", "Lower FORESELL_MEMORY_GIB or use a larger machine.", 1)
    except Exception as error:
        if os.environ.get("FORESELL_DEBUG"):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
        return _print_error(
            f"Unexpected error ({where}). Unfinished work was rolled back.",
            "This is a bug in Foresell. Please report it with the output of the same command under FORESELL_DEBUG=1.",
            1,
        )


def _print_error(message: str, remedy: str | None, code: int) -> int:
    err.print("Error: ", style="bold red", end="")
    err.print(message, markup=False)
    if remedy:
        err.print("→ " + remedy, markup=False)
    return code
