"""Folders in the layouts in which models are published give what sentence-transformers gives of them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import isomorph
from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable

from .published import CALLS, PUBLISHED, TEXTS
from .recorded import HERE, absent, assert_close


@pytest.fixture(scope="module")
def recorded():
    with np.load(HERE / "published.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The folder of a name, made once."""
    made = {}

    def build(name):
        if name not in made:
            made[name] = PUBLISHED[name].build(tmp_path_factory.mktemp("published") / name)
        return made[name]

    return build


@pytest.mark.parametrize("name", PUBLISHED)
def test_vectors_agree(name, backend, build, recorded):
    kind = getattr(isomorph, PUBLISHED[name].class_name)
    try:
        model = kind(build(name), backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise
    for call in CALLS:
        found = getattr(model, call)(list(TEXTS))
        if isinstance(found, list):
            found = np.concatenate(found)
        dense = found.toarray() if hasattr(found, "toarray") else found
        assert_close(dense, recorded[f"{name}/{call}"])


def test_what_was_recorded_tells_the_calls_apart(recorded):
    for name in ("pylate", "arctic-embed", "embeddinggemma", "inference-free-in-the-root"):
        query, document = recorded[f"{name}/encode_query"], recorded[f"{name}/encode_document"]
        assert query.shape != document.shape or np.abs(query - document).max() > 0.1


OLD = {
    "tokenizer_name": "baai/bge-base-en-v1.5",
    "apply_pca": 256,
    "apply_zipf": True,
    "hidden_dim": 256,
    "seq_length": 1_000_000,
}
"""What the first generations of model2vec wrote beside `normalize`."""


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize(("name", "normalize"), [("plain", False), ("int8-clusters", True)])
def test_settings_of_every_generation_of_model2vec(name, normalize, typed, tmp_path):
    folder = shutil.copytree(HERE / "model2vec" / name, tmp_path / "model")
    kind = {"model_type": "model2vec", "architectures": ["StaticModel"]} if typed else {}
    (folder / "config.json").write_text(json.dumps({**kind, **OLD, "normalize": normalize}))
    with np.load(HERE / "model2vec" / "expected.npz") as file:
        texts, want = file["texts"].tolist(), file[name]
    model = SentenceTransformer(folder, backend="reference")
    assert_close(model.encode(texts), want)
    assert model.max_seq_length == 512
