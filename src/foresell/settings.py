"""Settings, built once at the entrance and handed in; importing this module reads nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from foresell.errors import UsageError


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Foresell lives and how much it may use.

    `home` holds everything Foresell writes (database, snapshots, rejected rows, keys): two homes never touch.
    `database_url` is a PostgreSQL URL of the user's own server, or None for the embedded one below `home`.
    `memory_gib` caps each DuckDB engine (a load uses half of it), `threads` its workers.
    """

    home: Path
    database_url: str | None = None
    owner_url: str | None = None
    memory_gib: float = 3.0
    threads: int = 2

    @property
    def snapshots(self) -> Path:
        """The folder of published snapshot files."""
        return self.home / "snapshots"

    @property
    def rejects(self) -> Path:
        """The folder of rejected rows, one file per load that had any."""
        return self.home / "rejects"

    @property
    def work(self) -> Path:
        """Scratch space; whatever lies here belongs to a running command or may be deleted."""
        return self.home / "work"


def read_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Settings from the environment over an optional `.env` file in the current folder.

    Raises UsageError naming the variable when one cannot be understood.
    """
    file = env_file or Path(".env")
    values: dict[str, str | None] = {**(dotenv_values(file) if file.is_file() else {}), **(environ or os.environ)}

    def number(name: str, default: float, *, whole: bool = False) -> float:
        raw = values.get(name) or ""
        try:
            result = float(raw) if raw else default
        except ValueError:
            result = 0
        if not 0 < result < 1e6 or (whole and result != int(result)):
            raise UsageError(
                f"{name} is {raw!r}, which is not a positive {'whole ' if whole else ''}number.",
                remedy=f"Unset {name} or correct it.",
            )
        return result

    return Settings(
        home=Path(values.get("FORESELL_HOME") or "var").absolute(),
        database_url=values.get("DATABASE_URL") or None,
        owner_url=values.get("FORESELL_OWNER_URL") or values.get("DATABASE_URL") or None,
        memory_gib=number("FORESELL_MEMORY_GIB", 3.0),
        threads=int(number("FORESELL_THREADS", os.cpu_count() or 2, whole=True)),
    )
