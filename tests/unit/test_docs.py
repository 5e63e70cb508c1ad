"""The documentation is complete and says what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foresell.store import migrate
from tests.support.scripts import load_script

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_command_line_page_is_what_the_program_says() -> None:
    module = load_script("command_line_reference")
    assert module.FILE.read_text() == module.render_reference(), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_technical_terms_hold_the_states_and_classes_of_the_schema() -> None:
    words = (ROOT / "docs" / "technical-terms.md").read_text()
    schema = migrate.read_schema()
    for column in ("class", "state"):
        for listed in re.findall(rf"{column} text not null[^\n]*check \({column} in \(([^)]*)\)", schema):
            for word in re.findall(r"'(\w+)'", listed):
                assert word in words or word in {"building", "loaded", "undone"}, word


def test_every_decision_has_its_four_parts() -> None:
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        text = page.read_text()
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Not chosen.**"):
            assert part in text, f"{page.name}: {part}"
