"""The data step of an upgrade that seals what older versions stored in the clear: notes, tasks, numbers of erased customers."""

from __future__ import annotations

from typing import Any

import psycopg

from foresell.privacy.vault import Vault
from foresell.sql import named_queries

Connection = psycopg.Connection[tuple[Any, ...]]
#: Rows that are read and sealed at a time.
ROWS_AT_ONCE = 1000


def seal_personal_data(con: Connection, vault: Vault) -> None:
    """Encrypt notes and tasks with a new key per customer, and replace the source keys of erased records by their keyed hash.

    In the transaction of the upgrade: all of it or nothing. A key-encryption key that is created here is on disk before it is
    used; one that a killed upgrade left wraps nothing.
    """
    sealed: dict[str, tuple[int, bytes]] = {}
    for table in ("calls", "follow_ups"):
        with con.cursor(name=f"clear_{table}") as clear, con.cursor() as cur:
            clear.execute(_sql(f"clear_{table}"))
            while rows := clear.fetchmany(ROWS_AT_ONCE):
                for customer_id in {customer for _, customer, _ in rows} - sealed.keys():
                    kek_id = _current_kek(con, vault)
                    sealed[customer_id] = kek_id, vault.make_customer_key(kek_id, customer_id)
                    con.execute(_sql("add_customer_key"), [customer_id, *sealed[customer_id]])
                values = [(vault.seal_texts(who, *sealed[who], [text])[0], number) for number, who, text in rows]
                cur.executemany(_sql(f"seal_{table}"), values)
    for (source,) in con.execute(_sql("sources_with_erasures")).fetchall():
        records = con.execute(_sql("keys_of_source"), [source]).fetchall()
        erased = {digest for (digest,) in con.execute(_sql("erased_of_source"), [source]).fetchall()}
        for (record_id, _), digest in zip(records, vault.digests(source, [key for _, key in records]), strict=True):
            if digest in erased:
                con.execute(_sql("hide_source_key"), [vault.pseudonym(digest), record_id])
                con.execute(_sql("hide_superseded_source_key"), [vault.pseudonym(digest), record_id])


def _current_kek(con: Connection, vault: Vault) -> int:
    """The number of the key-encryption key in use; created where there is none."""
    [(kek_id,)] = con.execute(_sql("current_key")).fetchall()
    if kek_id is None:
        [(kek_id,)] = con.execute(_sql("create_key")).fetchall()
        vault.make_kek(kek_id)
    return int(kek_id)


def _sql(name: str) -> bytes:
    return named_queries("foresell.privacy", "queries/seal_existing.sql")[name].encode()
