"""Segments, distributions, sales, forecast and models as the API tells them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from foresell.metrics.catalogue import KPIS
from tests.support.served import Served

READ = [
    "/api/segments", "/api/segments/grid", "/api/distributions/recency", "/api/distributions/frequency",
    "/api/distributions/monetary", "/api/distributions/probability", "/api/kpis", "/api/sales", "/api/lines/classes",
    "/api/forecast", "/api/models", "/api/targets", "/api/outcomes", "/api/segments/movement",
]  # fmt: skip


def get(served: Served, path: str, who: str = "admin", status: int = 200) -> Any:
    answer = served.client(who).get(path)
    assert answer.status_code == status, f"{path}: {answer.text}"
    return answer.json()


def purchase(served: Served) -> int:
    return next(row["model_id"] for row in get(served, "/api/models")["tasks"] if row["task"] == "purchase")


@pytest.mark.parametrize("path", READ)
def test_every_answer_names_its_run(served: Served, path: str) -> None:
    meta = get(served, path)["meta"]
    assert meta == get(served, "/api/customers")["meta"] and meta["as_of"] == "2026-11-01"


def test_segments_grid_classes_and_list_show_the_same_totals(served: Served) -> None:
    for who in ("rep", "analyst"):
        segments, grid = get(served, "/api/segments", who)["data"], get(served, "/api/segments/grid", who)["data"]
        total = get(served, "/api/customers", who)["total"]
        assert sum(row["customers"] for row in segments) == sum(cell["customers"] for cell in grid) == total
        assert round(sum(row["share"] for row in segments), 9) == 1
        assert len(grid) == 25 and all(row["advice"] for row in segments)
        bins = get(served, "/api/distributions/monetary", who)
        assert sum(row["customers"] for row in bins["bins"]) == bins["n"] == total


def test_every_way_to_cut_sales_gives_the_same_revenue(served: Served) -> None:
    span = "&from=2026-01-01&to=2026-09-30"
    for who in ("manager", "analyst"):
        sums = {
            by: round(sum(row["revenue"] for row in get(served, f"/api/sales?by={by}{span}", who)["data"]), 2)
            for by in ("month", "week", "segment", "category", "country")
        }
        metric = get(served, f"/api/kpis?name=revenue{span}", who)["data"][0]["value"]
        assert set(sums.values()) == {round(metric, 2)}, sums
        parts = 0.0
        for row in get(served, f"/api/sales?by=category{span}", who)["data"]:
            of = f"{span}&category={quote(row['name'])}"
            cut = {
                by: round(sum(r["revenue"] for r in get(served, f"/api/sales?by={by}{of}", who)["data"]), 2)
                for by in ("month", "segment", "category", "country")
            }
            assert set(cut.values()) == {round(row["revenue"], 2)}, (row, cut)
            found = {kpi["name"]: kpi["value"] for kpi in get(served, f"/api/kpis?{of}", who)["data"]}
            assert set(found) == {"revenue", "orders", "customers", "average_order_value"}
            assert round(found["revenue"], 2) == round(row["revenue"], 2)
            parts += row["revenue"]
        assert round(parts, 2) == round(metric, 2)
    names = [row["name"] for row in get(served, f"/api/sales?by=month{span}")["data"]]
    assert names == [f"2026-{month:02}-01" for month in range(1, 10)]


def test_key_figures_say_what_they_are_and_the_period_before(served: Served) -> None:
    found = {row["name"]: row for row in get(served, "/api/kpis")["data"]}
    assert list(found) == [kpi.name for kpi in KPIS] and all(row["definition"] for row in found.values())
    revenue = found["revenue"]
    assert (revenue["first_day"], revenue["last_day"]) == ("2026-10-02", "2026-10-31")
    assert (revenue["previous_first_day"], revenue["previous_last_day"]) == ("2026-09-02", "2026-10-01")
    before = get(served, "/api/kpis?name=revenue&from=2026-09-02&to=2026-10-01")["data"][0]
    assert before["value"] == revenue["previous"]
    assert found["expected_revenue"]["value"] > 0 and found["at_risk_revenue"]["value"] is not None


def test_a_rep_sees_figures_of_own_customers_only(served: Served) -> None:
    mine, theirs = get(served, "/api/segments", "rep"), get(served, "/api/segments", "other_rep")
    everyone = {row["segment"]: row["customers"] for row in get(served, "/api/segments")["data"]}
    for row, other in zip(mine["data"], theirs["data"], strict=True):
        assert row["customers"] + other["customers"] <= everyone[row["segment"]]
    assert "Anonymous" not in {row["name"] for row in get(served, "/api/sales?by=segment", "rep")["data"]}
    owned = set(served.customers["rep"])
    for path in ("/api/segments", "/api/sales", "/api/lines/classes", "/api/distributions/recency"):
        rows = get(served, f"{path}?explain=rows&limit=1000", "rep")["data"]
        ids = {row.get("customer_id", row.get("buyer")) for row in rows} - {None}
        assert ids <= owned, path


def test_distributions_have_round_edges_and_cut_points(served: Served) -> None:
    recency = get(served, "/api/distributions/recency?bins=10")
    assert len(recency["bins"]) <= 10 and len(recency["cut_points"]) == 4
    assert all(row["low"] == int(row["low"]) for row in recency["bins"])
    filtered = get(served, "/api/distributions/recency?bins=10&segment=champions")
    assert [row["low"] for row in filtered["bins"]] == [row["low"] for row in recency["bins"]]
    assert filtered["n"] < recency["n"]
    assert get(served, "/api/distributions/probability")["cut_points"][0] < 1


def test_movement_and_stability(served: Served) -> None:
    found = get(served, "/api/segments/movement", "manager")
    assert found["since"]["as_of"] == "2026-09-01"
    now = get(served, "/api/customers", "manager")["total"]
    assert sum(row["customers"] for row in found["data"] if row["to"] != "no longer") == now
    for row in found["stability"]:
        both = [r for r in found["data"] if r["from"] == row["segment"] and r["to"] != "no longer"]
        kept = sum(r["customers"] for r in both if r["to"] == r["from"])
        assert row["customers"] == sum(r["customers"] for r in both) and row["stayed"] == kept / row["customers"]
    assert get(served, f"/api/segments/movement?since={found['since']['run_id']}")["data"]
    get(served, "/api/segments/movement?since=999", status=404)


def test_rules_are_previewed_saved_and_kept(served: Served) -> None:
    client = served.client("analyst")
    book = client.get("/api/segments/rules").json()
    unchanged = client.post("/api/segments/rules/preview", json={"rules": book["data"]}).json()
    assert unchanged["wrong"] == [] and all(row["customers"] == row["now"] for row in unchanged["data"])
    rules = book["data"]
    rules[0] = {**rules[0], "f": [3, 5], "name": "Best"}
    preview = client.post("/api/segments/rules/preview", json={"rules": rules}).json()
    counted = {row["segment"]: row for row in preview["data"]}
    champions = client.get("/api/segments").json()["data"][0]["customers"]
    assert counted["Champions"]["now"] == champions and counted["Champions"]["customers"] == 0
    assert counted["Best"]["customers"] >= champions
    assert sum(r["customers"] for r in preview["data"]) == sum(r["now"] for r in preview["data"])
    saved = client.put("/api/segments/rules", json={"rules": rules}).json()
    assert (
        saved["version"] == book["version"] + 1
        and saved["data"][0]["name"] == "Best"
        and "refresh" in saved["sentence"]
    )
    assert client.get("/api/segments").json()["data"][0]["segment"] == "Champions", "what is shown keeps its rules"
    rules[0] = {**rules[0], "f": [4, 5], "name": "Champions"}
    restored = client.put("/api/segments/rules", json={"rules": rules})
    assert restored.json()["version"] == book["version"] + 2
    events = served.client("admin").get("/api/audit", params={"action": "segments.rules"})
    if events.status_code == 200:
        assert events.json()["total"] == 2


def test_rules_that_cannot_be_are_refused_by_name(served: Served) -> None:
    client = served.client("analyst")
    good = client.get("/api/segments/rules").json()["data"]
    cases = [
        ([{**good[0], "r": [5, 4]}, *good[1:]], "rules.0.r"), ([{**good[0], "m": [0, 5]}, *good[1:]], "rules.0.m"),
        ([good[0], good[0], *good[1:]], "rules.1.name"), ([{**good[0], "name": "  "}], "rules.0.name"), ([], "rules"),
        ([{**good[0], "colour": "red"}], "rules.0.colour"), ([{**good[0], "f": [1, 2, 3]}], "rules.0.f"),
    ]  # fmt: skip
    for rules, parameter in cases:
        for method, path in (("PUT", "/api/segments/rules"), ("POST", "/api/segments/rules/preview")):
            answer = client.request(method, path, json={"rules": rules})
            assert answer.status_code == 400 and answer.json()["parameter"].startswith(parameter), answer.text
    uncovered = good[:-1]
    refused = client.put("/api/segments/rules", json={"rules": uncovered})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "rules") and "no segment" in refused.json()[
        "detail"
    ]
    preview = client.post("/api/segments/rules/preview", json={"rules": uncovered}).json()
    assert "no segment" in preview["wrong"][0]
    assert next(row for row in preview["data"] if row["segment"] == "no segment")["customers"] > 0


def test_rules_ask_about_orders_days_and_predictions_and_can_be_undone(served: Served) -> None:
    client = served.client("analyst")
    book = client.get("/api/segments/rules").json()
    fields = {field["name"]: field for field in book["fields"]}
    assert fields["frequency"]["is_known"] and fields["country"]["operators"] == ["any_of", "none_of"]
    few = {"name": "One order", "r": [1, 5], "f": [1, 5], "m": [1, 5], "advice": "Ask for a second.",
           "conditions": [{"field": "frequency", "operator": "is", "value": 1}]}  # fmt: skip
    rules = [few, *(rule for rule in book["data"] if rule["name"] != "New")]
    preview = client.post("/api/segments/rules/preview", json={"rules": rules}).json()
    listed = client.get("/api/customers", params={"limit": 200}).json()
    expected = sum(row["frequency"] == 1 for row in listed["data"])
    assert listed["total"] == len(listed["data"]) and expected > 0
    assert next(row for row in preview["data"] if row["segment"] == "One order")["customers"] == expected
    explained = client.post("/api/segments/rules/preview?explain=sql", json={"rules": rules}).json()
    assert "frequency = $rule_value_" in explained["sql"] and 1 in explained["parameters"].values()
    saved = client.put("/api/segments/rules", json={"rules": rules}).json()
    assert saved["data"][0] == few and saved["version"] == book["version"] + 1
    undone = client.post("/api/segments/rules/restore", json={"version": book["version"]}).json()
    assert undone["data"] == book["data"] and undone["version"] == book["version"] + 2
    newest, before = client.get("/api/segments/rules/history").json()["data"][:2]
    assert (newest["restored_from"], before["added"], before["removed"]) == (book["version"], ["One order"], ["New"])
    assert newest["saved_by"] == before["saved_by"] and before["saved_by"] and before["saved_at"] < newest["saved_at"]
    event = served.client("admin").get("/api/audit", params={"action": "segments.rules"}).json()["data"][0]
    assert event["detail"]["restored_from"] == book["version"]
    assert client.post("/api/segments/rules/restore", json={"version": 9_999}).status_code == 404
    assert served.client("rep").post("/api/segments/rules/restore", json={"version": 1}).status_code == 403
    assert served.client("rep").get("/api/segments/rules/history").json()["data"][0] == newest


def test_hostile_rules_are_refused_and_change_nothing(served: Served) -> None:
    client = served.client("analyst")
    book = client.get("/api/segments/rules").json()
    good = book["data"][0]
    hostile: list[tuple[str, str]] = [
        ('{"field": "password", "operator": "is", "value": 1}', "rules.0.conditions.0"),
        ('{"field": "frequency", "operator": "or 1=1 --", "value": 1}', "rules.0.conditions.0"),
        ('{"field": "monetary", "operator": "at_least", "value": NaN}', "body"),
        ('{"field": "monetary", "operator": "at_least", "value": 1e999}', "rules"),
        ('{"field": "frequency", "operator": "is", "value": "1; drop table customers"}', "rules.0.conditions.0.value"),
        ('{"field": "country", "operator": "any_of", "value": []}', "rules.0.conditions.0"),
    ]
    for condition, parameter in hostile:
        text = json.dumps({"rules": [{**good, "conditions": ["*"]}, *book["data"][1:]]}).replace('"*"', condition)
        for method, path in (("PUT", "/api/segments/rules"), ("POST", "/api/segments/rules/preview")):
            answer = client.request(method, path, content=text, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400, answer.text
            assert answer.json()["parameter"].startswith((parameter, "body")), answer.text
    for rules in (
        [{**good, "name": f"S{n}"} for n in range(10_000)],
        [{**good, "conditions": [{"field": "frequency", "operator": "is", "value": 1}] * 13}],
    ):
        assert client.put("/api/segments/rules", json={"rules": rules}).status_code in (400, 413)
    assert client.get("/api/segments/rules").json() == book


def test_the_database_itself_refuses_rules_and_rollback_of_others(served: Served) -> None:
    for statement in ("select core.save_segment_rules('[]')", "select core.withdraw_model('purchase')"):
        for who in ("rep", "steward"):
            with psycopg.connect(served.database.conninfo("web")) as con:
                con.execute("select set_config('foresell.user_id', %s, true)", [str(served.users[who])])
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="needs the permission"):
                    con.execute(statement)
    with psycopg.connect(served.database.conninfo("web")) as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("update core.models set state = 'withdrawn'")


def test_notes_on_the_sales_charts_are_shared_and_audited(served: Served) -> None:
    manager, rep = served.client("manager"), served.client("rep")
    note = {"day": "2026-06-15", "text": "<b>Summer</b> campaign"}
    added = manager.post("/api/chart-notes", json=note)
    assert added.status_code == 201 and added.json()["text"] == note["text"]
    assert [(each["day"], each["text"]) for each in get(served, "/api/chart-notes", "rep")["data"]] == [
        (note["day"], note["text"])
    ]
    number = added.json()["note_id"]
    assert rep.post("/api/chart-notes", json=note).status_code == 403
    assert rep.delete(f"/api/chart-notes/{number}").status_code == 403
    assert manager.post("/api/chart-notes", json={**note, "text": "x" * 121}).status_code == 400
    assert manager.delete(f"/api/chart-notes/{number}").json()["text"] == note["text"]
    assert manager.delete(f"/api/chart-notes/{number}").status_code == 404
    assert get(served, "/api/chart-notes")["data"] == []
    actions = [event["action"] for event in get(served, "/api/audit", "admin")["data"][:2]]
    assert actions == ["note.deleted", "note.added"]


def test_models_their_cards_and_backtests(served: Served) -> None:
    models = get(served, "/api/models", "rep")
    number = purchase(served)
    card = get(served, f"/api/models/{number}")
    assert card["serving"] and card["task"] == "purchase" and card["card"]["rows"] > 0 and "body" not in card
    assert {row["task"] for row in models["tasks"]} == {
        "purchase",
        "churn",
        "churn_180",
        "lifetime_value",
        "expected_revenue",
        "revenue_forecast",
    }
    backtest = get(served, f"/api/models/{number}/backtests")
    ours = {row["metric"]: row for row in backtest["data"] if row["model"] == card["kind"]}
    metrics = get(served, "/api/model/metrics")
    assert ours["f1"]["value"] == pytest.approx(metrics["f1_score"]) and ours["f1"]["low"] <= ours["f1"]["high"]
    assert {"base_rate", "majority_accuracy", "f1_everyone"} <= ours.keys()
    assert round(backtest["confusion"]["true_positive"]) == metrics["confusion_matrix"]["true_positive"]
    assert len({row["cutoff"] for row in backtest["cutoffs"]}) > 1
    for population in backtest["populations"]:
        assert get(served, f"/api/models/{number}/backtests?population={population}")["data"]
    wrong = served.client("rep").get(f"/api/models/{number}/backtests?population=unknown")
    assert (wrong.status_code, wrong.json()["parameter"]) == (400, "population")
    get(served, "/api/models/99999", status=404)
    assert all(row["sentence"] for row in get(served, "/api/targets")["data"])


def test_calls_against_what_they_find(served: Served) -> None:
    number = purchase(served)
    table = get(served, f"/api/models/{number}/threshold")
    rows = table["data"]
    assert [row["deciles"] for row in rows] == list(range(1, 11)) and 0 < table["served"] < 1
    for column, rising in (("threshold", False), ("calls", True), ("sales", True), ("recall", True)):
        values = [row[column] for row in rows]
        assert values == sorted(values, reverse=not rising), column
    everyone = rows[-1]
    baseline = {row["metric"]: row["value"] for row in get(served, f"/api/models/{number}/backtests")["data"]}
    assert everyone["recall"] == pytest.approx(1) and everyone["threshold"] == 0
    assert everyone["precision"] == pytest.approx(baseline["base_rate"], rel=0.1)
    metrics = get(served, "/api/model/metrics")["confusion_matrix"]
    assert round(table["at_served"]["sales"]) == metrics["true_positive"]
    assert rows[0]["calls"] - 1 <= table["at_served"]["calls"] <= everyone["calls"]
    assert rows[0]["calls_per_week"] == pytest.approx(rows[0]["calls"] * 7 / 30)
    lift = get(served, f"/api/models/{number}/lift")["data"]
    assert lift[-1]["cumulative_gain"] == pytest.approx(1) and lift[0]["cumulative_gain"] == pytest.approx(
        rows[0]["recall"]
    )


def test_outcomes_of_predictions_whose_window_has_closed(served: Served) -> None:
    found = get(served, "/api/outcomes?task=purchase")["data"]
    assert {row["grouping"] for row in found} == {"all", "decile", "segment"}
    predicted = [row for row in found if row["grouping"] == "all"]
    assert {row["as_of"] for row in predicted} == {"2026-08-01", "2026-09-01"}
    for row in predicted:
        assert date.fromisoformat(row["as_of"]) + timedelta(row["horizon_days"]) <= date(2026, 11, 1)
        rows = get(served, f"/api/outcomes?explain=rows&of={row['run_id']},purchase")["data"]
        assert sum(decile["customers"] for decile in rows) == row["customers"]
    churn = get(served, "/api/outcomes?grouping=segment&task=churn")["data"]
    assert {row["as_of"] for row in churn} == {"2026-08-01"}, "90 days are not over for the later one"


def test_a_model_is_rolled_back_by_those_who_may(served: Served) -> None:
    assert served.client("analyst").post("/api/models/churn_180/rollback").status_code == 403
    assert served.client("admin").post("/api/models/nothing/rollback").status_code == 404
    number = next(row["model_id"] for row in get(served, "/api/models")["tasks"] if row["task"] == "churn_180")
    withdrawn = served.client("admin").post("/api/models/churn_180/rollback")
    assert withdrawn.status_code == 200 and withdrawn.json()["model_id"] == number
    assert get(served, f"/api/models/{number}")["state"] == "withdrawn"
    with served.database.connect("app") as con:
        con.execute("update models set state = 'served' where model_id = %s", [number])
