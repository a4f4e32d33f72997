"""Sparse vectors in every layout, and tensors that keep their number type."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph import util
from isomorph.errors import InputError
from isomorph.postprocess.arrays import as_matrix
from isomorph.postprocess.tensors import LIBRARY

scipy = pytest.importorskip("scipy.sparse")
torch = pytest.importorskip(LIBRARY)

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CS")  # of torch, once in a process

VECTORS = np.array([[1, 0, 3, 0], [0, -2, 0, 0], [0, 0, 0, 0]], np.float32)
LAYOUTS = ("to_sparse_coo", "to_sparse_csr", "to_sparse_csc")
ONE_AXIS = (scipy.csr_array, scipy.coo_array)


def laid_out(layout, vectors=VECTORS):
    return getattr(torch.from_numpy(vectors), layout)()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sparse_tensors_of_every_layout_are_vectors(layout):
    vectors = laid_out(layout)
    for score in (util.cos_sim, util.euclidean_sim, util.pairwise_dot_score):
        found = score(vectors, vectors)
        np.testing.assert_allclose(found.numpy(), score(VECTORS, VECTORS), atol=1e-6)
    found = util.semantic_search(vectors, vectors, corpus_chunk_size=2)
    assert found == util.semantic_search(VECTORS, VECTORS)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "change",
    [
        util.normalize_embeddings,
        lambda vectors: util.truncate_embeddings(vectors, 2),
        lambda vectors: util.select_max_active_dims(vectors, 1),
    ],
)
def test_what_changes_vectors_gives_a_sparse_tensor_for_one(change, layout):
    found = change(laid_out(layout))
    assert found.layout is torch.sparse_coo
    np.testing.assert_allclose(found.to_dense().numpy(), change(VECTORS), atol=1e-6)
    one = change(torch.from_numpy(VECTORS[0]).to_sparse())
    np.testing.assert_allclose(one.to_dense().numpy(), change(VECTORS[0]), atol=1e-6)


@pytest.mark.parametrize("kind", ONE_AXIS)
def test_a_single_sparse_vector_keeps_its_axis(kind):
    vector = kind(VECTORS[0])
    for change in (
        util.normalize_embeddings,
        lambda given: util.truncate_embeddings(given, 2),
        lambda given: util.select_max_active_dims(given, 1),
    ):
        found = change(vector)
        assert found.ndim == 1
        np.testing.assert_allclose(found.toarray(), change(VECTORS[0]), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.* ranges are taken from")
@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
@pytest.mark.parametrize("kind", [scipy.csr_matrix, scipy.coo_array, list, "tensor"])
def test_sparse_vectors_are_quantised_with_their_zeros(kind, precision):
    wide = np.tile(VECTORS, (1, 2))
    given = laid_out("to_sparse_csr", wide) if kind == "tensor" else kind(wide)
    if kind is list:
        given = [scipy.csr_array(row) for row in wide]
    want = util.quantize_embeddings(wide, precision, calibration_embeddings=wide)
    found = util.quantize_embeddings(given, precision, calibration_embeddings=given)
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_tensors_keep_their_number_type(dtype):
    vectors = torch.from_numpy(VECTORS).to(dtype)
    for found in (
        util.truncate_embeddings(vectors, 2),
        util.truncate_embeddings(vectors, None),
        util.select_max_active_dims(vectors, 1),
        util.normalize_embeddings(vectors),
        util.normalize_embeddings(vectors.to_sparse()),
    ):
        assert found.dtype is dtype
    assert util.normalize_embeddings(torch.tensor([[3, 4]])).dtype is torch.float32


def test_lengths_that_float16_cannot_hold():
    vectors = np.array([[300, 400], [0, 0]], np.float16)
    found = util.normalize_embeddings(vectors)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0]], rtol=1e-6)


def test_complex_tensors_are_refused():
    with pytest.raises(InputError, match="real numbers, not of complex64"):
        util.cos_sim(torch.ones(2, 4, dtype=torch.complex64), VECTORS)


def test_token_vectors_may_be_sparse():
    texts = [VECTORS, VECTORS[:1]]
    found = util.maxsim([scipy.csr_array(text) for text in texts], texts)
    np.testing.assert_allclose(found, util.maxsim(texts, texts))


def test_a_part_of_a_tensor_has_its_gradients():
    vectors = torch.from_numpy(VECTORS).requires_grad_()
    util.truncate_embeddings(vectors, 2).sum().backward()
    assert vectors.grad.sum() == 2 * len(VECTORS)


def test_a_sparse_vector_of_one_axis_is_a_row():
    assert as_matrix(scipy.csr_array(VECTORS[0])).shape == (1, 4)
