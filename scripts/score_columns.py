"""Writes docs/score-columns.md from the registry of scores; with --check it only says whether the file is current."""

from __future__ import annotations

import sys
from pathlib import Path

from foresell.scores import registry
from foresell.scores.protocol import Score
from foresell.types import ScoreColumn

FILE = Path(__file__).parents[1] / "docs" / "score-columns.md"

HEAD = """# Score columns

Generated from the scores themselves (`make docs`). One section per score, one row per column that it adds to each customer:
in the snapshot, the customer list, exports, the API and its types. To add a column, add an entry to the `COLUMNS` of its
score in `src/foresell/scores/NAME/score.py`; to add a score, add its folder and one line in `scores/registry.py`.
"""
COLUMNS = "| column | label | meaning | type, unit | example | sort by | in exports |\n|---|---|---|---|---|---|---|"


def page() -> str:
    """The page as text."""
    return "\n".join((HEAD, *(section(score) for score in registry.SCORES if score.columns), sorts(), ""))


def section(score: Score) -> str:
    """One score: its horizon and its columns."""
    horizon = f" Looks {score.horizon_days} days ahead of as_of." if score.horizon_days else ""
    folder = score.name
    rows = "\n".join(row(column) for column in score.columns)
    return f"## {score.name}\n\nDefined in `src/foresell/scores/{folder}/score.py`.{horizon}\n\n{COLUMNS}\n{rows}\n"


def row(column: ScoreColumn) -> str:
    """One column as a row of the table."""
    kind = f"{column.type}, {column.unit}" + (", can be empty" if column.nullable else "")
    exported = f"`{column.export_name or column.name}`" if column.exported else "no"
    sort = f"`{column.sort}`" if column.sort else ""
    return (
        f"| `{column.name}` | {column.label} | {column.description} | {kind} | {column.example} | {sort} | {exported} |"
    )


def sorts() -> str:
    """Every order of the list, best first."""
    rows = "\n".join(f"| `{name}` | `{order}` |" for name, order in registry.list_sorts().items())
    return f"## Orders of the customer list\n\n| sort | order |\n|---|---|\n{rows}"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.write_text(page(), encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != page():
        sys.exit("docs/score-columns.md is out of date. Run: make docs")
