"""A database on another machine is reached by TLS with a certificate that is checked, or knowingly without."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from foresell.errors import UsageError
from foresell.store.database import check_url


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("", False),
        ("postgresql://sales@/foresell", False),
        ("postgresql://sales@localhost/foresell", False),
        ("postgresql://sales@127.0.0.1:5432/foresell", False),
        ("postgresql://sales@[::1]/foresell", False),
        ("host=/run/postgresql dbname=foresell", False),
        ("postgresql://sales@db.internal/foresell?sslmode=verify-full", False),
        ("postgresql://sales@db.internal/foresell?sslmode=disable", False),
        ("postgresql://sales@db.internal/foresell", True),
        ("postgresql://sales@10.0.0.7/foresell?sslmode=prefer", True),
        ("postgresql://sales@db.internal/foresell?sslmode=require", True),
        ("postgresql://sales@localhost,db.internal/foresell", True),
        ("host=localhost hostaddr=10.0.0.7", True),
        ("nonsense", True),
    ],
)
def test_who_answers_is_never_left_open(url: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError) if is_refused else nullcontext():
        check_url(url)


def test_the_environment_of_postgresql_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.internal")
    with pytest.raises(UsageError, match="another machine"):
        check_url("dbname=foresell")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    check_url("dbname=foresell")
