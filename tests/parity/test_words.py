"""Models of whole words give what sentence-transformers gives; see ``record_words.py``."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable

from .recorded import ANY, BACKENDS, HERE, absent, assert_close
from .texts import WORDS as TEXTS

pytestmark = pytest.mark.filterwarnings("ignore::isomorph.errors.NotFiniteWarning")
"""A text without a known word has no mean in sentence-transformers, and so here."""

FOLDER = HERE / "words"
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
ALONE = {"cnn-any-first-vector"}
"""The values of sentence-transformers for these depend on what a text is encoded together with."""


@pytest.fixture(scope="module")
def recorded():
    with np.load(FOLDER / "expected.npz") as file:
        return dict(file)


@pytest.fixture(params=NAMES)
def name(request):
    if request.param == "phrases" and find_spec("nltk") is None:
        pytest.skip("nltk, which splits the texts of this model, is not installed")
    return request.param


@cache
def load(name, backend):
    try:
        return SentenceTransformer(FOLDER / name, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


def test_vectors_agree(name, backend, recorded):
    model, texts = load(name, backend), list(TEXTS.values())
    alone = recorded[f"{name}/alone"]
    assert_close(model.encode(texts, batch_size=1), alone)
    assert_close(model.encode(texts), alone if name in ALONE else recorded[f"{name}/together"])
    found = model.encode(texts, prompt=str(recorded["prompt"]))
    assert_close(found, recorded[f"{name}/prompt"])


def test_token_vectors_agree(name, backend, recorded):
    if name.startswith("bow"):
        assert not any(key.startswith(f"{name}/tokens/") for key in recorded)
        return
    model = load(name, backend)
    for label, text in TEXTS.items():
        (found,) = model.encode([text], output_value="token_embeddings")
        key = f"{name}/tokens/{label}"
        if key in recorded:
            assert_close(found, recorded[key])
        else:
            assert len(found) == 0


def test_settings_agree(name, recorded):
    model = load(name, ANY)
    assert model.get_embedding_dimension() == recorded[f"{name}/dimension"]
    assert (model.max_seq_length or 0) == recorded[f"{name}/max_seq_length"]


def test_some_backend_runs_every_module_itself(name):
    reasons = [[row.reason for row in load(name, b).explain().rows] for b in BACKENDS]
    assert any(not any(row) for row in reasons), reasons
