"""A library to compare with, in a virtual environment of its own that is thrown away: none becomes a dependency."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def peer(*packages: str) -> Iterator[Path]:
    """The interpreter of a fresh environment with these packages (and ours left out)."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    with tempfile.TemporaryDirectory(prefix="foresell-peer-") as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages], check=True)
        yield python
