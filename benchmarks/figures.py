"""How long metrics and their calculations take on a published home: on the first request and on later ones.

    .venv/bin/python -m benchmarks.figures --home HOME [--as EMAIL]

The requests go through the whole application, in this process, one after the other, as the user with that e-mail (default:
the first who can see all customers). The home is only read.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from statistics import quantiles

import httpx2
from benchmarks.measure import Target, table, write_results

from foresell import logs
from foresell.access.principal import Principal
from foresell.api.app import create_app
from foresell.database import Database
from foresell.errors import NotFound
from foresell.settings import Settings
from foresell.store.database import open_database

WARM = 200
LIMIT_MS = 150.0

PATHS = (
    "/api/kpis", "/api/sales?by=month", "/api/sales?by=week", "/api/sales?by=segment", "/api/sales?by=category",
    "/api/sales?by=country", "/api/lines/classes", "/api/segments", "/api/segments/grid", "/api/segments/movement",
    "/api/distributions/monetary", "/api/distributions/probability?segment=Champions", "/api/forecast",
    "/api/customers/segments",
)  # fmt: skip
#: A different date each time, so that no answer is cached.
UNCACHED = ("/api/kpis?to={day}", "/api/sales?by=category&from={day}&to={day}", "/api/sales?by=month&from={day}")
ROWS = ("/api/segments", "/api/sales?by=month", "/api/lines/classes")


def read_principal(database: Database, email: str | None) -> Principal:
    """The user who sends the requests, with every permission."""
    with database.connect() as con:
        row = con.execute(
            "select u.user_id, u.name, u.email, u.team_id, max(r.scope) as scope, array_agg(distinct r.role) as roles,"
            " (select array_agg(permission) from access.permissions) as permissions from access.users as u"
            " join access.user_roles using (user_id) join access.roles as r using (role)"
            " where u.email = coalesce(%(email)s, u.email) group by u.user_id"
            " order by bool_or(r.scope = 'all') desc, u.user_id limit 1",
            {"email": email},
        ).fetchone()
    if row is None:
        raise NotFound("There is no such user in this home.", remedy="Add one: foresell users add")
    return Principal(
        **{**row, "roles": frozenset(row["roles"]), "permissions": frozenset(row["permissions"])},
        session_id=None,
        api_key_id=None,
        second_factor_at=None,
    )


async def time_request(client: httpx2.AsyncClient, path: str) -> float:
    """Milliseconds of one answer."""
    started = time.perf_counter()
    answer = await client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
    return 1000 * (time.perf_counter() - started)


async def measure(settings: Settings, who: Principal) -> tuple[dict[str, list[float]], dict[str, float], int]:
    """Returns, by path, the milliseconds of the first and the later answers; the p95 of uncached and of `explain=rows` requests;
    and the number of customers visible to the user."""

    async def authenticate(_: object) -> Principal:
        return who

    app = create_app(settings, authenticate=authenticate)
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client,
    ):
        total = (await client.get("/api/customers?limit=1")).json()["total"]
        warm = {path: [await time_request(client, path) for _ in range(1 + WARM)] for path in PATHS}
        others: dict[str, float] = {}
        for path in UNCACHED:
            times = [await time_request(client, path.format(day=f"2026-09-{day:02}")) for day in range(1, 21)]
            others[path] = quantiles(times, n=20)[-1]
        for path in ROWS:
            mark = "&" if "?" in path else "?"
            times = [await time_request(client, f"{path}{mark}explain=rows&page={page}") for page in range(1, 21)]
            others[f"{path}{mark}explain=rows"] = quantiles(times, n=20)[-1]
        return warm, others, total


def main() -> None:
    """Measure and save the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--as", dest="email")
    parser.add_argument("--quick", action="store_true", help="print; save no results")
    arguments = parser.parse_args()
    logs.configure()
    settings = Settings(home=arguments.home, memory_gib=3.0, threads=2, user_rate=1_000_000, address_rate=1_000_000)
    who = read_principal(open_database(settings), arguments.email)
    warm, others, total = asyncio.run(measure(settings, who))
    p95 = {path: quantiles(times[1:], n=20)[-1] for path, times in warm.items()}
    rows = [
        (path, f"{warm[path][0]:.0f}", f"{quantiles(warm[path][1:], n=2)[0]:.1f}", f"{p95[path]:.1f}") for path in PATHS
    ]
    text = table(("request", "first, ms", "then p50, ms", "then p95, ms"), rows)
    text += "\n\n" + table(("not cached", "p95 of 20, ms"), [(path, f"{ms:.0f}") for path, ms in others.items()])
    slow = max((path for path in PATHS if path.startswith(("/api/kpis", "/api/sales"))), key=p95.__getitem__)
    write_results(
        "figures",
        f"Metrics and their calculations, {total:,} scored customers visible, scope {who.scope}",
        [Target(f"slowest of sales and KPIs, warm p95 ({slow})", p95[slow], LIMIT_MS, unit="ms")],
        {"customers": total, "scope": who.scope, "warm_ms": warm, "others_p95_ms": others},
        text,
    )


if __name__ == "__main__":
    sys.exit(main())
