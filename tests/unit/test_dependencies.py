"""What Foresell is made of: locked with hashes."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_locked_package_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []
    pages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert len(pages) > 100
    assert [
        place for place, each in pages.items() if place and not each.get("integrity", "").startswith("sha512-")
    ] == []
