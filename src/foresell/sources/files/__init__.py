"""Files as a source: CSV, workbooks, Parquet and SQLite, read by a mapping."""
