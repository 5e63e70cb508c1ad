"""What an inspection reports, where the file is open and where it is clear."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foresell.sources.files.description import describe_inspection
from foresell.sources.files.inspection import Inspection, inspect_file


def look(tmp_path: Path, text: str, **more: Any) -> Inspection:
    file = tmp_path / "sales.csv"
    file.write_bytes(text.encode("cp1252"))
    return inspect_file(file, workdir=tmp_path / "work", memory_gib=0.5, threads=1, **more)


def test_a_german_export(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        "Bestellnr;Kunde;Datum;Menge;Einzelpreis\r\n7;Müller;13.01.2024;1.000;1.234,50 €\r\n8;B;x;1;1,00 €\r\n",
    )
    assert (found.encoding, found.line_ending, found.dialect["delimiter"]) == ("cp1252", "CRLF", ";")
    assert (found.decimal, found.thousands, found.currency) == (",", ".", "EUR")
    assert found.dates == {"ordered_at": "dmy"}
    assert {c.header: c.field for c in found.columns} == {
        "Bestellnr": "order_key",
        "Kunde": "customer_key",
        "Datum": "ordered_at",
        "Menge": "quantity",
        "Einzelpreis": "unit_price",
    }
    assert (found.rows, found.rejected) == (2, 1)
    assert found.rejects[0].examples == ((3, "Datum", "x"),)
    assert found.preview == (
        {"order_key": "7", "customer_key": "Müller", "ordered_at": "2024-01-13 00:00:00", "status": "completed",
         "sku": "SALE", "quantity": 1000.0, "unit_price": 1234.5, "amount": 1234500.0, "currency": "EUR"},
    )  # fmt: skip
    json.dumps(found.as_dict())
    text = describe_inspection(found)
    assert "encoding Windows-1252, separator: semicolon" in text
    assert "Order date: DD.MM.YYYY: 13.01.2024 (line 2) has the day first" in text
    assert "Unit price (unit_price)" in text
    assert "1 x not a date in the format of this column (DD.MM.YYYY) (line 3: 'x')" in text


def test_open_questions_are_reported_not_raised(tmp_path: Path) -> None:
    found = look(tmp_path, "order,customer,date,price\n1,A,05/01/2024,2\n")
    assert "may be day/month or month/day" in (found.problem or "")
    assert "Cannot be loaded yet" in describe_inspection(found)
    assert look(tmp_path, "order,customer,date,price\n1,A,05/01/2024,2\n", dates="mdy").problem is None
    assert "no column found for ordered_at" in (look(tmp_path, "colour,size\nred,1\n").problem or "")
    wide = look(tmp_path, ",".join(f"colour{number}" for number in range(300)) + "\n").problem or ""
    assert "colour19 and 280 more" in wide and len(wide) < 500


def test_a_choice_names_its_changes_as_the_mapping_does(tmp_path: Path) -> None:
    guests = look(tmp_path, "order,customer,date,price\n1,Guest,2024-01-13,2\n2,B,2024-01-13,2\n").as_dict()
    [question] = guests["questions"]
    assert [choice["changes"] for choice in question["choices"]] == [{"placeholders": ["Guest"]}, {"placeholders": []}]
    partly = look(tmp_path, "order,customer,date,order amount thing\n1,A,2024-01-13,2\n").as_dict()
    [question] = partly["questions"]
    assert [choice["changes"]["columns"] for choice in question["choices"]] == [
        {"amount": "order amount thing"},
        {"amount": None},
    ]


def test_a_status_word_taken_out_of_the_lists_is_a_question_of_its_own(tmp_path: Path) -> None:
    text = "order,customer,date,status,price\n1,A,2024-01-13,On hold,2\n2,A,2024-01-13,Paid,2\n3,A,2024-01-13,Void,2\n"
    found = look(tmp_path, text)
    assert {word.word: word.counts_as for word in found.status_words} == {
        "on hold": "counted", "paid": "counted", "void": "cancelled",
    }  # fmt: skip
    open_again = replace(found.mapping, counted=tuple({*found.mapping.counted} - {"on hold"}))
    [question] = look(tmp_path, text, mapping=open_again).questions
    assert question.name == "values.status" and "on hold (1)" in question.text and "paid" not in question.text


def test_columns_that_are_joined_are_not_called_unused(tmp_path: Path) -> None:
    found = look(tmp_path, "order,first name,last name,date,price,colour\n1,Ann,Example,2024-01-13,2,red\n")
    fields = {column.header: column.field for column in found.columns}
    assert (fields["first name"], fields["last name"], fields["colour"]) == ("name", "name", None)


def test_a_column_named_id_may_be_the_order_number(tmp_path: Path) -> None:
    found = look(tmp_path, "ID,Customer,Date,Item,Amount\n7,A,2024-01-13,Mug,2\n,,,Tea,3\n")
    assert [question.name for question in found.questions] == ["columns.order_key"]
    assert (found.orders, found.rejected) == (1, 0)
    both = look(tmp_path, "order_id,order_number,customer,date,total\n1,1001,A,2024-01-13,2\n")
    assert both.mapping.columns["order_key"] == "order_number" and not both.questions


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Order ID,Customer ID,Order Date,SKU,Name,Qty,Price", "order_key customer_key ordered_at sku product_name quantity unit_price"),
        ("Belegnummer,Kundennummer,Rechnungsdatum,Artikelnummer,Bezeichnung,Menge,Betrag", "order_key customer_key ordered_at sku product_name quantity amount"),
        ("invoice_number,client_id,created_at,item_code,total_amount,currency", "order_key customer_key ordered_at sku amount currency"),
    ],
)  # fmt: skip
def test_proposals(tmp_path: Path, header: str, fields: str) -> None:
    found = look(tmp_path, f"{header}\n" + ",".join("1" for _ in header.split(",")) + "x\n")
    assert [c.field for c in found.columns] == fields.split()


def test_the_text_names_the_format_the_questions_and_what_is_left_out(tmp_path: Path) -> None:
    rows = "order,customer,date,price,colour\n1,Guest,2024-01-05,2,red\nTotal,,,2,\n"
    text = describe_inspection(look(tmp_path, rows))
    assert "Not used: colour" in text
    assert "1 left out: total (line 3)" in text
    assert "With the likely answers:\n  2.00 in 1 order: sold" in text
    assert "? Do these customers stand for sales without a customer: Guest (1 order)?" in text
    assert "    Yes, they are anonymous sales (likely): values.placeholders = ['Guest']" in text
    known = "id,Created (UTC),Amount,Amount Refunded,Currency,Status\nch_1,2024-01-03 10:00:00,29.00,0.00,usd,Paid\n"
    assert "recognised as Stripe payments export" in describe_inspection(look(tmp_path, known))


def test_a_wide_file_fits_a_screen(tmp_path: Path) -> None:
    names = [f"Attribute {number} of the household" for number in range(300)]
    header = ",".join(["Order ID", "Customer ID", "Order Date", "Product", "Amount", *names])
    row = ",".join(["1", "c1", "2024-01-13", "A long name of a product that goes on and on", "9.50", *["value"] * 300])
    found = look(tmp_path, f"{header}\n{row}\n{row.replace('1,c1', '2,c2')}\n")
    assert found.columns[-1].samples == ("value",)
    lines = describe_inspection(found).splitlines()
    assert sum(1 + len(line) // 80 for line in lines) <= 40
    assert "and 288 more" in next(line for line in lines if "Not used" in line)


def test_an_example_is_shown_whole_or_ends_in_an_ellipsis(tmp_path: Path) -> None:
    text = describe_inspection(
        look(tmp_path, "Order ID,Customer ID,Order Date,Product Name,Unit Price\n"
             "1,c1,2024-01-13,A very long name of a kitchen table with eight legs,1234567.25\n"
             "2,c2,2024-01-14,Mug,7654321.75\n")
    )  # fmt: skip
    shown = {line.split("  ")[1]: line.split()[-1] for line in text.splitlines() if line.startswith("  ")}
    assert shown["Product Name"].endswith("…")
    assert shown["Unit Price"] in ("1234567.25", "7654321.75"), "a number that is cut reads as another one"
