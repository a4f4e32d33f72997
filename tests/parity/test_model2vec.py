"""Folders in model2vec's own layout give what model2vec gives; see ``record_model2vec.py``."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import AmbiguousHead, BadModel

from .recorded import BACKENDS, HERE, absent

FOLDER = HERE / "model2vec"
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
ROUNDED = {"float16": 1e-3}  # model2vec answers such a table in float16


@pytest.fixture(scope="module")
def expected():
    with np.load(FOLDER / "expected.npz") as file:
        return dict(file)


def open_model(folder, backend):
    from isomorph.errors import BackendUnavailable

    try:
        return SentenceTransformer(folder, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_vectors_are_those_of_model2vec(name, backend, expected):
    model = open_model(FOLDER / name, backend)
    found = model.encode(expected["texts"].tolist())
    atol = ROUNDED.get(name, 1e-6 * max(1.0, np.abs(expected[name]).max()))
    np.testing.assert_allclose(found, expected[name], rtol=0, atol=atol)
    assert model.report().precision == "float32"


def test_unknown_tokens_are_no_truncation(expected):
    model = SentenceTransformer(FOLDER / "normalized-short", backend="reference")
    assert model.max_seq_length == 6
    texts = expected["texts"].tolist()
    model.encode(texts)
    assert model.report().truncated == (5,)


def test_with_modules_json_it_is_read_as_sentence_transformers_reads_it(tmp_path, expected):
    """Unknown tokens count, and the cut is the one that ``tokenizer.json`` holds."""
    folder = shutil.copytree(FOLDER / "normalized-short", tmp_path / "model")
    entry = {"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models."}
    modules = [{**entry, "type": entry["type"] + "StaticEmbedding"}]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    model = SentenceTransformer(folder, backend="reference")
    assert model.max_seq_length == 6
    with_unknown, without = model.encode(["zebra", ""])
    assert np.abs(with_unknown).max() > 0
    assert np.abs(without).max() == 0


def test_a_plain_transformer_is_not_taken_for_model2vec(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    with pytest.raises(AmbiguousHead):
        SentenceTransformer(tmp_path, backend="reference", strict=True)


def test_tensors_of_other_lengths_are_refused(tmp_path):
    from safetensors.numpy import save_file

    folder = shutil.copytree(FOLDER / "clusters", tmp_path / "model")
    table, mapping = np.zeros((3, 2), np.float32), np.zeros(5, np.int32)
    save_file(
        {"embeddings": table, "mapping": mapping, "weights": np.ones(4)},
        folder / "model.safetensors",
    )
    with pytest.raises(BadModel, match="not one value a token"):
        SentenceTransformer(folder, backend="reference")
