"""The read-only console: runs SQL queries on the store or on a snapshot."""

from __future__ import annotations

from typing import Any

import duckdb
import psycopg
from psycopg.rows import tuple_row

from foresell.database import Database
from foresell.errors import UsageError

READ_ONLY = "The console only reads. Data comes in with: foresell load"


def query_store(database: Database, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """(column names, rows) of one query to PostgreSQL, as a role that may only read. Raises UsageError."""
    with database.connect("reader") as con, con.cursor(row_factory=tuple_row) as cursor:
        try:
            # A prepared statement is exactly one statement: nothing can follow after a semicolon.
            cursor.execute(query.encode(), prepare=True)
            if cursor.description is None:
                raise UsageError("That statement returns no rows.", remedy=READ_ONLY)
            return [column.name for column in cursor.description], cursor.fetchall()
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege):
            raise UsageError("The console may not do that.", remedy=READ_ONLY) from None
        except psycopg.errors.QueryCanceled:
            raise UsageError(
                "The query took more than 60 seconds.", remedy="Ask for less, or use --on snapshot."
            ) from None
        except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
            raise UsageError(f"PostgreSQL says: {error.diag.message_primary or error}") from None


def query_snapshot(con: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """(column names, rows) of one query to a read-only snapshot. Raises UsageError."""
    try:
        statements = con.extract_statements(query)
        if len(statements) != 1:
            raise UsageError(f"The console runs one statement at a time; that was {len(statements)}.")
        cursor = con.execute(statements[0])
        return [column[0] for column in cursor.description or ()], cursor.fetchall()
    except duckdb.Error as error:
        raise UsageError(
            f"DuckDB says: {str(error).splitlines()[0]}", remedy="List the tables: foresell sql 'show tables'"
        ) from None
