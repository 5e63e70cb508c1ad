"""The schemas of a database as pg_dump writes them."""

from __future__ import annotations

import re
import subprocess

from foresell.database import embedded_conninfo
from foresell.settings import Settings
from foresell.store import embedded

SCHEMAS = (
    "core",
    "access",
    "privacy",
    "audit",
    "engagement",
    "jobs",
    "api",
    "delivery",
    "web",
    "detection",
    "identity",
    "sources",
    "feedback",
    "quality",
    "social",
    "enrichment",
    "events",
)


def dump(settings: Settings, database: str, *options: str) -> list[str]:
    """Our schemas as lines of SQL with their rows, in the order of pg_dump; `options` are those of pg_dump."""
    conninfo = embedded_conninfo(settings.home, "postgres", database)
    command = [str(embedded.BIN / "pg_dump"), *(f"--schema={name}" for name in SCHEMAS), *options, "-d", conninfo]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if line and not line.startswith(("--", "\\"))]
    return [line for line in lines if not re.match(r"\d+\t\w+\t[0-9a-f]{64}\t", line)]  # rows of schema_migrations
