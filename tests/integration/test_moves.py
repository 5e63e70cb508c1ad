"""Merges, splits and their undo, in any order, between loads and undone loads: records, orders, money and ids are conserved."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from foresell.database import Database
from foresell.db import Connection
from foresell.errors import UsageError
from foresell.identity import moves
from foresell.store.batches import undo_batch
from tests.support.identity_faults import find_faults
from tests.support.loading import load
from tests.support.staged import stage_lines


@dataclass
class Model:
    """What the definition of a move says: records are where the moves that are not undone put them, in their sequence."""

    first: dict[int, str] = field(default_factory=dict)
    moves: dict[int, dict[str, Any]] = field(default_factory=dict)

    def places(self) -> dict[int, str]:
        place = dict(self.first)
        for _, move in sorted(self.moves.items()):
            if move["undone"]:
                continue
            for record, customer in place.items():
                if move["kind"] == "merge" and customer in move["others"]:
                    place[record] = move["customer"]
                if move["kind"] == "split" and customer == move["customer"] and record in move["records"]:
                    place[record] = move["others"][0]
        return place


class Shop:
    """A database with customers, calls and owners, and the model it is compared with."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.random, self.model, self.loads = database, random.Random(seed), Model(), 0
        self.batches: list[int] = []
        with database.connect() as con:
            con.execute(
                "insert into access.users (name, email) values ('Rep', 'rep@shop.example'), ('Ann', 'ann@shop.example')"
            )

    def load(self) -> None:
        self.loads += 1
        lines = "\n".join(
            f"B{self.loads}-{n}  p{self.loads}-{n}  2026-01-05  ok  mug  {self.random.randint(1, 9)}  3.50"
            for n in range(6)
        )
        batch = load(self.database, stage_lines(lines, source=f"shop{self.loads}"))
        self.batches.append(batch.batch_id)
        with self.database.connect() as con:
            rows = con.execute(
                "select record_id, customer_id from customer_records where batch_id = %s", [batch.batch_id]
            ).fetchall()
            self.model.first |= {row["record_id"]: row["customer_id"] for row in rows}
            for row in rows[:3]:
                user = self.random.choice([1, 2])
                con.execute(
                    "insert into access.customer_owners (customer_id, user_id) values (%s, %s)",
                    [row["customer_id"], user],
                )
                con.execute(
                    "insert into engagement.calls (customer_id, user_id, outcome) values (%s, 1, 'reached')",
                    [row["customer_id"]],
                )

    def undo_load(self) -> None:
        if len(self.batches) > 2:
            batch = self.batches.pop(self.random.randrange(len(self.batches)))
            with self.database.connect() as con:
                gone = con.execute("select record_id from customer_records where batch_id = %s", [batch]).fetchall()
            undo_batch(self.database, batch)
            for row in gone:
                del self.model.first[row["record_id"]]

    def merge(self, con: Connection) -> None:
        active = sorted(set(self.model.places().values()))
        if len(active) < 3:
            return
        customer, *others = self.random.sample(active, self.random.randint(2, 3))
        [move] = moves.merge(con, {customer: others})
        self.model.moves[move] = {"kind": "merge", "customer": customer, "others": others, "undone": False}

    def split(self, con: Connection) -> None:
        members: dict[str, list[int]] = {}
        for record, customer in self.model.places().items():
            members.setdefault(customer, []).append(record)
        several = sorted(customer for customer, records in members.items() if len(records) > 1)
        if several:
            customer = self.random.choice(several)
            records = self.random.sample(members[customer], self.random.randint(1, len(members[customer]) - 1))
            row = moves.split(con, customer, records)
            self.model.moves[row["move_id"]] = {
                "kind": "split", "customer": customer, "others": [row["customer_id"]], "records": records, "undone": False,
            }  # fmt: skip

    def undo(self, con: Connection, move: int | None = None) -> None:
        live = [number for number, each in self.model.moves.items() if not each["undone"]]
        if live:
            chosen = move or self.random.choice(live)
            moves.undo(con, chosen)
            self.model.moves[chosen]["undone"] = True

    def check(self) -> None:
        with self.database.connect() as con:
            rows = con.execute("select record_id, customer_id from customer_records").fetchall()
            assert {row["record_id"]: row["customer_id"] for row in rows} == self.model.places()
            assert list(find_faults(con)) == []


