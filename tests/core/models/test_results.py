"""Results as tensors, for one call or for all calls of a model."""

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError

torch = pytest.importorskip("torch")

PAIR = ["one text", "another"]


def parity(*parts):
    from pathlib import Path

    return Path(__file__).parents[2].joinpath("parity", *parts)


def test_a_similarity_as_a_tensor():
    model = SentenceTransformer(parity("models", "bert-mean"), backend="reference")
    vectors = model.encode(PAIR)
    wanted = model.similarity(vectors, vectors)
    found = model.similarity(vectors, vectors, convert_to_tensor=True)
    np.testing.assert_array_equal(found.cpu().numpy(), wanted)
    pairs = model.similarity_pairwise(vectors, vectors, convert_to_tensor=True)
    assert pairs.max(dim=0).indices < 2


def test_every_result_of_a_model_as_a_tensor():
    model = SentenceTransformer(parity("models", "bert-mean"), backend="reference", results="torch")
    vectors = model.encode(PAIR)
    assert isinstance(vectors, torch.Tensor)
    assert isinstance(model.similarity(vectors.numpy(), vectors.numpy()), torch.Tensor)
    sparse = SparseEncoder(
        parity("sparse", "models", "splade-max"), backend="reference", results="torch"
    )
    assert sparse.encode(PAIR).is_sparse
    ranker = CrossEncoder(
        parity("cross_encoders", "models", "bert-plain"), backend="reference", results="torch"
    )
    assert isinstance(ranker.predict([PAIR]), torch.Tensor)


def test_another_word_is_refused():
    with pytest.raises(InputError, match="numpy, torch"):
        SentenceTransformer(parity("models", "bert-mean"), results="jax")
