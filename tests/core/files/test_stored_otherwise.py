"""Weights that are stored under longer names or in half precision: read as they are meant, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.testing import models

TEXTS = ["the cat sat", "a red dog ran in the rain"]
WEIGHTS = "model.safetensors"


def encode(folder, backend):
    return SentenceTransformer(folder, backend=backend).encode(TEXTS)


@pytest.mark.parametrize("prefix", ["0.auto_model.", "module.", "encoder.bert."])
def test_names_behind_a_prefix_give_the_same_vectors_or_are_refused(tmp_path, backend, prefix):
    folder = models.write("pool-cls", tmp_path / "model")
    expected = encode(folder, "reference")
    named = {prefix + name: value for name, value in load_file(folder / WEIGHTS).items()}
    save_file(named, folder / WEIGHTS, {"format": "pt"})
    assert np.allclose(encode(folder, "reference"), expected)
    try:
        found = encode(folder, backend)
    except BadModel:
        return  # they would be random numbers there
    assert np.allclose(found, expected, atol=1e-5)


def test_a_static_table_in_half_precision_is_summed_in_float32(tmp_path, backend):
    folder = models.write("static", tmp_path / "model")
    place = next(folder.rglob(WEIGHTS))
    halves = {name: value.astype(np.float16) for name, value in load_file(place).items()}
    save_file({name: value.astype(np.float32) for name, value in halves.items()}, place)
    expected = encode(folder, "reference")
    save_file(halves, place)
    found = encode(folder, backend)
    assert found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-6)
