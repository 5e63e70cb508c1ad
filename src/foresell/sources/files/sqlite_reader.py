"""A child process: describes the tables and views of a SQLite file, or writes the rows of one as text."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from foresell.errors import BadInput
from foresell.sources.files.child_limits import Output, serve

_BATCH = 50_000


def read_database(request: dict[str, Any], output: Output) -> None:
    """Without a `table`: one answer per table or view. With one: its columns and rows; `line` counts the rows from 1."""
    try:
        # read-only: a load must not change its source
        with closing(sqlite3.connect(f"{Path(request['path']).as_uri()}?mode=ro", uri=True)) as db:
            db.execute("pragma trusted_schema = off")
            db.text_factory = lambda text: text.decode("utf-8", "replace")
            if request["table"]:
                _send_rows(db, request["table"], output)
            else:
                _send_tables(db, output)
    except sqlite3.Error as error:
        raise BadInput(
            f"{request['name']} cannot be read as a SQLite file: {error}.",
            remedy="Close the program that writes it, or export it.",
        ) from None


def _send_tables(db: sqlite3.Connection, output: Output) -> None:
    kinds = "select name, type from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"
    for name, kind in db.execute(kinds).fetchall():
        quoted = quote_name(name)
        with suppress(sqlite3.OperationalError):  # a view of a table that is gone
            columns = db.execute(f'pragma table_info("{quoted}")').fetchall()
            keys = db.execute(f'pragma foreign_key_list("{quoted}")').fetchall()
            output.send(
                table=name,
                view=kind == "view",
                columns=[column[1] for column in columns],
                primary=[column[1] for column in columns if column[5]],
                keys=[[key[3], key[2], key[4]] for key in keys],
            )


def _send_rows(db: sqlite3.Connection, table: str, output: Output) -> None:
    import pyarrow as pa

    rows = db.execute(f'select * from "{quote_name(table)}"')
    headers = [column[0] for column in rows.description]
    schema = pa.schema([("line", pa.int64()), *((f"c{i}", pa.string()) for i in range(1, len(headers) + 1))])
    line = 1
    with output.send_rows(schema, headers=headers) as writer:
        while batch := rows.fetchmany(_BATCH):
            # SQLite types each value, not each column: text goes through the same parser as a CSV
            columns = [
                pa.array([_to_text(value) for value in column], pa.string()) for column in zip(*batch, strict=True)
            ]
            lines = pa.array(range(line, line + len(batch)), pa.int64())
            writer.write_batch(pa.record_batch([lines, *columns], schema=schema))
            line += len(batch)


def _to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value)


def quote_name(name: str) -> str:
    """A name for use between double quotes."""
    return name.replace('"', '""')


if __name__ == "__main__":
    serve(read_database)
