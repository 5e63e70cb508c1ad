"""Reads the .sql files of a package.

A file is either one statement, or several named ones:

    -- name: publish_run
    -- A comment on its grain or purpose.
    update publication set run_id = %(run_id)s
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def read_sql(package: str, file: str) -> str:
    """The text of one .sql file of a package, such as `read_sql("foresell.scores.rfm", "rfm.sql")`."""
    return resources.files(package).joinpath(file).read_text(encoding="utf-8")


@cache
def named_queries(package: str, file: str) -> Mapping[str, str]:
    """The named statements of one .sql file, by name. Raises ValueError where two have one name."""
    _, *parts = _NAME.split(read_sql(package, file))
    found = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    if 2 * len(found) < len(parts):
        raise ValueError(f"Two statements of {package}/{file} have the same name.")
    return found


def quote_text(value: str | None) -> str:
    """A text as an SQL literal, None as a null text."""
    return "null::varchar" if value is None else "'" + value.replace("'", "''") + "'"
