"""The program as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


class Shell:
    """Runs the program on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, code: int = 0, typed: str | None = None, **extra: str) -> str:
        """Standard output; standard error too when the exit code is not 0. Fails on any other exit code."""
        result = subprocess.run(
            [sys.executable, "-m", "foresell", *arguments],
            env={**os.environ, "FORESELL_HOME": str(self.home), **extra}, input=typed, capture_output=True, text=True, check=False, cwd=self.home.parent,
        )  # fmt: skip
        words = result.stdout + result.stderr
        assert result.returncode == code, words
        assert "Traceback" not in words
        return " ".join(words.split()) if code else result.stdout

    def json(self, *arguments: str) -> object:
        return json.loads(self(*arguments, "--json"))
