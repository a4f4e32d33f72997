"""Tiny models, loaded and asked as users do."""

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.testing.models import write

TEXTS = ["one", "two words", "three words here", "and a longer text of more words than those"]


@pytest.fixture
def folder(tmp_path):
    """A tiny model of an encoder, pooling and more."""
    return write("everything", tmp_path / "model")


@pytest.fixture
def expected(folder):
    """What the reference makes of the texts."""
    return SentenceTransformer(folder, backend="reference").encode(TEXTS)


@pytest.fixture
def close(expected):
    """Asserts that a model gives the reference's vectors, within so much of the largest number."""

    def check(model, within=1e-5):
        found = model.encode(TEXTS)
        assert np.abs(found - expected).max() <= within * np.abs(expected).max()

    return check
