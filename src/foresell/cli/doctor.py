"""What `foresell doctor` checks, in the order in which things depend on each other."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from foresell.errors import ForesellError
from foresell.settings import Settings
from foresell.snapshot.open import open_snapshot
from foresell.store import embedded, runs
from foresell.store.database import Database, open_database

FREE_GIB = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, whether it is well, and what to do if not."""

    name: str
    ok: bool
    finding: str
    remedy: str | None = None


def examine(settings: Settings) -> list[Check]:
    """Every check; those that need the database are left out when it is not there."""
    results = [_python(), _models(), _attempt("home", lambda: _home(settings))]
    database = _attempt("database", lambda: _database(settings))
    results.append(database)
    if database.ok:
        opened = Database(settings)
        results += [
            _attempt("roles", lambda: _roles(opened)),
            _attempt("references", lambda: _references(opened)),
            _attempt("published run", lambda: _published(settings, opened)),
        ]
    return results


def _attempt(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except ForesellError as error:
        return Check(name, False, error.message, error.remedy)
    except OSError as error:
        return Check(name, False, f"{error.strerror}: {error.filename}", "Correct the permissions or free some space.")


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), found, "Foresell needs Python 3.11 or newer: make setup")


def _models() -> Check:
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        return Check(
            "models", False, f"LightGBM does not load: {error}", "Install the OpenMP runtime: apt-get install libgomp1"
        )
    return Check("models", True, f"LightGBM {lightgbm.__version__}")


def _home(settings: Settings) -> Check:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.home) as probe:
        probe.write(b"writable")
    free = shutil.disk_usage(settings.home).free / 2**30
    return Check("home", free > FREE_GIB, f"{settings.home}, {free:.1f} GiB free", "Free some disk space.")


def _database(settings: Settings) -> Check:
    running = settings.database_url is not None or embedded.is_running(settings.home)
    database = open_database(settings)
    with database.connect() as con:
        row = con.execute(
            "select current_setting('server_version') as version, max(version) as schema from schema_migrations"
        ).fetchone()
    assert row is not None
    where = (
        "your own server"
        if settings.database_url
        else "embedded, " + ("running" if running else "was stopped and is started now")
    )
    return Check("database", True, f"PostgreSQL {row['version']} ({where}), schema version {row['schema']}")


def _roles(database: Database) -> Check:
    with database.connect() as con:
        row = con.execute(
            "select current_user as name, rolsuper or rolbypassrls as too_strong from pg_roles where rolname = current_user"
        ).fetchone()
    assert row is not None
    return Check(
        "roles", not row["too_strong"], f"the application works as {row['name']}, which is not a superuser",
        f"{row['name']} is a superuser or bypasses row security: alter role {row['name']} nosuperuser nobypassrls",
    )  # fmt: skip


def _references(database: Database) -> Check:
    """The set-based foreign keys, checked over everything once more."""
    with database.connect() as con:
        row = con.execute(
            "select (select count(*) from order_items i where not exists (select from orders o where o.order_id = i.order_id)"
            " or not exists (select from products p where p.product_id = i.product_id))"
            " + (select count(*) from orders o where record_id is not null"
            " and not exists (select from customer_records r where r.record_id = o.record_id))"
            " + (select count(*) from customer_records r where not exists"
            " (select from customers c where c.customer_id = r.customer_id)) as orphans"
        ).fetchone()
    assert row is not None
    return Check(
        "references",
        row["orphans"] == 0,
        f"{row['orphans']} rows refer to nothing",
        "Restore a backup and report this.",
    )


def _published(settings: Settings, database: Database) -> Check:
    try:
        run = runs.published(database)
    except ForesellError as error:
        return Check("published run", True, f"none yet. {error.remedy}")
    with open_snapshot(settings.snapshots / run["snapshot_file"]) as con:
        [(scored,)] = con.execute("select count(*) from rfm_scores").fetchall()
    same = scored == run["customers_scored"]
    return Check(
        "published run",
        same,
        f"run {run['run_id']}, {scored:,} customers as of {run['as_of']}",
        "Build it again: foresell refresh",
    )
