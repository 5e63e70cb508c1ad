"""Faults of disk and memory are told apart from faults of the file; faults of our own SQL are not hidden."""

from __future__ import annotations

import errno

import duckdb
import pytest

from foresell.errors import BadInput, DiskTrouble, EmptySource
from foresell.sources.files.staging import translate_errors


@pytest.mark.parametrize(
    ("fault", "becomes"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskTrouble),
        (duckdb.IOException('Could not write file "x.tmp": No space left on device'), DiskTrouble),
        (duckdb.OutOfMemoryException("failed to offload data block"), DiskTrouble),
        (duckdb.IOException("Could not read from file"), BadInput),
        (PermissionError(errno.EACCES, "Permission denied"), BadInput),
        (duckdb.InvalidInputException("Snappy decompression failure"), BadInput),
        (EmptySource(), EmptySource),
        (duckdb.BinderException("a column of ours does not exist"), duckdb.BinderException),
    ],
)
def test_trouble(fault: Exception, becomes: type[Exception]) -> None:
    with pytest.raises(becomes), translate_errors("sales.csv"):
        raise fault