def total(database: Database) -> list[dict[str, Any]]:
    with database.connect() as con:
        return con.execute(
            "select count(*), sum(amount), (select count(*) from orders) as orders from order_items"
        ).fetchall()


def owners(database: Database) -> dict[str, int]:
    with database.connect() as con:
        rows = con.execute(
            "select customer_id, user_id from access.customer_owners join customers using (customer_id)"
        ).fetchall()
        return {row["customer_id"]: row["user_id"] for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_random_moves_conserve_everything(database: Database, seed: int) -> None:
    shop = Shop(database, seed)
    for _ in range(4):
        shop.load()
    for step in range(170):
        kind = shop.random.choices(["merge", "split", "undo", "load", "undo load"], [8, 4, 6, 1, 1])[0]
        before = total(database)
        if kind == "load":
            shop.load()
        elif kind == "undo load":
            shop.undo_load()
        else:
            with database.connect() as con:
                getattr(shop, kind)(con)
            assert total(database) == before
        if step % 3 == 0:
            shop.check()
    shop.check()


@pytest.mark.parametrize("seed", range(3))
def test_undoing_every_move_in_any_order_restores_the_first_state(database: Database, seed: int) -> None:
    shop = Shop(database, seed)
    for _ in range(3):
        shop.load()
    before = (shop.model.places(), owners(database), total(database))
    with database.connect() as con:
        for _ in range(40):
            shop.random.choice([shop.merge, shop.merge, shop.split])(con)
        for move in shop.random.sample(list(shop.model.moves), len(shop.model.moves)):
            shop.undo(con, move)
    shop.check()
    assert (shop.model.places(), owners(database), total(database)) == before
    with database.connect() as con:
        assert con.execute("select from engagement.calls where customer_id <> original_customer_id").fetchone() is None


@pytest.mark.parametrize(
    ("customer", "others"),
    [("C000001", ["C000001"]), ("C000001", ["C999999"]), ("C999999", ["C000001"]), ("C000001", ["C000002", "C000002"])],
)
def test_a_merge_of_what_is_no_customer_changes_nothing(database: Database, customer: str, others: list[str]) -> None:
    shop = Shop(database, 1)
    shop.load()
    with (
        pytest.raises(UsageError, match="does not exist, is merged already, or is named twice"),
        database.connect() as con,
    ):
        moves.merge(con, {customer: others})
    shop.check()


def test_a_merged_customer_is_not_merged_again(database: Database) -> None:
    shop = Shop(database, 1)
    shop.load()
    with database.connect() as con:
        moves.merge(con, {"C000001": ["C000002"]})
    with pytest.raises(UsageError, match="is merged already"), database.connect() as con:
        moves.merge(con, {"C000003": ["C000002"]})


def test_what_is_written_about_a_merged_customer_belongs_to_the_other_one_and_comes_back(database: Database) -> None:
    shop = Shop(database, 1)
    shop.load()
    with database.connect() as con:
        [move] = moves.merge(con, {"C000001": ["C000002"]})
        con.execute("insert into engagement.calls (customer_id, user_id, outcome) values ('C000002', 1, 'no_answer')")
        late = con.execute("select customer_id from engagement.calls where outcome = 'no_answer'").fetchone()
        moves.undo(con, move)
        back = con.execute("select customer_id from engagement.calls where outcome = 'no_answer'").fetchone()
    assert (late, back) == ({"customer_id": "C000001"}, {"customer_id": "C000002"})
