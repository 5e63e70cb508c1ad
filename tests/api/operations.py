"""Every operation of the API, and paths to ask it at."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from foresell.api.app import RESOURCES
from foresell.api.http.dependencies import operations
from tests.support.served import Served

#: Values for path parameters that name nothing there is.
NOTHING = {"int": "999999999", "uuid": str(uuid.UUID(int=0)), "customer_id": "C999999"}


def walk() -> Iterator[tuple[str, str, str]]:
    """(method, path, right) of every operation."""
    for route, [right] in operations(resource.router for resource in RESOURCES):
        for method in sorted(route.methods or ()):
            yield method, route.path, right


OPERATIONS = list(walk())


def fill_path(path: str, served: Served, **known: str) -> str:
    """The path with its parameters set: known ones as given, others to nothing there is."""
    schema = served.openapi()["paths"][path]
    for parameter in {p["name"]: p for each in schema.values() for p in each.get("parameters", [])}.values():
        if parameter["in"] == "path":
            name = parameter["name"]
            of = parameter["schema"]
            choices = of.get("enum") or [of.get("const")]
            plain = "uuid" if of.get("format") == "uuid" else "int"
            value = known.get(name) or choices[0] or NOTHING.get(name) or NOTHING[plain]
            path = path.replace("{" + name + "}", str(value))
    return path
