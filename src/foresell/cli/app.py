"""The `foresell` program: its commands, its exit codes, and what it says when something is wrong."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

import foresell
from foresell import logs
from foresell.cli import audit, data, models, predictions, scoring, segments, server, users
from foresell.cli.printing import err
from foresell.errors import ForesellError

EXIT_CODES = """
Exit codes: 0 done · 1 unexpected · 2 wrong usage · 3 unreadable input · 4 too many rows rejected ·
5 empty source · 6 database unavailable · 7 busy · 8 not found · 9 not ready · 10 disk full · 11 not signed in ·
12 not allowed · 13 too many attempts · 14 model unavailable ·
15 audit broken · 16 sign-in provider · 130 interrupted
"""

app = typer.Typer(
    name="foresell",
    help="Who your customers are, who will buy next, what that is worth, and how often that was right.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (server, data, scoring, segments, predictions, models, users, audit):
    group.register(app)


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
    """Settings come from the environment or a .env file: FORESELL_HOME, DATABASE_URL, FORESELL_MEMORY_GIB."""
    logs.configure(verbose=verbose)


def main() -> int:
    """Run the command line; returns the exit code. No traceback reaches a user unless FORESELL_DEBUG is set."""
    logs.configure()
    try:
        result = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        return result if isinstance(result, int) else 0
    except ForesellError as error:
        return _tell(error.message, error.remedy, error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _tell("Stopped. What was committed before is kept; nothing half-done is.", None, 130)
    except TyperException as error:
        return _tell(error.format_message(), "See: foresell --help", 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        return _tell(
            f"{error.strerror or error}{named}", "Free some space or correct the permissions, then try again.", 10
        )
    except MemoryError:
        return _tell("Out of memory.", "Lower FORESELL_MEMORY_GIB or use a larger machine.", 1)
    except Exception as error:
        if os.environ.get("FORESELL_DEBUG"):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
        return _tell(
            f"Something unexpected happened ({where}). Nothing half-done was kept.",
            "This is a fault in Foresell: please report it, with the output of the same command under FORESELL_DEBUG=1.",
            1,
        )


def _tell(message: str, remedy: str | None, code: int) -> int:
    err.print("Error: ", style="bold red", end="")
    err.print(message, markup=False)
    if remedy:
        err.print("→ " + remedy, markup=False)
    return code
