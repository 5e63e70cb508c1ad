"""How fresh the data is: every role reads it with the runs; the figures of the installation stay with status.read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.api.people import sql
from tests.support.served import STAFF, Served

#: What the frame of every page and the Updates page request for a user of any role.
REQUESTED = ("/api/freshness", "/api/runs", "/api/runs/{run_id}", "/api/me", "/api/views")


@pytest.mark.parametrize("who", STAFF)
def test_every_role_reads_what_the_frame_and_the_updates_page_request(served: Served, who: str) -> None:
    client = served.client(who)
    run = client.get("/api/freshness").json()["run"]
    statuses = {path: client.get(path.format(run_id=run["run_id"])).status_code for path in REQUESTED}
    assert statuses == dict.fromkeys(REQUESTED, 200)


def test_freshness_names_the_run_and_the_last_day_of_its_data(served: Served) -> None:
    found = served.client("rep").get("/api/freshness").json()
    [published] = sql(
        served, "select p.run_id, r.as_of, r.customers_scored from core.publication p join core.runs r using (run_id)"
    )
    run = found["run"]
    assert (run["run_id"], run["as_of"], run["customers"]) == (published[0], str(published[1]), published[2])
    assert date.fromisoformat(run["data_to"]) == published[1] - timedelta(days=1)
    assert set(found) == {"run", "refreshing"}, "operational figures are in /api/status"
    assert served.client(None).get("/api/freshness").status_code == 401


def test_freshness_says_whether_the_next_run_is_being_built(served: Served) -> None:
    rep = served.client("rep")
    assert rep.get("/api/freshness").json()["refreshing"] is False
    [(run_id,)] = sql(
        served,
        "insert into core.runs (as_of, state, rules_version, versions)"
        " values ('epoch', 'building', (select max(rules_version) from core.segment_rules), '{}') returning run_id",
    )
    try:
        assert rep.get("/api/freshness").json()["refreshing"] is True
    finally:
        sql(served, "delete from core.runs where run_id = %s", run_id)
