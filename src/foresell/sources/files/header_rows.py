"""Finds the header of a sheet: below a report's title, on one line or on two, with merged cells or without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: A cell that looks like a value rather than a column name.
DATA = re.compile(r"[\s£$€]*[-+]?\d[\d.,: /TZ-]*")

Cells = Sequence[str | None]
#: Merged cells: (first row, first column), (last row, last column), counted from 0.
Merged = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Header:
    """A header's rows (`first` to `last`, counted from 0) and its column names."""

    first: int
    last: int
    names: tuple[str, ...]


def find_header(rows: Sequence[Cells], stated: int | None = None, merged: Sequence[Merged] = ()) -> Header:
    """The header among a sheet's first rows; `stated` is its row, counted from 1, if it is known."""
    if stated:
        at = min(max(0, stated - 1), len(rows) - 1)
        return Header(at, at, _trim(rows[at]))
    at = _find_row(rows)
    for top, bottom in ((at - 1, at), (at, at + 1)):
        if top >= 0 and bottom < len(rows) and _is_pair(rows, top, bottom, merged, below=bottom > at):
            return Header(top, bottom, _join(rows[top], rows[bottom], top, merged))
    return Header(at, at, _trim(rows[at]))


def _trim(cells: Cells) -> tuple[str, ...]:
    """Without the blank cells at the end."""
    names = [cell or "" for cell in cells]
    while len(names) > 1 and not names[-1].strip():
        names.pop()
    return tuple(names)


def _filled(cells: Cells) -> list[int]:
    return [at for at, cell in enumerate(cells) if cell and cell.strip()]


def _is_label_row(cells: Cells) -> bool:
    return all(not DATA.fullmatch(cells[at] or "") for at in _filled(cells))


def _find_row(rows: Sequence[Cells]) -> int:
    """The first row at least half as wide as the widest; one of labels right above another row is preferred."""
    widths = [len(_filled(row)) for row in rows]
    wide = [at for at, width in enumerate(widths) if width >= max(widths) / 2]
    likely = (at for at in wide if _is_label_row(rows[at]) and at + 1 < len(rows) and widths[at + 1])
    return next(likely, wide[0])


def _is_pair(rows: Sequence[Cells], top: int, bottom: int, merged: Sequence[Merged], *, below: bool) -> bool:
    """Whether two rows are one header: names of groups above the names of columns."""
    upper, lower = _filled(rows[top]), _filled(rows[bottom])
    if not (_is_label_row(rows[top]) and _is_label_row(rows[bottom])) or len(lower) < 2:
        return False
    width = max(upper[-1], lower[-1]) + 1 if upper else 0
    across = [m for m in merged if m[0][0] == m[1][0] == top and 0 < m[1][1] - m[0][1] < width - 1]
    if len(upper) >= 2 and across and any(_is_under(m, lower) for m in across):
        return True
    if not below:  # the same name twice needs the names of the groups
        named = [rows[bottom][at] for at in lower]
        return len(upper) >= 2 and len(set(named)) < len(named)
    under = [at for at in lower if at not in upper]
    follows = rows[bottom + 1] if bottom + 1 < len(rows) else ()
    return bool(under) and any(at < len(follows) and DATA.fullmatch(follows[at] or "") for at in lower)


def _is_under(group: Merged, lower: Sequence[int]) -> bool:
    return sum(group[0][1] <= at <= group[1][1] for at in lower) > 1


def _join(upper: Cells, lower: Cells, top: int, merged: Sequence[Merged]) -> tuple[str, ...]:
    """The name of a group before the name of each of its columns."""
    over = {at: m for m in merged if m[0][0] <= top <= m[1][0] for at in range(m[0][1], m[1][1] + 1)}
    names, group = [], ""
    for at in range(max(len(upper), len(lower))):
        above = (upper[at] or "").strip() if at < len(upper) else ""
        below = (lower[at] or "").strip() if at < len(lower) else ""
        if above:
            group = above if below or at in over else ""
        elif merged and at not in over:
            group = ""
        names.append(" ".join(dict.fromkeys(part for part in (above or (group if below else ""), below) if part)))
    return _trim(names)
