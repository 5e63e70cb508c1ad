"""Attacks on the real API raise their alarms; administrators read, acknowledge and tune them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from foresell.api.http import activity
from foresell.detection import detect
from tests.api.people import PHRASE, browser, forget_guesses, invite, sql, with_totp
from tests.support.served import Served, acting_for
from tests.support.worker import wait_until


@pytest.fixture
def quiet(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of other tests is left to find, and activity is written at once."""
    monkeypatch.setattr(activity, "WRITE_SECONDS", 0.05)
    forget_guesses(served)
    sql(served, "delete from detection.activity")
    sql(served, "delete from detection.alarms")
    yield
    sql(
        served, "update detection.detectors set mode = 'watch', threshold = 25 where detector = 'customers_in_sequence'"
    )
    sql(served, "delete from detection.canary_customers")


def found(served: Served, since: datetime) -> dict[str, list[str]]:
    """What each detector finds in what was done since then."""
    with served.database.connect() as con:
        until = datetime.now(UTC)
        hits = {
            row["detector"]: [hit.subject for hit in detect.find_hits(con, row, since, until)]
            for row in detect.SQL.rows(con, "alarms.list_detectors", detector=None)
        }
    return {detector: subjects for detector, subjects in hits.items() if subjects}


def alarms(client: httpx2.Client, **parameters: str) -> list[dict[str, object]]:
    answer = client.get("/api/alarms", params=parameters)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, object]] = answer.json()["data"]
    return data


@pytest.mark.usefixtures("quiet")
def test_attacks_on_the_api_are_found_by_their_detectors(served: Served) -> None:
    since = datetime.now(UTC)
    walker, prober, guesser, canary_opener, victim, copied = (
        invite(served, role) for role in ("analyst", "rep", "analyst", "analyst", "analyst", "analyst")
    )
    totp_victim = invite(served, "analyst")
    with_totp(totp_victim)
    admin = served.client("admin")
    everyone = [row["customer_id"] for row in admin.get("/api/customers", params={"limit": 150}).json()["data"]]
    canary = max(everyone)
    assert admin.put(f"/api/canary-customers/{canary}").status_code == 200

    for customer in sorted(everyone)[:40]:
        assert walker.browser.get(f"/api/customers/{customer}").status_code == 200
    for _ in range(10):
        assert prober.browser.get("/api/users").status_code == 403
    for number in range(20):
        assert guesser.browser.get(f"/api/customers/C9{number * 31:05}").status_code == 404
    canary_opener.browser.get(f"/api/customers/{canary}")
    token = copied.browser.cookies.get("foresell")
    thief = browser(served)
    thief.cookies.set("foresell", str(token))
    for _ in range(2):
        copied.browser.post("/api/auth/refresh")
    sql(served, "update access.refresh_tokens set used_at = used_at - interval '1 minute'")
    assert thief.post("/api/auth/refresh").status_code == 401
    for number in range(10):
        browser(served).post("/api/auth/sign-in", json={"email": victim.email, "password": f"wrong {number}"})
    ticket = totp_victim.sign_in(browser=browser(served)).json()["ticket"]
    for _ in range(5):
        browser(served).post("/api/auth/second-factor", json={"ticket": ticket, "code": "000000"})

    expected = {
        "customers_in_sequence": [f"user:{walker.user_id}"],
        "permission_probing": [f"user:{prober.user_id}"],
        "unknown_customers": [f"user:{guesser.user_id}"],
        "canary_customer": [f"user:{canary_opener.user_id}"],
        "refresh_token_reuse": [f"user:{copied.user_id}"],
        "account_guessing": [f"user:{victim.user_id}"],
        "second_factor_guessing": [f"user:{totp_victim.user_id}"],
    }
    wait_until(lambda: len(found(served, since)) >= len(expected), 20)
    assert found(served, since) == expected


@pytest.mark.usefixtures("quiet")
def test_a_session_that_an_alarm_met_goes_on_after_a_second_factor(served: Served) -> None:
    admin = served.client("admin")
    change = {"mode": "answer", "answer": "step-up", "threshold": 2}
    assert admin.patch("/api/detectors/customers_in_sequence", json=change).json()["threshold"] == 2
    walker = invite(served, "analyst")
    for customer in sorted(served.customers["rep"] + served.customers["other_rep"])[:8]:
        assert walker.browser.get(f"/api/customers/{customer}").status_code == 200
    wait_until(lambda: detect.run_detectors(served.database) and alarms(admin, state="open"))
    [alarm] = [each for each in alarms(admin, state="open") if each["detector"] == "customers_in_sequence"]
    assert (alarm["user"], alarm["sessions_answered"], alarm["mode"]) == ("Robin Hill", 1, "answer")

    def status() -> int:
        return walker.browser.get("/api/customers").status_code

    wait_until(lambda: status() == 403)
    assert walker.browser.get("/api/customers").json()["code"] == "second_factor_required"
    confirmed = walker.browser.post("/api/auth/step-up", json={"password": PHRASE})
    walker.browser.headers["authorization"] = f"Bearer {confirmed.json()['access_token']}"
    assert status() == 200

    path = f"/api/alarms/{alarm['alarm_id']}/acknowledge"
    assert admin.post(path, json={"reason": "  "}).status_code == 400
    done = admin.post(path, json={"reason": "Checked the whole list."}).json()
    assert (done["state"], done["acknowledged_by"]) == ("acknowledged", "Admin")
    assert admin.post(path, json={"reason": "Again."}).status_code == 404
    assert [each["alarm_id"] for each in alarms(admin, state="acknowledged")] == [alarm["alarm_id"]]
    text = served.client("admin").get("/metrics").text
    assert 'foresell_alarms_total{detector="customers_in_sequence"} 1.0' in text
    changes = admin.get("/api/audit", params={"action": "detector.changed", "limit": 1}).json()["data"]
    assert changes[0]["detail"]["after"]["mode"] == "answer"


def test_a_detector_that_does_not_know_who_acts_can_only_record(served: Served) -> None:
    admin = served.client("admin")
    refused = admin.patch("/api/detectors/password_spray", json={"answer": "end session"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")
    assert admin.patch("/api/detectors/password_spray", json={"factor": 3}).status_code == 400
    assert admin.patch("/api/detectors/no_such_one", json={"mode": "off"}).status_code == 404
    assert admin.put("/api/canary-customers/C999999").status_code == 404


@pytest.mark.parametrize(("who", "detectors"), [("steward", 0), ("admin", 16)])
def test_the_database_shows_detectors_to_administrators_only(served: Served, who: str, detectors: int) -> None:
    with acting_for(served, served.users[who]) as con:
        assert con.execute("select count(*) as n from detection.detectors").fetchone() == {"n": detectors}
        assert con.execute("update detection.detectors set mode = mode").rowcount == detectors
        con.rollback()
