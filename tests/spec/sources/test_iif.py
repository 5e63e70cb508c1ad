"""IIF, the text files of QuickBooks Desktop: sales become order lines, its lists customers and products."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from foresell.errors import EmptySource
from tests.spec.sources.conftest import Stage

HEADS = """
!TRNS TRNSID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO ADDR1 ADDR2 ADDR3
!SPL SPLID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO QNTY PRICE INVITEM EXTRA
!ENDTRNS
"""
LINES = "line, order_key, customer_key, ordered_at, status, sku, quantity::double, amount::double"


def iif(text: str) -> bytes:
    """The text with its cells set apart by tabs, as the program writes it: `_` is a blank, § a quote, `-` an empty cell."""
    rows = [
        [cell.replace("_", " ").replace("§", '"') for cell in line.split(" ")] for line in text.strip().splitlines()
    ]
    return "".join("\t".join("" if cell == "-" else cell for cell in row) + "\r\n" for row in rows).encode("cp1252")


def sales(text: str) -> bytes:
    return iif(HEADS.strip() + "\n" + text.strip())


INVOICE = """
TRNS - INVOICE 3/14/26 Accounts_Receivable Müller_GmbH:Kitchen - 144.00 1001 - Müller_GmbH 1_Mill_Lane Leeds
SPL - INVOICE 3/14/26 Sales - - -100.00 - Oak_table -2 50 Furniture:Table -
SPL - INVOICE 3/14/26 Sales - - -25.00 - - - - Delivery -
SPL - INVOICE 3/14/26 Sales - - 5.00 - Thank_you - -4% Discount -
SPL - INVOICE 3/14/26 State_Board - - -24.00 - - - 20% VAT AUTOSTAX
ENDTRNS
"""


def test_the_splits_of_an_invoice_are_its_lines_without_tax(stage: Stage) -> None:
    result = stage(sales(INVOICE), LINES, name="sales.iif")
    march = datetime.fromisoformat("2026-03-14")
    assert result.lines == [
        (5, "1001", "Müller GmbH", march, "completed", "Furniture:Table", 2, 100),
        (6, "1001", "Müller GmbH", march, "completed", "Delivery", 1, 25),
        (7, "1001", "Müller GmbH", march, "completed", "Discount", -1, -5),
    ]
    assert (result.rejects, result.staging.format) == ([], "quickbooks-desktop-iif")
    assert result.staging.warnings == ("Left out: 1 splits of sales tax.",)


OTHERS = """
TRNS - CREDIT_MEMO 1/5/26 AR Anna_Berg - -30.00 1001c - - - -
SPL - CREDIT_MEMO 1/5/26 Sales - - 30.00 - - 3 10 Lamp -
ENDTRNS
TRNS - CASH_SALE 12/31/25 Undeposited Anna_Berg - 10.00 7 - - - -
SPL - CASH_SALE 12/31/25 Sales - - -10.00 - - -1 10 Lamp -
ENDTRNS
TRNS - CASH_REFUND 1/6/26 Bank Anna_Berg - -10.00 7 - - - -
SPL - CASH_REFUND 1/6/26 Sales - - 10.00 - - 1 10 Lamp -
ENDTRNS
TRNS - PAYMENT 1/7/26 Bank Anna_Berg - 30.00 88 - - - -
SPL - PAYMENT 1/7/26 AR Anna_Berg - -30.00 - - - - - -
ENDTRNS
TRNS - BILL 1/8/26 AP A_Supplier - -99.00 5 - - - -
SPL - BILL 1/8/26 Costs - - 99.00 - - - - - -
ENDTRNS
"""


def test_credits_are_negative_and_payments_are_no_orders(stage: Stage) -> None:
    result = stage(sales(OTHERS), "order_key, status, quantity::double, amount::double, ordered_at::date", name="a.iif")
    assert result.lines == [
        ("1001c", "returned", -3, -30, date(2026, 1, 5)),
        ("Receipt 7", "completed", 1, 10, date(2025, 12, 31)),
        ("Refund 7", "returned", -1, -10, date(2026, 1, 6)),
    ]
    assert result.staging.warnings == (
        "Left out: 1 transactions that are no sales (bill).",
        "Left out: 1 transactions that are no sales (payment).",
    )


FAULTS = {
    "it does not add up": (
        INVOICE.replace("144.00", "149.00"),
        ["the transaction of line 4 does not add up to 0, but to 5.00"] * 5,
    ),
    "a tab in a memo": (
        INVOICE.replace("Oak_table -2", "Oak table -2").replace("Furniture:Table -", "Furniture:Table - more"),
        ["line 5 of the same transaction was rejected"] * 4 + ["16 cells, but !SPL names 14"],
    ),
    "an amount that is none": (
        INVOICE.replace("-25.00", "25,00,x"),
        ["line 6: AMOUNT '25,00,x' is no number"] * 5,
    ),
    "no end": (INVOICE.replace("ENDTRNS", ""), ["the transaction has no ENDTRNS"] * 5),
    "a split alone": ("SPL - INVOICE 3/14/26 Sales - - 0 - - - - - -\nENDTRNS", [
        "SPL without a TRNS before it", "ENDTRNS without a TRNS before it",
    ]),
    "columns that no row names": (INVOICE + "CUST Anna_Berg", ["no row !CUST says what its columns are"]),
    "an unknown kind": (
        INVOICE.replace("INVOICE", "BARTER"), ["BARTER is no kind of transaction that is known"] * 5,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_transaction_with_a_fault_is_rejected_as_a_whole_with_its_reason(stage: Stage, fault: str) -> None:
    text, reasons = FAULTS[fault]
    good = "TRNS - CASH_SALE 12/31/25 Bank Anna_Berg - 10.00 8 - - - -\nSPL - CASH_SALE 12/31/25 Sales - - -10.00 - - -1 10 Lamp -\nENDTRNS"
    result = stage(sales(f"{text.strip()}\n{good}"), "order_key", name="sales.iif")
    assert sorted(reason for *_, reason in result.rejects) == sorted(reasons)
    assert len({line for line, *_ in result.rejects}) == len(reasons), "each line is rejected once"
    assert [key for (key,) in result.lines if key != "1001"] == ["Receipt 8"]


def test_a_file_of_which_nothing_can_be_read_keeps_its_reasons(stage: Stage) -> None:
    result = stage(sales(INVOICE.replace("ENDTRNS", "")) + b"\x1a", "line", name="sales.iif")
    assert (result.lines, result.staging.rejected) == ([], 5)


def test_the_same_number_twice_counts_once(stage: Stage) -> None:
    result = stage(sales(INVOICE.strip() + "\n" + INVOICE.strip()), "order_key", name="sales.iif")
    assert result.lines == [("1001",)] * 3
    assert {reason for *_, reason in result.rejects} == {"the number 1001 is that of the transaction on line 4 too"}


def test_sales_without_a_number_are_kept_apart(stage: Stage) -> None:
    sale = "TRNS - CASH_SALE 12/31/25 Bank - - 10.00 - - - - -\nSPL - CASH_SALE 12/31/25 Sales - - -10.00 - - -1 10 Lamp -\nENDTRNS"
    result = stage(sales(f"{sale}\n{sale}"), "order_key, customer_key", name="sales.iif")
    assert result.lines == [("Receipt 12/31/25 10.00 #1", None), ("Receipt 12/31/25 10.00 #2", None)]


LISTS = """
!ACCNT NAME ACCNTTYPE
ACCNT Umsatz INC
ACCNT Steuer OCLIAB
ACCNT Lager OCASSET
!CUST NAME BADDR1 BADDR2 BADDR3 PHONE1 EMAIL COMPANYNAME FIRSTNAME LASTNAME
CUST Anna_Berg Anna_Berg 1_Mill_Lane Leeds 0113_496_0001 anna@example.com - Anna Berg
CUST §Müller,_§§Küche§§§ - - - - - Müller_GmbH - -
CUST Anna_Berg:Kitchen - - - - - - - -
!INVITEM NAME INVITEMTYPE DESC PRICE
INVITEM Furniture:Table PART Oak_table 50
INVITEM Rebate DISC - -4%
INVITEM MwSt COMPTAX - 19%
!VEND NAME
VEND A_Supplier
"""


def test_lists_become_customers_and_products(stage: Stage) -> None:
    result = stage(iif(LISTS), name="lists.iif")
    assert result.staging.rows == "customers"
    assert [row[:3] for row in sorted(result.customers)] == [
        ("Anna Berg", "Anna Berg", "anna@example.com"),
        ('Müller, "Küche"', "Müller GmbH", None),
    ]
    assert sorted((sku, name, price and float(price)) for sku, name, *_, price in result.products) == [
        ("Furniture:Table", "Oak table", 50.0),
        ("Rebate", "Rebate", None),
    ]
    assert result.staging.warnings == ("Left out: 1 jobs of customers.", "Left out: 1 rows of other lists.")

    items = stage(iif(LISTS[LISTS.index("!INVITEM") :]), name="items.iif")
    assert (items.staging.rows, items.staging.lines_read, items.rejects) == ("products", 2, [])


def test_lists_say_which_accounts_and_items_are_no_revenue(stage: Stage) -> None:
    sale = """
