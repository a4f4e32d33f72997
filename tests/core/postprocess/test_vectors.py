from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from isomorph.errors import InputError
from isomorph.postprocess.vectors import normalize, quantize_embeddings, truncate

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(120, 20)).astype(np.float32)
FLOATS = st.floats(-1000, 1000, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=FLOATS))
def test_normalised_rows_have_length_one_or_were_nothing(vectors):
    norms = np.linalg.norm(normalize(vectors).astype(np.float64), axis=1)
    tiny = np.linalg.norm(vectors.astype(np.float64), axis=1) < 1e-12
    np.testing.assert_allclose(norms[~tiny], 1, atol=1e-5)


def test_nothing_stays_nothing():
    assert not normalize(np.zeros((2, 3), np.float32)).any()
    assert normalize(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_truncation():
    assert truncate(VECTORS, None) is VECTORS
    assert truncate(VECTORS, 7).shape == (120, 7)
    assert truncate(VECTORS, 99).shape == (120, 20)
    assert truncate(VECTORS[0], 7).flags.c_contiguous


def test_bytes_between_the_ranges():
    ranges = np.array([[0.0], [255.0]], np.float32)
    vectors = np.array([[-5], [0], [1.5], [254.9], [255], [999]], np.float32)
    got = quantize_embeddings(vectors, "uint8", ranges)
    assert got.dtype == np.uint8
    assert got[:, 0].tolist() == [0, 0, 1, 254, 255, 255]
    signed = quantize_embeddings(vectors, "int8", ranges)
    assert signed.dtype == np.int8
    assert signed[:, 0].tolist() == [-128, -128, -127, 126, 127, 127]


def test_ranges_from_calibration_vectors():
    want = quantize_embeddings(
        VECTORS[:3], "int8", np.stack([VECTORS.min(axis=0), VECTORS.max(axis=0)])
    )
    got = quantize_embeddings(VECTORS[:3], "int8", calibration_embeddings=VECTORS)
    np.testing.assert_array_equal(got, want)


def test_few_vectors_warn_when_they_are_their_own_calibration():
    with pytest.warns(UserWarning, match="taken from 3 embeddings only"):
        quantize_embeddings(VECTORS[:3], "uint8")
    quantize_embeddings(VECTORS, "uint8")


def test_a_feature_that_never_changes():
    constant = np.ones((120, 2), np.float32)
    assert quantize_embeddings(constant, "uint8").tolist() == [[0, 0]] * 120


def test_bits():
    vectors = np.array([[1, -1, 0, 2, 0, 0, 0, 0, 3]], np.float32)
    assert quantize_embeddings(vectors, "ubinary").tolist() == [[0b10010000, 0b10000000]]
    assert quantize_embeddings(vectors, "binary").tolist() == [[0b10010000 - 128, 0]]
    assert quantize_embeddings(vectors, "binary").dtype == np.int8


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary", "float32"])
def test_no_vectors(precision):
    got = quantize_embeddings(np.zeros((0, 20), np.float32), precision)
    assert len(got) == 0
    assert str(got.dtype) == {"binary": "int8", "ubinary": "uint8"}.get(precision, precision)


def test_refusals():
    with pytest.raises(InputError, match="'int4' is not supported: take one of float32, int8"):
        quantize_embeddings(VECTORS, "int4")
    with pytest.raises(InputError, match="are uint8 already"):
        quantize_embeddings(quantize_embeddings(VECTORS, "uint8"), "int8")
