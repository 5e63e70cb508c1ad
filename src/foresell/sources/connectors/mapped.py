"""Maps records of a source to the four tables of a staged load, by the statements of its SQL file in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from foresell.db import DuckStatements
from foresell.sources.connectors.catalogue import Kind
from foresell.sources.contract import TerminalError
from foresell.sql import named_queries
from foresell.types import Staging

SQL = DuckStatements("foresell.sources", "connectors/")
DOCUMENTS = pa.schema(
    {"line": pa.int64(), "stream": pa.string(), "key": pa.string(), "document": pa.string(), "deleted": pa.bool_()}
)


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """One record to be loaded: its JSON, or None where nothing but its key is kept."""

    stream: str
    key: str
    document: str | None
    deleted: bool


@contextmanager
def stage_records(
    kind: Kind, source: str, records: Sequence[MappedRecord], settings: Mapping[str, object], folder: Path
) -> Iterator[tuple[Staging, dict[tuple[str, str], str]]]:
    """The records as a staged load, in a DuckDB file in `folder`, and by (stream, key) why some cannot be loaded."""
    assert kind.documents is not None
    file = kind.documents.removesuffix(".sql")
    with duckdb.connect(str(folder / "staging.duckdb"), config={"threads": "2"}) as con:
        columns = [
            range(1, len(records) + 1),
            *([getattr(record, name) for record in records] for name in ("stream", "key", "document", "deleted")),
        ]
        arrived = pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, DOCUMENTS, strict=True)], schema=DOCUMENTS
        )
        con.register("arrived", arrived)
        con.execute(
            "create temp table documents as select line, stream, key, document::json as document, deleted from arrived"
            " where document is not null"
        )
        con.unregister("arrived")
        for statement in named_queries("foresell.sources", f"connectors/{kind.documents}"):
            try:
                SQL.run(con, f"{file}.{statement}", **settings)
            except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException):
                raise TerminalError(
                    f"{kind.label} sends values of another form than expected ({statement}).", reason="drift"
                ) from None
        [(lines,)] = con.execute("select count(*) from staged_lines").fetchall()
        rejected = con.execute("select line, reason from staged_rejects").fetchall()
        digest = hashlib.sha256("\n".join(f"{r.stream}\0{r.key}\0{r.document}\0{r.deleted}" for r in records).encode())
        problems = {(records[line - 1].stream, records[line - 1].key): str(reason) for line, reason in rejected}
        yield (
            Staging(
                con=con,
                source=source,
                format=kind.name,
                rows="orders",
                file_name=kind.label,
                file_bytes=sum(len(record.document or "") for record in records),
                file_sha256=digest.hexdigest(),
                lines_read=lines + len(problems),
                rejected=len(problems),
            ),
            problems,
        )
