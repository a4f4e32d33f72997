from __future__ import annotations

from enum import Enum

import numpy as np
import pytest

from isomorph.errors import InputError
from isomorph.postprocess.similarity import check_name, similarity, similarity_pairwise

NAMES = ("cosine", "dot", "euclidean", "manhattan")
RANDOM = np.random.default_rng(1)
A = RANDOM.normal(size=(3, 5)).astype(np.float32)
B = RANDOM.normal(size=(4, 5)).astype(np.float32)
BY_HAND = {
    "cosine": lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b),
    "dot": lambda a, b: a @ b,
    "euclidean": lambda a, b: -np.linalg.norm(a - b),
    "manhattan": lambda a, b: -np.abs(a - b).sum(),
}


@pytest.mark.parametrize("name", NAMES)
def test_matrix_and_pairs_by_hand(name):
    want = [[BY_HAND[name](a, b) for b in B] for a in A]
    got = similarity(name, A, B)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=1e-6)
    pairs = similarity_pairwise(name, A, B[:3])
    assert pairs.dtype == np.float32
    np.testing.assert_allclose(pairs, np.diagonal(got[:, :3]), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_lists_of_vectors_and_single_vectors(name):
    want = similarity(name, A, B)
    np.testing.assert_array_equal(similarity(name, list(A), list(B)), want)
    np.testing.assert_array_equal(similarity(name, A.tolist(), B), want)
    assert similarity(name, A.tolist(), B.tolist()).dtype == np.float32
    assert similarity(name, A[0], B).shape == (1, 4)
    assert similarity_pairwise(name, A[0], B[0]).shape == (1,)


@pytest.mark.parametrize("name", NAMES)
def test_a_single_vector_beside_many(name):
    want = similarity(name, A[0], B)[0]
    for one in (A[0], A[:1]):
        np.testing.assert_allclose(similarity_pairwise(name, one, B), want, atol=1e-6)
        np.testing.assert_allclose(similarity_pairwise(name, B, one), want, atol=1e-6)
        assert similarity_pairwise(name, one, B[:0]).shape == (0,)
    sparse = pytest.importorskip("scipy.sparse")
    got = similarity_pairwise(name, sparse.csr_array(A[:1]), sparse.coo_matrix(B))
    np.testing.assert_allclose(got, want, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_vectors(name):
    assert similarity(name, A[:0], B).shape == (0, 4)
    assert similarity(name, A, B[:0]).shape == (3, 0)
    assert similarity_pairwise(name, A[:0], B[:0]).shape == (0,)


def test_wide_types_stay_and_narrow_ones_are_widened():
    assert similarity("dot", A.astype(np.float64), B.astype(np.float64)).dtype == np.float64
    assert similarity("dot", A.astype(np.float16), B.astype(np.float16)).dtype == np.float32
    ints = np.array([[100, 100]], np.int8)
    assert similarity("dot", ints, ints).item() == 20000


def test_small_distances_are_kept():
    near = A[:1] + np.float32(1e-4)
    want = -np.linalg.norm(near.astype(np.float64) - A[0])
    assert similarity("euclidean", A[:1], near).item() == pytest.approx(want, rel=1e-3)


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value")
def test_large_distances_are_numbers():
    far = np.array([[3e19, 0], [3e19, 4], [np.inf, 0]], np.float32)
    want = [[0, -4, -np.inf], [-4, 0, -np.inf], [-np.inf, -np.inf, np.nan]]
    np.testing.assert_array_equal(similarity("euclidean", far, far), want)


def test_what_does_not_compare():
    with pytest.raises(InputError, match="Vectors of 5 and 4 features do not compare"):
        similarity("dot", A, B[:, :4])
    with pytest.raises(InputError, match=r"these are \(3, 5\) and \(4, 5\)"):
        similarity_pairwise("dot", A, B)
    with pytest.raises(InputError, match="These are no vectors"):
        similarity("dot", np.array(["1", "2"], np.dtypes.StringDType()), A[:, :2])
    with pytest.raises(InputError, match="'jaccard' is not one of cosine, dot"):
        similarity("jaccard", A, B)


def test_an_enum_of_names():
    class Functions(Enum):
        DOT = "dot"

    assert check_name(Functions.DOT) == "dot"
