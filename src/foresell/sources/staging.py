"""From a file to the four staged tables: open, read, decide how it writes numbers and dates, interpret, reject, derive."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from foresell.errors import BadInput, DiskTrouble, EmptySource, ForesellError
from foresell.records import Progress, Staging, no_progress
from foresell.sources import cells, delimited, opening, profiles, stored, workbook
from foresell.sources.cells import Interpretation
from foresell.sources.mapping import Mapping, overlaid
from foresell.sources.raw import REJECTS, Column, Raw
from foresell.sql import named_queries

_STEPS = ("foresell.sources", "steps.sql")
_NO_LIMIT = "2200-01-01"
_UNPACKED = (".csv", ".tsv", ".txt", ".db", ".sqlite")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been read: `raw` stands in `con`, `mapping` is what it will be interpreted by."""

    con: duckdb.DuckDBPyConnection
    name: str
    raw: Raw
    mapping: Mapping
    explicit: tuple[str, str] | None = None  # tables of customers and products beside the orders


@contextmanager
def stage(
    path: Path,
    *,
    workdir: Path,
    memory_gib: float,
    threads: int,
    mapping: Mapping | None = None,
    profile: str | None = None,
    source: str | None = None,
    progress: Progress = no_progress,
    load_day: date | None = None,
) -> Iterator[Staging]:
    """One file (or Olist's folder) as the four tables of `records.Staging`, in a DuckDB file that ends with the context.

    Without a `mapping` the file must fit a profile or name its columns so that they can be recognised. Dates after
    `load_day` + 1 are rejected as typing errors. Raises BadInput, EmptySource or DiskTrouble; bad rows never raise.
    """
    with opened_source(
        path,
        workdir=workdir,
        memory_gib=memory_gib,
        threads=threads,
        mapping=mapping,
        profile=profile,
        progress=progress,
    ) as (read, sha):
        with translated(read.name):
            staging, _ = interpret(read, load_day)
        size = sum(f.stat().st_size for f in (path.iterdir() if path.is_dir() else [path]))
        named = overlaid(read.mapping, source=source)
        progress(staging.lines_read, staging.lines_read, "lines")
        yield replace(staging, source=named.source, file_bytes=size, file_sha256=sha, mapping=named.as_dict())


@contextmanager
def opened_source(
    path: Path,
    *,
    workdir: Path,
    memory_gib: float,
    threads: int,
    mapping: Mapping | None,
    profile: str | None,
    progress: Progress,
) -> Iterator[tuple[Source, str]]:
    """The file read into a DuckDB of its own below `workdir`, and its SHA-256; all of it is gone afterwards."""
    workdir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="stage-", dir=workdir))
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_gib:.2f}GiB",
        "threads": threads,
        "temp_directory": str(folder),
        "preserve_insertion_order": "true",  # a line's number is its position
        "autoinstall_known_extensions": "false",
    }
    con = None
    try:
        with translated(path.name):
            con = duckdb.connect(_database(path, folder, memory_gib), config=config)
            read, digest = _read_and_hash(con, path, folder, mapping, profile, progress)
        yield read, digest
    finally:
        if con is not None:
            con.close()
        shutil.rmtree(folder, ignore_errors=True)


def _read_and_hash(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    mapping: Mapping | None,
    profile: str | None,
    progress: Progress,
) -> tuple[Source, str]:
    if not profiles.is_olist(path):
        opening.check(path)
    with ThreadPoolExecutor(1) as pool:  # hashing waits for the disk and the processor outside Python's lock
        sha = pool.submit(_hash, path, progress)
        return _read(con, path, folder, mapping, profile), sha.result()


def _database(path: Path, folder: Path, memory_gib: float) -> str:
    """In memory where the file, unpacked, clearly fits (a third faster), else a DuckDB file."""
    files = list(path.iterdir()) if path.is_dir() else [path]
    size = sum(f.stat().st_size * (1 if f.suffix.lower() in _UNPACKED else 12) for f in files if f.is_file())
    return ":memory:" if size < memory_gib * 2**30 / 8 else str(folder / "staging.duckdb")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """The engine's and the system's errors as ours."""
    try:
        yield
    except (ForesellError, duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException):
        raise  # the last three would be faults of our own SQL
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise DiskTrouble(
            f"{name} needs more memory or scratch space than allowed ({stored.first_line(error)}).",
            remedy="Raise FORESELL_MEMORY_GIB or free disk space below FORESELL_HOME.",
        ) from None
    except (duckdb.IOException, OSError) as error:
        if "space" in str(error).lower() or "quota" in str(error).lower():
            raise DiskTrouble(
                f"The disk is full; {name} could not be staged.",
                remedy="Free space below FORESELL_HOME and load again.",
            ) from None
        raise BadInput(
            f"{name} cannot be read: {stored.first_line(error)}", remedy="Check the file and its rights."
        ) from None
    except duckdb.Error as error:
        raise BadInput(
            f"{name} cannot be read as what it claims to be: {stored.first_line(error)}", remedy="Export it again."
        ) from None


