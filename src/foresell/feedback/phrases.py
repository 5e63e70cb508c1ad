"""The table of emoji and phrases that goes before the model: what it finds is not read a second time by the model."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from foresell.errors import BadInput

FILE = "phrases.csv"
#: More points than this would decide alone.
MOST_POINTS = 5.0
REMEDY = f"Correct src/foresell/feedback/{FILE}: columns phrase, points, note; points from -5 to 5."


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """`points`: log odds by phrase in lower case; `digest` changes with the table."""

    points: Mapping[str, float]
    pattern: re.Pattern[str]
    digest: str

    def take_out(self, text: str) -> tuple[str, dict[str, float]]:
        """The text without the phrases of the table, and the points of those that it has; the longest go first."""
        found: dict[str, float] = {}

        def note(match: re.Match[str]) -> str:
            phrase = match.group().lower()
            found[phrase] = self.points[phrase]
            return " "

        return self.pattern.sub(note, text.replace("’", "'").replace("\ufe0f", "")), found


def read_phrases(content: str) -> PhraseTable:
    """The table of a CSV file (phrase, points, note). Raises BadInput naming the line."""
    points: dict[str, float] = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(content)), start=2):
        phrase = (row.get("phrase") or "").strip().lower()
        try:
            value = float(row.get("points") or "")
        except ValueError:
            value = float("nan")
        if not phrase or phrase in points or not abs(value) <= MOST_POINTS:
            raise BadInput(f"{FILE}, line {line}: no phrase, the same phrase again, or no points", remedy=REMEDY)
        points[phrase] = value
    alternatives = "|".join(
        rf"\b{re.escape(each)}\b" if each.isascii() else re.escape(each)
        for each in sorted(points, key=len, reverse=True)
    )
    return PhraseTable(
        points, re.compile(alternatives or r"(?!)", re.IGNORECASE), hashlib.sha256(content.encode()).hexdigest()
    )


@cache
def load_phrases() -> PhraseTable:
    """The table that comes with Foresell."""
    return read_phrases(files("foresell.feedback").joinpath(FILE).read_text(encoding="utf-8"))
