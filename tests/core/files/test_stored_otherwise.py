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


def test_two_encoders_in_one_file_are_refused_by_their_names(tmp_path, backend):
    folder = models.write("pool-cls", tmp_path / "model")
    tensors = load_file(folder / WEIGHTS)
    both = {**tensors, **{f"student.{name}": 2 * value for name, value in tensors.items()}}
    save_file(both, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(BadModel, match=r"two encoders, of which the model is one"):
        encode(folder, backend)


@pytest.mark.parametrize(
    ("name", "halves"), [("t5", ["encoder"]), ("bart", ["encoder", "decoder"])]
)
def test_a_half_with_a_table_of_its_own_reads_that(tmp_path, backend, name, halves):
    folder = models.write(name, tmp_path / "model")
    tensors = load_file(folder / WEIGHTS)
    shared = next(stored for stored in tensors if stored.endswith("shared.weight"))
    table = np.ascontiguousarray(tensors[shared][:, ::-1])
    save_file({**tensors, shared: table}, folder / WEIGHTS, {"format": "pt"})
    expected = encode(folder, "reference")
    own = {f"{half}.embed_tokens.weight": table.copy() for half in halves}
    save_file({**tensors, **own}, folder / WEIGHTS, {"format": "pt"})
    np.testing.assert_allclose(encode(folder, backend), expected, atol=1e-5)
    assert (
        np.abs(expected - encode(models.write(name, tmp_path / "whole"), "reference")).max() > 0.01
    )


def test_a_tensor_under_its_old_and_its_new_name_is_refused(tmp_path, backend):
    folder = models.write("pool-cls", tmp_path / "model")
    tensors = load_file(folder / WEIGHTS)
    name = next(stored for stored in tensors if stored.endswith("LayerNorm.weight"))
    old = name.replace(".weight", ".gamma")
    save_file({**tensors, old: 2 * tensors[name]}, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(BadModel, match=r"LayerNorm\.gamma', two names of one tensor"):
        encode(folder, backend)
