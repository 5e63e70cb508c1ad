"""The API describes itself completely, and contracts/openapi.json is what it says."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from scripts.openapi import FILE, contract

from tests.support.served import Served

#: What every operation may answer.
EVERYWHERE = {"400", "401", "403", "429", "500", "503"}


def silent(contract: dict[str, Any]) -> list[str]:
    """What says nothing of itself."""
    found = []
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            where = f"{method.upper()} {path}"
            found += [] if operation.get("description") else [where]
            found += [f"{where} {p['name']}" for p in operation.get("parameters", []) if not p.get("description")]
            found += [f"{where} {status}" for status in EVERYWHERE - set(operation["responses"])]
            found += [
                f"{where} {status} is no problem"
                for status, answer in operation["responses"].items()
                if status >= "400" and set(answer.get("content", {})) != {"application/problem+json"}
            ]
            found += [f"{where} succeeds?"] if not any(status < "400" for status in operation["responses"]) else []
            if "requestBody" in operation and "413" not in operation["responses"]:
                found.append(f"{where} 413")
    for name, schema in contract["components"]["schemas"].items():
        found += [f"{name}.{field}" for field, of in schema.get("properties", {}).items() if not of.get("description")]
    return found


def loose(contract: dict[str, Any]) -> list[str]:
    """Bodies that take what they do not know."""
    schemas = contract["components"]["schemas"]
    found = []
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            parts = [content, *content.get("anyOf", [])]
            for name in [part["$ref"].rsplit("/", 1)[-1] for part in parts if "$ref" in part]:
                if schemas[name].get("properties") and schemas[name].get("additionalProperties") is not False:
                    found.append(f"{method.upper()} {path} {name}")
    return found


def test_everything_says_what_it_is(served: Served) -> None:
    assert silent(served.openapi()) == []


def test_bodies_take_nothing_unknown(served: Served) -> None:
    assert loose(served.openapi()) == []


@pytest.mark.parametrize("plant", ["operation", "parameter", "field", "status"])
def test_control_what_is_silent_is_found(served: Served, plant: str) -> None:
    contract = deepcopy(served.openapi())
    operation = contract["paths"]["/api/customers"]["get"]
    if plant == "operation":
        del operation["description"]
    elif plant == "parameter":
        del operation["parameters"][0]["description"]
    elif plant == "field":
        del contract["components"]["schemas"]["Meta"]["properties"]["run_id"]["description"]
    else:
        del operation["responses"]["429"]
    assert len(silent(contract)) == 1


def test_the_file_is_what_the_api_says() -> None:
    assert FILE.read_text(encoding="utf-8") == contract(), "run: make docs"
