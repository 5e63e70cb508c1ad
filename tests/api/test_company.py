"""The company settings: set by administrators, read by every user, and used for amounts without a currency."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.people import sql
from tests.support.served import STAFF, Served

SETTINGS = {"name": "Hill & Sons", "currency": "SEK", "fiscal_year_start": 4}


@pytest.fixture(autouse=True)
def reset(served: Served) -> Iterator[None]:
    yield
    sql(
        served,
        "update core.company_settings set name = null, currency = null, fiscal_year_start = 1, changed_at = null",
    )


def test_an_administrator_sets_what_every_user_reads(served: Served) -> None:
    assert served.client("rep").get("/api/company").json()["changed_at"] is None
    saved = served.client("admin").put("/api/company", json={**SETTINGS, "name": " Hill & Sons "})
    assert saved.status_code == 200, saved.text
    assert {name: saved.json()[name] for name in SETTINGS} == SETTINGS
    for who in STAFF:
        client = served.client(who)
        found = client.get("/api/company").json()
        assert {name: found[name] for name in SETTINGS} == SETTINGS, who
        assert client.get("/api/me").json()["company"] == "Hill & Sons", who
    [event] = sql(served, "select detail from audit.events where action = 'company.changed'")
    assert event[0] == {"currency": "SEK", "fiscal_year_start": 4}
    kpis = served.client("analyst").get("/api/kpis", params={"period": "year_to_date"}).json()["data"]
    assert {kpi["first_day"][5:] for kpi in kpis if kpi["first_day"]} == {"04-01"}, "the year of Sales begins in April"


def test_the_currency_of_the_orders_comes_before_the_companys(served: Served) -> None:
    admin = served.client("admin")
    stated = admin.get("/api/company").json()["currency_of_orders"]
    admin.put("/api/company", json=SETTINGS)
    assert admin.get("/api/customers?limit=1").json()["meta"]["currency"] == (stated or "SEK")


@pytest.mark.parametrize(
    "wrong",
    [{"currency": "pounds"}, {"fiscal_year_start": 13}, {"name": " "}, {"name": "x" * 101}, {"other": 1}],
)
def test_impossible_settings_are_refused_and_change_nothing(served: Served, wrong: dict[str, object]) -> None:
    admin = served.client("admin")
    assert admin.put("/api/company", json={**SETTINGS, **wrong}).status_code in (400, 422)
    assert admin.get("/api/company").json()["changed_at"] is None


@pytest.mark.parametrize("who", [who for who in STAFF if who != "admin"])
def test_other_roles_cannot_change_them(served: Served, who: str) -> None:
    assert served.client(who).put("/api/company", json=SETTINGS).status_code == 403
    with served.database.connect("web") as con:
        con.execute("select set_config('foresell.user_id', %s, true)", [str(served.users[who])])
        assert con.execute("update core.company_settings set name = 'Mine'").rowcount == 0
