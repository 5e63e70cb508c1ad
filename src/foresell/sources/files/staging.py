"""From a file to the four staged tables: a temporary DuckDB, the reader for the kind of file, then the interpretation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from foresell.errors import BadInput, DiskTrouble, ForesellError
from foresell.sources.files import columnar, delimited, file_sniffing, formats, iif_reader, parts, workbook
from foresell.sources.files.bounded import Limits, build_limits
from foresell.sources.files.interpretation import ParsedFile, describe_left_out, interpret_rows
from foresell.sources.files.mapping import Mapping, override_mapping
from foresell.sources.files.questions import OpenQuestions
from foresell.sources.files.raw_rows import PLACES, REJECTS, RawRows, name_places
from foresell.tempdirs import temporary_folder
from foresell.types import Progress, Staging, no_progress


@contextmanager
def stage_file(
    path: Path,
    *,
    workdir: Path,
    memory_gib: float,
    threads: int,
    mapping: Mapping | None = None,
    format: str | None = None,
    dates: str | None = None,
    source: str | None = None,
    progress: Progress = no_progress,
    load_day: date | None = None,
    accept_guesses: bool = False,
) -> Iterator[Staging]:
    """One file (or a folder of tables) as the four tables of `types.Staging`, in a DuckDB file deleted with the context.

    Without a `mapping`, the file must fit a known format or have headers that can be recognised. Dates after
    `load_day` + 1 are rejected as typing errors. `dates` (dmy, mdy, ymd) is the order of ambiguous dates. With
    `accept_guesses`, the likeliest answers to open questions are taken. Raises OpenQuestions, BadInput, EmptySource or
    DiskTrouble; bad rows never raise.
    """
    with read_raw_rows(
        path,
        workdir=workdir,
        memory_gib=memory_gib,
        threads=threads,
        mapping=mapping,
        format=format,
        dates=dates,
        progress=progress,
    ) as (read, sha):
        with translate_errors(read.name):
            interpreted = interpret_rows(read, load_day, accept_guesses=accept_guesses)
            name_places(read.con)
        if interpreted.questions:
            raise OpenQuestions(read.name, interpreted.questions)
        warnings = (*interpreted.staging.warnings, *describe_left_out(read.con))
        staging = replace(interpreted.staging, warnings=warnings)
        size = sum(f.stat().st_size for f in (path.iterdir() if path.is_dir() else [path]) if f.is_file())
        named = override_mapping(interpreted.mapping, source=source)
        progress(staging.lines_read, staging.lines_read, "lines")
        yield replace(staging, source=named.source, file_bytes=size, file_sha256=sha, mapping=named.as_dict())


@contextmanager
def read_raw_rows(
    path: Path,
    *,
    workdir: Path,
    memory_gib: float,
    threads: int,
    mapping: Mapping | None,
    format: str | None,
    dates: str | None,
    progress: Progress,
) -> Iterator[tuple[ParsedFile, str]]:
    """The file read into a temporary DuckDB below `workdir`, and its SHA-256; deleted with the context."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise BadInput(f"{path} is not a file.", remedy="Give a file, or a folder of CSV files.")
    with temporary_folder(workdir, "stage") as folder:
        with translate_errors(path.name):
            con = duckdb.connect(str(folder / "staging.duckdb"), config=_limits(folder, memory_gib, threads))
        with con:
            with translate_errors(path.name):
                limits = build_limits(memory_gib, progress)
                read, digest = _read_and_hash(con, path, folder, mapping, format, limits)
            yield (replace(read, mapping=replace(read.mapping, date_order=dates)) if dates else read), digest


def _limits(folder: Path, memory_gib: float, threads: int) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": f"{memory_gib:.2f}GiB",
        "threads": threads,
        "temp_directory": str(folder),
        "preserve_insertion_order": "true",  # a line's number is its position
        "autoinstall_known_extensions": "false",
    }


