"""Columns that are far larger than the others have scales of their own."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.files.codes import decode_apart, encode_apart
from isomorph.files.names import QUANTIZED_WEIGHTS
from isomorph.quantize import quantize, quantize_model
from isomorph.quantize.apart import far_larger

TEXTS = ["A short text.", "the cat sat on a mat and dogs ran over hills", "x", "one two three " * 5]
MATRIX = "encoder.layer.0.attention.self.query.weight"
COLUMN = 5


@pytest.fixture(scope="module")
def lopsided(source, tmp_path_factory):
    """A model that writes one number of each token far from 0."""
    folder = tmp_path_factory.mktemp("lopsided") / "tiny"
    shutil.copytree(source, folder)
    file = folder / "model.safetensors"
    tensors = {name: tensor.copy() for name, tensor in load_file(file).items()}
    tensors["embeddings.LayerNorm.bias"][COLUMN] = 60.0
    for name in ("query", "key", "value"):
        tensors[MATRIX.replace("query", name)][:, COLUMN] *= 0.05
    save_file(tensors, file, {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def parted(lopsided, tmp_path_factory):
    """What is made of it; not to be changed."""
    return by_bytes(lopsided, tmp_path_factory.mktemp("parted") / "made")


def by_bytes(source, target):
    return quantize_model(
        source, "int8", backend="reference", output=target, activations="int8", texts=TEXTS
    )


def test_a_layer_loses_little_where_one_column_is_far_larger(
    lopsided, parted, tmp_path, monkeypatch
):
    assert not any(MATRIX in name for name in parted.kept)
    stored = load_file(parted.folder / QUANTIZED_WEIGHTS)
    assert stored[f"{MATRIX}:apart"].tolist() == [COLUMN]
    assert stored[f"{MATRIX}:two_scales"].shape == (32, 2)
    monkeypatch.setattr(quantize, "set_apart", lambda *_: {})
    assert "of its result" in by_bytes(lopsided, tmp_path / "before").kept[f"0/{MATRIX}"]


def test_every_backend_reads_columns_that_are_set_apart(lopsided, parted, backend):
    made = parted.folder
    expected = SentenceTransformer(made, backend="reference").encode(TEXTS)
    found = SentenceTransformer(made, backend=backend).encode(TEXTS)
    before = SentenceTransformer(lopsided, backend="reference").encode(TEXTS)
    for each in (expected, before):
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(each, axis=1)
        assert ((found * each).sum(axis=1) / lengths).min() > 0.99


def test_a_saved_folder_keeps_them(parted, tmp_path):
    model = SentenceTransformer(parted.folder, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference", weights="int8")
    assert np.array_equal(again.encode(TEXTS), model.encode(TEXTS))


def test_columns_are_set_apart_where_the_rest_gains(source, tmp_path):
    largest = np.ones(96, np.float32)
    assert not len(far_larger(largest))
    largest[[7, 90]] = 4.0
    assert far_larger(largest).tolist() == [0, 7, 90]
    assert not len(far_larger(largest[:31]))  # too few to set any apart
    largest[:20] = 3.0
    assert not len(far_larger(largest))  # as many as these stay
    largest[7] = np.nan
    assert not len(far_larger(largest))
    made = by_bytes(source, tmp_path / "made").folder
    query = [name for name in load_file(made / QUANTIZED_WEIGHTS) if name.startswith(MATRIX)]
    assert sorted(query) == [f"{MATRIX}:codes", f"{MATRIX}:scales"]


def test_what_is_set_apart_has_its_own_steps():
    matrix = np.random.default_rng(7).normal(size=(6, 64)).astype(np.float32)
    apart = np.array([0, 9], np.int32)
    matrix[:, apart] *= 1e-3
    codes, scales = encode_apart(matrix, apart)
    assert (codes.dtype, scales.dtype, scales.shape) == (np.int8, np.float32, (6, 2))
    steps = np.repeat(scales[:, :1], 64, axis=1)
    steps[:, apart] = scales[:, 1:]
    assert (np.abs(decode_apart(codes, scales, apart) - matrix) <= steps * 0.5001).all()


DAMAGES = {
    "no columns": ({"apart": None}, "without scales"),
    "no scales": ({"two_scales": None}, "without scales"),
    "scales of both kinds": ({"scales": np.ones((32, 1), np.float32)}, "two kinds"),
    "one scale a row": ({"two_scales": np.ones((32, 1), np.float32)}, "two scales a row"),
    "columns as int64": ({"apart": np.array([COLUMN])}, "as int32"),
    "all columns": ({"apart": np.arange(32, dtype=np.int32)}, "some columns"),
    "none": ({"apart": np.zeros(0, np.int32)}, "some columns"),
    "a column beyond": ({"apart": np.array([32], np.int32)}, "no columns"),
    "a column before": ({"apart": np.array([-1], np.int32)}, "no columns"),
    "out of order": ({"apart": np.array([4, 2], np.int32)}, "not in order"),
    "twice": ({"apart": np.array([4, 4], np.int32)}, "not in order"),
    "without codes": ({"codes": None}, "no codes"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(parted, tmp_path, damage, backend):
    made = shutil.copytree(parted.folder, tmp_path / "made")
    changes, words = DAMAGES[damage]
    tensors = {n: t.copy() for n, t in load_file(made / QUANTIZED_WEIGHTS).items()}
    for ending, value in changes.items():
        if value is None:
            del tensors[f"{MATRIX}:{ending}"]
        else:
            tensors[f"{MATRIX}:{ending}"] = value
    save_file(tensors, made / QUANTIZED_WEIGHTS)
    with pytest.raises(BadModel, match=words):
        SentenceTransformer(made, backend=backend).encode("text")


def test_the_manifest_says_how_many(parted):
    said = json.loads((parted.folder / "isomorph-quantized.json").read_text("utf-8"))
    assert said["columns_apart"] == dict(parted.apart)
    assert parted.apart[f"0/{MATRIX}"] == 1
