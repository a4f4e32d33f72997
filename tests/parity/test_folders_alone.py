"""Models whose tokenizer is vocabulary files alone: encoded, saved and pickled."""

from __future__ import annotations

import json
import pickle
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.testing import models

from .recorded import HERE

KINDS = ["japanese", "phobert", "byt5", "llama"]
TEXTS = ["東京都に住んでいます。", "the river ran past a mill", "sinh_viên Việt", ""]
WORDS = 700


@pytest.fixture(params=KINDS)
def folder(request, tmp_path):
    """A tiny model with enough vectors, under the vocabulary files of one kind."""
    place = tmp_path / request.param
    models.write("pool-cls", place)
    (place / "tokenizer.json").unlink()
    weights = load_file(place / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    weights[name] = np.resize(weights[name], (WORDS, weights[name].shape[1]))
    save_file(weights, place / "model.safetensors", {"format": "pt"})
    config = json.loads((place / "config.json").read_text("utf-8"))
    (place / "config.json").write_text(json.dumps({**config, "vocab_size": WORDS}), "utf-8")
    for file in (HERE / "tokenizers" / request.param).iterdir():
        if file.name != "config.json":
            shutil.copy(file, place)
    return place


def test_it_is_saved_and_loaded_again(folder, tmp_path):
    model = SentenceTransformer(folder, backend="reference")
    model.save_pretrained(str(tmp_path / "saved"))
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))


def test_a_copy_in_another_process_has_the_same_tokenizer(folder):
    model = SentenceTransformer(folder, backend="reference")
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.encode(TEXTS), model.encode(TEXTS))


def test_different_texts_have_different_vectors(folder):
    found = SentenceTransformer(folder, backend="reference").encode(TEXTS)
    assert len({row.tobytes() for row in found}) == len(TEXTS)
