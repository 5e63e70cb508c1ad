"""Loaded by schemathesis: every few seconds a new session of the administrator whom FORESELL_DRILL_USER names.

The fuzzer may end its session at any time, as users can.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import schemathesis

from tests.drills.shop import administrator_token

HOME, USER = Path(os.environ["FORESELL_DRILL_HOME"]), int(os.environ["FORESELL_DRILL_USER"])


@schemathesis.auth(refresh_interval=3)
class FreshSession:
    """A session whose second factor was just given."""

    def get(self, case: Any, context: Any) -> str:
        """Sign in."""
        return administrator_token(HOME, USER)

    def set(self, case: Any, data: str, context: Any) -> None:
        """Send its token."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}
