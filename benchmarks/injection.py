"""sqlmap on every parameter of every operation: no parameter may be injectable, and a planted vulnerability must be found.

The control is the same tool with the same options on an operation that pastes its parameter into the SQL.
Used by `tests/drills/hostile_requests.py`.
"""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import uvicorn
from fastapi import FastAPI

OPTIONS = ("--batch", "--flush-session", "--technique=BEU", "--risk=1", "--timeout=20", "--retries=1", "--threads=4",
           "--disable-coloring", "--ignore-code=*", "--skip-waf", "--ignore-stdin")  # fmt: skip
FOUND = "identified the following injection point"


def list_targets(contract: dict[str, Any]) -> Iterator[tuple[str, str, str | None, int]]:
    """(method, path with query, JSON body, number of parameters) of every operation that has parameters."""
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            given = {p["name"]: p for p in operation.get("parameters", [])}
            query = {
                n: build_example(p["schema"], contract)
                for n, p in given.items()
                if p["in"] == "query" and n != "cursor"
            }
            filled = path
            for name, parameter in given.items():
                if parameter["in"] == "path":
                    value = "C000001" if name == "customer_id" else build_example(parameter["schema"], contract)
                    filled = filled.replace("{" + name + "}", f"{value}*")
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            body = json.dumps(build_example(schema, contract)) if schema else None
            many = len(query) + filled.count("*") + (body or "").count('":')
            if many:
                yield method.upper(), filled + (f"?{urlencode(query)}" if query else ""), body, many


def build_example(schema: dict[str, Any], contract: dict[str, Any]) -> Any:
    """A value of a schema: its example, its first choice, or a constant of its type."""
    if "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if "const" in schema or schema.get("default") is not None:
        return schema.get("const", schema.get("default"))
    if "anyOf" in schema:
        return build_example(next(part for part in schema["anyOf"] if part.get("type") != "null"), contract)
    kind = schema.get("type")
    if kind == "object":
        return {name: build_example(part, contract) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [build_example(schema.get("items", {}), contract)]
    if schema.get("format") == "date":
        return "2011-01-01"
    return {"integer": 1, "number": 0.5, "boolean": False}.get(str(kind), "a")


def build_request(method: str, url: str, path: str, key: str, body: str | None) -> str:
    """The text of an HTTP request in sqlmap's format."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Authorization: Bearer {key}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", body or ""])


def is_injectable(text: str, level: str, folder: Path, seconds: float = 1800) -> bool:
    """Whether sqlmap finds an injection point in the request. Raises TimeoutExpired when it is not through in time."""
    file = folder / "request.txt"
    file.write_text(text, encoding="utf-8")
    program = shutil.which("sqlmap")
    assert program, "sqlmap is not installed: apt-get install sqlmap"
    command = [program, "-r", str(file), f"--level={level}", f"--output-dir={folder / 'out'}", *OPTIONS]
    output = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds).stdout
    return FOUND in output


def serve_planted_hole() -> str:
    """Serve an app whose operation is injectable. Returns its address."""
    app = FastAPI()

    @app.get("/planted")
    def hole(name: str) -> list[Any]:
        with sqlite3.connect(":memory:") as con:
            con.execute("create table people (name text, secret text)")
            con.execute("insert into people values ('a', 's')")
            return con.execute(f"select name from people where name = '{name}'").fetchall()

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    return f"http://127.0.0.1:{port}"
