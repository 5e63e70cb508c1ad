"""What a slow line feels: answers to questions come compressed, and streams and secrets do not."""

from __future__ import annotations

from tests.api.people import invite
from tests.support.served import Served

GZIP, AS_IT_IS = {"accept-encoding": "gzip"}, {"accept-encoding": "identity"}


def test_a_page_of_the_list_is_a_fraction_of_its_length_and_says_the_same(served: Served) -> None:
    client = served.client("admin")
    plain = client.get("/api/customers?limit=200", headers=AS_IT_IS)
    with client.stream("GET", "/api/customers?limit=200", headers=GZIP) as packed:
        sent = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip" and "accept-encoding" in packed.headers["vary"].lower()
    assert len(sent) < len(plain.content) / 4
    assert client.get("/api/customers?limit=200", headers=GZIP).json()["data"] == plain.json()["data"]
    assert "content-encoding" not in plain.headers


def test_streams_files_and_secrets_are_left_as_they_are(served: Served) -> None:
    client = served.client("admin")
    with client.stream("GET", "/api/stream", headers=GZIP) as stream:
        assert stream.status_code == 200 and "content-encoding" not in stream.headers
    with client.stream("POST", "/api/export/customers", json={}, headers=GZIP) as export:
        assert export.status_code == 200 and "content-encoding" not in export.headers
    entered = invite(served).sign_in()
    assert entered.status_code == 200 and "content-encoding" not in entered.headers