TRNS - INVOICE 3/14/26 Forderungen Anna_Berg - 119.00 12 - - - -
SPL - INVOICE 3/14/26 Umsatz - - -100.00 - - -2 50 Furniture:Table -
SPL - INVOICE 3/14/26 Steuer - - -19.00 - - - - - -
SPL - INVOICE 3/14/26 Lager - - -60.00 - - - - Furniture:Table -
SPL - INVOICE 3/14/26 Wareneinsatz - - 60.00 - - - - Furniture:Table -
ENDTRNS"""
    lists = LISTS.replace("ACCNT Lager OCASSET", "ACCNT Lager OCASSET\nACCNT Wareneinsatz COGS")
    result = stage(iif(lists.strip() + "\n" + HEADS.strip() + sale), "order_key, sku, amount::double", name="all.iif")
    assert result.lines == [("12", "Furniture:Table", 100)]
    assert ("Anna Berg", "Anna Berg", "anna@example.com") in [row[:3] for row in result.customers]
    assert len(result.customers) == 2, "customers without a sale are kept"
    assert ("Furniture:Table", "Oak table", "Furniture") in [row[:3] for row in result.products]


@pytest.mark.parametrize(
    ("account", "is_revenue"),
    [("Sales_Tax_Payable", False), ("VAT_Control", False), ("Cost_of_Goods_Sold", False), ("Inventory_Asset", False),
     ("VATable_sales", True), ("Sales", True)],
)  # fmt: skip
def test_without_a_list_the_name_of_an_account_says_what_a_split_is(
    stage: Stage, account: str, is_revenue: bool
) -> None:
    sale = f"""
