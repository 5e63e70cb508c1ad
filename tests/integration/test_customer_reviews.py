"""Reviews from a file: joined, judged, sealed, counted, and gone with their customer."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from foresell.database import Database, embedded_conninfo
from foresell.errors import BadInput, Busy, TooManyRejects
from foresell.feedback import reviews
from foresell.privacy.erasure import restore_keys, rotate_keys
from foresell.privacy.vault import vault_of
from foresell.store import batches
from foresell.workflows.erase import erase_customer
from foresell.workflows.load import load_file
from foresell.workflows.reviews import ReviewLoad, ReviewOptions, load_reviews
from tests.support.loading import load_texts

TODAY = date(2026, 11, 28)
TERMS: dict[str, Any] = {"source": "shop", "licence": "own customers", "legal_basis": "contract"}
PEOPLE = """customer_id,name,email,city
K1,Ada Nightingale,ada@shop.example,York
K2,Bob Moss,,Leeds
K3,Cy Moss,same@shop.example,Leeds
K4,Di Moss,same@shop.example,Leeds
"""
ORDERS = """order_id,customer_id,order_date,sku,product_name,quantity,unit_price
O1,K1,2026-01-05,MUG,Blue mug,1,3.50
O2,K2,2026-01-06,TEA,Green tea,1,3.50
"""
REVIEWS = """review_id,customer_id,email,product,rating,text,date
R1,K1,,MUG,5,"I love it, canary-4711 at my window",2026-02-01
R2,,ADA@shop.example,Green tea,1,The worst tea ever. Terrible canary-4711,2026-02-03
R3,K2,,MUG,3,Sehr gut und gerne wieder,2026-03-01
R4,,stranger@else.example,MUG,4,Great mug of canary-4711,2026-03-02
R5,,same@shop.example,MUG,4,Great mug,2026-03-02
R6,K2,,unknown thing,4,,2026-03-04
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    load_texts(database, tmp_path, people=PEOPLE, orders=ORDERS)
    return database


def load(database: Database, content: str, **options: Any) -> ReviewLoad:
    file = database.settings.home / "reviews.csv"
    file.write_text(content)
    return load_reviews(database.settings, database, file, ReviewOptions(**TERMS | options), today=TODAY)


def saved(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as con:
        rows = con.execute(
            "select v.*, r.customer_id, p.sku, k.kek_id, k.wrapped_key from feedback.reviews as v"
            " left join customer_records as r using (record_id) left join products as p using (product_id)"
            " left join privacy.data_keys as k using (record_id) order by v.source_key"
        ).fetchall()
    texts = vault_of(database.settings).open_reviews(rows)
    return {row["source_key"]: {**row, "text": text} for row, text in zip(rows, texts, strict=True)}


def find_signs(database: Database, sign: bytes) -> list[str]:
    """Tables, and files of the home but the database's, in which a text is seen; bytes are read as text."""
    found = []
    with psycopg.connect(embedded_conninfo(database.settings.home, "postgres")) as con:
        tables = con.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname <> 'pg_catalog'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in con.execute(f"select t::text from {table} as t".encode()).fetchall():
                hexes = re.findall(r"\\x((?:[0-9a-f]{2})+)", row)
                if any(sign in text for text in (row.encode(), *map(bytes.fromhex, hexes))):
                    found.append(table)
    places = (database.settings.rejects, database.settings.work, database.settings.home / "logs")
    return found + [f.name for place in places for f in place.rglob("*") if f.is_file() and sign in f.read_bytes()]


def test_reviews_are_joined_by_key_or_by_an_email_of_one_customer_only(shop: Database) -> None:
    done = load(shop, REVIEWS)
    assert (done.lines, done.added, done.joined, done.rejects) == (6, 6, 4, [])
    rows = saved(shop)
    assert {key: (row["customer_id"], row["sku"]) for key, row in rows.items()} == {
        "R1": ("C000001", "MUG"), "R2": ("C000001", "TEA"), "R3": ("C000002", "MUG"), "R4": (None, "MUG"),
        "R5": (None, "MUG"), "R6": ("C000002", None),
    }  # fmt: skip
    assert {key: row["sentiment"] for key, row in rows.items()} == {
        "R1": "positive", "R2": "negative", "R3": "not analysed", "R4": "positive", "R5": "positive", "R6": "not analysed",
    }  # fmt: skip
    assert rows["R3"]["language"] == "de" and rows["R2"]["words"][0]["points"] < 0


def test_texts_are_sealed_and_kept_only_where_an_erasure_finds_them(shop: Database) -> None:
    load(shop, REVIEWS)
    rows = saved(shop)
    assert rows["R1"]["text"] == "I love it, canary-4711 at my window"
    assert [key for key, row in rows.items() if row["text"] is None] == ["R4", "R5", "R6"]
    assert find_signs(shop, b"canary-4711") == []
    assert rows["R6"]["product"] == "unknown thing"


def test_a_licence_that_forbids_it_keeps_no_text(shop: Database) -> None:
    load(shop, REVIEWS, keeps_text=False, licence="display only", legal_basis="consent", keep_days=30)
    rows = saved(shop)
    assert all(row["text"] is None for row in rows.values()) and rows["R1"]["sentiment"] == "positive"
    assert {(row["licence"], row["legal_basis"], row["origin"], row["retention_until"]) for row in rows.values()} == {
        ("display only", "consent", "file reviews.csv", date(2026, 12, 28))
    }


@pytest.mark.parametrize(
    "column", ["licence", "legal_basis", "origin", "retention_until", "model_version", "source_key"]
)
def test_no_review_without_where_it_comes_from(shop: Database, column: str) -> None:
    load(shop, REVIEWS)
    with shop.connect() as con, pytest.raises(psycopg.errors.NotNullViolation):
        con.execute(f"update feedback.reviews set {column} = null".encode())


def test_the_same_file_again_changes_nothing(shop: Database) -> None:
    load(shop, REVIEWS)
    before = saved(shop)
    again = load(shop, REVIEWS)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 6) and saved(shop) == before
    changed = load(shop, REVIEWS.replace("The worst tea ever. Terrible", "Now the best tea! Great"))
    assert (changed.added, changed.changed, changed.unchanged) == (0, 1, 5)
    assert saved(shop)["R2"]["sentiment"] == "positive"
    without_keys = re.sub(r"(?m)^[^,]*,", "", REVIEWS)
    assert load(shop, without_keys).added == 6 and load(shop, without_keys).unchanged == 6


