"""Files of the corpus written otherwise: columns in another order, a header by another name, rows in another order, in two parts."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from foresell.errors import BadInput
from foresell.sources.files import dialect, file_sniffing, formats
from foresell.sources.files.fields import BY_NAME, normalize_header
from foresell.sources.files.mapping import Dialect, Mapping
from foresell.sources.files.raw_rows import Column, RawRows
from tests.spec.sources import corpus
from tests.spec.sources.corpus import QUESTION, REJECTED, RIGHT, WRONG, Expected, Judged

Row = list[str]


@dataclass(frozen=True)
class Table:
    """A delimited file: what stands above its header, the header and the rows."""

    expected: Expected
    dialect: dialect.TextDialect
    encoding: str
    above: list[Row]
    header: Row
    rows: list[Row]

    @property
    def mapping(self) -> Mapping:
        """What the headers alone say."""
        return formats.choose_mapping(None, RawRows("text", self.columns), None)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns by position: c0, c1, ..."""
        return tuple(Column(f"c{at}", header, "VARCHAR") for at, header in enumerate(self.header))

    def find(self, field: str) -> int | None:
        """The position of a field's column."""
        column = formats.find_column(self.columns, self.mapping.columns.get(field, ""))
        return int(column.name[1:]) if column and column.name[1:].isdigit() else None

    def write(self, path: Path) -> None:
        """Write the file at `path`."""
        out = io.StringIO(newline="")
        options = dialect.build_reader_options(self.dialect.delimiter, self.dialect.quote, self.dialect.escape)
        csv.writer(out, **options).writerows([*self.above, self.header, *self.rows])  # type: ignore[call-overload]
        path.write_bytes(out.getvalue().encode(self.encoding))


def read_tables() -> Iterator[Table]:
    """The delimited files of the corpus whose header can be told from their rows."""
    for expected in corpus.read_corpus():
        content = expected.path.read_bytes()
        encoding = file_sniffing.detect_encoding(content, utf8=_is_utf8(content))
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        try:
            found = dialect.detect_dialect(text, Dialect(), expected.name)
        except BadInput:
            continue
        options = dialect.build_reader_options(found.delimiter, found.quote, found.escape)
        reader = csv.reader(io.StringIO(text, newline=""), **options)  # type: ignore[arg-type]
        starts, rows = [1], []
        for row in reader:
            rows.append(row)
            starts.append(reader.line_num + 1)
        at = starts.index(found.header_line)
        yield Table(expected, found, encoding, rows[:at], rows[at], rows[at + 1 :])


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def permute_columns(table: Table, rng: random.Random) -> Table:
    """The columns in another order."""
    width = len(table.header)
    order = rng.sample(range(width), width)
    rows = [row + [""] * (width - len(row)) for row in table.rows]
    return replace(
        table,
        header=[table.header[at] for at in order],
        rows=[[row[at] for at in order] + row[width:] for row in rows],
    )


def rename_header(table: Table, rng: random.Random) -> Table | None:
    """One column that is used under another name that its field is known by."""
    columns = table.mapping.columns
    names = {normalize_header(header) for header in table.header}
    choices = {
        at: sorted(set(BY_NAME[field].headers) - names) for field in columns if (at := table.find(field)) is not None
    }
    choices = {at: others for at, others in choices.items() if others}
    if not choices:
        return None
    at = rng.choice(sorted(choices))
    return replace(
        table, header=[rng.choice(choices[at]) if i == at else header for i, header in enumerate(table.header)]
    )


def shuffle_rows(table: Table, rng: random.Random) -> Table | None:
    """The rows in another order; None where a row depends on those above it."""
    places = [table.find(field) for field in ("order_key", "ordered_at")]
    filled = all(at is None or (at < len(row) and row[at].strip()) for row in table.rows for at in places)
    if table.expected.rows != "orders" or table.mapping.report or not filled or places[1] is None:
        return None
    return replace(table, rows=rng.sample(table.rows, len(table.rows)))


def split_rows(table: Table, rng: random.Random) -> list[Table]:
    """The file in two, no order in both; empty where a row depends on those above it."""
    shuffled, at = shuffle_rows(table, rng), table.find("order_key")
    orders = sorted({row[at] for row in table.rows}) if shuffled and at is not None else []
    if len(orders) < 2:
        return []
    first = set(rng.sample(orders, len(orders) // 2))
    return [
        replace(table, rows=[row for row in table.rows if (row[at or 0] in first) == is_first])
        for is_first in (True, False)
    ]


def judge(table: Table, workdir: Path, *, same_names: bool) -> Judged:
    """What staging makes of an altered file; with other names, orders may be recognised by another of their numbers."""
    workdir.mkdir(parents=True, exist_ok=True)
    expected = replace(table.expected, folder=workdir)
    if not same_names:
        net = expected.net
        totals = list(net.values()) if isinstance(net, dict) else net
        nothing_less = [total for total in totals or () if float(total)]
        expected = replace(
            expected, label=None, left_out=None, rejected=None, reasons=(), days=None, net=nothing_less or net
        )
    table.write(expected.path)
    return corpus.judge(expected, workdir / "work")


def judge_parts(parts: list[Table], workdir: Path) -> Judged:
    """The parts of a file, loaded one after the other: right where their orders together are."""
    expected = replace(parts[0].expected, folder=workdir)
    sums, rejected = {}, 0
    for part in parts:
        workdir.mkdir(parents=True, exist_ok=True)
        part.write(expected.path)
        try:
            with corpus.stage(expected.path, workdir / "work") as staging:
                sums |= corpus.sum_orders(staging)
                rejected += staging.rejected
        except BadInput as refusal:
            return Judged(expected, QUESTION, refusal.message)
    found = corpus.compare_net(expected.net, sums)
    return Judged(expected, (REJECTED if rejected else WRONG) if found else RIGHT, found)
