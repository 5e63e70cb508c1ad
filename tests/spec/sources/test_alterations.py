"""A file written otherwise brings the same orders and money, or it raises a question: never other numbers."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from foresell.sources.files.mapping import Mapping
from foresell.sources.files.questions import OpenQuestions
from tests.spec.sources import alterations
from tests.spec.sources.alterations import Table
from tests.spec.sources.conftest import Stage
from tests.spec.sources.corpus import WRONG

TABLES = list(alterations.read_tables())


def choose(rng: random.Random, share: int) -> list[Table]:
    """One of `share` tables, always the same ones; python -m benchmarks.export_corpus --altered takes all."""
    return rng.sample(TABLES, len(TABLES) // share)


def test_columns_in_another_order_bring_the_same(tmp_path: Path) -> None:
    rng = random.Random(1)
    for table in choose(rng, 8):
        altered = alterations.permute_columns(table, rng)
        result = alterations.judge(altered, tmp_path, same_names=True)
        assert result.as_expected, f"{altered.header}: {result.detail}"


def test_a_header_by_another_name_brings_the_same_or_a_question(tmp_path: Path) -> None:
    rng = random.Random(2)
    for table in choose(rng, 5):
        if table.expected.outcome == "right" and (altered := alterations.rename_header(table, rng)):
            result = alterations.judge(altered, tmp_path, same_names=False)
            assert result.kind != WRONG, f"{table.expected.name}, {altered.header}: {result.detail}"


def test_rows_in_another_order_bring_the_same(tmp_path: Path) -> None:
    rng = random.Random(3)
    for table in choose(rng, 8):
        if altered := alterations.shuffle_rows(table, rng):
            result = alterations.judge(altered, tmp_path, same_names=True)
            assert result.as_expected, f"{table.expected.name}: {result.detail}"


def test_a_file_in_two_parts_brings_the_same_or_a_question(tmp_path: Path) -> None:
    rng = random.Random(4)
    for table in choose(rng, 8):
        if table.expected.outcome == "right" and table.expected.net and (parts := alterations.split_rows(table, rng)):
            result = alterations.judge_parts(parts, tmp_path)
            assert result.kind != WRONG, f"{table.expected.name}: {result.detail}"


QUESTIONS = {
    "Is the column 'refundamount' the refunded amount?": "Order #,Date,Buyer's Email,Item's Name,Qty,Item's Price,Payment,"
    "Fulfillment,refundamount\n1,2024-01-13,a@example.com,Mug,1,16.00,paid,fulfilled,10.00\n",
    "Is 'item-price' the price of one unit, or of the whole line?": "order,customer,date,item-price,quantity\n"
    "1,a,2024-01-13,40.00,2\n2,b,2024-01-14,10.00,1\n",
    "What do these words in the column 'Document Type' mean: payment (1)?": "Date,Document Type,No.,Customer,Amount\n"
    "2024-01-13,Invoice,1,a,125.00\n2024-01-16,Payment,9,a,-125.00\n",
    "Is 'total' the total of the order?": "order,customer,date,product,total\n1,a,2024-01-13,Mug,50.00\n"
    "1,a,2024-01-13,Cup,50.00\n2,b,2024-01-14,Mug,20.00\n3,b,2024-01-15,Mug,30.00\n3,b,2024-01-15,Cup,30.00\n",
    "Do the goods of a whole order cost its 'subtotal'?": "order,customer,date,product,subtotal,discount,total\n"
    "1,a,2024-01-13,Mug,20.00,2.00,19.44\n2,b,2024-01-14,Cup,5.00,0.00,5.40\n",
    "Which column names the customer?": "Faktura;Fakturadatum;Regulierer;Nettowert\n1;2024-01-13;17;2,50\n2;2024-01-14;18;3,50\n"
    "3;2024-01-15;17;4,50\n",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_header_leaves_open_is_a_question(question: str, stage: Stage) -> None:
    with pytest.raises(OpenQuestions, match=re.escape(question)):
        stage(QUESTIONS[question])


def test_a_total_that_lines_repeat_counts_once(stage: Stage) -> None:
    result = stage(
        QUESTIONS["Is 'total' the total of the order?"].replace("50.00", "50.01"),
        "order_key, amount::double, unit_price::double",
        mapping=Mapping(
            columns={"order_key": "order", "customer_key": "customer", "ordered_at": "date", "amount": "total"},
            basis="order total",
        ),
    )
    assert result.lines == [
        ("1", 25.005, 25.005), ("1", 25.005, 25.005), ("2", 20.0, 20.0), ("3", 15.0, 15.0), ("3", 15.0, 15.0),
    ]  # fmt: skip


def test_the_total_of_an_order_is_after_its_discount(stage: Stage) -> None:
    text = "order_id,customer,date,status,cart_discount,tax,shipping,order_total\n1,a,2024-01-13,paid,5.00,2.00,3.00,20.00\n"
    assert stage(text, "amount::double").lines == [(15.0,)]


def test_a_last_column_without_a_name_is_read(stage: Stage) -> None:
    text = "Date,Num,Qty,Amount,\n,,,,Ann\n2024-01-13,1,2,20.00,\n,,,20.00,Total Ann\n,,,,Bob\n2024-01-14,2,1,5.00,\n,,,5.00,Total Bob\n"
    mapping = Mapping(
        columns={"ordered_at": "Date", "order_key": "Num", "amount": "Amount"}, report=True, heading="customer_key"
    )
    result = stage(text, "order_key, customer_key, amount::double", mapping=mapping)
    assert (result.lines, result.rejects) == ([("1", "Ann", 20.0), ("2", "Bob", 5.0)], [])
