"""Sparse rows, CSR and what is computed from it, held against dense float64."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse
from drawn import RANDOM
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isomorph.errors import InputError, Unsupported
from isomorph.postprocess import sparse
from isomorph.postprocess.similarity import similarity, similarity_pairwise

FORMS = {
    "csr": scipy.sparse.csr_array,
    "csc matrix": scipy.sparse.csc_matrix,
    "coo": scipy.sparse.coo_array,
    "numpy": np.asarray,
    "float64": lambda x: x.astype(np.float64),
    "list of rows": list,
    "list of numbers": lambda x: x.tolist(),
    "list of csr": lambda x: [scipy.sparse.csr_array(row[None]) for row in x],
}


def some(rows, size=40, density=0.3):
    values = RANDOM.normal(size=(rows, size)) * (RANDOM.random((rows, size)) < density)
    return values.astype(np.float32)


def check(matrix):
    assert matrix.dtype == np.float32
    assert matrix.has_canonical_format
    assert (matrix.data != 0).all()


class TestRows:
    def test_what_is_not_zero_is_kept_in_order(self):
        row = sparse.sparse_row(np.array([0, -2, 0, 1], np.float32))
        assert (row.columns.tolist(), row.values.tolist(), row.size) == ([1, 3], [-2, 1], 4)
        assert (row.columns.dtype, row.values.dtype) == (np.int32, np.float32)

    def test_the_largest_by_magnitude_stay_and_the_first_of_equal_ones(self):
        vector = np.array([1, -3, 2, -2, 2, 0, 3], np.float32)
        kept = {n: sparse.sparse_row(vector, n).columns.tolist() for n in (1, 2, 3, 4, 6, 99)}
        assert kept == {
            1: [1],
            2: [1, 6],
            3: [1, 2, 6],
            4: [1, 2, 3, 6],
            6: [0, 1, 2, 3, 4, 6],
            99: [0, 1, 2, 3, 4, 6],
        }

    def test_a_row_does_not_hold_on_to_its_batch(self):
        batch = some(3)
        row = sparse.sparse_row(batch[1])
        assert not np.shares_memory(row.values, batch)

    @given(arrays(np.float32, (4, 9), elements=st.sampled_from([0, 1, -2, 0.5])))
    def test_rows_make_the_matrix_that_they_came_from(self, dense):
        rows = [sparse.sparse_row(row) for row in dense]
        matrix = sparse.from_rows(rows, 9)
        check(matrix)
        np.testing.assert_array_equal(matrix.toarray(), dense)
        np.testing.assert_array_equal(sparse.dense(rows, 9), dense)

    def test_no_rows(self):
        assert sparse.from_rows([], 7).shape == (0, 7)
        assert sparse.dense([], 7).shape == (0, 7)


class TestForms:
    @pytest.mark.parametrize("form", FORMS)
    def test_every_form_of_a_batch_is_read(self, form):
        dense = some(5)
        found = sparse.as_csr(FORMS[form](dense))
        check(found)
        np.testing.assert_array_equal(found.toarray(), dense)

    def test_stored_zeros_and_duplicates_are_cleaned_in_a_copy(self):
        untidy = scipy.sparse.csr_array(([1.0, 0.0, 2.0], [3, 1, 2], [0, 2, 3]), shape=(2, 4))
        before = untidy.copy()
        found = sparse.as_csr(untidy)
        check(found)
        assert found.nnz == 2
        assert untidy.nnz == before.nnz

    def test_a_single_vector_is_one_row(self):
        assert sparse.as_csr(np.ones(4, np.float32)).shape == (1, 4)
        assert sparse.axes(np.ones(4)) == 1
        assert sparse.axes([[1.0, 0.0]]) == 2

    @pytest.mark.parametrize("wrong", [np.ones((2, 2, 2)), "text", [[1.0], [1.0, 2.0]], None])
    def test_what_is_no_vector_is_refused(self, wrong):
        with pytest.raises(InputError):
            sparse.as_csr(wrong)

    def test_without_scipy_the_command_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "scipy", None)
        with pytest.raises(Unsupported, match="pip install scipy"):
            sparse.from_rows([], 3)


class TestFigures:
    def test_sparsity(self):
        dense = np.array([[1, 0, 0, 2], [0, 0, 0, 3]], np.float32)
        assert sparse.sparsity(dense) == {"active_dims": 1.5, "sparsity_ratio": 1 - 1.5 / 4}
        assert sparse.sparsity(dense[0]) == {"active_dims": 2.0, "sparsity_ratio": 0.5}
        none = {"active_dims": 0.0, "sparsity_ratio": 1.0}
        assert sparse.sparsity(scipy.sparse.csr_array((0, 4))) == none

    def test_intersection_keeps_what_is_above_zero(self):
        one, many = np.array([1, -2, 3, 0], np.float32), np.array([[2, 2, 0, 1], [0, -1, 2, 1]])
        found = sparse.intersection(one, many)
        check(found)
        np.testing.assert_array_equal(found.toarray(), [[2, 0, 0, 0], [0, 2, 6, 0]])

    def test_intersection_takes_one_vector_first(self):
        with pytest.raises(InputError, match="one vector"):
            sparse.intersection(some(2), some(2))
        with pytest.raises(InputError, match="do not compare"):
            sparse.intersection(some(1), some(2, size=41))

    def test_ranked_is_heaviest_first_and_the_first_of_equal_ones(self):
        dense = np.array([[1, 0, 3, 3], [0, 0, 0, 0]], np.float32)
        assert sparse.ranked(dense, None) == [[(2, 3.0), (3, 3.0), (0, 1.0)], []]
        assert sparse.ranked(dense, 1) == [[(2, 3.0)], []]


EXACT = {
    "dot": lambda a, b: a @ b.T,
    "cosine": lambda a, b: _unit(a) @ _unit(b).T,
    "euclidean": lambda a, b: -np.sqrt(np.square(a[:, None] - b[None]).sum(-1)),
    "manhattan": lambda a, b: -np.abs(a[:, None] - b[None]).sum(-1),
}


def _unit(x):
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)


@pytest.mark.parametrize("name", EXACT)
class TestSimilarity:
    def test_it_is_the_formula(self, name):
        a, b = some(6), some(9)
        a[2] = b[4] = 0  # a text without any weight
        b[1] = a[0]
        want = EXACT[name](a.astype(np.float64), b.astype(np.float64))
        found = similarity(name, scipy.sparse.csr_array(a), b)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, want, rtol=0, atol=1e-5)
        pairs = similarity_pairwise(name, a, scipy.sparse.csr_array(b[:6]))
        assert pairs.dtype == np.float32
        np.testing.assert_allclose(pairs, np.diag(want), rtol=0, atol=1e-5)

    def test_a_vector_is_at_no_distance_from_itself(self, name):
        a = some(4) * 100
        if name in ("euclidean", "manhattan"):
            assert np.abs(np.diag(similarity(name, a, a))).max() < 1e-4

    def test_nothing_compares_with_nothing(self, name):
        assert similarity(name, scipy.sparse.csr_array((0, 40)), some(3)).shape == (0, 3)
        assert similarity(name, some(3), scipy.sparse.csr_array((0, 40))).shape == (3, 0)
        assert similarity_pairwise(name, *[scipy.sparse.csr_array((0, 40))] * 2).shape == (0,)

    def test_other_sizes_are_refused(self, name):
        with pytest.raises(InputError):
            similarity(name, some(2), some(2, size=41))
        with pytest.raises(InputError):
            similarity_pairwise(name, some(2), some(3))


def test_an_unknown_similarity_is_refused():
    with pytest.raises(InputError, match="manhattan"):
        similarity("nearness", some(1), some(1))
