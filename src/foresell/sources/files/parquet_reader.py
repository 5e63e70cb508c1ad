"""A child process: decodes a Parquet file once with a DuckDB of its own, so that its parent can read it without harm.

What the parent's DuckDB, the same version, does with the file afterwards has succeeded here within the limits. Sending the rows
instead took twice as long.
"""

from __future__ import annotations

from typing import Any

from foresell.errors import BadInput
from foresell.sources.files.child_limits import Output, serve


def check_rows(request: dict[str, Any], output: Output) -> None:
    """One answer: the headers and DuckDB types of the columns, and the bytes that all values take, from decoding every page."""
    import duckdb

    limits: dict[str, str | int | float | list[str]] = {
        "memory_limit": f"{request['memory'] * 3 // 4 >> 20}MiB",
        "threads": 1,
        "temp_directory": "",
    }
    path = {"path": request["path"]}
    try:
        with duckdb.connect(config={**limits, "autoinstall_known_extensions": "false"}) as con:
            described = con.execute("describe from read_parquet($path)", path).fetchall()
            columns = [(name, type_) for name, type_, *_ in described]
            sizes = [_measure(name, type_) for name, type_ in columns]
            # the hash needs every value, so that no page is left undecoded
            [(_, expanded)] = con.execute(
                f"select bit_xor(hash(read)), coalesce(sum({' + '.join(sizes)}), 0) from read_parquet($path) as read",
                path,
            ).fetchall()
            output.send(columns=columns, expanded=int(expanded))
    except duckdb.OutOfMemoryException:
        raise MemoryError from None
    except duckdb.Error as error:
        shown = str(error).splitlines()[0].split("Error: ", 1)[-1][:200]
        raise BadInput(f"{request['name']} is damaged: {shown}", remedy="Export or fetch it again.") from None


def _measure(name: str, type_: str) -> str:
    """SQL for the bytes of a value."""
    quoted = '"' + name.replace('"', '""') + '"'
    if type_ in ("VARCHAR", "BLOB"):
        return f"16 + coalesce({'strlen' if type_ == 'VARCHAR' else 'octet_length'}({quoted}), 0)"
    return f"coalesce(strlen({quoted}::varchar), 0)" if any(mark in type_ for mark in "[(") else "16"


if __name__ == "__main__":
    serve(check_rows)
