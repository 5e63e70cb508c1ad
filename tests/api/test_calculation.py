"""How a number is calculated: the rows behind every number add up to it, for every user and every filter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresell.api import cache_warmup
from foresell.api.app import create_app
from foresell.api.resources import sales
from foresell.api.shared import calculation
from foresell.metrics import catalogue, edges
from foresell.metrics.metric import Metric
from foresell.scores.rfm.segments import from_rows, position_sql
from foresell.snapshot import queries
from foresell.snapshot.queries import Filter
from foresell.snapshot.reader import Scope, ScopedSnapshot
from tests.support.adding_up import disagreements
from tests.support.served import Served

PAGE = 997
AXES = ("recency_days", "frequency", "monetary", "probability")
RULES = [
    {"position": 1, "name": "Champions", "r_min": 3, "r_max": 5, "f_min": 4, "f_max": 5, "m_min": 1, "m_max": 5, "advice": "x"},
    {"position": 2, "name": "Rest", "r_min": 1, "r_max": 4, "f_min": 1, "f_max": 5, "m_min": 1, "m_max": 5, "advice": "x"},
]  # fmt: skip
CONDITIONS: list[list[dict[str, object]]] = [
    [],
    [{"field": "frequency", "operator": "at_least", "value": 3}],
    [{"field": "probability", "operator": "above", "value": 0.2}, {"field": "country", "operator": "any_of", "value": ["France"]}],
]  # fmt: skip
ON_SNAPSHOT = [metric for metric in catalogue.ALL if metric.engine == "DuckDB"]


@pytest.fixture(scope="module")
def snapshot(served: Served) -> Iterator[ScopedSnapshot]:
    with served.database.connect() as con:
        row = con.execute("select run_id, snapshot_file from publication join runs using (run_id)").fetchone()
    assert row
    one = ScopedSnapshot(served.settings.snapshots / row["snapshot_file"], row["run_id"])
    yield one
    one.close()


def read_all_pages(
    con: Any, metric: Metric, values: Mapping[str, Any], pieces: Mapping[str, str]
) -> list[dict[str, Any]]:
    """All rows of a metric, page by page."""
    statement, rows = metric.rows(pieces), []
    while True:
        page = {**values, "limit": PAGE, "start": len(rows)}
        found = queries.rows_of(con, statement, metric.parameters(statement, page))
        rows += found
        if len(found) < PAGE:
            [counted] = queries.rows_of(
                con, metric.count(pieces), metric.parameters(metric.count(pieces), values) or None
            )
            assert counted["total"] == len(rows)
            return rows


def wrong_with(con: Any, metric: Metric, values: Mapping[str, Any], pieces: Mapping[str, str]) -> list[str]:
    statement = metric.result(pieces)
    figures = queries.rows_of(con, statement, metric.parameters(statement, values) or None)
    adds = {name: each.describe() for name, each in {**metric.adds, **metric.whole}.items()}
    return disagreements(figures, read_all_pages(con, metric, values, pieces), adds, metric.key, metric.whole)


#: Whose customers: everyone's, or some out of 150; which days; which customers of those.
scopes = st.none() | st.sets(st.integers(0, 149), max_size=60)
days = st.none() | st.dates(date(2024, 10, 1), date(2026, 12, 1))
filters = st.builds(
    Filter,
    segment=st.none() | st.sampled_from(["Champions", "lost", "At-Risk"]),
    state=st.none() | st.sampled_from(["at risk", "unsure"]),
    first_day=days,
    min_probability=st.none() | st.floats(0, 0.5),
    min_value=st.none() | st.floats(0, 50),
    category=st.none() | st.just("Garden"),
)


@pytest.mark.parametrize("metric", ON_SNAPSHOT, ids=lambda metric: metric.file)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_add_up_under_any_scope(
    served: Served, snapshot: ScopedSnapshot, metric: Metric, data: st.DataObject
) -> None:
    chosen = data.draw(scopes)
    ids = sorted(customer for theirs in served.customers.values() for customer in theirs)
    scope = Scope.everyone() if chosen is None else Scope.only(ids[place] for place in chosen if place < len(ids))
    statement = metric.result() + metric.rows()
    with snapshot.open(scope) as con:
        holds, values = (
            queries.filter_conditions(con, data.draw(filters)) if "{conditions}" in statement else ("true", {})
        )
        axis = data.draw(st.sampled_from(AXES)) if "{axis}" in statement else ""
        if "$first_day" in statement and not values:
            values = {"first_day": data.draw(days), "last_day": data.draw(days)}
            if metric is catalogue.KPI_SALES:
                values = {
                    "first_day": values["first_day"] or snapshot.as_of - timedelta(30),
                    "last_day": values["last_day"] or snapshot.as_of,
                }
        if "$category" in statement or "{orders}" in statement:
            values["category"] = data.draw(st.none() | st.just("Garden"))
        if "$grain" in statement:
            values["grain"] = data.draw(st.sampled_from(["month", "week"]))
        position = ""
        if "$rules" in statement:
            values["rules"] = RULES[: data.draw(st.integers(1, 2))]
            rules = from_rows(
                {**rule, "conditions": data.draw(st.sampled_from(CONDITIONS))} for rule in values["rules"]
            )
            position, bound = position_sql(rules)
            values |= bound
        if "$edges" in statement:
            [ends] = con.execute(f"select min({axis}), max({axis}) from customer_list").fetchall()
            name = axis.removesuffix("_days")
            values["edges"] = edges.of(name, *(float(end or 0) for end in ends), data.draw(st.integers(2, 60)))
        orders = sales.orders_of(values.get("category"))
        pieces = {"conditions": holds, "axis": axis, "orders": orders, "position": position}
        assert wrong_with(con, metric, values, pieces) == []


def test_a_figure_that_drifts_from_its_rows_is_found(snapshot: ScopedSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: three defects planted in statements, each found."""
    defects = {
        "segments": ("sum(revenue) as", "sum(revenue) filter (revenue < 500) as"),
        "sales_by_country": ("count(distinct buyer)", "count(buyer)"),
        "kpi_sales": ("sum(sold_for) / nullif(count(sold_for), 0)", "sum(revenue) / count(*)"),
    }
    part = Metric._part
    for file, (good, bad) in defects.items():
        metric = next(metric for metric in ON_SNAPSHOT if metric.file == file)
        values = {"first_day": date(2025, 1, 1), "last_day": snapshot.as_of}
        with snapshot.open(Scope.everyone()) as con:
            assert good in metric.result()
            assert wrong_with(con, metric, values, {"orders": "orders"}) == []
            with monkeypatch.context() as patched:
                patched.setattr(Metric, "_part", lambda self, *a, g=good, b=bad: part(self, *a).replace(g, b))
                assert wrong_with(con, metric, values, {"orders": "orders"}) != [], file


