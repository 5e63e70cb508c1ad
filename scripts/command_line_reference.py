"""Writes docs/command-line.md from the program itself; a test fails when the file is not what this writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.main import get_command

from foresell import errors
from foresell.cli.app import app

FILE = Path(__file__).parents[1] / "docs" / "command-line.md"
HEAD = """# Command line

Written by `make docs` from the program itself. Settings come from the environment or a `.env` file in the current folder:

| setting | default | what |
|---|---|---|
| `FORESELL_HOME` | `./var` | the folder that holds everything Foresell writes; two homes never touch |
| `DATABASE_URL` | the embedded PostgreSQL 18 | a PostgreSQL of your own |
| `FORESELL_OWNER_URL` | `DATABASE_URL` | the login that runs migrations there |
| `FORESELL_MEMORY_GIB` | 3 | what a DuckDB engine may use; a load uses half |
| `FORESELL_THREADS` | all cores | its workers |
| `FORESELL_PORT` | 8000 | where `up` and `serve` answer |
| `FORESELL_WEB_WORKERS` | one a core, at most 2 | how many processes answer |
| `FORESELL_UPLOAD_MIB` | 512 | how large one uploaded file may be |
| `FORESELL_PUBLIC_URL` | this machine only | where browsers reach Foresell, such as `https://sales.example.com`; passkeys and cookies are bound to it |
| `FORESELL_OIDC` | none | the names of your sign-in providers: [how](how-to/sign-in-with-your-company.md) |
| `FORESELL_KMS_KEY` | files in the home | the AWS KMS key (id, ARN or alias) that encrypts the keys of contact data; needs `foresell[kms]` |
| `FORESELL_USER_RATE` | 3000 | requests a minute of one user, per process |
| `FORESELL_ADDRESS_RATE` | 600 | requests a minute without a sign-in, per address and process |
| `FORESELL_CORS_ORIGINS` | none | other sites whose pages may call the API |
| `FORESELL_VERBOSE` | off | a line of log for every request |
| `OTEL_EXPORTER_OTLP_ENDPOINT` | none | a collector of traces (OTLP over HTTP) |
| `FORESELL_DEBUG` | off | show the traceback of an unexpected error |

Shell completion: `foresell --install-completion`.
"""


def reference() -> str:
    """The whole page."""
    root: Any = get_command(app)
    return HEAD + _exit_codes() + "\n## Commands\n" + "".join(_page(command, name) for name, command in _walk(root))


def _exit_codes() -> str:
    known = [errors.ForesellError, *errors.ForesellError.__subclasses__()]
    classes = [each for each in known if each.__module__ == errors.__name__]  # whatever else was imported
    rows = sorted({(each.exit_code, (each.__doc__ or "").strip()) for each in classes})
    lines = "".join(f"| {code} | {words} |\n" for code, words in rows)
    return f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | Done. |\n{lines}| 130 | Interrupted. |\n"


def _walk(group: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, command in sorted(group.commands.items()):
        found.append((prefix + name, command))
        if getattr(command, "commands", None):
            found += _walk(command, f"{prefix}{name} ")
    return found


def _page(command: Any, name: str) -> str:
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
    FILE.write_text(reference(), encoding="utf-8")
