"""Files as a source: CSV, workbooks, Parquet and SQLite, read with a mapping."""