#: Every aggregate of the API, and where its figures are in the answer.
AGGREGATES = [
    "/api/segments", "/api/segments/grid", "/api/segments/movement", "/api/sales?by=month", "/api/sales?by=week",
    "/api/sales?by=segment", "/api/sales?by=category&from=2026-01-01", "/api/sales?by=country&to=2026-03-31",
    *(f"/api/sales?by={by}&category=garden" for by in ("month", "segment", "category", "country")),
    "/api/kpis?name=average_order_value&category=Garden",
    "/api/lines/classes", "/api/forecast", "/api/distributions/recency?bins=7", "/api/distributions/monetary?state=at+risk",
    "/api/distributions/frequency?segment=loyal", "/api/distributions/probability",
    "/api/outcomes?grouping=all", "/api/models/{purchase}/backtests", "/api/models/{purchase}/calibration",
    "/api/models/{purchase}/lift", "/api/models/{purchase}/threshold", "/api/models/{lifetime_value}/backtests",
    *(f"/api/kpis?name={name}" for name in ("revenue", "orders", "customers", "average_order_value", "expected_revenue", "at_risk_revenue")),
]  # fmt: skip


def fill_path(served: Served, path: str) -> str:
    """The path with {task} replaced by the number of the model that serves it."""
    for row in served.client("admin").get("/api/models").json()["tasks"]:
        path = path.replace("{" + row["task"] + "}", str(row["model_id"]))
    return path


