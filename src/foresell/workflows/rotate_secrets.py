"""Replaces the key of connected sources: everything is sealed anew, and keys that open nothing any more are destroyed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import Busy
from foresell.logs import logger
from foresell.privacy.secret_box import SecretBox, secret_box_of
from foresell.settings import Settings
from foresell.store import sources

#: A source that is being read is waited for so long.
LONGEST_WAIT_SECONDS = 30.0
AT_ONCE = 1000

log = logger("rotate")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did. `destroyed`: keys; `busy`: sources that were being read, whose values keep the key before."""

    key: int
    sealed: int
    destroyed: Sequence[int]
    busy: Sequence[str]


def rotate_secrets(settings: Settings, database: Database, *, wait: float = LONGEST_WAIT_SECONDS) -> Rotation | None:
    """Seal every secret and document of connected sources with a new key; None where nothing was ever sealed.

    Work goes on meanwhile: values sealed with the key before still open. That key is destroyed as soon as no
    value needs it: at once, or by the next rotation where a source was being read for longer than `wait` seconds.
    """
    box = secret_box_of(settings)
    if not box.key_numbers():
        return None
    number, sealed, busy = box.add_key(), 0, []
    with database.connect() as con:
        connections = sources.SQL.rows(con, "sources.sealed_connections")
    for row in connections:
        try:
            sealed += _seal_source(database, box, row["connection_id"], number, time.monotonic() + wait)
        except Busy:
            busy.append(str(row["source"]))
    with database.connect() as con:
        needed = {row["key_number"] for row in sources.SQL.rows(con, "sources.needed_keys")}
    destroyed = sorted(box.key_numbers() - needed - {number})
    for old in destroyed:
        box.destroy_key(old)
    log.info("key of connected sources rotated", action="rotate", key=number, sealed=sealed, busy=len(busy))
    return Rotation(number, sealed, destroyed, busy)


def _seal_source(database: Database, box: SecretBox, connection_id: int, number: int, until: float) -> int:
    while True:
        try:
            with sources.open_documents(database, connection_id) as con:
                return _seal_secret(con, box, connection_id) + _seal_documents(con, box, connection_id, number)
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _seal_secret(con: Connection, box: SecretBox, connection_id: int) -> int:
    row = sources.SQL.row(con, "sources.lock_secret", connection_id=connection_id)
    if row is None or row["secret"] is None:
        return 0
    place = sources.secret_place(connection_id)
    anew = box.seal(box.open(bytes(row["secret"]), place), place)
    return sources.SQL.run(con, "sources.seal_secret", connection_id=connection_id, secret=anew)


def _seal_documents(con: Connection, box: SecretBox, connection_id: int, number: int) -> int:
    sealed = 0
    while rows := sources.SQL.rows(
        con, "sources.documents_to_seal", connection_id=connection_id, key_number=number, limit=AT_ONCE
    ):
        for row in rows:
            where = {"connection_id": connection_id, "stream": row["stream"], "key": row["key"]}
            place = sources.document_place(connection_id, row["stream"], row["key"])
            anew = box.seal(box.open(bytes(row["document"]), place), place)
            sealed += sources.SQL.run(con, "sources.change_document", document=anew, **where)
    return sealed
