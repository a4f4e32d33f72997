"""Options that a ``config.json`` says in two ways: the one that transformers follows counts everywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.encoders.heads.layouts import labels
from isomorph.errors import BadModel
from isomorph.testing import models

CLASSIFIERS = Path(__file__).parents[2] / "parity" / "cross_encoders" / "models"
TEXTS = ["the cat sat", "a red dog ran in the rain"]


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
    return folder


def test_the_activation_that_was_written_beside_the_projection(tmp_path, backend):
    folder = models.write("t5", tmp_path / "model")
    plain = SentenceTransformer(folder, backend="reference").encode(TEXTS)
    edit(folder, dense_act_fn="silu")
    found = SentenceTransformer(folder, backend=backend).encode(TEXTS)
    assert np.abs(found - plain).max() > 0.01
    said = edit(models.write("t5", tmp_path / "said"), feed_forward_proj="silu")
    expected = SentenceTransformer(said, backend="reference").encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "count"),
    [
        ({}, 2),
        ({"num_labels": 3}, 3),
        ({"id2label": {"0": "no"}}, 1),
        ({"num_labels": None, "id2label": {"0": "no"}}, 1),
        ({"num_labels": 3, "id2label": {"0": "no"}}, 3),
    ],
)
def test_how_many_labels_there_are(config, count):
    assert labels(config) == count


def test_a_number_of_labels_that_the_weights_contradict_is_refused(tmp_path, backend):
    source = next(place for place in sorted(CLASSIFIERS.iterdir()) if "bert" in place.name)
    folder = edit(Path(shutil.copytree(source, tmp_path / "model")), num_labels=7)
    with pytest.raises(BadModel, match="7"):
        CrossEncoder(folder, backend=backend).predict([("a cat", "a dog")])
