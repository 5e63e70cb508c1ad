"""The API describes itself completely, and contracts/openapi.json is what it says."""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError
from scripts import error_codes, openapi
from scripts.openapi import contract

from foresell.api.shared.schemas import NOT_BLANK
from foresell.errors import ForesellError, error_classes
from tests.support.served import Served

#: What every operation may answer.
EVERYWHERE = {"400", "401", "403", "429", "500", "503"}


def list_undescribed(contract: dict[str, Any]) -> list[str]:
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
            if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", [])):
                found += [f"{where} {status}" for status in ("409", "422") if status not in operation["responses"]]
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
    assert list_undescribed(served.openapi()) == []


def test_a_text_that_is_blank_once_stripped_is_refused() -> None:
    blank = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
    field: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(pattern=NOT_BLANK)])
    for text in ("", blank, *blank):
        with pytest.raises(ValidationError):
            field.validate_python(text)
    assert field.validate_python(" a ") == " a "


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
    assert len(list_undescribed(contract)) == 1


def test_the_file_is_what_the_api_says() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == contract(), "run: make docs"


def test_the_page_of_error_codes_is_what_the_program_declares() -> None:
    assert error_codes.FILE.read_text(encoding="utf-8") == error_codes.error_codes(), "run: make docs"


def test_every_error_a_user_can_meet_declares_its_code_once() -> None:
    classes = [error for error in _subclasses(ForesellError) if error.__module__ == "foresell.errors"]
    declared = [error.code for error in classes if "code" in vars(error)]
    assert len(declared) == len(set(declared)) == len(error_classes())


def test_a_problem_names_its_kind_and_leads_to_its_description(served: Served) -> None:
    client = served.client("rep")
    for path, code, status in [
        ("/api/customers/C999999", "customer_not_found", 404),
        ("/api/customers?limit=0", "invalid_parameter", 400),
        ("/api/customers?limits=1", "invalid_parameter", 400),
        ("/api/nothing", "endpoint_not_found", 404),
        ("/api/audit", "permission_missing", 403),
        ("/api/kpis?explain=rows", "missing_parameter", 400),
    ]:
        answer = client.get(path)
        found = answer.json()
        assert (answer.status_code, found["code"], found["status"]) == (status, code, status), path
        kind = served.client(None).get(found["type"])
        assert (kind.status_code, kind.json()["code"], kind.json()["status"]) == (200, code, status)
    kinds = served.client(None).get("/api/problems").json()["data"]
    allowed = served.openapi()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert [kind["code"] for kind in kinds] == allowed
    assert served.client(None).get("/api/problems/no-such-kind").json()["code"] == "endpoint_not_found"


def _subclasses(error: type[ForesellError]) -> list[type[ForesellError]]:
    return [error, *(deeper for each in error.__subclasses__() for deeper in _subclasses(each))]
