"""The built pages next to the API: compressed, cached by name, one page for every address, and plain words without a build."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from foresell.api.http.static_pages import Pages


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A tiny API behind pages of three files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Foresell</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("go()")
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(b"go()"))
    api = Starlette(routes=[Route("/api/health", lambda request: PlainTextResponse("healthy"))])
    return TestClient(Pages(api, tmp_path))


def test_every_address_is_the_one_page_and_the_api_stays_the_api(client: TestClient) -> None:
    assert client.get("/api/health").text == "healthy"
    assert client.get("/api/nope").status_code == 404
    for address in ("/", "/customers", "/customers/C000123?tab=rfm"):
        page = client.get(address)
        assert "<title>Foresell</title>" in page.text and page.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/assets/missing.js").status_code == 404
    assert client.get("/../pages.py").status_code == 404
    assert client.post("/customers").status_code == 404


def test_hashed_files_are_kept_for_good_and_come_compressed(client: TestClient) -> None:
    script = client.get("/assets/index-abc.js", headers={"accept-encoding": "gzip, br"})
    assert script.text == "go()" and script.headers["content-encoding"] == "gzip"
    assert "immutable" in script.headers["cache-control"]
    assert "content-encoding" not in client.get("/assets/index-abc.js", headers={"accept-encoding": "identity"}).headers
    page = client.get("/")
    assert page.headers["cache-control"] == "no-cache"
    assert client.get("/", headers={"if-none-match": page.headers["etag"]}).status_code == 304


def test_without_a_build_it_says_so(tmp_path: Path) -> None:
    answer = TestClient(Pages(Starlette(), tmp_path)).get("/")
    assert answer.status_code == 503 and "make front" in answer.text
