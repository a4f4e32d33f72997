"""Metrics against scipy, scikit-learn and what trec_eval recorded; orders of equal scores by trial."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomorph.evaluation import InformationRetrievalEvaluator
from isomorph.evaluation.correlation import pearson, ranks, spearman
from isomorph.evaluation.relevance import of_scores
from isomorph.evaluation.thresholds import (
    Cuts,
    average_precision,
    best_accuracy,
    best_f1,
    matthews,
)

TREC = json.loads((Path(__file__).parent / "expected_trec.json").read_text("utf-8"))
RANDOM = np.random.default_rng(5)
VALUES = RANDOM.normal(size=200).round(1).astype(np.float32)
OTHERS = (VALUES + RANDOM.normal(size=200)).round(1)
LABELS = (VALUES + RANDOM.normal(size=200) > 0.3).astype(int)


def test_correlations():
    stats = pytest.importorskip("scipy.stats")
    np.testing.assert_array_equal(ranks(VALUES), stats.rankdata(VALUES))
    assert pearson(VALUES, OTHERS) == pytest.approx(stats.pearsonr(VALUES, OTHERS)[0], rel=1e-9)
    assert spearman(VALUES, OTHERS) == pytest.approx(stats.spearmanr(VALUES, OTHERS)[0], rel=1e-9)


def test_a_constant_side_has_no_correlation():
    assert np.isnan(pearson([0.1] * 7, range(7)))
    assert np.isnan(spearman(range(7), [3.3] * 7))


def test_average_precision_and_matthews():
    metrics = pytest.importorskip("sklearn.metrics")
    cuts = Cuts.of(VALUES, LABELS)
    want = metrics.average_precision_score(LABELS, VALUES)
    assert average_precision(cuts) == pytest.approx(want, rel=1e-9)
    said = VALUES > 0
    want = metrics.matthews_corrcoef(LABELS, said)
    assert matthews(said, LABELS) == pytest.approx(want, rel=1e-9)


def test_the_best_thresholds_are_what_scikit_learn_counts_there():
    metrics = pytest.importorskip("sklearn.metrics")
    cuts = Cuts.of(VALUES, LABELS)
    f1 = best_f1(cuts)
    said = f1.threshold <= VALUES
    assert f1.f1 == pytest.approx(metrics.f1_score(LABELS, said))
    assert f1.precision == pytest.approx(metrics.precision_score(LABELS, said))
    assert f1.recall == pytest.approx(metrics.recall_score(LABELS, said))
    accuracy, threshold = best_accuracy(cuts)
    assert accuracy == pytest.approx(metrics.accuracy_score(LABELS, threshold <= VALUES))
    others = np.unique(VALUES)
    assert f1.f1 == pytest.approx(max(metrics.f1_score(LABELS, t <= VALUES) for t in others))
    assert accuracy == pytest.approx(max(np.mean((t <= VALUES) == LABELS) for t in others))


def test_a_threshold_between_neighbours_does_not_take_in_the_lower_one():
    low = np.float32(1)
    high = np.nextafter(low, np.float32(2))
    threshold = best_f1(Cuts.of(np.array([high, low]), [1, 0])).threshold
    assert low < threshold <= high


def test_labels_that_are_all_equal():
    none, every = Cuts.of(VALUES, np.zeros(200)), Cuts.of(VALUES, np.ones(200))
    assert best_accuracy(none) == (1.0, pytest.approx(float(VALUES.max()), abs=1e-6))
    assert best_accuracy(none)[1] > VALUES.max()
    assert (best_f1(none).f1, average_precision(none)) == (0, 0)
    assert (best_f1(every).f1, average_precision(every)) == (1, 1)
    assert matthews(np.ones(5), [0, 1, 0, 1, 1]) == matthews([0, 1], [1, 1]) == 0


@pytest.mark.parametrize("k", [1, 3, 10, 99])
def test_ndcg_of_a_list_with_equal_scores(k):
    metrics = pytest.importorskip("sklearn.metrics")
    for start in range(0, 200, 25):
        scores, labels = VALUES[start : start + 25], LABELS[start : start + 25]
        precision, _, ndcg = of_scores(labels, scores, k)
        assert ndcg == pytest.approx(metrics.ndcg_score([labels], [scores], k=k))
        assert precision == pytest.approx(metrics.average_precision_score(labels, scores))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=6), st.integers(1, 4)
)
def test_reciprocal_rank_is_the_mean_over_all_orders_of_equal_scores(entries, k):
    labels, scores = [int(a) for a, _ in entries], [b for _, b in entries]
    _, got, _ = of_scores(labels, scores, k)
    found = []
    for order in permutations(range(len(entries))):
        ranked = sorted(order, key=lambda i: -scores[i])
        hits = [1 / (rank + 1) for rank, i in enumerate(ranked[:k]) if labels[i]]
        found.append(hits[0] if hits else 0)
    assert got == pytest.approx(np.mean(found))


class Scored:
    """Query i is the i-th unit vector, and a document holds its scores for all queries."""

    similarity_fn_name = "dot"

    def encode_query(self, inputs, **_):
        return np.eye(len(inputs), dtype=np.float32)

    def encode_document(self, inputs, **_):
        return np.array(inputs, np.float32)

    @staticmethod
    def similarity(a, b):
        return a @ b.T


def test_retrieval_as_trec_eval_counts_it():
    queries = list(TREC["scores"])
    columns = list(zip(*TREC["scores"].values(), strict=True))
    evaluator = InformationRetrievalEvaluator(
        {query: query for query in queries},
        dict(zip(TREC["documents"], columns, strict=True)),
        TREC["relevant"],
        corpus_chunk_size=17,
        mrr_at_k=[60],
        ndcg_at_k=[3, 10],
        accuracy_at_k=[1, 5],
        precision_recall_at_k=[1, 3, 10],
        map_at_k=[60],
    )
    got = evaluator(Scored())
    want = TREC["means"]
    names = {
        "ndcg@3": "ndcg_cut_3",
        "ndcg@10": "ndcg_cut_10",
        "precision@1": "P_1",
        "precision@10": "P_10",
        "recall@3": "recall_3",
        "recall@10": "recall_10",
        "mrr@60": "recip_rank",
        "accuracy@1": "success_1",
        "accuracy@5": "success_5",
        "map@60": "map_cut_100",
    }
    assert {mine: got[f"dot_{mine}"] for mine in names} == pytest.approx(
        {mine: want[theirs] for mine, theirs in names.items()}
    )
