"""The documents' model (random forest on RFM quartile scores) with a label that is not leaked, compared with ours.

    .venv/bin/python -m benchmarks.seed_model

Their label `recency <= 30` is a function of a feature; here it is an order in the 30 days after the cutoff. Everything
else is theirs: quartiles by NTILE, their sum, 100 trees, random_state 42. Same cutoffs, same choice of threshold.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from tests.support.snapshot_of_retail import as_of_of, data_folder, retail_snapshot

from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training.backtest import Backtest, backtest
from foresell.scores.training.features import Floats, Frame
from foresell.scores.training.models import Model
from foresell.scores.training.panel import Panel
from foresell.scores.training.tasks import POPULATIONS
from foresell.scores.training.train_task import TrainingContext

SEED = 7
MODELS = ("seed_forest", "log_rfm", "bgnbd", "lightgbm")
METRICS = (
    "roc_auc", "pr_auc", "f1", "f1_everyone", "accuracy", "majority_accuracy", "precision", "recall", "brier",
    "calibration_error", "lift_top_decile", "precision_at_100",
)  # fmt: skip


def quartiles(value: Floats) -> NDArray[np.int64]:
    """NTILE(4) over ascending values: 1 to 4, ties split arbitrarily, as in the documents."""
    rank = np.empty(len(value), dtype=np.int64)
    rank[np.argsort(value, kind="stable")] = np.arange(len(value))
    return 1 + 4 * rank // len(value)


def scores(frame: Frame) -> NDArray[np.int64]:
    """recency_score, frequency_score, monetary_score and their sum."""
    r = quartiles(-frame.column("recency_days"))
    f, m = quartiles(frame.column("orders_total")), quartiles(frame.column("spend_total"))
    return np.column_stack([r, f, m, r + f + m])


@dataclass(frozen=True)
class SeedForest:
    """The documents' random forest with the interface of our models."""

    forest: RandomForestClassifier
    kind: str = "seed_forest"

    def probability(self, frame: Frame) -> Floats:
        """The share of trees that vote for an order."""
        return np.asarray(self.forest.predict_proba(scores(frame))[:, 1], dtype=np.float64)

    def text(self) -> str:
        """Not stored."""
        raise NotImplementedError


def learn_forest(panel: Panel, frame: Frame, horizon: int) -> Model | None:
    """Train the forest on all windows closed at the frame's cutoff; None when there are none."""
    past = panel.closed_frames(horizon, by=frame.as_of)
    if not past:
        return None
    forest = RandomForestClassifier(n_estimators=100, random_state=42)
    labels = np.concatenate([panel.labels(one, horizon) for one in past])
    return SeedForest(forest.fit(np.concatenate([scores(one) for one in past]), labels))


def table(result: Backtest, population: str) -> str:
    """Means over the test cutoffs with minimum and maximum: one row per metric, one column per model."""
    first = result.metric("lightgbm", "roc_auc", population)
    base = result.value("lightgbm", "base_rate", population)
    head = f"{population}: {first.customers if first else 0:,} customers on average, base rate {base:.3f}"
    lines = [head, f"{'':20}" + "".join(f"{model:>22}" for model in MODELS)]
    for metric in METRICS:
        cells = []
        for model in MODELS:
            each = [result.value(model, metric, population, day) for day in result.tests]
            cells.append(f"{result.value(model, metric, population):8.3f} ({min(each):.2f}-{max(each):.2f})")
        lines.append(f"{metric:20}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Print one table per population."""
    con = retail_snapshot("ii", data_folder())
    shop = TrainingContext(con, as_of_of(con), SEED)
    started = time.perf_counter()
    ways = {"seed_forest": learn_forest, **{name: shop.trainers[name] for name in MODELS[1:]}}
    result = backtest(shop.panel, PURCHASE, ways, seed=SEED)
    days = ", ".join(str(day) for day in result.tests)
    print(f"Order within 30 days, Online Retail II, seed {SEED}; mean (lowest-highest) over the test cutoffs {days}\n")
    print("\n\n".join(table(result, population) for population in POPULATIONS))
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
