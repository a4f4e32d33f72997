"""Scores and search against what sentence-transformers recorded."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph import util
from isomorph.postprocess.similarity import SimilarityFunction

from .cases import ALL, LEFT, RIGHT, vectors

A, B = vectors(LEFT), vectors(RIGHT)
NOISE = (np.random.default_rng(3).normal(size=A.shape) / 50).astype(np.float32)


@pytest.mark.parametrize("name", ALL)
def test_similarities(name, expected_scores):
    matrix = SimilarityFunction.to_similarity_fn(name)(A[:9], B[:9])
    np.testing.assert_allclose(matrix, expected_scores[f"{name}/matrix"], rtol=2e-6, atol=2e-6)
    pairs = SimilarityFunction.to_similarity_pairwise_fn(name)(A[:9], B[:9])
    np.testing.assert_allclose(pairs, expected_scores[f"{name}/pairs"], rtol=2e-6, atol=2e-6)


def test_angle_and_active_dims(expected_scores):
    angle = util.pairwise_angle_sim(A[:9], B[:9])
    np.testing.assert_allclose(angle, expected_scores["angle"], rtol=2e-6, atol=2e-6)
    ramp = np.linspace(0, 0.1, 16, dtype=np.float32)
    active = util.select_max_active_dims(A[:9] + ramp, 5)
    np.testing.assert_allclose(active, expected_scores["active"], rtol=2e-6)
    assert (np.count_nonzero(active, axis=1) == 5).all()


def test_late_interaction(expected_scores):
    left = [A[:1], A[1:4], A[4:9], A[:0]]
    right = [B[:3], B[3:3], B[3:9]]
    grid, mask = A[:8].reshape(2, 4, 16), np.array([[1, 1, 0, 0], [0, 1, 1, 1]])
    padded = np.concatenate([grid, np.zeros((2, 2, 16), np.float32)], axis=1)
    got = {
        "maxsim": util.maxsim(left, right),
        "mean_maxsim": util.mean_maxsim(left, right),
        "maxsim/pairs": util.maxsim_pairwise(left[:3], right),
        "mean_maxsim/pairs": util.mean_maxsim_pairwise(left[:3], right),
        "maxsim/masked": util.maxsim(grid, grid[::-1], mask, mask),
        "maxsim/padded": util.mean_maxsim(padded, padded),
    }
    for name, value in got.items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, expected_scores[name], rtol=2e-6, err_msg=name)


@pytest.mark.parametrize(
    ("name", "options"),
    [("search", {}), ("search-dot", {"score_function": util.dot_score, "corpus_chunk_size": 50})],
)
def test_semantic_search(name, options, expected):
    got = util.semantic_search(B + NOISE, A + NOISE, top_k=7, **options)
    assert len(got) == len(expected[name])
    for mine, theirs in zip(got, expected[name], strict=True):
        assert [hit["corpus_id"] for hit in mine] == [hit["corpus_id"] for hit in theirs]
        scores = [hit["score"] for hit in theirs]
        assert [hit["score"] for hit in mine] == pytest.approx(scores, rel=2e-6)


def test_paraphrases(expected):
    got = util.paraphrase_mining_embeddings(A + NOISE, top_k=5, max_pairs=60)
    assert [pair[1:] for pair in got] == [pair[1:] for pair in expected["pairs"]]
    assert [p[0] for p in got] == pytest.approx([p[0] for p in expected["pairs"]], rel=2e-6)


def test_communities(expected):
    a = A[:9]
    crowd = np.concatenate([a, a + NOISE[:9], a + NOISE[9:18], a[:4] + NOISE[20:24]])
    got = util.community_detection(crowd, threshold=0.9, min_community_size=3)
    assert got == expected["communities"]