def _read_and_hash(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    mapping: Mapping | None,
    format: str | None,
    limits: Limits,
) -> tuple[ParsedFile, str]:
    if not formats.is_olist(path):
        file_sniffing.check_path(path)
    with ThreadPoolExecutor(1) as pool:  # hashing releases the GIL
        sha = pool.submit(hash_path, path, limits.progress)
        return _read(con, path, folder, mapping, format, limits), sha.result()


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Raise errors of DuckDB and the operating system as ForesellErrors about the file `name`."""
    try:
        yield
    except (ForesellError, duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException):
        raise  # the last three are faults of our own SQL
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise DiskTrouble(
            f"{name} needs more memory or scratch space than allowed ({columnar.shorten_error(error)}).",
            remedy="Raise FORESELL_MEMORY_GIB or free disk space below FORESELL_HOME.",
        ) from None
    except (duckdb.IOException, OSError) as error:
        if "space" in str(error).lower() or "quota" in str(error).lower():
            raise DiskTrouble(
                f"The disk is full; {name} could not be staged.",
                remedy="Free space below FORESELL_HOME and load again.",
            ) from None
        raise BadInput(
            f"{name} cannot be read: {columnar.shorten_error(error)}", remedy="Check the file and its permissions."
        ) from None
    except duckdb.Error as error:
        raise BadInput(
            f"{name} is damaged or not what its name says: {columnar.shorten_error(error)}", remedy="Export it again."
        ) from None


def hash_path(path: Path, progress: Progress) -> str:
    """The SHA-256 of a file; of a folder, that of its tables' SHA-256s in order of name."""
    if not path.is_dir():
        return file_sniffing.hash_file(path, progress)
    tables = sorted(path.glob("*.csv")) if formats.is_olist(path) else file_sniffing.list_tables(path)[0]
    hashes = [file_sniffing.hash_file(file, progress) for file in tables]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def _read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    mapping: Mapping | None,
    format: str | None,
    limits: Limits,
) -> ParsedFile:
    con.execute(REJECTS)
    con.execute(PLACES)
    if format:
        formats.read_format(format)
    if formats.is_olist(path):
        raw = formats.read_olist(con, path, folder)
        return ParsedFile(con, "olist_order_items_dataset.csv", raw, mapping or formats.read_format("olist"))
    opened = file_sniffing.open_file(path, folder, limits)
    if opened.kind == "sqlite" and mapping is None and formats.is_documents(opened):
        raw = formats.read_documents(con, opened)
        tables = ("customers_read", "products_read")
        return ParsedFile(con, path.name, raw, formats.read_format("documents"), tables)
    if opened.kind == "iif":
        stated = (mapping or Mapping()).dialect
        raw, known, explicit = iif_reader.read_iif(con, replace(opened, name=path.name), stated)
        raw = replace(raw, warnings=(*raw.warnings, *opened.notes))
        chosen = mapping or formats.read_format(format or known)
        return ParsedFile(con, path.name, raw, chosen, explicit if known != iif_reader.PRODUCTS else None)
    raw = _read_opened(con, replace(opened, name=path.name), folder, mapping, format)
    raw = replace(raw, warnings=(*raw.warnings, *opened.notes))
    chosen = mapping or formats.choose_mapping(con, raw, format)
    return ParsedFile(con, path.name, raw, chosen, proposed=mapping is None and chosen.format == formats.MAPPED)


def _read_opened(
    con: duckdb.DuckDBPyConnection,
    opened: file_sniffing.OpenedFile,
    folder: Path,
    mapping: Mapping | None,
    format: str | None,
) -> RawRows:
    """Create `raw_rows` with the reader for the kind of file."""
    stated = (mapping or Mapping()).dialect

    def fits(raw: RawRows) -> bool:
        chosen = mapping or formats.choose_mapping(None, raw, format)
        try:
            resolved = formats.resolve_columns(chosen, raw, opened.name)
        except BadInput:
            return False
        return chosen is mapping or (chosen.rows == "orders" and "customer_key" in resolved)

    if opened.kind == "parquet":
        return columnar.read_parquet(con, opened)
    if opened.kind == "workbook":
        return workbook.read_workbook(con, opened, stated, fits)
    if opened.kind == "sqlite":
        return columnar.read_sqlite(con, opened, stated, fits)
    if opened.kind == "parts":
        return parts.read_parts(con, opened, stated, folder)
    return delimited.read_delimited(
        con, opened, stated, folder, lambda columns: formats.choose_columns(columns, mapping, format)
    )
