"""Sentiment: what is positive, negative, unsure and not analysed, and the words that decide."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from benchmarks import sentiment as benchmark
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import BadInput
from foresell.feedback.language import read_language
from foresell.feedback.model import load_model
from foresell.feedback.phrases import FILE, load_phrases, read_phrases
from foresell.feedback.sentiment import SENTIMENTS, judge, model_version
from foresell.feedback.valence import measure_valence
from foresell.feedback.words import list_terms, mark_words

TEXTS = """
positive     | good           | A good phone.
negative     | not good       | The sound is not good at all.
negative     | couldn't       | I really couldn't recommend it.
positive     | no issues      | No issues so far.
negative     | could be better | could be better
positive     | 👍👍            | 👍👍
positive     | ❤              | Thanks ❤️
negative     | 💔             | Arrived broken 💔
not sure     |                | It is a box.
not analysed |                | Sehr gut, gerne wieder
not analysed |                | Très bon produit, je recommande
not analysed |                | El envío tardó demasiado
not analysed |                | Pessima qualità, non lo consiglio
not analysed |                | !!!
not analysed |                | 12345
not analysed |                |
"""
CASES = [[cell.strip() for cell in line.split("|")] for line in TEXTS.strip().splitlines()]


@pytest.mark.parametrize(("sentiment", "word", "text"), CASES, ids=[case[2] or "empty" for case in CASES])
def test_sentiment_of_a_text(sentiment: str, word: str, text: str) -> None:
    judged = judge(text)
    assert judged.sentiment == sentiment
    assert (judged.probability is None) == (sentiment == "not analysed")
    assert len(judged.words) <= 3
    assert not word or word in [each.word for each in judged.words]


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        ("English", "en"),
        ("Deutsch", "de"),
        ("fra", "fr"),
        ("???", None),
    ],
)
def test_a_stated_language_is_read(stated: str, code: str | None) -> None:
    assert read_language(stated) == code


def test_a_stated_language_counts_more_than_the_text() -> None:
    assert judge("A good phone.", "de").sentiment == "not analysed"
    assert judge("Wunderbar good", "en").sentiment == "positive"


def test_negation_reaches_three_words_or_the_next_punctuation_mark() -> None:
    assert mark_words("Not a good phone case. Fine") == ["not", "not_a", "not_good", "not_phone", "case", ".", "fine"]
    assert mark_words("I don't like it, great") == ["i", "don't", "not_like", "not_it", ",", "great"]
    assert list_terms(["a", "b", "c"]) == ["a", "b", "c", "a b", "b c"]


def test_valence_is_that_of_vadersentiment() -> None:
    """Where no "but" is in the text: that rule of the package weighs another word where two have the same valence."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer, lexicon = SentimentIntensityAnalyzer(), load_model().lexicon
    assert lexicon == analyzer.lexicon
    words = "good BAD no never so this not least at very kind of hardly without doubt great! :) worst? the bomb isn't"
    parts = words.split(" ")
    rng = np.random.default_rng(1)
    for length in rng.integers(1, 12, 3000):
        text = " ".join(rng.choice(parts, length))
        theirs, ours = analyzer.polarity_scores(text), measure_valence(text, lexicon)
        names = ("neg", "neu", "pos", "compound")
        assert ours.numbers == pytest.approx([theirs[name] for name in names], abs=6e-4), text


@given(st.text(max_size=80))
def test_any_text_has_a_sentiment(text: str) -> None:
    judged = judge(text, "en")
    assert judged.sentiment in SENTIMENTS and judged.version == model_version()
    assert judged.probability is None or 0 <= judged.probability <= 1


def test_the_phrase_table_has_each_phrase_once_and_names_a_wrong_line() -> None:
    content = files("foresell.feedback").joinpath(FILE).read_text(encoding="utf-8")
    assert len(load_phrases().points) == len(list(csv.DictReader(io.StringIO(content)))) > 70
    for wrong in ("good,x,", "good,9,", ",1,", "bad,1,\nbad,2,"):
        with pytest.raises(BadInput, match=r"line [23]"):
            read_phrases(f"phrase,points,note\n{wrong}\n")
    assert read_phrases("phrase,points,note\n").take_out("any text") == ("any text", {})
    assert read_phrases("phrase,points\nno bad,1\nbad,-1\n").take_out("No bad, badly") == (" , badly", {"no bad": 1.0})


def test_an_edited_table_is_another_version() -> None:
    assert read_phrases("phrase,points\ngood,1\n").digest != read_phrases("phrase,points\ngood,2\n").digest
    assert model_version().endswith(load_phrases().digest[:8])


def test_the_model_says_where_it_comes_from_and_holds_no_text() -> None:
    model = load_model()
    assert {"source", "licence", "texts", "trained_at", "method", "lexicon"} <= model.card.keys()
    assert len(model.terms) == 20_000
    assert max(term.count(" ") for term in model.terms) == 1, "one or two words: no sentence can be read from it"


@pytest.mark.real_data
def test_unseen_sentences(data_dir: Path) -> None:
    rows = benchmark.read_sentences(data_dir)
    labels, p = rows.label.to_numpy() == 1, benchmark.score_alone(rows.text)
    groups = {
        "all": (np.ones(len(rows), bool), 0.855, 0.935),
        "unseen": (~benchmark.find_shared(rows.text, data_dir), 0.855, 0.935),
        "negated": (benchmark.find_negated(rows.text), 0.82, 0.85),
    }
    for name, (mask, accuracy, auc) in groups.items():
        measured = benchmark.bootstrap(labels, p, 0.5, mask)
        assert measured["accuracy"] >= accuracy and measured["auc"] >= auc, name
    sure = benchmark.count_judgements([judge(text) for text in rows.text[::10]], labels[::10])
    assert sure["right"] >= 0.90 and sure["answered"] >= 0.65 and sure["not analysed"] <= 0.02
    assert benchmark.calibration_error(labels, p) <= 0.03
    control = benchmark.bootstrap(labels, np.random.default_rng(1).permutation(p), 0.5, groups["all"][0])
    assert control["accuracy"] < 0.55


def test_words_that_decide_nothing_are_not_shown() -> None:
    assert [each.word for each in judge("I love this mug").words] == ["love"]
    assert [each.word for each in judge("The food is great but the service is terrible").words] == ["terrible", "great"]
