"""Text that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

#: Characters that begin a formula, or become one of those when a program normalises text (NFKC).
LEADS = "=+-@|⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＠｜＝"
#: What programs skip before they look at the first character: spaces, controls, marks without a width.
SKIPPED = r"\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"

#: At the start of a cell, and after whatever may start a new one where another separator is expected.
_FORMULA = re.compile(rf"(^|[;\t\r\n])(?=[{SKIPPED}]*[{re.escape(LEADS)}])")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*")


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run; numbers and ordinary text as they are."""
    if not _FORMULA.search(text) or _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(r"\1'", text)
