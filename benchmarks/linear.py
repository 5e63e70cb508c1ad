"""Whether cost grows no faster than the data: load and refresh from ten thousand to a million customers, with a plot.

.venv/bin/python -m benchmarks.linear [--quick]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from benchmarks.ground import SEED, checkpoint, demo_orders, fresh_home, workspace
from benchmarks.measure import GIB, Target, is_quick, table, watch, write_results
from matplotlib.ticker import FuncFormatter

from foresell.workflows.load import load_file
from foresell.workflows.refresh import run_refresh

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
PLOT = Path(__file__).parents[1] / "docs" / "images" / "linear.svg"
GREY = "#808080"  # readable on white and on black
COLOURS = {"load": "#3b82f6", "refresh": "#d97706"}
LIMIT = 1.5  # seconds per million lines of the largest shop, relative to a shop of a tenth its size


def measure(folder: Path, customers: int) -> dict[str, Any]:
    """Seconds and memory of load and refresh of one shop, on a fresh home."""
    csv = demo_orders(folder, customers)
    with fresh_home() as database:
        checkpoint(database)
        with watch() as load:
            lines = load_file(database.settings, database, csv).lines_loaded
        checkpoint(database)
        with watch() as refresh:
            run_refresh(database.settings, database, predict=False)
    return {
        "customers": customers,
        "lines": lines,
        "load": round(load.seconds, 2),
        "refresh": round(refresh.seconds, 2),
        "load_gib": round(load.peak / GIB, 2),
        "refresh_gib": round(refresh.peak / GIB, 2),
        "load_average": round(load.load_before, 2),
    }


def per_million(point: dict[str, Any], step: str) -> float:
    """Seconds per million lines."""
    return float(point[step]) / point["lines"] * 1e6


def plot(points: list[dict[str, Any]]) -> None:
    """Seconds over lines, both logarithmic, with a dotted line of exactly linear growth."""
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "linear"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 3.6))
    lines = [point["lines"] for point in points]
    for step, colour in COLOURS.items():
        seconds = [point[step] for point in points]
        axes.plot(lines, seconds, marker="o", color=colour)
        axes.annotate(
            f" {step}", (lines[-1], seconds[-1]), color=colour, va="center", xytext=(6, 0), textcoords="offset points"
        )
        straight = [seconds[-1] * size / lines[-1] for size in lines]
        axes.plot(lines, straight, linestyle=":", color=GREY, linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="order lines", ylabel="seconds")
    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    for part in (axes.xaxis.label, axes.yaxis.label):
        part.set_color(GREY)
    axes.tick_params(which="both", colors=GREY)
    for name, spine in axes.spines.items():
        spine.set_color(GREY)
        spine.set_visible(name in ("left", "bottom"))
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOT, transparent=True, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    """Measure, print, plot and save the results."""
    sizes = SIZES[:2] if is_quick() else SIZES
    with workspace() as folder:
        points = [measure(folder, customers) for customers in sizes]
    if not is_quick():
        plot(points)
    smaller = points[-3] if len(points) > 2 else points[0]
    targets = [
        Target(
            f"{step}: seconds per million lines, {sizes[-1]:,} / {smaller['customers']:,} customers",
            per_million(points[-1], step) / per_million(smaller, step),
            LIMIT,
        )
        for step in COLOURS
    ]
    head = (
        "customers", "lines", "load, s", "refresh, s", "load, s per million lines", "refresh, s per million lines",
        "memory load / refresh, GiB", "load average",
    )  # fmt: skip
    rows = [
        (
            f"{p['customers']:,}", f"{p['lines']:,}", p["load"], p["refresh"], f"{per_million(p, 'load'):.1f}",
            f"{per_million(p, 'refresh'):.1f}", f"{p['load_gib']} / {p['refresh_gib']}", p["load_average"],
        )
        for p in points
    ]  # fmt: skip
    write_results(
        "linear",
        "From ten thousand to a million customers",
        targets,
        {"seed": SEED, "points": points},
        table(head, rows),
    )


if __name__ == "__main__":
    main()
