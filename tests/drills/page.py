"""Keeps what the drills found, and writes the page about it."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.measure import PACKAGES, RESULTS, machine, table

from tests.drills.drill import ROOT

FILE = RESULTS / "drills.json"
PAGE = ROOT / "docs" / "security" / "drills.md"
INTRODUCTION = """# Security and reliability drills

Written by `make drills`; do not edit. Each drill measures one goal, and then plants a defect that it must notice: a drill without
such a control counts as failed. `make drills ONLY=R7,S3` runs some of them and leaves the other results as they are.
"""
NOT_SHOWN = """## What these drills cannot show

The loss of power (`kill -9` leaves the kernel's cache intact), a failover between machines, TLS to a database, and real identity
providers. The machine was shared: each drill says its load average.
"""


def save(records: dict[str, dict[str, Any]], order: list[str]) -> None:
    """Add these records to those of earlier runs, and renew the page."""
    known = read_records() | records
    kept = {name: known[name] for name in (*order, *known) if name in known}
    document = {"machine": {key: value for key, value in machine().items() if key != "load_average"}, "drills": kept}
    FILE.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render_page(), encoding="utf-8")


def read_records() -> dict[str, dict[str, Any]]:
    """The record of every drill that was ever run, by its name."""
    records: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["drills"] if FILE.exists() else {}
    return records


def render_page() -> str:
    """The page: a summary, and each drill's figures."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    records, facts = document["drills"], document["machine"]
    states = [record["state"] for record in records.values()]
    counted = ", ".join(f"{states.count(state)} {state}" for state in ("passed", "failed", "not run"))
    versions = ", ".join(f"{package} {facts[package]}" for package in PACKAGES[:3])
    summary = table(
        ("drill", "goal", "result"),
        [(f"[{name}](#{name.lower()})", record["goal"], record["state"]) for name, record in records.items()],
    )
    parts = [
        INTRODUCTION,
        f"{counted}. Machine: {facts['cores']} cores, {facts['memory_gib']} GiB; Python {facts['python']}, {versions}.\n",
        summary + "\n",
        *(render_record(name, record) for name, record in records.items()),
        NOT_SHOWN,
    ]
    return "\n".join(parts)


def render_record(name: str, record: dict[str, Any]) -> str:
    """The section of one drill."""
    lines = [f"## {name}", "", f"{record['subject']} **{record['state'].capitalize()}.**", ""]
    rows = [row_of(each, "") for each in record["figures"]] + [row_of(each, "control: ") for each in record["controls"]]
    if rows:
        lines += [table(("what", "measured", "goal", ""), rows), ""]
    lines += [f"{note}\n" for note in record["notes"]]
    return "\n".join([
        *lines,
        f"{record['date']}, commit `{record['commit']}`, seed {record['seed']}, {record['seconds']} s,"
        f" load average {record['load_before']} before and {record['load_after']} after.",
        "",
    ])  # fmt: skip


def row_of(figure: dict[str, Any], prefix: str) -> tuple[str, ...]:
    """The cells of one figure."""
    unit = f" {figure['unit']}" if figure["unit"] else ""
    sign = "at least" if figure["at_least"] else "at most"
    value = f"{figure['value']:,.3f}".rstrip("0").rstrip(".")
    return (
        prefix + figure["what"],
        value + unit,
        f"{sign} {figure['limit']:,g}{unit}",
        "" if figure["met"] else "not met",
    )
