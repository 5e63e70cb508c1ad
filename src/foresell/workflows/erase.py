"""Erases a customer: from the files of the home first, then from the database and its keys."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from foresell.database import Database
from foresell.errors import UploadGone
from foresell.privacy import erasure
from foresell.privacy.erasure import ErasedFiles, Erasure
from foresell.privacy.identifiers import Identifiers
from foresell.privacy.secret_box import secret_box_of
from foresell.privacy.vault import vault_of
from foresell.settings import Settings
from foresell.sources.connectors.catalogue import find_kind
from foresell.sources.files.erase_rows import CannotRewrite, erase_rows
from foresell.sources.files.file_sniffing import hash_file
from foresell.sources.files.mapping import read_mapping
from foresell.sources.files.rejects import erase_rejected_rows
from foresell.store import jobs, sources
from foresell.tempdirs import temporary_folder
from foresell.types import no_progress
from foresell.uploads import Upload
from foresell.workflows.social import erase_from_social


def erase_customer(settings: Settings, database: Database, customer_id: str) -> Erasure:
    """Erase a customer wherever Foresell keeps personal data, and say what was removed.

    Killed at any point, it finishes when it is repeated. Raises CustomerNotFound, and Busy while a load runs.
    """
    erase_files = partial(_erase_from_files, settings, database, customer_id)
    return erasure.erase_customer(database, vault_of(settings), customer_id, erase_files)


def _erase_from_files(settings: Settings, database: Database, customer_id: str, who: Identifiers) -> ErasedFiles:
    """Erase the customer from what connected sources sent, from uploads that are not loaded yet, and from the files of
    rejected rows."""
    documents = erase_from_documents(settings, database, customer_id)
    documents += erase_from_social(settings, database, customer_id, who)
    rows = uploads = 0
    for each in jobs.list_uploads(database):
        upload = Upload.of(settings, each["import_id"])
        try:
            file = upload.file
        except UploadGone:
            continue
        try:
            erased = _erase_from_upload(settings, upload, file, each["revision"], who)
        except CannotRewrite:
            jobs.discard_import(database, each["import_id"])
            upload.delete()
            uploads += 1
            continue
        rows += erased
        if erased or any(_names_customer(found, who) for found in upload.inspections()):
            digest = hash_file(file, no_progress)
            jobs.inspect_again(database, each["import_id"], file_bytes=file.stat().st_size, file_sha256=digest)
            for found in upload.inspections():  # last: an erasure killed before finds them when it is repeated
                if _names_customer(found, who):
                    found.unlink()
    return ErasedFiles(rows, uploads, erase_rejected_rows(settings.rejects, who.are_in), documents)


def erase_from_documents(settings: Settings, database: Database, customer_id: str) -> int:
    """Erase a customer from the documents of connected sources: the records of the person are deleted, and sales name a
    pseudonym instead. Returns how many documents were changed. Raises Busy while such a source is read.
    """
    box, vault, changed = secret_box_of(settings), vault_of(settings), 0
    with database.connect() as con:
        records = sources.SQL.rows(con, "sources.records_of_customer", customer_id=customer_id)
    for record in records:
        kind = find_kind(record["kind"])
        if kind.documents is None:
            continue
        connection_id, key = record["connection_id"], record["source_key"]
        pseudonym = vault.pseudonym(vault.digest(record["source"], key))
        with sources.open_documents(database, connection_id) as con:
            changed += sources.SQL.run(
                con, "sources.delete_document", connection_id=connection_id, stream="customers", key=key
            )
            for row in sources.SQL.rows(con, "sources.kept_documents", connection_id=connection_id):
                place = sources.document_place(connection_id, row["stream"], row["key"])
                document = json.loads(box.open(bytes(row["document"]), place))
                if document.get(kind.customer_field) == key:
                    sealed = box.seal(json.dumps({**document, kind.customer_field: pseudonym}).encode(), place)
                    where = {"connection_id": connection_id, "stream": row["stream"], "key": row["key"]}
                    changed += sources.SQL.run(con, "sources.change_document", document=sealed, **where)
    return changed


def _erase_from_upload(settings: Settings, upload: Upload, file: Path, revision: int, who: Identifiers) -> int:
    """How many rows of an uploaded file were removed. Raises CannotRewrite."""
    mapping = upload.mapping_file(revision)
    with temporary_folder(settings.work, "erase") as folder:
        return erase_rows(file, folder / "kept", read_mapping(mapping) if mapping.exists() else None, who.are_in_row)


def _names_customer(inspection: Path, who: Identifiers) -> bool:
    """Whether the result of an inspection names the customer, in a sample of the file or otherwise."""
    found = json.loads(inspection.read_text(encoding="utf-8"))
    return bool(who.replace_in_json(found) != found)
