"""What Foresell is made of: locked with hashes, listed in full, and never called audited when it was not."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.scripts import load_script

ROOT = Path(__file__).parents[2]
HASH = "sha256:" + "0" * 64


def test_every_locked_package_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []
    pages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert len(pages) > 100
    assert [
        place for place, each in pages.items() if place and not each.get("integrity", "").startswith("sha512-")
    ] == []


def test_no_package_is_missing_from_the_bills_of_materials() -> None:
    sbom = load_script("sbom")
    for bom, expected in ((sbom.describe_python(), sbom.list_installed()), (sbom.describe_npm(), sbom.list_locked())):
        assert sbom.find_missing(bom, expected) == []
        assert json.loads(bom)["bomFormat"] == "CycloneDX"
        parts = json.loads(bom)
        del parts["components"][0]
        assert len(sbom.find_missing(json.dumps(parts), expected)) == 1


@pytest.fixture(autouse=True)
def node_of_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no Node, `make setup` put one here."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv' / 'node'}")


@pytest.fixture
def small(tmp_path: Path) -> list[str]:
    """A lock of each kind with two packages."""
    lock = tmp_path / "small.lock"
    lock.write_text(f"idna==3.20 \\\n    --hash={HASH}\nsix==1.17.0 \\\n    --hash={HASH}\n")
    root = {"name": "pages", "version": "0.0.0", "dependencies": {"react": "19.3.1", "once": "1.4.0"}}
    parts = {
        "": root,
        **{f"node_modules/{name}": {"version": root["dependencies"][name]} for name in ("react", "once")},
    }
    (tmp_path / "package.json").write_text(json.dumps(root))
    (tmp_path / "package-lock.json").write_text(json.dumps({**root, "lockfileVersion": 3, "packages": parts}))
    return ["--lock", str(lock), "--frontend", str(tmp_path)]


def test_clean_and_vulnerable_are_distinguished(small: list[str]) -> None:
    with database({"jinja2", "lodash"}) as url:
        clean = audit(url, *small)
    assert clean.stdout.splitlines() == [
        "Python: clean: 2 packages audited, no known vulnerability.",
        "npm: clean: 2 packages audited, no known vulnerability.",
    ]
    assert clean.returncode == 0
    with database({"jinja2", "lodash", "six", "once"}) as url:
        found = audit(url, *small)
    assert found.returncode == 1
    assert "Python: 1 of 2 packages have KNOWN VULNERABILITIES:\n  six 1.17.0: GHSA-test" in found.stdout
    assert "npm: 1 of 2 packages have KNOWN VULNERABILITIES:\n  once" in found.stdout


def test_what_audited_nothing_says_so_and_fails(small: list[str], tmp_path: Path) -> None:
    def refused(url: str, *given: str, osv: str | None = None) -> str:
        ran = audit(url, *given, osv=osv)
        assert ran.returncode == 2, ran.stdout
        assert ran.stdout.count("NOTHING AUDITED") == 2, ran.stdout
        return ran.stdout

    with database(set(), status=405) as url:
        answer = refused(url, *small, osv="http://127.0.0.1:9")  # where no one listens
    assert "405 Method Not Allowed" in answer and "ConnectionError" in answer
    with database(set()) as url:  # a proxy that answers everything with an empty object
        assert "The database knows of no vulnerability in jinja2 2.10." in refused(url, *small)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "lock").write_text("")
    (empty / "package.json").write_text("{}")
    (empty / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {"": {}}}')
    with database({"jinja2", "lodash"}) as url:
        assert "0 of 0 packages" in refused(url, "--lock", str(empty / "lock"), "--frontend", str(empty))


def audit(url: str, *given: str, osv: str | None = None) -> subprocess.CompletedProcess[str]:
    """`make audit` with both databases at one address, or OSV at another."""
    places = {
        "PIP_AUDIT_OSV_URL": f"{osv or url}/v1/query",
        "npm_config_registry": url,
        "npm_config_fetch_retries": "0",
    }
    command = [sys.executable, ROOT / "scripts" / "dependency_audit.py", *given]
    return subprocess.run(command, env={**os.environ, **places}, capture_output=True, check=False, text=True)


@contextmanager
def database(vulnerable: set[str], status: int = 200) -> Iterator[str]:
    """A server that answers as OSV and the npm registry do, and knows these packages as vulnerable in every version."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            query = json.loads(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            if self.path == "/v1/query":
                known = query["package"]["name"] in vulnerable
                self.answer({"vulns": [{"id": "GHSA-test", "affected": []}]} if known else {})
            else:
                advisory = {"id": 1, "severity": "high", "title": "-", "url": "-", "vulnerable_versions": "*"}
                self.answer({name: [advisory] for name in query if name in vulnerable})

        def do_GET(self) -> None:
            name = self.path.strip("/")
            self.answer(
                {"name": name, "versions": {version: {"name": name, "version": version} for version in VERSIONS}}
            )

        def answer(self, content: object) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


VERSIONS = ("4.17.4", "1.4.0", "19.3.1")
