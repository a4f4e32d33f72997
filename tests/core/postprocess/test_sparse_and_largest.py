from __future__ import annotations

import numpy as np
import pytest
from drawn import RANDOM
from hypothesis import given
from hypothesis import strategies as st

from isomorph import util
from isomorph.errors import InputError
from isomorph.postprocess.largest import largest
from isomorph.postprocess.similarity import DENSE, SimilarityFunction

sparse = pytest.importorskip("scipy.sparse")

NUMBERS = np.random.default_rng(6)
A = (NUMBERS.normal(size=(5, 12)) * (NUMBERS.random((5, 12)) < 0.4)).astype(np.float32)
B = (NUMBERS.normal(size=(4, 12)) * (NUMBERS.random((4, 12)) < 0.4)).astype(np.float32)
A[2] = 0
KINDS = (sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix, sparse.csc_array)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DENSE)
def test_sparse_rows_score_like_dense_ones(name, kind):
    matrix = SimilarityFunction.to_similarity_fn(name)
    pairs = SimilarityFunction.to_similarity_pairwise_fn(name)
    for left, right in ((kind(A), kind(B)), (kind(A), B), (A, kind(B))):
        got = matrix(left, right)
        assert type(got) is np.ndarray
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, matrix(A, B), atol=1e-6)
        got = pairs(
            left[:4] if hasattr(left, "indptr") and kind is KINDS[0] else kind(A[:4]), right
        )
        assert type(got) is np.ndarray
        np.testing.assert_allclose(got, pairs(A[:4], B), atol=1e-6)
    rows = [kind(row[None]) for row in A]
    np.testing.assert_allclose(matrix(rows, B), matrix(A, B), atol=1e-6)


def test_sparse_corpora_are_searched():
    want = util.semantic_search(B, A, top_k=3)
    for got in (
        util.semantic_search(sparse.csr_matrix(B), sparse.coo_matrix(A), top_k=3),
        util.semantic_search(B, sparse.csr_array(A), top_k=3, corpus_chunk_size=2),
    ):
        assert [[h["corpus_id"] for h in hits] for hits in got] == [
            [h["corpus_id"] for h in hits] for hits in want
        ]
    assert len(util.paraphrase_mining_embeddings(sparse.csr_matrix(A))) == 10
    assert len(util.community_detection(sparse.csr_matrix(A), -1, 1)) == 1


def test_sparse_vectors_keep_their_form():
    unit = util.normalize_embeddings(sparse.csr_matrix(A))
    np.testing.assert_allclose(unit.toarray(), util.normalize_embeddings(A), atol=1e-6)
    assert util.truncate_embeddings(sparse.csr_matrix(A), 3).shape == (5, 3)
    few = util.select_max_active_dims(sparse.csr_matrix(A), 2)
    np.testing.assert_array_equal(few.toarray(), util.select_max_active_dims(A, 2))
    assert few.nnz <= 10


def test_active_dims():
    vectors = np.array([[3, -5, 1, -3], [0, 0, 0, 2]], np.float32)
    before = vectors.copy()
    assert util.select_max_active_dims(vectors, 2).tolist() == [[3, -5, 0, 0], [0, 0, 0, 2]]
    assert util.select_max_active_dims(vectors[0], 1).tolist() == [0, -5, 0, 0]
    np.testing.assert_array_equal(util.select_max_active_dims(vectors, 99), vectors)
    assert util.select_max_active_dims(vectors, None) is vectors
    np.testing.assert_array_equal(vectors, before)
    with pytest.raises(
        InputError, match="max_active_dims must be a positive integer, or None, not 0"
    ):
        util.select_max_active_dims(vectors, 0)


ROWS = st.lists(st.integers(-3, 3).map(float) | st.just(float("nan")), min_size=1, max_size=40)


@given(ROWS, st.integers(0, 45), st.sampled_from([1, 4, 1024]))
def test_the_largest_in_a_defined_order(row, k, groups):
    scores = np.array([row, row[::-1]], np.float32)
    clean = np.where(np.isnan(scores), -np.inf, scores)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isomorph.postprocess.largest.FEWEST_GROUPS", groups)
        values, places = largest(scores, k)
    want = np.argsort(-clean, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, want)
    np.testing.assert_array_equal(values, np.take_along_axis(clean, want, axis=1))


def test_the_largest_of_long_rows():
    scores = RANDOM.normal(size=(3, 50_001)).round(2).astype(np.float32)
    _, places = largest(scores, 70)
    np.testing.assert_array_equal(places, np.argsort(-scores, axis=1, kind="stable")[:, :70])


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.int8, np.int64, bool])
def test_the_largest_of_whole_numbers_and_of_truths(kind):
    scores = np.array([[0, 5, 200 if np.dtype(kind).kind == "u" else -128, 127, 1, 0]])
    values, places = largest(scores.astype(kind), 6)
    want = np.argsort(-scores.astype(kind).astype(float), axis=1, kind="stable")
    np.testing.assert_array_equal(places, want)
    assert values.dtype == kind


def test_a_whole_number_without_an_absolute_value_is_the_largest():
    vectors = np.array([[-128, 3, 127]], np.int8)
    assert util.select_max_active_dims(vectors, 1).tolist() == [[-128, 0, 0]]


def test_names():
    assert SimilarityFunction.possible_values() == [
        "cosine",
        "dot",
        "euclidean",
        "manhattan",
        "maxsim",
        "meanmaxsim",
    ]
    assert SimilarityFunction("dot") is SimilarityFunction.DOT is SimilarityFunction.DOT_PRODUCT
    assert SimilarityFunction.to_similarity_fn(SimilarityFunction.DOT) is util.dot_score
    assert SimilarityFunction.to_similarity_pairwise_fn("meanmaxsim") is util.mean_maxsim_pairwise
    with pytest.raises(InputError, match="'l2' is not one of cosine, dot"):
        SimilarityFunction.to_similarity_fn("l2")


def test_everything_has_its_public_name():
    assert all(callable(getattr(util, name)) for name in util.__all__)


def test_vectors_of_one_list_differ_in_length():
    with pytest.raises(InputError, match="The 2 vectors differ in length"):
        util.cos_sim([np.ones(2), np.ones(3)], np.ones(2))
    with pytest.raises(InputError, match=r"not an array of shape \(2, 2, 2\)"):
        util.dot_score(np.ones((2, 2, 2)), np.ones(2))