def _hash(path: Path, progress: Progress) -> str:
    if not path.is_dir():
        return opening.sha256(path, progress)
    parts = [opening.sha256(file, progress) for file in sorted(path.glob("*.csv"))]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _read(
    con: duckdb.DuckDBPyConnection, path: Path, folder: Path, mapping: Mapping | None, profile: str | None
) -> Source:
    con.execute(REJECTS)
    if profile:
        profiles.profile_map(profile)
    if path.is_dir():
        raw = profiles.read_olist(con, path, folder)
        return Source(con, "olist_order_items_dataset.csv", raw, mapping or profiles.profile_map("olist"))
    opened = opening.open_file(path, folder)
    stated = (mapping or Mapping()).dialect
    if opened.kind == "sqlite" and mapping is None and profiles.is_documents(opened):
        raw = profiles.read_documents(con, opened)
        tables = ("customers_read", "products_read")
        return Source(con, path.name, raw, profiles.profile_map("documents"), tables)
    opened = replace(opened, name=path.name)
    if opened.kind == "parquet":
        raw = stored.read_parquet(con, opened)
    elif opened.kind == "workbook":
        raw = workbook.read(con, opened, stated)
    elif opened.kind == "sqlite":
        raw = stored.read_sqlite(con, opened, stated)
    else:
        raw = delimited.read(con, opened, stated, folder)
    return Source(con, path.name, raw, mapping or profiles.choose(raw, profile))


def interpret(source: Source, load_day: date | None) -> tuple[Staging, Interpretation]:
    """Fill the four staged tables from `raw`; the staging lacks only what the caller knows (source, hash, size)."""
    con, mapping = source.con, source.mapping
    resolved = profiles.resolve(mapping, source.raw, source.name)
    read = _count_rows(source)
    limit = (load_day + timedelta(days=2)).isoformat() if load_day else _NO_LIMIT
    decided = cells.prepare(con, source.raw, mapping, resolved, limit=limit, file=source.name)
    extra = 0
    if mapping.rows == "orders":
        extra = _orders(source, resolved, decided, limit)
    else:
        _explicit_only(source, resolved, decided)
    (rejected,) = con.execute("select count(distinct line) from staged_rejects").fetchall()[0]
    warnings = (*source.raw.warnings, *decided.warnings)
    if extra:
        warnings += (f"{extra:,} lines were added for {', '.join(e.name for e in mapping.extra_lines)}.",)
    staging = Staging(
        con=con,
        source=mapping.source,
        profile=mapping.profile,
        rows=mapping.rows,
        file_name=source.name,
        file_bytes=0,
        file_sha256="",
        lines_read=read - decided.empty_rows + extra,
        rejected=int(rejected),
        warnings=warnings,
    )
    return staging, decided


def _count_rows(source: Source) -> int:
    query = "select (select count(*) from raw), (select count(distinct line) from staged_rejects)"
    rows, rejected = source.con.execute(query).fetchall()[0]
    if not rows and not rejected:
        raise EmptySource(f"{source.name} holds a header and no rows; nothing was read.", remedy="Export it again.")
    return int(rows) + int(rejected)


def _orders(source: Source, resolved: dict[str, Column], decided: Interpretation, limit: str) -> int:
    con, steps = source.con, named_queries(*_STEPS)
    con.execute(steps["lines"])
    con.execute(steps["bad_lines"])
    if con.execute("select count(*) from bad_lines").fetchall()[0][0]:
        last_day = (date.fromisoformat(limit) - timedelta(days=1)).isoformat()
        shown = decided.dates["ordered_at"].shown
        con.execute(
            steps["problems"].replace("{totals}", cells.totals(resolved)), {"dates": shown, "last_day": last_day}
        )
        _reject(source)
    if "order_key" in resolved:
        con.execute(steps["two_customers"])
        _reject(source)
    extra = _extra_lines(source)
    con.execute(steps["products"])
    for line in source.mapping.extra_lines if extra else ():
        con.execute(steps["extra_product"], {"sku": line.sku, "name": line.name})
    con.execute(steps["customers"])
    _describe(source, resolved)
    return extra


def _reject(source: Source) -> None:
    con = source.con
    if con.execute("select count(*) from problems").fetchall()[0][0]:
        con.execute(named_queries(*_STEPS)["reject"], {"file": source.name})
        con.execute("delete from staged_lines where line in (select line from problems)")
    con.execute("drop table problems")


def _extra_lines(source: Source) -> int:
    added = 0
    for at, extra in enumerate(source.mapping.extra_lines):
        if profiles.find(source.raw.columns, extra.column):
            step = named_queries(*_STEPS)["extra_lines"].replace("{extra}", f"extra_{at}")
            added += source.con.execute(step, {"sku": extra.sku}).fetchall()[0][0]
    return added


def _describe(source: Source, resolved: dict[str, Column]) -> None:
    """What explicit tables and described columns say about customers and products."""
    con = source.con
    if described := [name for name in cells.DESCRIBED if name in resolved and name != "country"]:
        con.execute(cells.customers_step("cells", described, everyone=False))
    if source.explicit:
        customers, products = source.explicit
        con.execute(cells.customers_step(customers, [*cells.DESCRIBED, "signup_date"], everyone=True))
        con.execute(cells.catalogue_step(products, "clean_key(sku)"))


def _explicit_only(source: Source, resolved: dict[str, Column], decided: Interpretation) -> None:
    """A file of customers or of products: one row each, the first row of a key counts, the others are rejected."""
    con = source.con
    con.execute(cells.EMPTY_TABLES)
    key = "customer_key" if source.mapping.rows == "customers" else "sku"
    dated = "signup_date" if "signup_date" in resolved else None
    con.execute(cells.key_problems(key, dated))
    con.execute(named_queries(*_STEPS)["reject"], {"file": source.name})
    con.execute("create or replace temp view kept as select * from cells where line not in (select line from problems)")
    if key == "customer_key":
        con.execute(cells.customers_step("kept", [*cells.DESCRIBED, "signup_date"], everyone=True))
    else:
        con.execute(cells.catalogue_step("kept", "sku"))
