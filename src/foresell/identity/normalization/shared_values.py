"""Switchboards, shared mailboxes and large premises: values that many different customers have are no evidence."""

from __future__ import annotations

import duckdb
import pyarrow as pa

#: Columns that are blanked together, by the columns whose value is counted.
_GROUPS = {
    ("phone",): ("phone",),
    ("email",): ("email", "email_user"),
    ("domain",): ("domain",),
    ("street", "house", "postcode"): ("street", "house"),
}
MOST_NAMES = 20


def shared_values(records: pa.Table, most_names: int = MOST_NAMES) -> pa.Table:
    """The records, in the same sequence, without the values that more than `most_names` different names hold.

    The rule: a telephone number, an e-mail address (with its user part), a web domain, or an address (street, house
    number and postcode together) is counted by the different values of `name` among the records that have it; a record
    without a name is a name of its own. A value above the limit is set to None in every record that has it, of an
    address the street and the house number; the postcode and the city stay. One customer with many records keeps its
    values. `records` has the columns of SCHEMA.
    """
    if not records.num_rows:
        return records
    with duckdb.connect(config={"temp_directory": ""}) as con:  # contact values never reach a file
        con.register("numbered", records.append_column("row_number", pa.array(range(records.num_rows), pa.int64())))
        blanked: dict[str, str] = {}
        for at, (counted, columns) in enumerate(_GROUPS.items()):
            con.execute(_count_names(f"shared_{at}", counted), [most_names])
            keys = ", ".join(f"numbered.{column}" for column in counted)
            held = f"({keys}) in (from shared_{at})" if len(counted) > 1 else f"{keys} in (from shared_{at})"
            blanked |= {column: f"case when {held} then null else {column} end" for column in columns}
        chosen = ", ".join(f"{blanked.get(name, name)} as {name}" for name in records.column_names)
        found: pa.Table = con.sql(f"select {chosen} from numbered order by row_number").to_arrow_table()
    return found.cast(records.schema)


def _count_names(table: str, counted: tuple[str, ...]) -> str:
    """Creates the table of the values held by too many names."""
    columns, present = ", ".join(counted), " and ".join(f"{column} is not null" for column in counted)
    return (
        f"create temp table {table} as select {columns} from numbered where {present} group by all"
        f" having count(distinct coalesce(name, record_id::varchar)) > ?"
    )
