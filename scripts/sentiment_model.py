"""Train the sentiment model and write it, with its data card, into the package.

    .venv/bin/python scripts/sentiment_model.py

Reads FORESELL_DATA/sentiment_human_rated (texts rated by 20 people each) and the word list of the package vaderSentiment.
Nothing of the sentences that it is tested on (benchmarks/sentiment.py) is read. What is tried is chosen by the log loss of
cross-validation within the training texts.
"""

from __future__ import annotations

import gzip
import html
import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from foresell.feedback.model import FILE, FORMAT, SCALE
from foresell.feedback.sentiment import NEGATIVE_BELOW, POSITIVE_ABOVE, WITHOUT_VALENCE
from foresell.feedback.valence import measure_valence
from foresell.feedback.words import list_terms, mark_words

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("FORESELL_DATA", ROOT.parent / "shared/data")) / "sentiment_human_rated/human_rated.parquet"
MODEL = ROOT / "src/foresell/feedback" / FILE
DATE = "2026-11-28"
TERMS, FOLDS, SEED = 20_000, 4, 1
#: Texts rated closer to neutral than this are left out; a text weighs as much as its rating, at most MOST_WEIGHT.
NEUTRAL_BELOW, MOST_WEIGHT = 0.5, 2.0
STRENGTHS = (1.0, 2.0, 5.0)


class Features:
    """Terms as tf-idf, each counted once a text, and VADER's four numbers."""

    def __init__(self, lexicon: dict[str, float]) -> None:
        self.lexicon = lexicon
        self.vectorizer = TfidfVectorizer(analyzer=_terms_of, max_features=TERMS, binary=True)

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the terms of training texts. One row per text, one column per term and number."""
        return self._with_numbers(self.vectorizer.fit_transform(texts), texts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """The same columns of other texts."""
        return self._with_numbers(self.vectorizer.transform(texts), texts)

    def _with_numbers(self, terms: csr_matrix, texts: Sequence[str]) -> csr_matrix:
        numbers = np.array([measure_valence(text, self.lexicon).numbers for text in texts])
        return hstack([terms, csr_matrix(numbers)]).tocsr()


def _terms_of(text: str) -> list[str]:
    return list_terms(mark_words(text))


def read_lexicon() -> dict[str, float]:
    """The valence of each word, as vaderSentiment has it."""
    text = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8")
    rows = (line.strip().split("\t") for line in text.splitlines() if line.strip())
    return {word: float(valence) for word, valence, *_ in rows}


def fit(matrix: csr_matrix, positive: np.ndarray, weights: np.ndarray, strength: float) -> LogisticRegression:
    """The model; a larger `strength` follows the training texts more closely."""
    return LogisticRegression(C=strength, max_iter=2000).fit(matrix, positive, sample_weight=weights)


def cross_validate(
    texts: list[str], positive: np.ndarray, weights: np.ndarray, lexicon: dict[str, float]
) -> list[dict[str, Any]]:
    """For each strength how good the predictions are for texts left out of training."""
    predicted = np.zeros((len(STRENGTHS), len(texts)))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, positive):
        features = Features(lexicon)
        seen, unseen = features.fit([texts[i] for i in train]), features.transform([texts[i] for i in test])
        for row, strength in enumerate(STRENGTHS):
            predicted[row, test] = fit(seen, positive[train], weights[train], strength).predict_proba(unseen)[:, 1]
    has_valence = np.array([measure_valence(text, lexicon).neutral < 1 for text in texts])
    return [describe(strength, p, positive, has_valence) for strength, p in zip(STRENGTHS, predicted, strict=True)]


def describe(strength: float, p: np.ndarray, positive: np.ndarray, has_valence: np.ndarray) -> dict[str, Any]:
    """How good predictions are; `right_when_sure`: outside the limits of foresell.feedback.sentiment, by whether VADER knows a word."""
    right, sure, very_sure = (
        (p > 0.5) == positive,
        _outside(p, NEGATIVE_BELOW, POSITIVE_ABOVE),
        _outside(p, *WITHOUT_VALENCE),
    )
    groups = {
        "with_valence": sure & has_valence,
        "without_valence": sure & ~has_valence,
        "without_valence_beyond_0.1_and_0.9": very_sure & ~has_valence,
    }
    return {
        "strength": strength,
        "log_loss": round(log_loss(positive, p), 4),
        "accuracy": round(float(right.mean()), 4),
        "auc": round(roc_auc_score(positive, p), 4),
        "right_when_sure": {name: [int(g.sum()), round(float(right[g].mean()), 3)] for name, g in groups.items()},
    }


def _outside(p: np.ndarray, low: float, high: float) -> np.ndarray:
    return (p < low) | (p > high)


def main() -> None:
    """Train, and write the model."""
    rows = pd.read_parquet(DATA)
    clear = rows[rows.rating.abs() >= NEUTRAL_BELOW]
    texts, positive = list(map(html.unescape, clear.text)), (clear.rating > 0).to_numpy()
    weights = clear.rating.abs().clip(upper=MOST_WEIGHT).to_numpy()
    lexicon = read_lexicon()
    tried = cross_validate(texts, positive, weights, lexicon)
    strength = min(tried, key=lambda each: each["log_loss"])["strength"]
    features = Features(lexicon)
    model = fit(features.fit(texts), positive, weights, strength)
    card = {
        "what": "P(positive) of a short English text.",
        "trained_at": DATE,
        "method": f"Logistic regression (C = {strength:g}) on {TERMS:,} terms of one and two words with negation marks,"
        " tf-idf, and VADER's negative, neutral, positive and compound.",
        "texts": len(texts),
        "positive": int(positive.sum()),
        "by_source": {str(name): int(count) for name, count in clear.source.value_counts().items()},
        "left_out": f"{len(rows) - len(clear):,} texts rated between -{NEUTRAL_BELOW} and {NEUTRAL_BELOW}.",
        "source": "Texts rated by 20 people each: Hutto and Gilbert, VADER, ICWSM 2014; repository cjhutto/vaderSentiment.",
        "licence": "MIT (repository). The texts are by third parties and are not part of Foresell; only counts of words are.",
        "lexicon": f"vader_lexicon.txt of vaderSentiment {version('vaderSentiment')}, MIT, Copyright (c) 2016 C.J. Hutto.",
        "cross_validation": tried,
        "not_used": "The 3,000 sentences of benchmarks/sentiment.py.",
        "scikit_learn": version("scikit-learn"),
    }
    names = features.vectorizer.get_feature_names_out().tolist()
    words = sorted(lexicon)
    kept = {
        "format": FORMAT,
        "card": card,
        "intercept": round(float(model.intercept_[0]), 4),
        "numbers": [round(float(each), 4) for each in model.coef_[0][-4:]],
        "terms": names,
        "idf": [round(each * SCALE) for each in features.vectorizer.idf_.tolist()],
        "weights": [round(each * SCALE) for each in model.coef_[0][:-4].tolist()],
        "lexicon": {"words": words, "valences": [round(lexicon[word] * 10) for word in words]},
    }
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    MODEL.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(json.dumps(card, indent=1))
    print(f"{MODEL}: {MODEL.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
