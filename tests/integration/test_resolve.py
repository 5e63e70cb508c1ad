"""Records of several sources become one customer each: in a run over all of them, and as they arrive."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from foresell.database import Database
from foresell.db import Statements
from foresell.errors import Busy
from foresell.identity import decisions, moves
from foresell.identity.decisions import Verdict
from foresell.settings import Settings
from foresell.workflows.erase import erase_customer
from foresell.workflows.explain_match import explain_customers
from foresell.workflows.load import load_file
from foresell.workflows.resolve import resolve_records
from tests.support.identity_faults import find_faults
from tests.support.store_dump import dump

SQL = Statements("foresell.identity")
COLUMNS = ("customer_no", "name", "email", "phone", "street", "city", "postcode", "country")
ANNA = (
    "1",
    "Anna Petersen",
    "anna.petersen@mail.example",
    "+44 20 7946 0011",
    "12 High Street",
    "London",
    "SW1A 2AA",
    "GB",
)
BERT = ("2", "Albert Jones", "a.jones@post.example", "+44 161 496 0022", "3 Mill Lane", "Manchester", "M1 1AE", "GB")
CLEO = ("3", "Cleo Marsh", "cleo@marsh.example", "+44 113 496 0033", "9 Park Row", "Leeds", "LS1 5HD", "GB")
ANNA_IN_CRM = (
    "A",
    "PETERSEN, Anna",
    "Anna.Petersen@mail.example",
    "020 7946 0011",
    "12 High St",
    "London",
    "SW1A2AA",
    "United Kingdom",
)
BERT_IN_CRM = ("B", "Bert Jones", "a.jones@post.example", "", "3 Mill Ln", "Manchester", "M1 1AE", "GB")
STRANGER = ("C", "Dora Quist", "dora@quist.example", "+44 117 496 0044", "1 Quay", "Bristol", "BS1 4DJ", "GB")


class Company:
    """A database with customer files of several sources."""

    def __init__(self, settings: Settings, database: Database, folder: Path) -> None:
        self.settings, self.database, self.folder, self.files = settings, database, folder, 0

    def load(self, source: str, *rows: Iterable[str]) -> Any:
        self.files += 1
        file = self.folder / f"{source}-{self.files}.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([COLUMNS, *rows])
        return load_file(self.settings, self.database, file, source=source, max_rejected=100, accept_guesses=True)

    def run(self, **options: Any) -> dict[str, int]:
        counts: dict[str, int] = resolve_records(self.settings, self.database, **options)["counts"]
        return counts

    def customers(self) -> dict[str, str]:
        """By `source key`, the customer."""
        with self.database.connect() as con:
            rows = con.execute(
                "select source || ' ' || source_key as key, customer_id from customer_records"
            ).fetchall()
            assert list(find_faults(con)) == []
        return {row["key"]: row["customer_id"] for row in rows}

    def count(self, table: str) -> int:
        with self.database.connect() as con:
            row = con.execute(f"select count(*) as rows from identity.{table}").fetchone()
        assert row is not None
        return int(row["rows"])


@pytest.fixture
def company(settings: Settings, database: Database, tmp_path: Path) -> Company:
    return Company(settings, database, tmp_path)


def test_a_run_makes_one_customer_of_the_records_of_one_person(company: Company) -> None:
    company.load("shop", ANNA, BERT, CLEO)
    company.load("crm", ANNA_IN_CRM, BERT_IN_CRM, STRANGER)
    counts = company.run()
    assert (counts["merges"], counts["splits"]) == (2, 0)
    assert company.customers() == {
        "shop 1": "C000001", "shop 2": "C000002", "shop 3": "C000003",
        "crm A": "C000001", "crm B": "C000002", "crm C": "C000006",
    }  # fmt: skip


def test_the_same_run_again_changes_nothing(company: Company) -> None:
    company.load("shop", ANNA, BERT, CLEO)
    company.load("crm", ANNA_IN_CRM, BERT_IN_CRM, STRANGER)
    company.run()
    before = (company.customers(), company.count("moves"), company.count("match_keys"))
    again = company.run()
    assert (again["merges"], again["splits"], again["records_changed"]) == (0, 0, 0)
    assert (company.customers(), company.count("moves"), company.count("match_keys")) == before


def test_a_dry_run_says_what_would_move_and_moves_nothing(company: Company) -> None:
    company.load("shop", ANNA, BERT)
    company.load("crm", ANNA_IN_CRM, STRANGER)
    before = dump(company.database)
    result = resolve_records(company.settings, company.database, dry_run=True)
    assert (result["counts"]["merges"], result["customers"]) == (1, ["C000001", "C000003"])
    assert dump(company.database) == before
    assert company.count("match_runs") == company.count("match_models") == 0


def test_a_record_that_arrives_is_attached_and_a_stranger_is_new(company: Company) -> None:
    company.load("shop", ANNA, BERT, CLEO)
    company.run()
    batch = company.load("crm", ANNA_IN_CRM, BERT_IN_CRM, STRANGER)
    assert "2 of 3 customer records belong to customers that were known already." in batch.warnings
    found = company.customers()
    assert (found["crm A"], found["crm B"]) == ("C000001", "C000002")
    assert found["crm C"] not in (found["shop 1"], found["shop 2"], found["shop 3"])
    assert company.run()["merges"] == 0


def test_one_person_twice_in_one_file_is_one_customer(company: Company) -> None:
    company.load("shop", CLEO)
    company.run()
    company.load("crm", ANNA_IN_CRM, ("Z", *ANNA[1:]))
    found = company.customers()
    assert found["crm A"] == found["crm Z"] != found["shop 3"]


def test_an_arrival_never_makes_two_known_customers_one(company: Company) -> None:
    moved = (
        "4",
        "Anna Petersen",
        "anna.p@other.example",
        "+44 29 2018 0055",
        "7 Bay Road",
        "Cardiff",
        "CF10 1AA",
        "GB",
    )
    company.load("shop", ANNA, moved)
    company.run()
    known = company.customers()
    assert known["shop 1"] != known["shop 4"]
    both = (
        "A",
        "Anna Petersen",
        "anna.petersen@mail.example",
        "+44 29 2018 0055",
        "7 Bay Road",
        "Cardiff",
        "CF10 1AA",
        "GB",
    )
    company.load("crm", both)
    found = company.customers()
    assert len({found["shop 1"], found["shop 4"], found["crm A"]}) == 3
    assert open_reviews(company) == ["two customers fit"] * 2


def test_what_a_person_took_apart_is_not_put_together_again(company: Company) -> None:
    company.load("shop", ANNA)
    company.load("crm", ANNA_IN_CRM)
    company.run()
    with company.database.connect() as con:
        [move] = moves.list_moves(con, "C000001")
        moves.undo(con, move["move_id"])
    counts = company.run()
    assert (counts["merges"], len(set(company.customers().values()))) == (0, 2)


def test_what_a_person_merged_stays_together(company: Company) -> None:
    company.load("shop", ANNA, CLEO)
    company.run()
    with company.database.connect() as con:
        moves.merge(con, {"C000001": ["C000002"]})
    counts = company.run()
    assert (counts["splits"], set(company.customers().values())) == (0, {"C000001"})


@pytest.mark.parametrize(
    ("verdict", "new"),
    [
        ("unsure", ("A", "Anna Petersen", "", "", "", "London", "SW1A 2AA", "GB")),
        ("different", ("A", "Anna Petersen", "", "+44 20 7946 0011", "", "London", "", "GB")),
    ],
)
def test_a_decision_is_put_up_for_review_again_when_values_change(
    company: Company, verdict: Verdict, new: tuple[str, ...]
) -> None:
    twin = ("A", "Anna Petersen", "", "+44 20 7946 0099", "", "London", "", "GB")
    company.load("shop", ANNA, CLEO)
    company.load("crm", twin)
    company.run()
    with company.database.connect() as con:
        con.execute(
            "insert into identity.reviews (record_a, record_b, why, weight, pattern) values (1, 3, 'pair', 1, 'person')"
            " on conflict do nothing"
        )
        review = SQL.rows(con, "runs.reviews", limit=1)[0]["review_id"]
        decisions.decide_review(con, review, verdict)
    company.run()
    assert open_reviews(company) == []
    company.load("crm", new)
    company.run()
    assert len(set(company.customers().values())) == 3
    assert open_reviews(company) == ["values changed"]
    company.run()
    assert open_reviews(company) == ["values changed"]
    with company.database.connect() as con:
        decisions.decide_review(con, review, "different")
    company.run()
    assert open_reviews(company) == []


def open_reviews(company: Company) -> list[str]:
    with company.database.connect() as con:
        return [row["why"] for row in SQL.rows(con, "runs.reviews", limit=10)]


def test_evidence_that_contradicts_itself_is_a_conflict(company: Company) -> None:
    company.load("shop", ("1", "Anna Petersen Jr", *ANNA[2:]), CLEO)
    company.load("crm", ("A", "Anna Petersen Sr", "anna.petersen@mail.example", "", "", "", "", "GB"))
    company.run()
    assert open_reviews(company) == ["conflict"]


def test_an_undone_load_leaves_nothing_of_its_records(company: Company) -> None:
    from foresell.store.batches import undo_batch

    company.load("shop", ANNA)
    company.run()
    before = (company.customers(), company.count("match_keys"), company.count("compared_records"))
    batch = company.load("crm", ANNA_IN_CRM)
    undo_batch(company.database, batch.batch_id)
    assert (company.customers(), company.count("match_keys"), company.count("compared_records")) == before
    assert company.count("match_pairs") == 0


def test_an_erased_person_is_not_matched_from_an_old_file(company: Company) -> None:
    company.load("shop", ANNA)
    company.load("crm", ANNA_IN_CRM)
    company.run()
    erase_customer(company.settings, company.database, company.customers()["crm A"])
    for table in ("match_keys", "compared_records", "match_pairs", "reviews", "relations"):
        assert company.count(table) == 0, table
    company.load("crm", ("A2", *CLEO[1:]), ANNA_IN_CRM)
    company.load("shop", ANNA, BERT)
    company.run()
    assert company.count("compared_records") == 2
    with company.database.connect() as con:
        clear = con.execute("select from customer_records where name ilike '%petersen%'").fetchone()
    assert clear is None


def test_why_two_customers_are_one_or_not(company: Company) -> None:
    company.load("shop", ANNA, CLEO)
    company.load("crm", ANNA_IN_CRM)
    company.run()
    same = explain_customers(company.settings, company.database, "C000001", "C000003")
    other = explain_customers(company.settings, company.database, "C000001", "C000002")
    assert (same.verdict, other.verdict) == ("merge", "none")
    assert "e-mail" in same.shared
    assert other.shared == []
    text = " ".join([same.reason, *same.sentences])
    assert not any(value in text for value in ("Anna", "Petersen", "anna.petersen", "7946", "High St"))


def test_no_table_of_identity_holds_a_value_of_a_record(company: Company) -> None:
    company.load("shop", ANNA, BERT, CLEO)
    company.load("crm", ANNA_IN_CRM, BERT_IN_CRM, STRANGER)
    company.run()
    values = {value.lower() for row in (ANNA, BERT, CLEO, ANNA_IN_CRM, STRANGER) for value in row[1:7]}
    words = {word for value in values for word in (value, *value.split()) if len(word) > 4} - {"street"}
    written = words | {word.encode().hex() for word in words}
    with company.database.connect() as con:
        tables = con.execute("select tablename from pg_tables where schemaname = 'identity'").fetchall()
        rows = {
            row["tablename"]: con.execute(f"select t::text as t from identity.{row['tablename']} as t").fetchall()
            for row in tables
        }
    for name in ("match_keys", "compared_records", "match_pairs", "golden_choices", "match_models"):
        assert rows[name], name
    found = {name for name, texts in rows.items() for row in texts if any(word in row["t"].lower() for word in written)}
    assert found == set()


def test_a_relation_that_a_person_removed_is_not_added_again(company: Company) -> None:
    husband = ("5", "Paul Petersen", "paul@mail.example", *ANNA[3:])
    company.load("shop", ANNA, husband)
    company.run()
    with company.database.connect() as con:
        [found] = con.execute("select relation_id, kind from identity.relations where removed_at is null").fetchall()
        assert found["kind"] == "household"
        con.execute("update identity.relations set removed_at = now() where relation_id = %s", [found["relation_id"]])
    company.run()
    with company.database.connect() as con:
        assert con.execute("select from identity.relations where removed_at is null").fetchall() == []


def test_a_model_of_another_version_is_replaced_by_the_next_run(company: Company) -> None:
    company.load("shop", ANNA, CLEO)
    company.run()
    with company.database.connect() as con:
        con.execute("update identity.match_models set body = replace(body, '\"format\": 1', '\"format\": 99')")
    company.load("crm", ANNA_IN_CRM)  # is loaded, and waits
    assert len(set(company.customers().values())) == 3
    assert company.run()["merges"] == 1
    with company.database.connect() as con:
        states = con.execute(
            "select kind, array_agg(state order by model_id) as states from identity.match_models group by kind"
        ).fetchall()
    assert {row["kind"]: row["states"] for row in states} == {
        kind: ["replaced", "served"] for kind in ("person", "company")
    }


ODD_NAMES = {
    "one record": [("1", "Anna Petersen", "", "", "", "", "", "")],
    "nothing to compare": [
        ("1", "", "", "", "", "", "", "GB"),
        ("2", "n/a", "test@test.com", "0000000", "", "", "", ""),
    ],
    "very long": [("1", "Anna " * 2000, "", "", "", "", "", ""), ("2", "Petersen" * 1250, "", "", "", "", "", "")],
    "other scripts": [
        ("1", "محمد علي", "", "", "", "", "", ""),
        ("2", "王小明", "", "", "", "", "", ""),
        ("3", "Ольга Петрова", "", "", "", "", "", ""),
    ],
    "equal records": [(str(n), *ANNA[1:]) for n in range(150)],
    "one name, nothing else": [(str(n), "John Smith", "", "", "", "", "", "GB") for n in range(2000)],
}


@pytest.mark.parametrize("rows", ODD_NAMES.values(), ids=ODD_NAMES)
def test_odd_records_end_in_a_result_and_in_no_giant_customer(company: Company, rows: list[tuple[str, ...]]) -> None:
    company.load("shop", *rows)
    result = resolve_records(company.settings, company.database)
    sizes = list(company.customers().values())
    assert result["counts"]["records"] == len(rows)
    assert max(sizes.count(customer) for customer in set(sizes)) <= 60


def test_records_that_are_not_compared_are_counted_in_a_sentence(company: Company) -> None:
    company.load("shop", *((str(n), "John Smith", "", "", "", "London", "", "GB") for n in range(50)))
    company.load("crm", *((str(n), "John Smith", "", "", "", "", "", "GB") for n in range(7)))
    assert resolve_records(company.settings, company.database)["remarks"] == [
        "Not compared by first and last name and city alone, which more than 40 records share: 50 records.",
        "Not compared, since a name or less is all that is known of them: 7 records.",
    ]


def test_one_run_at_a_time(company: Company) -> None:
    company.load("shop", ANNA)
    with company.database.connect() as con:
        con.execute("select pg_advisory_lock(hashtext('foresell identity run'))")
        with pytest.raises(Busy):
            company.run()


RUN = """
from foresell.settings import read_settings
from foresell.store.database import open_database
from foresell.workflows.resolve import resolve_records
settings = read_settings()
resolve_records(settings, open_database(settings))
"""


@pytest.mark.slow_proof
def test_a_killed_run_leaves_the_old_or_the_new_state(company: Company) -> None:
    company.load(
        "shop",
        *(
            (str(n), f"Ann{n} Lee{n}", f"ann{n}@mail.example", "", f"{n} Road", "Leeds", "LS1 5HD", "GB")
            for n in range(300)
        ),
    )
    company.run()
    company.load(
        "crm",
        *(
            (str(n), f"Ann{n} Lee{n}", f"ann{n}@mail.example", "", f"{n} Road", "Leeds", "LS1 5HD", "GB")
            for n in range(300)
        ),
    )
    with company.database.connect() as con:  # as if they had never been matched
        for row in con.execute("select move_id from identity.moves order by move_id desc").fetchall():
            con.execute("select identity.undo_move(%s, null)", [row["move_id"]])
        con.execute("update identity.decisions set revoked_at = now() where revoked_at is null")
    started = time.monotonic()
    company.run(dry_run=True)
    seconds = time.monotonic() - started
    states, killed = [], 0
    for moment in range(20):
        environment = os.environ | {"FORESELL_HOME": str(company.settings.home)}
        with subprocess.Popen([sys.executable, "-c", RUN], env=environment) as process:
            wait_until(lambda: running_runs(company) == 1 or process.poll() is not None)
            time.sleep(moment / 20 * 1.5 * seconds)
            process.send_signal(signal.SIGKILL)
        killed += running_runs(company)
        with company.database.connect() as con:
            con.execute("update identity.match_runs set state = 'failed' where state = 'running'")
        states.append(len(set(company.customers().values())))
    assert set(states) <= {300, 600}
    assert killed > 0, "no kill fell inside a run"
    company.run()
    assert len(set(company.customers().values())) == 300


def running_runs(company: Company) -> int:
    with company.database.connect() as con:
        row = con.execute("select count(*) as runs from identity.match_runs where state = 'running'").fetchone()
    assert row is not None
    return int(row["runs"])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
