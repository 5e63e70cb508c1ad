"""Files made to fill a disk or a memory are refused before they do."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
import zstandard

from foresell.errors import BadInput
from foresell.sources.files import file_sniffing

ZEROS = bytes(80 << 20)


def test_what_unpacks_to_far_more_than_tables_do_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(ZEROS))
    (tmp_path / "a.csv.zst").write_bytes(zstandard.compress(ZEROS))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", ZEROS)
    for name in ("a.csv.gz", "a.csv.zst", "a.xlsx"):
        with pytest.raises(BadInput, match="times its size"):
            file_sniffing.open_file(tmp_path / name, tmp_path)


def test_a_small_file_may_shrink_as_much_as_it_likes(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a;b\n" * (1 << 20)))
    assert file_sniffing.open_file(tmp_path / "a.csv.gz", tmp_path).kind == "text"
