"""A child process: reads a Parquet file with a DuckDB of its own and writes its rows, types kept."""

from __future__ import annotations

from typing import Any

from foresell.errors import BadInput
from foresell.sources.files.child_limits import Output, serve

_BATCH = 100_000


def read_rows(request: dict[str, Any], output: Output) -> None:
    """One answer: the headers and DuckDB types of the columns, and the rows; `line` counts them from 1."""
    import duckdb

    limits: dict[str, str | int | float | list[str]] = {
        "memory_limit": f"{request['memory'] * 3 // 4 >> 20}MiB",
        "threads": 1,
        "temp_directory": "",
    }
    source = "read_parquet($path, file_row_number = true)"
    path = {"path": request["path"]}
    try:
        with duckdb.connect(config={**limits, "autoinstall_known_extensions": "false"}) as con:
            described = con.execute(f"describe select * exclude (file_row_number) from {source}", path).fetchall()
            columns = [(name, type_) for name, type_, *_ in described]
            rows = con.sql(
                f"select file_row_number + 1 as line, * exclude (file_row_number) from {source}", params=path
            )
            reader = rows.to_arrow_reader(_BATCH)
            with output.send_rows(reader.schema, columns=columns) as writer:
                for batch in reader:
                    writer.write_batch(batch)
    except duckdb.OutOfMemoryException:
        raise MemoryError from None
    except duckdb.Error as error:
        shown = str(error).splitlines()[0].split("Error: ", 1)[-1][:200]
        raise BadInput(f"{request['name']} is damaged: {shown}", remedy="Export or fetch it again.") from None


if __name__ == "__main__":
    serve(read_rows)
