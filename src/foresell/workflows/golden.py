"""Chooses, for customers with several records, the record that each group of fields is taken from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from foresell.database import Database
from foresell.db import Connection, Row, Statements
from foresell.identity.golden import Choice, Pin, SourceRecord, SurvivorshipRule, choose_records
from foresell.logs import logger
from foresell.privacy.vault import Vault, vault_of
from foresell.settings import Settings
from foresell.workflows.opened_records import open_rows

SQL = Statements("foresell.identity")
ROWS = 5_000
EXAMPLES = 6

log = logger("identity")


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. compared: customers with several records; changed: those of whom another value is shown than before,
    also by group of fields; neither counts customers without an earlier choice. examples: some of them, when rules are tried."""

    compared: int
    changed: int
    by_group: dict[str, int] = field(default_factory=dict)
    examples: list[Row] = field(default_factory=list)


def choose_golden_records(
    settings: Settings,
    database: Database,
    customer_ids: Sequence[str] | None = None,
    *,
    rules: Sequence[SurvivorshipRule] | None = None,
) -> Choices:
    """Choose and save the golden records of customers with several records: of all, or of these after something about them changed.

    rules: instead of the saved ones; then nothing is saved. Sealed values are opened in this process, and none is written
    anywhere: a choice is the id of a record. Streams: its memory does not grow with the number of customers.
    """
    ids = None if customer_ids is None else list(customer_ids)
    with database.connect() as con:
        SQL.row(con, "golden.lock_choices")
        SQL.run(con, "golden.make_new_choices")
        compared = _copy_choices(con, vault_of(settings), ids, rules or read_rules(con))
        found = {row["field_group"]: row["customers"] for row in SQL.rows(con, "golden.changed_values")}
        examples = SQL.rows(con, "golden.changed_examples", limit=EXAMPLES) if rules is not None else []
        if rules is None:
            SQL.run(con, "golden.delete_choices", ids=ids)
            SQL.run(con, "golden.save_choices")
        con.execute("drop table new_choices")
    changed = found.pop(None, 0)
    log.info("golden records chosen", action="choose", customers=compared, changed=changed)
    return Choices(compared, changed, found, examples)


def choose_missing_records(settings: Settings, database: Database) -> None:
    """Choose for customers with several records whose records changed since, or whose pin ended: after loads and moves of many."""
    with database.connect() as con:
        ids = [row["customer_id"] for row in SQL.rows(con, "golden.without_choices")]
    if ids:
        choose_golden_records(settings, database, ids)


def read_rules(con: Connection) -> list[SurvivorshipRule]:
    """The saved survivorship rules, in the order of the groups."""
    return [
        SurvivorshipRule(row["field_group"], row["methods"], row["sources"]) for row in SQL.rows(con, "golden.rules")
    ]


def _copy_choices(con: Connection, vault: Vault, ids: list[str] | None, rules: Sequence[SurvivorshipRule]) -> int:
    """Fill new_choices. Returns how many customers have several records."""
    pins: dict[str, list[Pin]] = defaultdict(list)
    for row in SQL.rows(con, "golden.pins", ids=ids):
        pins[row["customer_id"]].append(Pin(row["field_group"], row["record_id"], row["until"]))
    [today] = con.execute("select current_date as today").fetchall()
    compared = 0
    spool: list[tuple[str, Choice]] = []
    with con.cursor(name="golden_records", withhold=False) as cur:
        cur.itersize = ROWS
        cur.execute(SQL.text("golden.records").encode(), {"ids": ids})
        for customer_id, rows in groupby(open_rows(cur, vault), key=lambda row: row["customer_id"]):
            compared += 1
            choices = choose_records([_read(row) for row in rows], rules, pins[customer_id], today=today["today"])
            spool += ((customer_id, choice) for choice in choices)
            if len(spool) >= ROWS:
                _write(con, spool)
    _write(con, spool)
    return compared


def _write(con: Connection, spool: list[tuple[str, Choice]]) -> None:
    with con.cursor() as cur, cur.copy(SQL.text("golden.copy_choices").encode()) as copy:
        for customer_id, each in spool:
            copy.write_row((customer_id, each.field_group, each.record_id, each.rule, each.agreeing, each.differing))
    spool.clear()


def _read(row: Row) -> SourceRecord:
    return SourceRecord(row["record_id"], row["source"], row["changed_at"], row)
