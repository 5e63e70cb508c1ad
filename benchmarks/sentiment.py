"""Sentiment of 3,000 sentences that the model was not trained on, next to VADER alone and to always answering the same.

    .venv/bin/python -m benchmarks.sentiment

The sentences are UCI "Sentiment Labelled Sentences" (Kotzias and others 2015, CC BY 4.0): 1,000 each of Amazon, IMDb and Yelp,
half of them positive, in FORESELL_DATA/sentiment_sentences. Intervals are bootstrapped. "Negated": sentences with a negation.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.measure import Target, table, write_results
from sklearn.metrics import roc_auc_score

from foresell.feedback.language import detect_language
from foresell.feedback.model import load_model
from foresell.feedback.sentiment import Judgement, judge
from foresell.feedback.words import MARK, mark_words

DATA = Path(os.environ.get("FORESELL_DATA", Path(__file__).parents[2] / "shared/data"))
SEED, DRAWS = 1, 2000
CURVE = (0.5, 0.4, 0.3, 0.2, 0.1)


def read_sentences(data: Path = DATA) -> pd.DataFrame:
    """source, text, label (1: positive)."""
    return pd.read_parquet(data / "sentiment_sentences/sentiment_sentences.parquet")


def score_alone(texts: pd.Series) -> np.ndarray:
    """P(positive) by the model, without the table of phrases."""
    model = load_model()
    return 1 / (1 + np.exp(-np.array([model.score(text) for text in texts])))


def score_by_vader(texts: pd.Series) -> np.ndarray:
    """The compound of vaderSentiment."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return np.array([analyzer.polarity_scores(text)["compound"] for text in texts])


def find_negated(texts: pd.Series) -> np.ndarray:
    """Which texts have a word under a negation."""
    return np.array([any(word.startswith(MARK) for word in mark_words(text)) for text in texts])