def test_rejects_name_line_and_field(shop: Database) -> None:
    rows = [
        "review_id,customer_id,rating,text,date",
        *[f"R{n},K1,4,fine,2026-02-01" for n in range(20)],
        "A,K1,soon,fine,2026-02-01",
        "B,K1,7,fine,2026-02-01",
        "C,K1,4,fine,2030-02-01",
        "D,K1,4,fine,",
        "E,K1,,,2026-02-01",
        "R1,K1,2,another,2026-02-01",
    ]
    done = load(shop, "\n".join(rows) + "\n", max_rejected=30.0)
    assert [(each.line, each.field) for each in done.rejects] == [
        (22, "rating"), (23, "rating"), (24, "written_at"), (25, "written_at"), (26, "text"), (27, "key"),
    ]  # fmt: skip
    assert done.rejects_file and done.rejects_file.read_text().count("\n") == 7
    with pytest.raises(TooManyRejects, match=r"line 22, rating: not a rating"):
        load(shop, "\n".join(rows) + "\n")


def test_columns_are_recognized_or_named(shop: Database) -> None:
    done = load(shop, "Kundennummer;Sterne;Kommentar;Datum\nK1;★★★★☆;Great mug;05.02.2026\nK2;4,5;Fine;17.02.2026\n")
    assert done.columns == {
        "customer_key": "Kundennummer", "rating": "Sterne", "text": "Kommentar", "written_at": "Datum",
    }  # fmt: skip
    assert sorted(float(row["rating"]) for row in saved(shop).values()) == [4.0, 4.5]
    with pytest.raises(BadInput, match="no column with the date"):
        load(shop, "id,text,seen\n1,fine,2026-02-01\n")
    assert load(shop, "id,text,seen\n1,fine,2026-02-01\n", columns={"written_at": "seen"}).added == 1


def test_a_workbook_is_read_like_a_text_file(shop: Database, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["review_id", "customer_id", "rating", "text", "date"], ["X1", "K1", 5, "Great mug", date(2026, 2, 1)]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "reviews.xlsx")
    done = load_reviews(shop.settings, shop, tmp_path / "reviews.xlsx", ReviewOptions(**TERMS), today=TODAY)
    assert (done.added, done.joined) == (1, 1) and saved(shop)["X1"]["written_at"].date() == date(2026, 2, 1)


