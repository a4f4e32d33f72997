"""Options of a ``config.json`` that are of training or of memory: vectors are the same with and without."""

from __future__ import annotations

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.testing import models

TEXTS = ["the cat sat", "a red dog ran in the rain and the cat sat"]


@pytest.mark.parametrize(
    "options",
    [
        {"chunk_size_feed_forward": 4},
        {"output_attentions": True},
        {"output_hidden_states": True},
        {"return_dict": False},
        {"pruned_heads": {"0": [1]}},
        {"dtype": "float16", "torch_dtype": "float16"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_vectors_are_the_same(tmp_path, backend, options):
    folder = models.write("pool-cls", tmp_path / "model")
    expected = SentenceTransformer(folder, backend="reference").encode(TEXTS)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **options}))
    found = SentenceTransformer(folder, backend=backend).encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
