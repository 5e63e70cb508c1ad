"""The programs of scripts/ as modules."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "scripts"


def load_script(name: str) -> ModuleType:
    """The module of scripts/NAME.py."""
    spec = spec_from_file_location(f"scripts.{name}", FOLDER / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[f"scripts.{name}"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