@pytest.mark.parametrize("who", ["rep", "manager", "analyst", "admin"])
@pytest.mark.parametrize("path", AGGREGATES)
def test_what_the_api_shows_adds_up(served: Served, path: str, who: str) -> None:
    client, path = served.client(who), fill_path(served, path)
    ask_for = path + ("&" if "?" in path else "?")
    shown = client.get(path)
    if shown.status_code == 403:
        assert "movement" in path and who in ("rep", "analyst")
        return
    made = client.get(ask_for + "explain=sql").json()
    assert {"sql", "parameters", "engine", "run_id", "as_of"} <= made.keys()
    assert made["sql"].startswith("with rows as (") and made["run_id"] == shown.json()["meta"]["run_id"]
    rows, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{ask_for}explain=rows&limit=1000" + (f"&cursor={cursor}" if cursor else "")).json()
        rows += page["data"]
        cursor = page["next_cursor"]
    assert len(rows) == page["total"] and (rows or who != "admin")
    figures = figures_of(shown.json())
    whole = {"n", "median"} if "distributions" in path else set()
    adds = {name: how for name, how in made["adds_up"].items() if name in figures[0]} if figures else {}
    assert disagreements(figures, rows, adds, made["key"], whole) == []


def figures_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    if "bins" in answer:
        return [{**row, "n": answer["n"], "median": answer["median"]} for row in answer["bins"]]
    if answer["data"] and "definition" in answer["data"][0]:
        return [{row["name"]: row["value"]} for row in answer["data"]]
    return list(answer["data"])


def test_totals_of_lists_can_be_explained(served: Served) -> None:
    client = served.client("rep")
    for path in ("/api/customers?segment=Champions", "/api/customers/rfm?min_probability=0.1", "/api/customers?q=a"):
        total = client.get(path).json()["total"]
        rows = client.get(path + "&explain=rows&limit=1000").json()
        assert total == rows["total"] == len(rows["data"])
        assert client.get(path + "&explain=sql").json()["adds_up"] == {"customers": {"how": "count"}}
    counted = client.get("/api/customers/segments").json()
    rows = client.get("/api/customers/segments?explain=rows&of=Champions").json()
    assert rows["total"] == counted["segments"]["Champions"]


def test_the_rows_of_one_figure(served: Served) -> None:
    client = served.client("analyst")
    for path, row, of in (
        ("/api/sales?by=month", -2, "name"), ("/api/segments?", 0, "segment"), ("/api/sales?by=category", 0, "name"),
    ):  # fmt: skip
        figure = client.get(path).json()["data"][row]
        page = client.get(f"{path}&explain=rows&limit=1000&of={quote(figure[of])}").json()
        assert page["total"] > 0 and abs(sum(r["revenue"] for r in page["data"]) - figure["revenue"]) < 0.01


def test_pages_of_rows_never_overlap(served: Served) -> None:
    client = served.client("admin")
    seen, cursor = [], None
    while True:
        page = client.get(
            "/api/lines/classes", params={"explain": "rows", "limit": 400} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [(row["order_id"], row["line_no"]) for row in page["data"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == page["total"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/segments?explain=rows&of=Unknown", "of"), ("/api/segments?explain=all", "explain"),
        ("/api/kpis?explain=sql", "name"), ("/api/kpis?explain=rows&name=revenue&of=x", "of"),
        ("/api/segments?explain=rows&cursor=no", "cursor"), ("/api/segments?limit=0", "limit"), ("/api/sales?by=day", "by"),
        ("/api/sales?from=2026-01-02&to=2026-01-01", "to"), ("/api/distributions/recency?bins=1", "bins"),
        ("/api/distributions/recency?segment=Unknown", "segment"), ("/api/distributions/height", "axis"),
        ("/api/sales?category=Nothing", "category"), ("/api/kpis?name=expected_revenue&category=Garden", "category"),
        ("/api/segments?colour=red", "colour"), ("/api/kpis?from=0001-01-01", "from"), ("/api/sales?to=9999-12-31", "to"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_named(served: Served, path: str, parameter: str) -> None:
    answer = served.client("analyst").get(path)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter), answer.text


def test_common_questions_are_answered_before_a_user_asks(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_warmup, "LOOK_SECONDS", 0.01)
    app = create_app(served.settings)

    async def list_opened() -> set[str]:
        async with app.router.lifespan_context(app):
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                await asyncio.sleep(0.05)
                known = calculation._cached.get(app.state.web.snapshot(), {})
                if len(known) >= 13 and all(task.done() for task in known.values()):
                    break
            return {file for scope, file, _ in known if scope == Scope.everyone().key}

    assert asyncio.run(list_opened()) >= {"segments", "kpi_sales", "sales_by_category", "line_classes"}
