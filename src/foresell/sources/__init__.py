"""Reads one outside file and leaves it parsed and validated in DuckDB; knows no database.

`stage` is the way in for loads, `inspect` describes a file by running the same parser.
"""

from foresell.sources.files.description import describe
from foresell.sources.files.formats import PROFILES
from foresell.sources.files.inspection import Inspection, inspect, save_map
from foresell.sources.files.mapping import Mapping, map_text, overlaid, parse_map, read_map, write_map
from foresell.sources.files.rejects import check_rejects, rejects_file_of, write_rejects
from foresell.sources.files.staging import stage

__all__ = [
    "PROFILES", "Inspection", "Mapping", "check_rejects", "describe", "inspect", "map_text", "overlaid", "parse_map",
    "read_map", "rejects_file_of", "save_map", "stage", "write_map", "write_rejects",
]  # fmt: skip
