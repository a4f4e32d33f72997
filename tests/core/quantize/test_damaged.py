"""Folders whose codes, scales or manifest are not what they should be."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.files.names import QUANTIZED, QUANTIZED_WEIGHTS

MATRIX = "encoder.layer.0.attention.self.query.weight"
CODES, SCALES = f"{MATRIX}:codes", f"{MATRIX}:scales"


def without(name):
    return lambda tensors: tensors.pop(name)


def scale(value):
    return lambda tensors: tensors[SCALES].__setitem__((0, 0), value)


def put(name, change):
    return lambda tensors: tensors.__setitem__(name, change(tensors))


DAMAGES = {
    "no scales": (without(SCALES), "without scales"),
    "no codes": (without(CODES), "no codes"),
    "fewer scales": (put(SCALES, lambda t: t[SCALES][:-1].copy()), "for each block"),
    "more scales than fit": (put(SCALES, lambda t: np.ones((32, 5), np.float32)), "for each block"),
    "scales of another type": (put(SCALES, lambda t: t[SCALES].astype(np.float16)), "float32"),
    "a scale that is no number": (scale(np.nan), "finite number above 0"),
    "an infinite scale": (scale(np.inf), "finite number above 0"),
    "a scale below 0": (scale(-1.0), "finite number above 0"),
    "codes of another type": (put(CODES, lambda t: t[CODES].astype(np.int16)), "says int8"),
    "codes of another shape": (put(CODES, lambda t: t[CODES][:, :-2].copy()), MATRIX),
    "codes and numbers": (put(MATRIX, lambda t: np.ones((32, 32), np.float32)), "twice"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(copied, damage):
    change, words = DAMAGES[damage]
    file = copied / QUANTIZED_WEIGHTS
    tensors = {name: tensor.copy() for name, tensor in load_file(file).items()}
    change(tensors)
    save_file(tensors, file)
    with pytest.raises(BadModel, match=words):
        SentenceTransformer(copied, backend="reference").encode("text")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "Copy the whole folder"),
        ([], "no object"),
        ({"weights": "int8"}, "activations"),
        ({"weights": "int8", "activations": 8}, "activations"),
        ({"weights": "int7", "activations": "float32"}, "int7"),
        ({"weights": "int4", "activations": "float32"}, "says int4"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(copied, said, words):
    (copied / QUANTIZED).unlink()
    if said is not None:
        (copied / QUANTIZED).write_text(json.dumps(said), "utf-8")
    with pytest.raises(BadModel, match=words):
        SentenceTransformer(copied, backend="reference").encode("text")


def test_two_files_of_weights_are_two_models(copied, source):
    (copied / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    with pytest.raises(BadModel, match="two models"):
        SentenceTransformer(copied, backend="reference")


@pytest.mark.parametrize("weights", ["int8", "int4", "float16", "bfloat16"])
def test_a_manifest_of_another_folder_is_refused(source, tmp_path, weights, backend):
    """Else a folder of float32 would be taken for one in fewer bits."""
    folder = shutil.copytree(source, tmp_path / "plain")
    said = {"weights": weights, "activations": "float32"}
    (folder / QUANTIZED).write_text(json.dumps(said), "utf-8")
    with pytest.raises(BadModel, match=f"stored as {weights}, and none is: there are float32"):
        SentenceTransformer(folder, backend=backend, weights=weights)
