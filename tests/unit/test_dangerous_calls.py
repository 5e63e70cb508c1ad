"""What no code of Foresell calls: ways to run text as code, to read objects from bytes, weak cryptography, raw HTML."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "foresell"

#: Calls by their dotted end, and modules that must not be imported.
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp", "hashlib.md5", "hashlib.sha1",
    "ssl._create_unverified_context",
}  # fmt: skip
MODULES = {
    "pickle", "marshal", "shelve", "yaml", "dill", "joblib", "jinja2", "mako", "ldap3", "smtplib", "imaplib", "xml.etree",
    "xml.dom", "xml.sax", "lxml", "cryptography.hazmat.primitives.ciphers.modes", "Crypto",
}  # fmt: skip
#: It writes text into XML and reads none.
HARMLESS = {"xml.sax.saxutils"}
#: Where secrets are made, a guessable source of random numbers must not even be at hand.
SECRET_MAKERS = ("access", "privacy", "audit", "api")
KEYWORDS = {"shell": True, "verify": False}

RAW = re.compile(
    r"dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.(write|cookie)|\beval\(|new Function\b"
    r"|postMessage|sessionStorage|indexedDB|javascript:|__proto__|\bRegExp\("
)
#: What these keep: the colour scheme; calls that wait to be sent, by customer number.
MAY_STORE = {"public/begin.js", "src/features/customer/callQueue.ts"}


def find_dangers(code: str, package: str = "") -> Iterator[str]:
    """What a module of a package of Foresell calls or imports that it must not."""
    forbidden = MODULES | ({"random"} if package in SECRET_MAKERS else set())
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            yield from {ast.unparse(node.func)} & CALLS
            given = {each.arg: each.value.value for each in node.keywords if isinstance(each.value, ast.Constant)}
            yield from (f"{name}={value}" for name, value in KEYWORDS.items() if given.get(name, not value) is value)
        yield from (name for name in imported_by(node) if is_in(name, forbidden) and not is_in(name, HARMLESS))


def imported_by(node: ast.AST) -> list[str]:
    """The modules that a statement imports, and the names it takes from one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def is_in(name: str, modules: set[str]) -> bool:
    """Whether a dotted name is one of these modules or inside one."""
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def test_no_code_is_run_from_text_and_no_object_read_from_bytes() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    assert len(files) > 200
    found = {
        str(file.relative_to(SOURCE)): dangers
        for file in files
        if (dangers := list(find_dangers(file.read_text(), file.relative_to(SOURCE).parts[0])))
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    ["eval(text)", "import os\nos.system('ls')", "import pickle", "from xml.etree import ElementTree", "import xml.sax",
     "import hashlib\nhashlib.md5(b'')", "run('ls', shell=True)", "get(url, verify=False)", "import random",
     "from cryptography.hazmat.primitives.ciphers import modes", "from jinja2 import Template"],
)  # fmt: skip
def test_each_of_them_would_be_found(code: str) -> None:
    assert list(find_dangers(code, "access"))


def test_pages_write_text_and_never_html() -> None:
    folder = ROOT / "frontend"
    files = [
        file
        for part in ("src", "public")
        for file in (folder / part).rglob("*")
        if file.suffix in (".ts", ".tsx", ".js")
    ]
    files = [file for file in files if ".test." not in file.name]
    assert len(files) > 200
    found = {(file.name, hit[0]) for file in files for hit in RAW.finditer(file.read_text())}
    assert found == set()
    stores = {str(file.relative_to(folder)) for file in files if "localStorage" in file.read_text()}
    assert stores == MAY_STORE
    for control in ("<div dangerouslySetInnerHTML={{}} />", "a.innerHTML = b", "window.postMessage(a)", "eval('1')"):
        assert RAW.search(control)