def test_an_erasure_takes_texts_keys_and_words(shop: Database, tmp_path: Path) -> None:
    load(shop, REVIEWS)
    wrapped = {key: row["wrapped_key"] for key, row in saved(shop).items() if row["customer_id"]}
    done = erase_customer(shop.settings, shop, "C000001")
    assert done.rows.reviews == 2
    rows = saved(shop)
    gone = [row for key, row in rows.items() if key.startswith("erased-")]
    assert {row["sentiment"] for row in gone} == {"positive", "negative"}, "counts stay"
    assert all((row["text"], row["words"], row["wrapped_key"]) == (None, [], None) for row in gone)
    assert not {"R1", "R2"} & rows.keys()
    assert rows["R3"]["text"] == "Sehr gut und gerne wieder" and rows["R3"]["wrapped_key"] != wrapped["R3"]
    again = load(shop, REVIEWS)
    assert again.left_out == 2 and not {"R1", "R2"} & saved(shop).keys(), "a later file does not bring them back"
    new = load(shop, REVIEWS.replace("R1,", "R9,"))
    assert new.left_out == 2 and "R9" not in saved(shop)
    assert erase_customer(shop.settings, shop, "C000001").rows.reviews == 0


def test_a_rotation_and_a_restored_backup_keep_texts_readable(shop: Database) -> None:
    load(shop, REVIEWS)
    rotate_keys(shop, vault_of(shop.settings))
    assert saved(shop)["R3"]["text"] == "Sehr gut und gerne wieder"
    with shop.connect() as con:
        con.execute("delete from privacy.data_keys")  # as in a backup made before
    restore_keys(shop, vault_of(shop.settings))
    assert saved(shop)["R3"]["text"] == "Sehr gut und gerne wieder"


def test_contact_data_that_comes_later_uses_the_key_that_is_there(shop: Database, tmp_path: Path) -> None:
    load(shop, REVIEWS)
    key = saved(shop)["R3"]["wrapped_key"]
    file = tmp_path / "later.csv"
    file.write_text(PEOPLE.replace("K2,Bob Moss,,", "K2,Bob Moss,bob@shop.example,"))
    batch = load_file(shop.settings, shop, file, source="shop")
    assert saved(shop)["R3"]["wrapped_key"] == key
    batches.undo_batch(shop, batch.batch_id)
    assert saved(shop)["R3"]["text"] == "Sehr gut und gerne wieder"


def test_an_undo_of_the_customers_takes_the_texts_along(shop: Database, tmp_path: Path) -> None:
    load(shop, REVIEWS)
    for batch_id in (2, 1):
        batches.undo_batch(shop, batch_id)
    assert all(row["record_id"] is None and row["text"] is None for row in saved(shop).values())
    file = tmp_path / "people.csv"
    load_file(shop.settings, shop, file, source="shop")
    assert load(shop, REVIEWS).changed == 4 and saved(shop)["R1"]["text"]


def test_retention_ends(shop: Database) -> None:
    load(shop, REVIEWS, keep_days=10)
    with shop.connect() as con:
        assert reviews.delete_expired(con, date(2026, 12, 8)) == 0
        assert reviews.delete_expired(con, date(2026, 12, 9)) == 6


def test_shares_need_ten_reviews(shop: Database) -> None:
    rows = [f"N{n},K1,MUG,{'I love it' if n % 4 else 'Terrible mug'},2026-0{1 + n // 8}-01" for n in range(12)]
    load(shop, "review_id,customer_id,product,text,date\n" + "\n".join(rows) + "\n")
    with shop.connect() as con:
        [everything] = reviews.summarize(con, "all")
        months = reviews.summarize(con, "month")
        [mug] = reviews.summarize(con, "product", product="Blue mug")
        assert reviews.summarize(con, "product", product="TEA") == []
    assert (everything["n"], everything["positive"]["share"]) == (12, 0.75)
    assert everything["positive"]["low"] == pytest.approx(0.468, abs=0.001), "Wilson"
    assert [(each["part"], each["n"], each["positive"]) for each in months] == [
        ("2026-01", 8, None),
        ("2026-02", 4, None),
    ]
    assert mug["part"] == "Blue mug" and mug["enough"]


def test_no_load_while_another_one_runs(shop: Database) -> None:
    with shop.connect() as con:
        reviews.take_lock(con)
        with pytest.raises(Busy):
            load(shop, REVIEWS)
