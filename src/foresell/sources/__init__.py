"""Reads one outside file and leaves it parsed and validated in DuckDB; knows no database.

`stage` is the way in for loads, `inspect` describes a file by running the same parser.
"""

from foresell.sources.description import describe
from foresell.sources.inspection import Inspection, inspect, save_map
from foresell.sources.mapping import Mapping, map_text, overlaid, parse_map, read_map, write_map
from foresell.sources.profiles import PROFILES
from foresell.sources.rejects import check_rejects, rejects_file_of, write_rejects
from foresell.sources.staging import stage

__all__ = [
    "PROFILES", "Inspection", "Mapping", "check_rejects", "describe", "inspect", "map_text", "overlaid", "parse_map",
    "read_map", "rejects_file_of", "save_map", "stage", "write_map", "write_rejects",
]  # fmt: skip
