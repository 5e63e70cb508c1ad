"""Rejected rows: written to a file for the user; too many of them stop the load."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb

from foresell.errors import EmptySource, TooManyRejects
from foresell.types import Staging


def locate_rejects(folder: Path, source: str, file_name: str, file_sha256: str) -> Path:
    """The path of the rejects file of a load; it exists only if the load had rejects."""
    return folder / f"{source}-{Path(file_name).stem[:80]}-{file_sha256[:8]}.csv".replace("/", "_")


def write_rejects(staging: Staging, folder: Path) -> Path | None:
    """The rejected rows as a CSV only this user can read (they may hold personal data); None when there are none."""
    if not staging.rejected:
        return None
    return save_rejects(staging.con, locate_rejects(folder, staging.source, staging.file_name, staging.file_sha256))


def save_rejects(con: duckdb.DuckDBPyConnection, file: Path) -> Path:
    """The rows of `staged_rejects` as a CSV only this user can read. Returns `file`."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    con.execute(
        'copy (select file, line, column_name as "column", '
        # a spreadsheet must not run a formula in a cell
        "case when regexp_matches(value, '^\\s*[=+@-]') and try_cast(value as double) is null"
        " then chr(39) || value else value end as value, reason from staged_rejects order by file, line)"
        f" to '{str(file).replace(chr(39), chr(39) * 2)}' (header, delimiter ',')"
    )
    file.chmod(0o600)  # the copy replaced the file
    return file


def erase_rejected_rows(folder: Path, is_about: Callable[[str], bool]) -> int:
    """Remove the rejected rows whose value or reason is about a person from all rejects files. Returns how many."""
    csv.field_size_limit(1 << 30)
    erased = 0
    for file in folder.glob("*.csv"):
        draft = file.with_suffix(".draft")
        with file.open(encoding="utf-8", newline="") as old, draft.open("w", encoding="utf-8", newline="") as new:
            rows = list(csv.reader(old))
            kept = rows[:1] + [row for row in rows[1:] if not any(map(is_about, row[3:]))]
            csv.writer(new, lineterminator="\n").writerows(kept)
        if len(kept) < len(rows):
            draft.replace(file)
            erased += len(rows) - len(kept)
        draft.unlink(missing_ok=True)
    return erased


def check_rejects(staging: Staging, rejects_file: Path | None, max_rejected: float) -> None:
    """Raises EmptySource when nothing was read, TooManyRejects above `max_rejected` percent of the lines."""
    if staging.lines_read == 0:
        raise EmptySource(
            f"{staging.file_name} holds no rows; nothing was written.",
            remedy="Check the export. An empty file never deletes stored data.",
        )
    share = 100 * staging.rejected / staging.lines_read
    if share > max_rejected or staging.rejected == staging.lines_read:
        reasons = staging.con.execute(
            "select reason, count(*) from staged_rejects group by 1 order by 2 desc, 1 limit 3"
        ).fetchall()
        most = "; ".join(f"{reason} ({count:,})" for reason, count in reasons)
        raise TooManyRejects(
            f"{staging.file_name}: {staging.rejected:,} of {staging.lines_read:,} lines ({share:.1f} %) were rejected,"
            f" more than the {max_rejected:g} % allowed; nothing was written. Most common: {most}.",
            remedy=f"See {rejects_file}; correct the file or the mapping (foresell inspect), or allow more: --max-rejected.",
        )
