"""Writes docs/error-codes.md from the program itself; with --check it only says whether the file is what this writes."""

from __future__ import annotations

import sys
from pathlib import Path

from foresell.api.http.error_handlers import problem_type
from foresell.errors import error_classes

FILE = Path(__file__).parents[1] / "docs" / "error-codes.md"
HEAD = """# Error codes

Written by `make docs` from the program itself.

Every failed request answers with problem details (RFC 9457, `application/problem+json`). `code` says what kind of problem it
is and never changes; `type` is its address, which answers with the line below; `detail` and `remedy` are sentences for people
and may change. Decide by `code`.

| code | status | meaning | try again unchanged | type |
|---|---|---|---|---|
"""


def error_codes() -> str:
    """The whole page."""
    rows = [
        f"| `{error.code}` | {error.http_status} | {(error.__doc__ or '').strip().splitlines()[0].rstrip('.')} |"
        f" {'yes' if error.retryable else 'no'} | `{problem_type(error.code)}` |"
        for error in error_classes()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.write_text(error_codes(), encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != error_codes():
        sys.exit("docs/error-codes.md is out of date. Run: make docs")
