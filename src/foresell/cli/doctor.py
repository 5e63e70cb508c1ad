"""The command that checks an installation: doctor. Checks come in the order in which they depend on each other."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass

import typer

from foresell.cli import printing
from foresell.cli.options import Json
from foresell.database import Database
from foresell.errors import DatabaseTooOld, ForesellError
from foresell.settings import Settings, read_settings
from foresell.snapshot.open import open_snapshot
from foresell.store import embedded, runs
from foresell.store.database import open_database

FREE_GIB = 1.0
#: What to do with a home from before 0.2.0.
UPGRADE = (
    "Export what you need with the version of Foresell that made it (or keep the source files), then start a new home"
    " (set FORESELL_HOME to a new folder) and load the files again."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One result: what was checked, whether it is all right, and what to do if it is not."""

    name: str
    ok: bool
    finding: str
    remedy: str | None = None


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(doctor)


def doctor(json: Json = False) -> None:
    """Check the installation and say how to repair it.

    Checks Python, LightGBM, the home folder, the database and the published run.
    """
    results = run_checks(read_settings())
    if json:
        keys = {"name": "check", "ok": "ok", "finding": "finding", "remedy": "remedy"}
        printing.print_json([{keys[name]: value for name, value in asdict(each).items()} for each in results])
    else:
        for result in results:
            _print_check(result)
    if not all(result.ok for result in results):
        raise typer.Exit(1)


def _print_check(result: Check) -> None:
    printing.out.print("✓ " if result.ok else "✗ ", style="green" if result.ok else "bold red", end="")
    printing.print_text(f"{result.name}: {result.finding}")
    if result.remedy and not result.ok:
        printing.print_text(f"    → {result.remedy}")


def run_checks(settings: Settings) -> list[Check]:
    """Every check; those that need the database are skipped when it is unavailable."""
    results = [_check_python(), _check_lightgbm(), _attempt("home", lambda: _check_home(settings))]
    database = _attempt("database", lambda: _check_database(settings))
    results.append(database)
    if database.ok:
        opened = Database(settings)
        results += [
            _attempt("roles", lambda: _check_roles(opened)),
            _attempt("references", lambda: _check_references(opened)),
            _attempt("published run", lambda: _check_published(settings, opened)),
        ]
    return results


def _attempt(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except DatabaseTooOld as error:
        return Check(name, False, error.message, UPGRADE)
    except ForesellError as error:
        return Check(name, False, error.message, error.remedy)
    except OSError as error:
        return Check(name, False, f"{error.strerror}: {error.filename}", "Correct the permissions or free some space.")


def _check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), version, "Foresell needs Python 3.11 or newer: make setup")


def _check_lightgbm() -> Check:
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        return Check(
            "models", False, f"LightGBM does not load: {error}", "Install the OpenMP runtime: apt-get install libgomp1"
        )
    return Check("models", True, f"LightGBM {lightgbm.__version__}")


def _check_home(settings: Settings) -> Check:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.home) as probe:
        probe.write(b"writable")
    free = shutil.disk_usage(settings.home).free / 2**30
    return Check("home", free > FREE_GIB, f"{settings.home}, {free:.1f} GiB free", "Free some disk space.")


def _check_database(settings: Settings) -> Check:
    running = settings.database_url is not None or embedded.is_running(settings.home)
    database = open_database(settings)
    with database.connect() as con:
        row = con.execute(
            "select current_setting('server_version') as version, max(version) as schema from schema_migrations"
        ).fetchone()
    assert row is not None
    where = (
        "external server"
        if settings.database_url
        else "embedded, " + ("running" if running else "was stopped, now started")
    )
    return Check("database", True, f"PostgreSQL {row['version']} ({where}), schema version {row['schema']}")


def _check_roles(database: Database) -> Check:
    with database.connect() as con:
        row = con.execute(
            "select current_user as name, rolsuper or rolbypassrls as too_strong from pg_roles where rolname = current_user"
        ).fetchone()
    assert row is not None
    return Check(
        "roles", not row["too_strong"], f"the application connects as {row['name']}, which is not a superuser",
        f"{row['name']} is a superuser or bypasses row-level security. Run: alter role {row['name']} nosuperuser nobypassrls",
    )  # fmt: skip


def _check_references(database: Database) -> Check:
    """Referential integrity of the tables that are loaded in bulk without row-by-row foreign keys."""
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
        f"{row['orphans']} rows refer to rows that do not exist",
        "Restore a backup, and please report this.",
    )


def _check_published(settings: Settings, database: Database) -> Check:
    try:
        run = runs.get_published_run(database)
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
