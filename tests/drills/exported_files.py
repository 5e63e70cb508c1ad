"""S10 and S18: what leaves in files. No exported cell is a formula, and the list of what Foresell is made of is whole."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from importlib import metadata
from pathlib import Path

import httpx2
import openpyxl

from foresell.store.database import open_database
from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh
from tests.drills.drill import ROOT, NotRun, Options, Outcome, least, most
from tests.drills.shop import Shop, administrator_token, create_shop, serving
from tests.drills.tests_as_drills import CORPORA, run_pytest
from tests.support.formulas import FORMULAS, live

LEADS = ("", " ", "\t", "\u200b", "\u00a0", "\ufeff")
COLUMNS = ["customer_id", "name", "email", "phone", "address", "city", "country"]


def export_formulas(options: Options) -> Outcome:
    """S10. The texts are names, addresses, cities and countries of customers; the files are asked of the API."""
    if not (CORPORA / "blns.json").exists():
        raise NotRun("The big list of naughty strings is not in .cache/corpora.")
    strings = [text for text in json.loads((CORPORA / "blns.json").read_text(encoding="utf-8")) if text.strip()]
    formulas = [lead + text for text in FORMULAS for lead in LEADS if live(lead + text)]
    unit = run_pytest(["tests/unit/test_tabular_writers.py"])
    with create_shop() as shop:
        load_texts(shop, formulas + strings)
        with serving(shop):
            texts, workbook = export(shop, "csv"), export(shop, "xlsx")
    figures = [
        least("formulas and hostile strings loaded", len(formulas) + len(strings), 600),
        least("cells exported to CSV", len(texts), 5_000),
        most("cells of the CSV file that a spreadsheet would run", sum(live(text) for text, _ in texts), 0),
        least("cells exported to XLSX", len(workbook), 5_000),
        most("cells of the XLSX file that are formulas", sum(is_formula for _, is_formula in workbook), 0),
        most("tests of the writers failed", len(unit.failed), 0),
    ]
    unescaped = sum(live(text.removeprefix("'")) for text, _ in texts)
    return Outcome(figures, [least("cells of the CSV file that would run without our escape", unescaped, 100)])


def load_texts(shop: Shop, texts: list[str]) -> None:
    """A customer for each text, with an order, so that the text is in the list of customers."""
    people, orders = io.StringIO(newline=""), io.StringIO(newline="")
    write_person, write_order = csv.writer(people), csv.writer(orders)
    write_person.writerow(["customer_id", "name", "email", "phone", "address", "city", "country"])
    write_order.writerow(["order_id", "customer_id", "order_date", "sku", "quantity", "unit_price", "currency"])
    for number, text in enumerate(texts):
        write_person.writerow([f"X{number}", text, f"x{number}@post.example", "0799-555-0100", text, text, "GB"])
        write_order.writerow([f"XO{number}", f"X{number}", "2026-10-01", "mug", 1, "3.50", "GBP"])
    database = open_database(shop.settings)
    for name, content in (("people.csv", people), ("more_orders.csv", orders)):
        file = shop.settings.home.parent / name
        file.write_bytes(content.getvalue().encode("utf-8", "replace"))
        load_file(shop.settings, database, file, source="texts", max_rejected=1_000)
    run_refresh(shop.settings, database, predict=False)


def export(shop: Shop, kind: str) -> list[tuple[str, bool]]:
    """The cells of an exported file, without its header: (text, whether it is stored as a formula)."""
    headers = {"authorization": f"Bearer {administrator_token(shop.settings.home, shop.users[0])}"}
    body = {"format": kind, "columns": COLUMNS, "contacts": True, "include_predictions": False}
    answer = httpx2.post(f"{shop.url}/api/export/customers", json=body, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    if kind == "csv":
        lines = csv.reader(io.StringIO(answer.content.decode(), newline=""))
        return [(text, False) for row in list(lines)[1:] for text in row if text]
    [sheet, *_] = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    return [(str(cell.value), cell.data_type == "f") for cell in cells]


def list_components(options: Options) -> Outcome:
    """S18. The audit of dependencies needs the network of its databases: where it cannot ask, it says so."""
    if "\nsbom:" not in (ROOT / "Makefile").read_text(encoding="utf-8"):
        raise NotRun("There is no `make sbom` yet.")
    done = subprocess.run(["make", "sbom"], cwd=ROOT, capture_output=True, text=True, check=False)
    listed = {normal(part["name"]) for part in json.loads(find_sbom().read_text(encoding="utf-8"))["components"]}
    installed = {normal(found.name) for found in metadata.distributions()} - {"foresell"}
    audit = subprocess.run(["make", "audit"], cwd=ROOT, capture_output=True, text=True, check=False)
    last_line = (audit.stdout + audit.stderr).strip().splitlines()[-1:]
    figures = [
        most("make sbom failed", int(done.returncode != 0), 0),
        least("installed distributions", len(installed), 50),
        most("installed distributions that are not listed", len(installed - listed), 0),
    ]
    planted = installed - (listed - {"psycopg"})
    outcome = "found nothing" if audit.returncode == 0 else f"ended with {audit.returncode}"
    return Outcome(
        figures,
        [least("distributions missed once one is taken from the list", len(planted), 1)],
        [f"The dependency audit {outcome} here: {' '.join(last_line)[:200]}"],
    )


def find_sbom() -> Path:
    """The list of Python's distributions."""
    return ROOT / "build" / "sbom" / "python.cdx.json"


def normal(name: str) -> str:
    """The name of a distribution in one spelling."""
    return name.lower().replace("_", "-").replace(".", "-")
