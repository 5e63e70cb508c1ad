"""Files made to take memory, time or disk end the child that reads them, with a sentence, and nothing else."""

from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from foresell.errors import BadInput, ForesellError
from foresell.sources.files import bounded
from foresell.sources.files.bounded import MIB, Limits, run_reader
from foresell.sources.files.staging import stage_file
from foresell.types import Progress, no_progress

HEAD = '<?xml version="1.0"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(path: Path, cells: str, *, sheets: int = 1, before: str = "", dimension: str = "") -> Path:
    """A workbook whose sheets all hold these cells, written without a library that would refuse."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", f'{HEAD}<Types xmlns="{PACKAGE}/content-types"/>')
        book.writestr(
            "_rels/.rels",
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" Type="{DOCUMENT}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="r{i}"/>' for i in range(1, sheets + 1))
        book.writestr(
            "xl/workbook.xml",
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>{listed}</sheets></workbook>',
        )
        targets = "".join(
            f'<Relationship Id="r{i}" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
            for i in range(1, sheets + 1)
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{targets}</Relationships>',
        )
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'{HEAD}{before}<worksheet xmlns="{MAIN}">{dimension}<sheetData>{cells}</sheetData></worksheet>',
        )
    return path


def far_cell(reference: str) -> str:
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{reference}"><v>1</v></c></row>'


def stage(path: Path, tmp_path: Path, progress: Progress = no_progress) -> list[tuple[object, ...]]:
    with stage_file(path, workdir=tmp_path / "work", memory_gib=1, threads=1, progress=progress) as staging:
        return staging.con.execute("select order_key from staged_lines").fetchall()


def measure_reader(path: Path) -> str:
    """The largest memory of the reader of a workbook in KiB, and why it was refused; in a process without other children."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom foresell.errors import BadInput\n"
        "from foresell.sources.files.file_sniffing import open_file\n"
        "import duckdb\nfrom foresell.sources.files.workbook import read_workbook\n"
        "from foresell.sources.files.mapping import Dialect\nrefused = 'read'\n"
        "try:\n    read_workbook(duckdb.connect(), open_file(Path(sys.argv[1]), Path('.')), Dialect(), bool)\n"
        "except BadInput as error:\n    refused = error\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, refused)\n"
    )
    return subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("reference", ["XFD6000", "XFD1048576"])
def test_a_cell_far_outside_its_table_takes_little_memory(tmp_path: Path, reference: str) -> None:
    path = workbook(tmp_path / "bomb.xlsx", far_cell(reference))
    assert path.stat().st_size < 2_000
    output = measure_reader(path)
    kilobytes, sentence = output.split(" ", 1)
    assert int(kilobytes) < 200 * 1024
    assert sentence.startswith("bomb.xlsx would need more than 192 MiB of memory, far more than its contents")


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    + "]>"
)  # fmt: skip


def test_hostile_workbooks_are_refused_in_a_sentence(tmp_path: Path) -> None:
    laugh = '<row r="1"><c r="A1" t="inlineStr"><is><t>&a11;</t></is></c></row>'
    whole = workbook(tmp_path / "whole.xlsx", far_cell("B2")).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[:-300])
    (tmp_path / "turned.xlsx").write_bytes(whole[:200] + bytes(255 - b for b in whole[200:600]) + whole[600:])
    (tmp_path / "cut.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4000)
    workbook(tmp_path / "laughs.xlsx", laugh, before=LAUGHS)
    workbook(tmp_path / "dimension.xlsx", far_cell("A1"), dimension='<dimension ref="A1:XFD1048576"/>')
    for name in ("cut.xlsx", "turned.xlsx", "cut.xls", "laughs.xlsx", "dimension.xlsx"):
        with pytest.raises(ForesellError) as caught:
            stage(tmp_path / name, tmp_path)
        assert caught.value.exit_code in (3, 5), caught.value
        assert name in caught.value.message and caught.value.remedy, caught.value
        assert "Traceback" not in caught.value.message


def test_two_thousand_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path / "sheets.xlsx", far_cell("B2"), sheets=2_000)
    with pytest.raises(BadInput) as caught:
        stage(path, tmp_path)
    assert len(caught.value.message) < 2_000


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(4):
            archive.writestr(f"{i}.csv", bytes(25 * MIB))
    with pytest.raises(BadInput, match="times its size"):
        stage(tmp_path / "bomb.zip", tmp_path)


def test_archives_in_archives_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(gzip.compress(b"a,b\n1,2\n")))
    with pytest.raises(BadInput, match="compressed once more"):
        stage(tmp_path / "a.csv.gz", tmp_path)


def test_an_endless_view_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "create view v as with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n"
        )
    monkeypatch.setattr(bounded, "_LEAST_SECONDS", 1)
    with pytest.raises(BadInput, match=r"endless\.db takes too long to read"):
        stage(path, tmp_path)


def test_what_a_file_becomes_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("create view v as with recursive n(i) as (select 1 union all select i + 1 from n) select i from n")
    with (
        pytest.raises(BadInput, match="becomes more than 8 MiB"),
        run_reader("sqlite_reader", path, path.name, Limits(expanded=8 * MIB), table="v") as answers,
    ):
        for _ in answers:
            for batch in answers.read_rows():
                assert batch.num_rows


def find_children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()}


def test_a_process_with_many_open_files_can_read_too(tmp_path: Path) -> None:
    write_sales(tmp_path / "sales.xlsx", 3)
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        assert len(stage(tmp_path / "sales.xlsx", tmp_path)) == 3
    finally:
        for descriptor in taken:
            os.close(descriptor)


def test_a_cancelled_load_ends_its_child(tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "create view v as with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n"
        )
    before, seen = find_children(), set[int]()

    def cancel(done: int, total: int | None, unit: str) -> None:
        seen.update(find_children() - before)
        if seen:
            raise Cancelled

    with (
        pytest.raises(Cancelled),
        run_reader("sqlite_reader", path, path.name, Limits(progress=cancel), table="v") as answers,
    ):
        list(answers)
    assert seen and not find_children() & seen


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "create view v as with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n"
        )
    code = (
        "import sys\nfrom pathlib import Path\nfrom foresell.sources.files import bounded\n"
        "look = lambda *_: print(Path('/proc/thread-self/children').read_text(), flush=True)\n"
        "with bounded.run_reader('sqlite_reader', Path(sys.argv[1]), 'x', bounded.Limits(progress=look), table='v') as a:\n"
        "    list(a)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(next(line for line in parent.stdout if line.strip()))
        while "sqlite_reader" not in Path(f"/proc/{child}/cmdline").read_text():
            time.sleep(0.05)
        while " (python" in Path(f"/proc/{child}/stat").read_text() and _seconds(child) < 0.3:
            time.sleep(0.05)  # its imports are done, so its limits hold
        parent.send_signal(signal.SIGKILL)
    for _ in range(200):
        if not Path(f"/proc/{child}").exists() or ") Z" in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def _seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11]) / os.sysconf("SC_CLK_TCK")


def write_sales(path: Path, rows: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sales")
    sheet.append(["order", "customer", "date", "price"])
    for i in range(rows):
        sheet.append([i, f"C{i}", "2024-01-05", 2.5])
    book.save(path)


def test_a_large_workbook_stays_within_its_limit(tmp_path: Path) -> None:
    write_sales(tmp_path / "sales.xlsx", 20_000)
    assert len(stage(tmp_path / "sales.xlsx", tmp_path)) == 20_000
    kilobytes, sentence = measure_reader(tmp_path / "sales.xlsx").split(" ", 1)
    assert (int(kilobytes) < 400 * 1024, sentence) == (True, "read\n")
