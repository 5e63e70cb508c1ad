"""What a spreadsheet or a watched folder hands over: a file, which is read like an uploaded one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """One file of rows. `path` is a copy that no one changes, deleted with the page; `name` is what people call it.

    `is_whole`: it always holds all rows, so that an order it no longer has is gone.
    """

    path: Path
    name: str
    is_whole: bool