TRNS - INVOICE 3/14/26 AR Anna_Berg - 15.00 12 - - - -
SPL - INVOICE 3/14/26 Sales - - -10.00 - - -1 10 Lamp -
SPL - INVOICE 3/14/26 {account} - - -5.00 - - - - - -
ENDTRNS"""
    assert len(stage(sales(sale), name="sales.iif").lines) == 1 + is_revenue


def test_a_file_of_other_lists_only_says_so(stage: Stage) -> None:
    with pytest.raises(EmptySource, match=r"has no sales, customers or items\. Left out: 1 rows of other lists"):
        stage(iif("!VEND NAME\nVEND A_Supplier"), name="vendors.iif")


REPORT = """,,,Type,Date,Num,Memo,Name,Item,Qty,Sales Price,Amount,Balance
,Anna Berg,,,,,,,,,,,
,,,Invoice,03/14/2026,1001,,Anna Berg,Table,2,50.00,100.00,100.00
,,,Credit Memo,03/20/2026,1002,,Anna Berg,Table,-1,50.00,-50.00,50.00
,Total Anna Berg,,,,,,,,1,,{total},50.00
TOTAL,,,,,,,,,1,,{total},50.00
"""


@pytest.mark.parametrize(("total", "warnings"), [("50.00", 0), ("51.00", 2)])
def test_totals_of_a_report_that_do_not_add_up_are_noticed(stage: Stage, total: str, warnings: int) -> None:
    result = stage(REPORT.format(total=total), "order_key, status, amount::double", name="report.csv")
    assert result.staging.format == "quickbooks-desktop-sales"
    assert result.lines == [("1001", "completed", 100), ("1002", "returned", -50)]
    assert sum("differs from its lines, 50.00" in warning for warning in result.staging.warnings) == warnings
