"""A pooled vector is the text's own, on whichever side the others of its batch make it be padded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.encoders.describe import families
from isomorph.testing import models
from isomorph.testing.recipes import Recipe, pooling
from isomorph.testing.tiny_encoders import of_family

MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
TEXTS = ["the cat", "a red dog ran in the rain and the cat sat", "rain"]


@pytest.fixture
def folder(tmp_path):
    """A tiny decoder of all modes, whose tokenizer pads on the left."""
    family = families()["llama"]
    tiny = of_family(family, family.tiny["llama"])
    recipe = Recipe(tiny, (pooling(*MODES, hidden=tiny.hidden, include_prompt=False),))
    found = models.write_recipe(recipe, tmp_path / "model")
    path = found / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": "left"}))
    return found


@pytest.mark.parametrize("prompt", [None, "a dog "])
def test_neighbours_do_not_change_a_vector(folder, backend, prompt):
    model = SentenceTransformer(folder, backend=backend)
    alone = np.stack([model.encode(text, prompt=prompt) for text in TEXTS])
    together = model.encode(TEXTS, prompt=prompt, batch_size=3)
    np.testing.assert_allclose(together, alone, atol=2e-5 * np.abs(alone).max())
    reference = SentenceTransformer(folder, backend="reference").encode(TEXTS, prompt=prompt)
    np.testing.assert_allclose(together, reference, atol=2e-5 * np.abs(alone).max())
