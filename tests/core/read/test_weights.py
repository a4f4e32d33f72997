from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, Unsupported
from isomorph.read.model import read_model

WEIGHTS = "model.safetensors"


@pytest.fixture
def change(folder):
    """Applies a function to the tensors of the encoder's file."""

    def apply(function):
        tensors = load_file(folder / WEIGHTS)
        function(tensors)
        save_file(tensors, folder / WEIGHTS)

    return apply


def encode(folder):
    return SentenceTransformer(folder, backend="reference").encode(["the river", ""])


def test_headers_only_and_the_right_numbers(folder):
    tensors = read_model(folder).tensors["0"]
    for name, want in load_file(folder / WEIGHTS).items():
        np.testing.assert_array_equal(tensors[name].numpy(), want)
        assert not tensors[name].raw().flags.owndata
        assert not tensors[name].raw().flags.writeable


@pytest.mark.parametrize("keep", [0, 7, 100, -1, -1000])
def test_a_truncated_file(folder, keep):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[:keep])
    with pytest.raises(BadModel, match="not a complete safetensors file"):
        read_model(folder)


def test_a_pointer_in_place_of_the_file(folder):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (folder / WEIGHTS).write_text(pointer, "utf-8")
    with pytest.raises(BadModel, match="not a complete safetensors file"):
        read_model(folder)


def test_a_missing_tensor_is_named(folder, change):
    name = "transformer.layer.0.ffn.lin1.weight"
    change(lambda tensors: tensors.pop(name))
    with pytest.raises(BadModel, match=r"ffn\.lin1\.weight"):
        encode(folder)


def test_a_tensor_of_the_wrong_shape_is_named(folder, change):
    name = "transformer.layer.0.ffn.lin1.weight"
    change(lambda tensors: tensors.update({name: np.zeros((3, 3), np.float32)}))
    with pytest.raises(BadModel, match=r"ffn\.lin1\.weight.*\(3, 3\)"):
        encode(folder)


def test_no_weights_at_all(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(Unsupported, match="no safetensors weights"):
        encode(folder)


def test_shards(folder):
    want = encode(folder)
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    parts = ("one.safetensors", "two.safetensors")
    names = sorted(tensors)
    for part, chosen in zip(parts, (names[::2], names[1::2]), strict=True):
        save_file({name: tensors[name] for name in chosen}, folder / part)
    where = {name: parts[i % 2] for i, name in enumerate(names)}
    index = folder / f"{WEIGHTS}.index.json"
    index.write_text(json.dumps({"weight_map": where}), "utf-8")
    np.testing.assert_array_equal(encode(folder), want)
    (folder / parts[1]).unlink()
    with pytest.raises(BadModel, match=r"names the shard 'two\.safetensors'"):
        read_model(folder)
    index.write_text("[]", "utf-8")
    with pytest.raises(BadModel, match="not a safetensors index"):
        read_model(folder)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_read_as_float32(folder, change, dtype):
    want = encode(folder)
    change(lambda tensors: tensors.update({k: v.astype(dtype) for k, v in tensors.items()}))
    got = encode(folder)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=5e-2 if dtype == np.float16 else 1e-6)
