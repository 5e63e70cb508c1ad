"""A ZIP or a folder of CSV files: those with the same columns are one table, and other files are ignored."""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
from pathlib import Path

import pytest

from foresell.errors import BadInput, EmptySource
from foresell.sources.files.staging import hash_path, stage_file
from foresell.types import no_progress
from tests.spec.sources.conftest import HEADER, Stage

JANUARY = HEADER + "1,A,2024-01-05,X,Mug,1,5\n2,B,2024-01-06,X,Mug,1,5\n"
FEBRUARY = "customer,order,date,sku,name,quantity,price\nA,3,2024-02-05,X,Mug,1,5\nB,4,soon,X,Mug,1,5\n"


def pack(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_one_csv_in_a_zip(stage: Stage) -> None:
    packed = pack({"out/": "", "out/sales.csv": JANUARY, "__MACOSX/._sales.csv": "x", "out/read me.pdf": "x"})
    result = stage(packed, "order_key, line", name="export.zip")
    assert result.lines == [("1", 2), ("2", 3)]
    assert result.staging.warnings == ("export.zip: out/read me.pdf was left out.",)


def test_files_with_the_same_columns_are_read_as_one(stage: Stage) -> None:
    result = stage(pack({"1.csv": JANUARY, "2.csv": FEBRUARY}), "order_key, customer_key, line", name="export.zip")
    assert result.lines == [("1", "A", 2), ("2", "B", 3), ("3", "A", 5)]
    assert result.rejects[0][0] == 3  # the line in its own file
    assert result.staging.warnings == (
        "2 files with the same columns were read as one: export.zip [1.csv], export.zip [2.csv].",
    )


def test_a_folder_is_read_like_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "1.csv").write_text(JANUARY)
    (folder / "2.csv").write_text(FEBRUARY)
    (folder / ".DS_Store").write_text("x")
    with stage_file(folder, workdir=tmp_path / "work", memory_gib=1, threads=1) as staging:
        assert (staging.lines_read, staging.rejected, staging.file_name) == (4, 1, "export")
        assert staging.con.execute("select file, line from staged_rejects").fetchall() == [("2.csv", 3)]
    before = hash_path(folder, no_progress)
    (folder / "2.csv").write_text(JANUARY)
    assert hash_path(folder, no_progress) != before


def test_different_columns_are_refused(stage: Stage) -> None:
    with pytest.raises(BadInput, match=r"\[a.csv\] has order, customer.*\[b.csv\] has sku, left") as caught:
        stage(pack({"a.csv": JANUARY, "b.csv": "sku,left\nX,1\n"}), name="export.zip")
    assert caught.value.remedy and "one after the other" in caught.value.remedy


def test_a_zip_without_a_table(stage: Stage) -> None:
    with pytest.raises(EmptySource, match="holds no table"):
        stage(pack({"a.pdf": "x"}), name="export.zip")


def test_names_in_an_archive_cannot_point_outside(stage: Stage, tmp_path: Path) -> None:
    assert len(stage(pack({"../../../evil.csv": JANUARY}), name="export.zip").lines) == 2
    assert not [file for file in tmp_path.parent.rglob("*evil*") if file.suffix == ".csv"]


@pytest.mark.parametrize("ending", ["bz2", "xz"])
def test_other_compressions(stage: Stage, ending: str) -> None:
    compress = {"bz2": bz2.compress, "xz": lzma.compress}[ending]
    half = len(JANUARY) // 2  # parallel compressors write several streams
    packed = compress(JANUARY[:half].encode()) + compress(JANUARY[half:].encode())
    assert len(stage(packed, name=f"sales.csv.{ending}").lines) == 2
    with pytest.raises(BadInput, match="damaged or cut off"):
        stage(packed[:-9], name=f"cut.csv.{ending}")
