"""Generates docs/command-line.md from the program; a test fails when the file is out of date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.main import get_command

from foresell import errors
from foresell.cli.app import app, register_commands

FILE = Path(__file__).parents[1] / "docs" / "command-line.md"
HEAD = """# Command line

Written by `make docs` from the program itself. Settings come from the environment or a `.env` file in the current folder:

| setting | default | meaning |
|---|---|---|
| `FORESELL_HOME` | `./var` | the folder for everything Foresell writes; each home is a separate installation |
| `DATABASE_URL` | the embedded PostgreSQL 18 | an external PostgreSQL server |
| `FORESELL_OWNER_URL` | `DATABASE_URL` | the login that runs migrations on it |
| `FORESELL_MEMORY_GIB` | 3 | the memory limit of a DuckDB engine; a load uses half of it |
| `FORESELL_THREADS` | all cores | the threads of a DuckDB engine |
| `FORESELL_PORT` | 8000 | the port of `up` and `serve` |
| `FORESELL_WEB_WORKERS` | one per core, at most 2 | the number of API processes |
| `FORESELL_UPLOAD_MIB` | 512 | the largest upload accepted |
| `FORESELL_PUBLIC_URL` | this machine only | the URL under which browsers reach Foresell, such as `https://sales.example.com`; passkeys and cookies are bound to it |
| `FORESELL_HOSTS` | none | further host names by which Foresell is called, such as `foresell` within a network of containers; localhost, IP addresses and the host of the public URL always work |
| `FORESELL_OIDC` | none | the names of your sign-in providers: [how](how-to/sign-in-with-your-company.md) |
| `FORESELL_KMS_KEY` | files in the home | the AWS KMS key (id, ARN or alias) that encrypts the keys of contact data; needs `foresell[kms]` |
| `FORESELL_USER_RATE` | 3000 | requests per minute and user, per process |
| `FORESELL_ADDRESS_RATE` | 600 | requests per minute and address without a sign-in, per process |
| `FORESELL_CORS_ORIGINS` | none | other origins whose pages may call the API |
| `FORESELL_VERBOSE` | off | log every request |
| `OTEL_EXPORTER_OTLP_ENDPOINT` | none | a collector for traces (OTLP over HTTP) |
| `FORESELL_DEBUG` | off | show the traceback of an unexpected error |

Shell completion: `foresell --install-completion`.
"""


def render_reference() -> str:
    """The whole page."""
    register_commands(())
    root: Any = get_command(app)
    return (
        HEAD
        + _render_exit_codes()
        + "\n## Commands\n"
        + "".join(_render_command(command, name) for name, command in _list_commands(root))
    )


def _render_exit_codes() -> str:
    """One row per exit code, with the meaning of the first error declared with it."""
    classes = [errors.ForesellError, *errors.ForesellError.__subclasses__()]
    meanings: dict[int, str] = {}
    for each in classes:
        if each.__module__ == errors.__name__:  # not those of other modules
            meanings.setdefault(each.exit_code, (each.__doc__ or "").strip())
    lines = "".join(f"| {code} | {words} |\n" for code, words in sorted(meanings.items()))
    return f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | Success. |\n{lines}| 130 | Interrupted. |\n"


def _list_commands(group: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, command in sorted(group.commands.items()):
        found.append((prefix + name, command))
        if getattr(command, "commands", None):
            found += _list_commands(command, f"{prefix}{name} ")
    return found


def _render_command(command: Any, name: str) -> str:
    parameters = [p for p in command.params if p.name != "help"]
    arguments = [p for p in parameters if p.param_type_name == "argument"]
    options = [p for p in parameters if p.param_type_name == "option"]
    usage = " ".join(
        ["foresell", name, *(f"[{a.name.upper()}]" if not a.required else a.name.upper() for a in arguments)]
    )
    text = f"\n### `{usage}`\n\n{' '.join((command.help or '').split())}\n"
    rows = [(f"`{a.name.upper()}`", a.help or "") for a in arguments]
    rows += [(", ".join(f"`{o}`" for o in (*p.opts, *p.secondary_opts)), p.help or "") for p in options]
    if rows:
        text += "\n| | |\n|---|---|\n" + "".join(f"| {left} | {right} |\n" for left, right in rows)
    return text


if __name__ == "__main__":
    FILE.write_text(render_reference(), encoding="utf-8")
