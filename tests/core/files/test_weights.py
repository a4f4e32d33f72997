from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.plugins.reading import read_model
from isomorph.testing import models

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
    with pytest.raises(Unsupported, match=r"has no weights: .*pytorch_model\.bin"):
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
    with pytest.raises(BadModel, match="not an index of weights"):
        read_model(folder)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_read_as_float32(folder, change, dtype):
    want = encode(folder)
    change(lambda tensors: tensors.update({k: v.astype(dtype) for k, v in tensors.items()}))
    got = encode(folder)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=5e-2 if dtype == np.float16 else 1e-6)


def write_header(path, header, data=b""):
    """A safetensors file of this header, a text or what JSON makes of an object."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


FOUR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
BROKEN = {
    "a type that does not exist": {"a": {**FOUR, "dtype": "F7"}},
    "a type that is no text": {"a": {**FOUR, "dtype": 5}},
    "offsets beyond the file": {"a": {**FOUR, "shape": [9], "data_offsets": [0, 36]}},
    "offsets that overlap": {"a": FOUR, "b": FOUR},
    "offsets below zero": {"a": {**FOUR, "data_offsets": [-4, 0]}},
    "offsets that are no pair": {"a": {**FOUR, "data_offsets": [0]}},
    "offsets with a hole": {"a": {**FOUR, "data_offsets": [4, 8]}},
    "a shape of another size": {"a": {**FOUR, "shape": [2]}},
    "a shape below zero": {"a": {**FOUR, "shape": [-1]}},
    "a shape whose product overflows": {"a": {**FOUR, "shape": [2**63, 2**63]}},
    "no shape": {"a": {"dtype": "F32", "data_offsets": [0, 4]}},
    "a name that stands twice": b'{"a": %b, "a": %b}' % ((json.dumps(FOUR).encode(),) * 2),
    "a list": [],
    "nothing": b"",
    "deep": b"[" * 100_000,
    "no UTF-8": b'{"\xff": 5}',
    "metadata that are no texts": {"__metadata__": {"format": 5}, "a": FOUR},
}


@pytest.mark.parametrize("header", BROKEN.values(), ids=BROKEN)
def test_a_header_that_cannot_be(folder, header):
    write_header(folder / WEIGHTS, header, b"\0" * 4)
    with pytest.raises(BadModel, match="not a complete safetensors file"):
        read_model(folder)


def test_a_header_longer_than_any_list_of_tensors(folder):
    write_header(folder / WEIGHTS, b"{" + b" " * limits.HEADER + b"}")
    with pytest.raises(BadModel, match="more than 16,777,216"):
        read_model(folder)


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2", "U16", "U32", "U64", "I32", "BOOL", "C64"])
def test_weights_of_a_type_that_is_not_read_are_refused_by_name(backend, folder, kind):
    name = "transformer.layer.0.ffn.lin1.bias"
    tensors = {key: value.astype(np.float32) for key, value in load_file(folder / WEIGHTS).items()}
    sizes = {
        "F8_E4M3": 1,
        "F8_E5M2": 1,
        "U16": 2,
        "U32": 4,
        "U64": 8,
        "I32": 4,
        "BOOL": 1,
        "C64": 8,
    }
    header, data = {}, b""
    for key, value in tensors.items():
        raw = b"\0" * value.size * sizes[kind] if key == name else value.tobytes()
        end = len(data) + len(raw)
        dtype = kind if key == name else "F32"
        header[key] = {"dtype": dtype, "shape": value.shape, "data_offsets": [len(data), end]}
        data += raw
    write_header(folder / WEIGHTS, header, data)
    with pytest.raises(BadModel, match=f"{name}.*stored as {kind}"):
        SentenceTransformer(folder, backend=backend)


INDICES = {
    "names that lead out": ({"a": "../model.safetensors"}, "leads out"),
    "a shard that is no text": ({"a": 5}, "weight_map"),
    "no shard": ({}, "weight_map"),
    "a tensor that no shard holds": ({"of-nobody": WEIGHTS + ".part"}, "of-nobody"),
}


@pytest.mark.parametrize(("where", "said"), INDICES.values(), ids=INDICES)
def test_an_index_that_cannot_be(folder, where, said):
    (folder / WEIGHTS).rename(folder / f"{WEIGHTS}.part")
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": where}))
    with pytest.raises(BadModel, match=said):
        read_model(folder)


def test_a_tensor_that_two_shards_hold(folder):
    whole = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).rename(folder / "one.safetensors")
    name = min(whole)
    save_file({name: whole[name] + 1}, folder / "two.safetensors")
    where = {**dict.fromkeys(whole, "one.safetensors"), name: "two.safetensors"}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": where}))
    with pytest.raises(BadModel, match=f"two shards hold a tensor '{name}'"):
        read_model(folder)


@pytest.mark.parametrize("named", ["other.safetensors", "../model.safetensors", 3])
def test_weights_under_a_name_of_the_configuration_are_refused(folder, named):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "transformers_weights": named}))
    with pytest.raises(Unsupported, match=r"config\.json names .* for the weights"):
        read_model(folder)


@pytest.mark.parametrize(
    ("place", "kind"), [(10**9, np.int64), (-1, np.int32), (0, np.float64)], ids=str
)
def test_places_that_are_not_in_the_table_of_a_static_model(tmp_path, place, kind):
    folder = models.write("static-clusters", tmp_path / "model")
    tensors = load_file(folder / WEIGHTS)
    tensors["mapping"] = tensors["mapping"].astype(kind)
    tensors["mapping"][3] = place
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(BadModel, match=r"'mapping' (has places from|is stored as F64)"):
        read_model(folder)
