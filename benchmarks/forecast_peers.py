"""The forecast of calendar months compared with seasonal naive and AutoETS (statsforecast), on Online Retail II.

    .venv/bin/python -m benchmarks.forecast_peers

Rolling origin: each month of March to November 2011 is forecast on its first day. AutoETS sees the same daily series,
with weekly season, and its daily forecasts are summed; a second one sees whole months (season 12 needs two years, so it
has none). All are compared by 1 - WAPE of the month totals.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
from benchmarks.measure import Target, table, write_results
from benchmarks.peers import install_peer
from tests.support.snapshot_of_retail import as_of_of, retail_snapshot

from foresell.scores.forecast import backtest as forecast_backtest
from foresell.scores.forecast import model as forecast

AUTO_ETS = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from statsforecast.models import AutoETS
tasks, found = json.load(open(sys.argv[1])), []
for task in tasks:
    values = np.array(task["values"], dtype=float)
    model = AutoETS(season_length=task["season"])
    found.append(float(np.sum(model.forecast(y=values, h=task["ahead"])["mean"])))
print(json.dumps(found))
"""


def auto_ets(python: Path, tasks: list[dict]) -> list[float]:
    """The sum of each task's forecast by AutoETS."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(tasks, file)
        file.flush()
        done = subprocess.run(
            [str(python), "-c", AUTO_ETS, file.name], capture_output=True, text=True, check=True, timeout=900
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


def tasks_of(sales: forecast.Sales, months: list, target: str) -> tuple[list[dict], list[dict]]:
    """The tasks for AutoETS: one list of daily and one of monthly series."""
    values = sales.revenue if target == "revenue" else sales.orders
    daily, monthly = [], []
    for month in months:
        known = (month - sales.first).days
        ahead = (forecast.months_later(month, 1) - month).days
        daily.append({"values": values[:known].tolist(), "season": 7, "ahead": ahead})
        days = np.array([(sales.first + timedelta(days=day)).strftime("%Y-%m") for day in range(known)])
        totals = [float(values[:known][days == name].sum()) for name in np.unique(days)]
        monthly.append({"values": totals, "season": 1, "ahead": 1})
    return daily, monthly


def main() -> None:
    con = retail_snapshot("ii", Path(os.environ.get("FORESELL_DATA", "../shared/data")))
    sales = forecast.read_sales(con, as_of_of(con))
    started = time.perf_counter()
    record = forecast_backtest.backtest(con, as_of_of(con)).to_pylist()
    seconds = time.perf_counter() - started
    targets, text, details = [], [f"Our backtest took {seconds:.1f} s."], {"months": record}
    with install_peer("statsforecast") as python:
        for target in forecast.TARGETS:
            rows = [row for row in record if row["target"] == target]
            daily, monthly = tasks_of(sales, [row["month"] for row in rows], target)
            forecasts = {
                "ours": [row["expected"] for row in rows],
                "seasonal naive": [row["naive"] for row in rows],
                "AutoETS, days": auto_ets(python, daily),
                "AutoETS, months": auto_ets(python, monthly),
            }
            actual = np.array([row["actual"] for row in rows])
            accuracy = {
                model: float(1 - np.abs(np.array(values) - actual).sum() / actual.sum())
                for model, values in forecasts.items()
            }
            if target == "revenue":
                targets.append(Target("month revenue, 1 - WAPE", accuracy["ours"], 0.90, at_least=True, unit=""))
            targets.append(
                Target(
                    f"{target}: ours - best peer", accuracy["ours"] - best_peer(accuracy), 0.0, at_least=True, unit=""
                )
            )
            details[target] = {"forecasts": forecasts, "accuracy": accuracy}
            text.append(months_table(target, rows, forecasts, accuracy))
    write_results(
        "forecast_peers",
        "Month totals: ours, seasonal naive, AutoETS",
        targets,
        to_json_values(details),
        "\n\n".join(text),
    )


def best_peer(accuracy: dict[str, float]) -> float:
    """The accuracy of the best peer."""
    return max(value for model, value in accuracy.items() if model != "ours")


def months_table(target: str, rows: list[dict], forecasts: dict[str, list[float]], accuracy: dict[str, float]) -> str:
    """One row per month: the actual value and the accuracy of each model."""
    lines = [
        (
            row["month"].strftime("%Y-%m"),
            f"{row['actual']:,.0f}",
            *(f"{1 - abs(values[n] / row['actual'] - 1):.3f}" for values in forecasts.values()),
        )
        for n, row in enumerate(rows)
    ]
    lines.append(("all (1 - WAPE)", "", *(f"**{accuracy[model]:.3f}**" for model in forecasts)))
    return table((f"{target}", "actual", *forecasts), lines)


def to_json_values(details: dict) -> dict:
    """The details with dates and NumPy numbers converted for JSON."""
    return json.loads(
        json.dumps(details, default=lambda value: float(value) if hasattr(value, "dtype") else str(value))
    )


if __name__ == "__main__":
    main()
