"""Quantising what callers hold: lists, tensors' kin, and lists of matrices that share their ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer, quantize_embeddings
from isomorph.errors import InputError

PARITY = Path(__file__).parents[2] / "parity"
RNG = np.random.default_rng(5)
VECTORS = RNG.normal(size=(150, 12)).astype(np.float32)
MATRICES = [VECTORS[:70], VECTORS[70:71], VECTORS[71:]]
PRECISIONS = ["float32", "int8", "uint8", "binary", "ubinary"]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_nothing_stays_nothing(precision):
    assert quantize_embeddings([], precision) == []
    assert quantize_embeddings((), precision) == []
    width = 2 if "binary" in precision else 12
    assert quantize_embeddings(VECTORS[:0], precision).shape == (0, width)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_list_of_vectors_is_an_array(precision):
    wanted = quantize_embeddings(VECTORS, precision)
    for listed in (list(VECTORS), tuple(VECTORS), VECTORS.tolist()):
        np.testing.assert_array_equal(quantize_embeddings(listed, precision), wanted)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_matrices_share_their_ranges(precision):
    found = quantize_embeddings(MATRICES, precision)
    assert [len(each) for each in found] == [len(each) for each in MATRICES]
    np.testing.assert_array_equal(np.concatenate(found), quantize_embeddings(VECTORS, precision))


def test_matrices_calibrate_and_take_ranges():
    ranges = np.stack([VECTORS.min(axis=0), VECTORS.max(axis=0)])
    wanted = quantize_embeddings(VECTORS[:1], "int8", ranges=ranges)
    for known in ({"ranges": ranges}, {"calibration_embeddings": MATRICES}):
        (found,) = quantize_embeddings([VECTORS[:1]], "int8", **known)
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("embeddings", "options", "said"),
    [
        ([VECTORS[:2], VECTORS[:2, :5]], {}, "differ in the length"),
        ([VECTORS[0], VECTORS[0, :5]], {}, "differ in length"),
        ([VECTORS.astype(np.int8)], {}, "already"),
        (VECTORS, {"ranges": np.zeros((3, 12))}, r"\(2, dim\)"),
        (VECTORS, {"calibration_embeddings": VECTORS[:0]}, "empty"),
        (5.0, {}, "single number"),
        (None, {}, "no vectors"),
    ],
)
def test_what_cannot_be_quantised(embeddings, options, said):
    with pytest.raises(InputError, match=said):
        quantize_embeddings(embeddings, "int8", **options)


def test_what_a_late_interaction_model_gives():
    model = MultiVectorEncoder(PARITY / "multi_vector/models/modern", backend="reference")
    found = quantize_embeddings(model.encode(["the river", "a sea"] * 40), "int8")
    assert [each.dtype for each in found] == [np.int8] * 80
    assert model.similarity(found[:2], found[:2]).shape == (2, 2)


@pytest.mark.filterwarnings("ignore:.*ranges are taken")
def test_a_call_for_token_vectors_quantises_them_too():
    model = SentenceTransformer(PARITY / "models/bert-mean", backend="reference")
    texts = ["the river", "a sea"]
    tokens = model.encode(texts, output_value="token_embeddings")
    found = model.encode(texts, output_value="token_embeddings", precision="int8")
    for one, other in zip(found, quantize_embeddings(tokens, "int8"), strict=True):
        assert one.dtype == np.int8
        np.testing.assert_array_equal(one, other)
