"""The corpus of exports with their right answers, and the judgement of what staging makes of a file.

corpus.toml answers for the files in corpus/, which are made up in the shape of real exports. cases.toml answers for the files of
`$FORESELL_CASES`, by default shared/cases next to the data, which are not part of the repository.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from foresell.errors import BadInput
from foresell.sources.files.formats import label_format
from foresell.sources.files.staging import stage_file
from foresell.types import Staging

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LOAD_DAY = date(2025, 6, 30)  # all made-up files are older
RIGHT, QUESTION, REJECTED, WRONG = "right", "asked", "rejected", "wrong"


@dataclass(frozen=True)
class Expected:
    """The right answer for one file; see the head of corpus.toml."""

    name: str
    folder: Path
    platform: str
    language: str
    label: str | None
    outcome: str  # right | ask | either
    rows: str = "orders"
    asks: tuple[str, ...] = ()
    net: dict[str, str] | list[str] | None = None
    customers: int | None = None
    anonymous: int | None = None
    currency: str | None = None
    left_out: int | None = None
    rejected: int | None = 0  # None, written "any": not compared
    reasons: tuple[str, ...] = ()  # a part of a reject's reason each
    days: dict[str, str] | None = None
    never: str = ""

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.folder / self.name


@dataclass(frozen=True)
class Judged:
    """What staging made of a file, and why: right, open_questions, rejected (lines are missing, and rejects say so) or wrong."""

    expected: Expected
    kind: str
    detail: str

    @property
    def as_expected(self) -> bool:
        """Whether this is what the table says."""
        return self.kind == RIGHT or (self.kind == QUESTION and self.expected.outcome != "right" and not self.detail)


def read_corpus() -> list[Expected]:
    """The answers for the files of the repository."""
    return _read_answers(HERE / "corpus.toml", HERE / "corpus")


def find_cases() -> Path:
    """The folder of the cases that are not part of the repository."""
    data = Path(os.environ.get("FORESELL_DATA", ROOT.parent / "shared" / "data"))
    return Path(os.environ.get("FORESELL_CASES", data.parent / "cases"))


def read_cases() -> list[Expected]:
    """The answers for the files of `find_cases()`."""
    return _read_answers(HERE / "cases.toml", find_cases())


def _read_answers(table: Path, folder: Path) -> list[Expected]:
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["file"]
    return [Expected(folder=folder, **{**_NO_PLATFORM, **_as_fields(entry)}) for entry in entries]


_NO_PLATFORM: dict[str, Any] = {"platform": "", "language": "en", "label": None}


def _as_fields(entry: dict[str, Any]) -> dict[str, Any]:
    lists = {key: tuple(entry[key]) for key in ("asks", "reasons") if key in entry}
    return entry | lists | ({"rejected": None} if entry.get("rejected") == "any" else {})


@contextmanager
def stage(path: Path, workdir: Path, format: str | None = None) -> Iterator[Staging]:
    """The file as a user loads it for the first time: without a mapping."""
    with stage_file(path, workdir=workdir, memory_gib=1, threads=2, load_day=LOAD_DAY, format=format) as staging:
        yield staging


def judge(expected: Expected, workdir: Path, format: str | None = None) -> Judged:
    """Stage a file and compare it with its answer."""
    try:
        with stage(expected.path, workdir, format) as staging:
            found = _compare(expected, staging)
            announced = staging.rejected > 0 and not _find_wrong_orders(expected, staging)
    except BadInput as refusal:
        return Judged(expected, QUESTION, _compare_question(expected, f"{refusal.message} {refusal.remedy}"))
    if expected.outcome == "ask":
        found = [f"loaded unasked: {expected.never}"]
    kind = REJECTED if announced and expected.outcome != "ask" else WRONG
    return Judged(expected, kind if found else RIGHT, "; ".join(found))


def _compare_question(expected: Expected, text: str) -> str:
    if expected.outcome == "right":
        return text
    missing = [words for words in expected.asks if not any(word in text.lower() for word in words.split("|"))]
    return f"{' and '.join(missing)} not named in: {text}" if missing else ""


def _compare(expected: Expected, staging: Staging) -> list[str]:
    found = [
        _differ("label", expected.label, label_format(staging.format) or ""),
        _differ("rows", expected.rows, staging.rows),
        _differ("rejected", expected.rejected, staging.rejected),
        _differ("left out", expected.left_out, staging.left_out),
        *_compare_reasons(expected, staging),
    ]
    if expected.rows == "customers":
        found.append(_differ("customers", expected.customers, _ask(staging, "select count(*) from staged_customers")))
    if expected.rows == "orders" and staging.rows == "orders":
        found += _compare_orders(expected, staging)
    return [difference for difference in found if difference]


def _find_wrong_orders(expected: Expected, staging: Staging) -> list[tuple[str, Decimal]]:
    """Orders that were loaded with another figure than the right one."""
    if expected.rows != "orders" or staging.rows != "orders":
        return []
    wanted = expected.net or {}
    right = wanted.items() if isinstance(wanted, dict) else [(None, total) for total in wanted]
    figures = {(order, Decimal(total)) for order, total in right}
    return [
        (order, total) for order, total in sum_orders(staging).items() if not {(order, total), (None, total)} & figures
    ]


def _compare_reasons(expected: Expected, staging: Staging) -> list[str]:
    given = [reason for (reason,) in staging.con.execute("select distinct reason from staged_rejects").fetchall()]
    return [
        f"rejected for {', '.join(given)} instead of {part}"
        for part in expected.reasons
        if not any(part in reason for reason in given)
    ]


_SOLD = "from staged_lines where status <> 'cancelled'"


def _compare_orders(expected: Expected, staging: Staging) -> list[str]:
    sold = sum_orders(staging)
    days = dict(staging.con.execute(f"select order_key, min(ordered_at)::varchar {_SOLD} group by 1").fetchall())
    currencies = sorted(code or "" for (code,) in staging.con.execute(f"select distinct currency {_SOLD}").fetchall())
    return [
        compare_net(expected.net, sold),
        *(_differ(f"time of {order}", time, days.get(order)) for order, time in (expected.days or {}).items()),
        _differ("customers", expected.customers, _ask(staging, f"select count(distinct customer_key) {_SOLD}")),
        _differ(
            "anonymous orders",
            expected.anonymous,
            _ask(staging, f"select count(distinct order_key) {_SOLD} and customer_key is null"),
        ),
        _differ("currency", [expected.currency] if expected.currency else None, currencies),
    ]


def sum_orders(staging: Staging) -> dict[str, Decimal]:
    """The goods of each order that brought any."""
    sums = staging.con.execute(f"select order_key, sum(amount) {_SOLD} group by order_key").fetchall()
    return {order: total for order, total in sums if total}


def compare_net(wanted: dict[str, str] | list[str] | None, found: dict[str, Decimal]) -> str:
    """How the goods per order differ from the right ones; blank where they do not."""
    if wanted is None:
        return ""
    if isinstance(wanted, list):
        return _differ("net", sorted(map(Decimal, wanted)), sorted(found.values()))
    return _differ("net", {order: Decimal(total) for order, total in wanted.items() if Decimal(total)}, found)


def _ask(staging: Staging, query: str) -> int:
    return int(staging.con.execute(query).fetchall()[0][0])


def _differ(what: str, wanted: object, found: object) -> str:
    return "" if wanted is None or wanted == found else f"{what}: {_show(found)} instead of {_show(wanted)}"


def _show(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_show(item)}" for key, item in value.items()) or "nothing"
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def count_right(judged: list[Judged]) -> float:
    """The share of the files with a right answer that came out right by themselves."""
    answered = [result for result in judged if result.expected.outcome == "right"]
    return sum(result.kind == RIGHT for result in answered) / len(answered)
