"""Writes contracts/openapi.json from the program itself; with --check it only says whether the file is what this writes."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from foresell.api.app import create_app
from foresell.settings import Settings

FILE = Path(__file__).parents[1] / "contracts" / "openapi.json"


def contract() -> str:
    """The API as it describes itself, in a form whose changes can be read."""
    with tempfile.TemporaryDirectory() as folder:
        described = create_app(Settings(home=Path(folder))).openapi()
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(contract(), encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != contract():
        sys.exit("contracts/openapi.json is not what the API says of itself. Run: make docs")
