"""Loads a file of a directory: reads its entries, normalizes their names and places, and saves them with comparison keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foresell.database import Database
from foresell.enrichment import entries
from foresell.enrichment.entries import KeyedEntry
from foresell.enrichment.fields import Directory, Entry, Reading, read_host
from foresell.enrichment.readers import read_entries
from foresell.errors import EmptySource, UsageError
from foresell.identity.keys import SEPARATOR, key_parts, make_keys
from foresell.identity.normalization.records import normalize_as_company
from foresell.identity.record import RawRecord, Record
from foresell.logs import logger
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.files.file_sniffing import hash_file
from foresell.types import no_progress

#: Directories that name a company without an address: found by the whole name, in its country.
REGISTRIES: tuple[Directory, ...] = ("gleif", "companies-house")
log = logger("directories")


@dataclass(frozen=True, slots=True)
class DirectoryLoad:
    """What a load brought. rejected: by reason; removed: entries that the file no longer had."""

    load_id: int
    directory: Directory
    entries: int
    removed: int
    rejected: dict[str, int] = field(default_factory=dict)


def load_directory(
    settings: Settings,
    database: Database,
    path: Path,
    directory: Directory,
    *,
    whole: bool = False,
    made_up: bool = False,
) -> DirectoryLoad:
    """Load a file of a directory, in one transaction; entries that are there already are replaced.

    whole: the file has all entries, others of the directory are removed; a file with less than half of those held is refused.
    Raises BadInput, EmptySource or UsageError (nothing is written), and Busy while another load runs.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", parameter="path")
    reading = Reading()
    vault = vault_of(settings)
    digest = hash_file(path, no_progress)
    keyed = key_entries(read_entries(path, directory, reading), vault.matching_secret())
    with database.connect() as con:
        entries.take_lock(con)
        load_id, count, removed = entries.save_entries(
            con, directory, (path.name, digest), keyed, whole=whole, made_up=made_up
        )
        if count == 0:
            raise EmptySource(f"{path.name} holds no entry that can be used.", remedy="Check the file and --kind.")
        if whole and removed > count:
            raise UsageError(
                f"{path.name} lacks {removed:,} of the entries that are held; nothing was changed.",
                remedy="Check that the file is complete, or load it without --whole.",
            )
        rejected = sum(reading.rejected.values())
        entries.close_load(con, load_id, entries=count, rejected=rejected, removed=removed)
    log.info("directory loaded", action="load", directory=directory, entries=count, rejected=rejected, removed=removed)
    return DirectoryLoad(load_id, directory, count, removed, reading.rejected)


def key_entries(found: Iterable[Entry], secret: bytes) -> Iterator[KeyedEntry]:
    """Entries with the keys by which records are compared with them."""
    for entry in found:
        record = normalize_entry(entry.directory, entry.name, entry.details)
        parts = key_parts(record)
        if entry.directory in REGISTRIES:
            parts += name_parts(record)
        yield KeyedEntry(entry, make_keys(parts, secret).tolist())


def normalize_entry(directory: str, name: str, details: Mapping[str, Any]) -> Record:
    """An entry as a record of a company. Its web domain is compared as that of an e-mail address is."""
    email = details.get("email")
    host = read_host(str(details["website"])) if details.get("website") and not email else None
    return normalize_as_company(
        RawRecord(
            0, directory, name, email or (f"mail@{host}" if host else None), details.get("phone"), details.get("street"),
            details.get("city"), details.get("region"), details.get("postcode"), details.get("country"),
        )
    )  # fmt: skip


def name_parts(record: Record) -> list[str]:
    """The key of a whole name in a country, where both are known and the name is telling."""
    words = (record.tokens or "").split()
    if not record.country or not record.name or (len(words) < 2 and len(record.tokens or "") < 8):
        return []
    return [SEPARATOR.join(("entry_name", record.country, record.name, record.legal_form or ""))]
