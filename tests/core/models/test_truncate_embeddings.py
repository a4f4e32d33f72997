"""Vectors cut to their leading features, for a call, a block or a model."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.testing.models import write


@pytest.fixture
def model(tmp_path):
    folder = write("bert", tmp_path / "model")
    with SentenceTransformer(folder, backend="reference") as model:
        yield model


def test_a_block_cuts_and_then_it_is_as_before(model):
    whole = model.encode(["cat"])
    assert model.get_embedding_dimension() == whole.shape[1]
    with model.truncate_embeddings(5):
        assert model.get_embedding_dimension() == 5
        np.testing.assert_array_equal(model.encode(["cat"]), whole[:, :5])
        np.testing.assert_array_equal(model.encode(["cat"], truncate_dim=3), whole[:, :3])
    np.testing.assert_array_equal(model.encode(["cat"]), whole)


def test_a_block_that_raises_leaves_the_model_as_it_was(model):
    with pytest.raises(InputError), model.truncate_embeddings(5):
        model.encode([None])
    assert model.truncate_dim is None
