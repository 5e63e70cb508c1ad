"""Escapes text that a spreadsheet would run as a formula."""

from __future__ import annotations

import re

#: Characters that start a formula, or become one of those under Unicode normalisation (NFKC).
LEADS = "=+-@|⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＠｜＝"
#: Characters that programs skip before the first one: spaces, controls, marks without a width.
SKIPPED = r"\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"

#: At the start of a cell, and after any character that starts a new cell where another separator is expected.
_FORMULA = re.compile(rf"(^|[;\t\r\n])(?=[{SKIPPED}]*[{re.escape(LEADS)}])")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*")


def escape_formula(text: str) -> str:
    """The text with an apostrophe before each formula in it; numbers and ordinary text are unchanged."""
    if not _FORMULA.search(text) or _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(r"\1'", text)
