"""CrossEncoders that sentence-transformers from 5.4 on makes of an encoder, a pooling and a Dense."""

from __future__ import annotations

import json

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.testing import models

PAIRS = [("the cat sat", "a red dog"), ("rain", "the cat ran in the rain and the dog sat")]


@pytest.fixture
def folder(tmp_path):
    """A chain whose Dense writes scores beside the vectors that the pooling has written."""
    found = models.write("dense-tanh", tmp_path / "model")
    path = found / "2_Dense" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "module_output_name": "scores"}))
    return found


def test_they_are_the_scores_on_every_backend(folder, backend, tmp_path):
    model = CrossEncoder(folder, backend=backend)
    scores = model.predict(PAIRS)
    assert model.num_labels == scores.shape[1] > 1
    assert np.ptp(scores, axis=0).max() > 0.01
    np.testing.assert_allclose(
        scores, CrossEncoder(folder, backend="reference").predict(PAIRS), atol=1e-5
    )
    assert len(model) == 3
    model.save_pretrained(tmp_path / "saved")
    again = CrossEncoder(tmp_path / "saved", backend="reference")
    np.testing.assert_allclose(again.predict(PAIRS), scores, atol=1e-5)


def test_its_vectors_are_those_of_the_pooling(folder):
    vectors = SentenceTransformer(folder, backend="reference").encode(["the cat sat"])
    assert vectors.shape[1] != CrossEncoder(folder, backend="reference").num_labels
