"""Stages a text as a file and returns the staged rows as plain tuples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from foresell.sources.files.mapping import Mapping
from foresell.sources.files.staging import stage_file
from foresell.types import Staging

HEADER = "order,customer,date,sku,name,quantity,price\n"


@dataclass(frozen=True)
class Result:
    """What staging left: the rows selected, rejects as (line, column, value, reason), counts and warnings."""

    staging: Staging
    lines: list[tuple[Any, ...]]
    rejects: list[tuple[Any, ...]]
    customers: list[tuple[Any, ...]]
    products: list[tuple[Any, ...]]


Stage = Callable[..., Result]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """stage(text or bytes, columns="sku, amount", name="sales.csv", mapping=None, load_day=None) -> Result."""

    def run(
        content: str | bytes | Path,
        columns: str = "line",
        name: str = "sales.csv",
        mapping: Mapping | None = None,
        load_day: date | None = None,
        format: str | None = None,
    ) -> Result:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        work = tmp_path / "work"
        with stage_file(
            path, workdir=work, memory_gib=1, threads=2, mapping=mapping, load_day=load_day, format=format
        ) as staging:
            ask = lambda query: staging.con.execute(query).fetchall()  # noqa: E731
            result = Result(
                staging,
                ask(f"select {columns} from staged_lines order by line"),
                ask("select line, column_name, value, reason from staged_rejects order by line, column_name"),
                ask("select customer_key, name, email, country, signup_date from staged_customers"),
                ask("select sku, name, category, category_derived, kind, list_price from staged_products"),
            )
            (count,) = ask("select count(*) from staged_lines")[0]
            if staging.rows == "orders":
                assert staging.lines_read == count + staging.rejected
        assert not list(work.iterdir()), "scratch files were left behind"
        return result

    return run
