"""The kind, used as a user does: behind a tiny model, on every backend that is installed."""

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.testing.models import write


@pytest.fixture
def folder(tmp_path):
    """A tiny model, and behind it a module of this kind."""
    folder = write("static", tmp_path / "model")
    file = folder / "modules.json"
    entries = json.loads(file.read_text("utf-8"))
    entries.append({"idx": 9, "name": "own", "path": "9_Own", "type": "template.Template"})
    file.write_text(json.dumps(entries), "utf-8")
    (folder / "9_Own").mkdir()
    (folder / "9_Own" / "config.json").write_text('{"scale": 0.5}', "utf-8")
    return folder


def test_the_module_computes_what_it_says(folder):
    vectors = SentenceTransformer(folder).encode(["one", "two words"])
    first, second = np.split(vectors, 2, axis=1)
    np.testing.assert_allclose(second, -0.5 * first, atol=1e-6)


def test_every_backend_and_a_saved_folder_give_the_same_vectors(folder, tmp_path):
    model = SentenceTransformer(folder)
    expected = SentenceTransformer(folder, backend="reference").encode(["one", "two words"])
    np.testing.assert_allclose(model.encode(["one", "two words"]), expected, atol=1e-5)
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved").encode(["one", "two words"])
    np.testing.assert_allclose(again, expected, atol=1e-5)
    assert model.get_embedding_dimension() == expected.shape[1]