def find_shared(texts: pd.Series, data: Path = DATA) -> np.ndarray:
    """Which sentences are, letter by letter, also among the training texts: short ones that many people write."""
    training = pd.read_parquet(data / "sentiment_human_rated/human_rated.parquet").text
    known = {_letters(text) for text in training}
    return np.array([_letters(text) in known for text in texts])


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def bootstrap(labels: np.ndarray, scores: np.ndarray, cut: float, mask: np.ndarray) -> dict[str, Any]:
    """Accuracy and AUC, each with the interval of 95 % of DRAWS draws with replacement."""
    labels, scores = labels[mask], scores[mask]
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(0, len(labels), len(labels)) for _ in range(DRAWS)]
    right = (scores > cut) == labels
    accuracies = [right[draw].mean() for draw in draws]
    areas = [_auc(labels[draw], scores[draw]) for draw in draws[: DRAWS // 4]]
    return {
        "n": len(labels),
        "accuracy": float(right.mean()),
        "accuracy_interval": np.quantile(accuracies, (0.025, 0.975)).tolist(),
        "auc": _auc(labels, scores),
        "auc_interval": np.quantile(areas, (0.025, 0.975)).tolist(),
    }


def _auc(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(roc_auc_score(labels, scores))


def abstain(labels: np.ndarray, p: np.ndarray) -> list[dict[str, float]]:
    """For each limit: the share of texts that get an answer, and the share of right ones among these."""
    rows = []
    for low in CURVE:
        sure = (p < low) | (p > 1 - low)
        rows.append({"low": low, "answered": float(sure.mean()), "right": float(((p > 0.5) == labels)[sure].mean())})
    return rows


def calibration_error(labels: np.ndarray, p: np.ndarray) -> float:
    """Expected calibration error in ten bins of equal width."""
    bins = np.clip((p * 10).astype(int), 0, 9)
    return float(sum(abs(p[bins == i].mean() - labels[bins == i].mean()) * (bins == i).mean() for i in range(10)))


def count_judgements(judged: list[Judgement], labels: np.ndarray) -> dict[str, float]:
    """What is shown: shares of each sentiment, and how many of the positive and negative are right."""
    names = np.array([each.sentiment for each in judged])
    sure = np.isin(names, ("positive", "negative"))
    counts = {name: float((names == name).mean()) for name in ("positive", "negative", "not sure", "not analysed")}
    return counts | {"right": float(((names == "positive") == labels)[sure].mean()), "answered": float(sure.mean())}


def main() -> None:
    rows = read_sentences()
    labels = rows.label.to_numpy() == 1
    everything, negated, shared = np.ones(len(rows), bool), find_negated(rows.text), find_shared(rows.text)
    p, vader = score_alone(rows.text), score_by_vader(rows.text)
    started = time.perf_counter()
    judged = [judge(text) for text in rows.text]
    micros = (time.perf_counter() - started) / len(rows) * 1e6
    with_phrases = np.array([0.5 if each.probability is None else each.probability for each in judged])
    models = {
        "always the same answer": (np.zeros(len(rows)), 0.5),
        "VADER 3.3.2": (vader, 0.0),
        "the model": (p, 0.5),
        "with phrases and language, as shown": (with_phrases, 0.5),
    }
    groups = {"all": everything, "not among the training texts": ~shared, "negated": negated}
    groups |= {name: (rows.source == name).to_numpy() for name in rows.source.unique()}
    figures = {
        name: {group: bootstrap(labels, scores, cut, mask) for group, mask in groups.items()}
        for name, (scores, cut) in models.items()
    }
    shown, curve = count_judgements(judged, labels), abstain(labels, p)
    english = float(np.mean([detect_language(text, load_model().knows) == "en" for text in rows.text]))
    ours, trivial, peer = figures["the model"], figures["always the same answer"], figures["VADER 3.3.2"]
    targets = [
        Target("accuracy", ours["all"]["accuracy"], 0.855, at_least=True, unit=""),
        Target("AUC", ours["all"]["auc"], 0.935, at_least=True, unit=""),
        Target("accuracy of negated sentences", ours["negated"]["accuracy"], 0.82, at_least=True, unit=""),
        Target("accuracy less VADER's", ours["all"]["accuracy"] - peer["all"]["accuracy"], 0.0, at_least=True, unit=""),
        Target(
            "accuracy less the same answer's",
            ours["all"]["accuracy"] - trivial["all"]["accuracy"],
            0.0,
            at_least=True,
            unit="",
        ),
    ]
    ece = calibration_error(labels, p)
    details = {
        "card": dict(load_model().card), "figures": figures, "abstention": curve, "calibration_error": ece, "shown": shown,
        "detected_as_english": english, "shared_with_training": int(shared.sum()), "microseconds": micros,
    }  # fmt: skip
    write_results("sentiment", "Sentiment of unseen sentences", targets, details, _describe(details))


def _describe(details: dict[str, Any]) -> str:
    figures, shown = details["figures"], details["shown"]
    cells = [
        (f"{name}, {group} ({each['n']:,})", _interval(each, "accuracy"), _interval(each, "auc"))
        for name, by_group in figures.items()
        for group, each in by_group.items()
    ]
    curve = [
        (f"{row['low']:.1f} to {1 - row['low']:.1f}", f"{row['answered']:.1%}", f"{row['right']:.1%}")
        for row in details["abstention"]
    ]
    sentences = (
        f"As shown to users: {shown['positive']:.1%} positive, {shown['negative']:.1%} negative, {shown['not sure']:.1%} not sure,"
        f" {shown['not analysed']:.1%} not analysed; of the positive and negative ({shown['answered']:.1%}) {shown['right']:.1%}"
        f" are right. Calibration error of the model {details['calibration_error']:.3f}. Detected as English"
        f" {details['detected_as_english']:.1%}. {details['shared_with_training']} sentences are also training texts."
        f" {details['microseconds']:.0f} µs a sentence, with its language and strongest words, on a busy machine."
    )
    return "\n\n".join(
        (
            table(("", "accuracy (95 %)", "AUC (95 %)"), cells),
            table(("no answer from P", "answered", "of these right"), curve),
            sentences,
        )
    )


def _interval(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
