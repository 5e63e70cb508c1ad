"""Libraries to compare with, each in a temporary virtual environment, so that none becomes a dependency."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def install_peer(*packages: str) -> Iterator[Path]:
    """The Python interpreter of a fresh environment with these packages and without Foresell."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    with tempfile.TemporaryDirectory(prefix="foresell-peer-") as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages], check=True)
        yield python
