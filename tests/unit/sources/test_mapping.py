"""Maps: what is written is read back, and what is wrong is named by its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresell.errors import BadInput
from foresell.sources.files.formats import list_formats, read_format
from foresell.sources.files.inspection import inspect_file, save_mapping
from foresell.sources.files.mapping import Dialect, ExtraLine, Mapping, parse_mapping, read_mapping, write_mapping

FULL = Mapping(
    source='my "shop"',
    columns={"order_key": "Nr. #1", "customer_key": "K|unde", "ordered_at": "Tag", "amount": "Summe €"},
    dialect=Dialect("\t", "", None, "cp1252", 3, "Blatt 1", None),
    date_order="dmy",
    date_format="%d.%m.%Y",
    decimal=",",
    currency="EUR",
    country="Österreich",
    cancelled=("weg",),
    returned=(),
    cancelled_order_prefix=("X",),
    returned_order_prefix=("C", "R"),
    non_product_skus=("P.*\\d+", "'"),
    extra_lines=(ExtraLine("Fracht", "F", "Fracht"), ExtraLine("Maut", "M", "Maut")),
)


@pytest.mark.parametrize("mapping", [Mapping(), FULL, *(known.mapping for known in list_formats().values())])
def test_written_and_read_back(tmp_path: Path, mapping: Mapping) -> None:
    write_mapping(mapping, tmp_path / "map.toml")
    read = read_mapping(tmp_path / "map.toml")
    assert read.as_dict() | {"format": mapping.format} == mapping.as_dict()


def test_every_format_is_a_mapping() -> None:
    for name in list_formats():
        assert read_format(name).format == name


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("rows = 'invoices'", "rows"),
        ("sauce = 'x'", "sauce"),
        ("source = 7", "source"),
        ("[columns]\nprice = 'P'", "columns.price"),
        ("[columns]\namount = 3", "columns.amount"),
        ("columns = 'x'", "columns"),
        ("[dates]\norder = 'ymm'", "dates.order"),
        ("[dates]\nformats = 'x'", "dates.formats"),
        ("[numbers]\ndecimal = ';'", "numbers.decimal"),
        ("[dialect]\nheader_line = 'two'", "dialect.header_line"),
        ("dialect = 3", "dialect"),
        ("[values]\ncancelled = 'x'", "values.cancelled"),
        ("[values]\ncancelled = [1]", "values.cancelled"),
        ("[values]\nnon_product_skus = ['(']", "values.non_product_skus"),
        ("[[extra_lines]]\ncolumn = 'x'", "extra_lines"),
        ("[values", "not valid TOML"),
        ("[dates]\nlatest = '2024-13-45'", "dates.latest"),
        ("[dates]\ntime_zone = 'Mars/Base'", "dates.time_zone"),
        ("[layout]\nfill_down = ['amount']", "layout.fill_down"),
        ("[layout]\nreport = 'yes'", "layout.report"),
        ("[layout]\nreport = false\nheading = 'customer_key'", "layout.heading"),
        ("[amounts]\nbasis = 'price'", "amounts.basis"),
        ("[amounts]\nsubtract = ['amount']", "amounts.subtract"),
        ("[currency]\nonly = 'Euro'", "currency.only"),
        ("[currency]\nrates = { USD = 'x' }", "currency.rates.USD"),
        ("[currency]\nrates = { USD = '1.1' }", "currency.into"),
        ("[defaults]\namount = '1; drop table x'", "defaults.amount"),
        ("leave_out = ['x']", "leave_out"),
        ("[[leave_out]]\ncolumn = 'x'\nreason = 'y'", "leave_out"),
        ("[[leave_out]]\ncolumn = 'x'\nreason = 'y'\nmatches = '('", "leave_out.matches"),
        ("[items]\ncolumn = 'x'\nseparator = ';'\nsku = '(.+)'", "items"),
        ("[items]\ncolumn = 'x'\nseparator = ';'\nsku = '(.+)'\nquantity = '\\d+'", "items.quantity"),
        ("[[leave_out]]\ncolumn = 'x'\nreason = 'y'\nmatches = 'a'\nalso = { column = 'z' }", "leave_out.also"),
    ],
)
def test_mistakes_are_named(text: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_mapping(text, "shop.toml")
    assert key in caught.value.message
    assert "shop.toml" in caught.value.message
    assert caught.value.remedy


def test_no_such_map(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no mapping file"):
        read_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text",
    [
        "Bestellnummer;Kunde;Datum;Artikel;Menge;Einzelpreis\n1;A;13.01.2024;X;1;2,50 €\n",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,X,MUG,1,2011-01-05,2,A,UK\n",
        "order,customer,date,price\n1,A,01/13/2024,2\n",
    ],
)
def test_a_saved_proposal_reads_the_file_it_was_made_from(tmp_path: Path, text: str) -> None:
    file, saved = tmp_path / "sales.csv", tmp_path / "map.toml"
    file.write_text(text)
    limits = {"workdir": tmp_path / "work", "memory_gib": 0.5, "threads": 1}
    found = inspect_file(file, **limits)  # type: ignore[arg-type]
    assert found.problem is None
    save_mapping(found, saved)
    again = inspect_file(file, mapping=read_mapping(saved), **limits)  # type: ignore[arg-type]
    assert (again.problem, again.rejected, again.orders) == (None, 0, 1)
    assert {c.header: c.field for c in again.columns} == {c.header: c.field for c in found.columns}
