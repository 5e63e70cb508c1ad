"""Writes docs/security/access.md, who may do what, from the schema; with --check it only says whether the file is that."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "security" / "access.md"
SCHEMA = ROOT / "src" / "foresell" / "store" / "schema" / "3_access.sql"
HEAD = """# Who may do what

Written by `make docs` from the schema. What is not granted is denied: each operation of the API declares its permission, and an
operation without one keeps the API from starting. Which customers a role reaches (its scope) PostgreSQL enforces a second time by
row-level security. An API key has at most its owner's permissions, never `users.manage`, `keys.manage`, `privacy.erase` or
`contacts.export`, and `contacts.reveal` only by an administrator's grant with a reason.

"""


def access_matrix() -> str:
    """The whole page."""
    schema = SCHEMA.read_text(encoding="utf-8")
    roles = [_values(row) for row in _rows(schema, "roles")]
    permissions = [_values(row)[:2] for row in _rows(schema, "permissions")]
    granted = dict(re.findall(r"\('(\w+)', array\[(.*?)\]\)", _statement(schema, "role_permissions"), re.DOTALL))
    held = {role: set(re.findall(r"'([\w.]+)'", names)) for role, names in granted.items()}
    held["admin"] = {name for name, _ in permissions}
    lines = [
        "| role | customers | what it is for | second factor | reveals a day | contact exports a day |",
        "|---|---|---|---|---|---|",
    ]
    for role, scope, what, factor, *limits in roles:
        shown = [limit.replace("null", "") for limit in limits]
        required = "required" if factor == "true" else "each user's choice"
        lines.append(f"| {role} | {scope} | {what} | {required} | {' | '.join(shown)} |")
    names = [role for role, *_ in roles]
    lines += ["", f"| permission | | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for permission, what in permissions:
        marks = ["yes" if permission in held[role] else "" for role in names]
        lines.append(f"| `{permission}` | {what} | {' | '.join(marks)} |")
    return HEAD + "\n".join(lines) + "\n"


def _statement(schema: str, table: str) -> str:
    found = re.search(rf"^insert into {table} .*?;$", schema, re.DOTALL | re.MULTILINE)
    assert found, table
    return found[0]


def _rows(schema: str, table: str) -> list[str]:
    return re.findall(r"^\((.*)\)[,;]$", _statement(schema, table), re.MULTILINE)


def _values(row: str) -> list[str]:
    return [text.replace("''", "'") or plain for text, plain in re.findall(r"'((?:[^']|'')*)'|(\w+)", row)]


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.write_text(access_matrix(), encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != access_matrix():
        sys.exit("docs/security/access.md is out of date. Run: make docs")
