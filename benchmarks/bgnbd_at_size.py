"""BG/NBD at 10k, 100k and 1M customers: ours compared with the library `lifetimes`, on the same simulated customers.

    .venv/bin/python -m benchmarks.bgnbd_at_size

The customers obey the model (r .6, alpha 90 days, a .25, b 3.5, up to two years old), so both are also compared with
the true parameters. Fit and prediction (365 days, all customers) are timed inside the process, without imports. A fit that
fails or takes longer than LIMIT seconds is reported as such.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.measure import Target, table, write_results
from benchmarks.peers import install_peer

from foresell.scores.training import bgnbd

SIZES = (10_000, 100_000, 1_000_000)
TRUE_PARAMETERS = {"r": 0.6, "alpha": 90.0, "a": 0.25, "b": 3.5}
HORIZON, LIMIT, SEED = 365, 600, 11

LIFETIMES = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter
x, t_x, T = np.load(sys.argv[1])
found, started = {}, time.perf_counter()
try:
    model = BetaGeoFitter(penalizer_coef=0.0)
    model.fit(x, t_x, T)
    found["fit"] = time.perf_counter() - started
    found["parameters"] = {name: float(model.params_[name]) for name in ("r", "alpha", "a", "b")}
    started = time.perf_counter()
    expected = np.asarray(model.conditional_expected_number_of_purchases_up_to_time(float(sys.argv[2]), x, t_x, T))
    found["predict"] = time.perf_counter() - started
    found["not_finite"], found["sum"] = int((~np.isfinite(expected)).sum()), float(np.nansum(expected))
except Exception as error:
    found["failed"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:100]}"
print(json.dumps(found))
"""


def simulate_customers(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers drawn from the model: (x, t_x, T) in whole days."""
    rng = np.random.default_rng(seed)
    T = rng.integers(1, 740, n).astype(float)
    rate, leaving = (
        rng.gamma(TRUE_PARAMETERS["r"], 1 / TRUE_PARAMETERS["alpha"], n),
        rng.beta(TRUE_PARAMETERS["a"], TRUE_PARAMETERS["b"], n),
    )
    x, t_x, now, alive = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    while alive.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-12))
        bought = alive & (now < T)
        x[bought] += 1
        t_x[bought] = np.floor(now[bought])
        alive = bought & (rng.random(n) > leaving)
    return x, t_x, T


def time_ours(customers: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict:
    """Time our fit and prediction; the best of three, because the machine is shared."""
    fits, predictions = [], []
    for _ in range(3):
        started = time.perf_counter()
        model = bgnbd.fit(*customers)
        fits.append(time.perf_counter() - started)
        started = time.perf_counter()
        expected = model.expected_purchases(*customers, HORIZON)
        predictions.append(time.perf_counter() - started)
    parameters = {name: getattr(model, name) for name in TRUE_PARAMETERS}
    return {"fit": min(fits), "predict": min(predictions), "parameters": parameters, "sum": float(expected.sum())}


def time_lifetimes(python: Path, customers: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict:
    """The same with `lifetimes`, in its own process."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, np.vstack(customers))
        try:
            done = subprocess.run(
                [str(python), "-c", LIFETIMES, file.name, str(HORIZON)],
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"no result within {LIMIT} s"}
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {"failed": f"the process ended with code {done.returncode}"}


def largest_error(parameters: dict[str, float] | None) -> str:
    """The largest relative error of a parameter."""
    return (
        f"{max(abs(parameters[name] / value - 1) for name, value in TRUE_PARAMETERS.items()):.1%}"
        if parameters
        else "-"
    )


def main() -> None:
    found = {}
    with install_peer("lifetimes", "setuptools") as python:
        for size in SIZES:
            customers = simulate_customers(size, SEED)
            found[size] = {"ours": time_ours(customers), "lifetimes": time_lifetimes(python, customers)}
    rows = [row for size in SIZES for row in rows_of(size, found[size])]
    targets = [
        Target(f"fit at {size:,}: ours / lifetimes", found[size]["ours"]["fit"] / found[size]["lifetimes"]["fit"], 1.0)
        for size in SIZES
        if "fit" in found[size]["lifetimes"]
    ]
    ratio = found[SIZES[-1]]["ours"]["fit"] / found[SIZES[0]]["ours"]["fit"]
    targets.append(Target(f"our fit at {SIZES[-1]:,} / at {SIZES[0]:,} (customers: 100 x)", ratio, 100.0))
    head = ("customers", "", "fit s", "predict s", "largest parameter error", "expected purchases", "remark")
    details = {
        "seed": SEED,
        "true_parameters": TRUE_PARAMETERS,
        "found": {str(size): one for size, one in found.items()},
    }
    write_results("bgnbd_at_size", "BG/NBD at size, compared with `lifetimes`", targets, details, table(head, rows))


def rows_of(size: int, found: dict[str, dict]) -> list[tuple[object, ...]]:
    """The table's two rows of a size: ours and theirs."""

    def seconds(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    rows = []
    for who, one in found.items():
        remark = one.get("failed") or (f"{one['not_finite']:,} not finite" if one.get("not_finite") else "")
        total = f"{one['sum']:,.0f}" if "sum" in one else "-"
        times = seconds(one.get("fit")), seconds(one.get("predict"))
        rows.append((f"{size:,}", who, *times, largest_error(one.get("parameters")), total, remark))
    return rows


if __name__ == "__main__":
    main()
