"""What was read of pickled weights is saved as safetensors, by every backend and over its own folder too."""

from __future__ import annotations

import numpy as np
import pickled_files
import pytest
from safetensors.numpy import load_file

from isomorph import SentenceTransformer, parts
from isomorph.testing import models


@pytest.fixture
def folder(tmp_path):
    return models.write("dense-tanh", tmp_path / "model")


def both(folder):
    return {place: load_file(folder / place / "model.safetensors") for place in ("", "2_Dense")}


def convert(folder):
    pickled_files.convert(folder)
    pickled_files.convert(folder / "2_Dense", "legacy")


def same(found, wanted):
    assert found.keys() == wanted.keys()
    for place, tensors in wanted.items():
        assert found[place].keys() == tensors.keys()
        assert all(np.array_equal(found[place][name], value) for name, value in tensors.items())


def test_in_another_folder(folder, tmp_path, backend):
    want = both(folder)
    convert(folder)
    SentenceTransformer(folder, backend=backend).save_pretrained(tmp_path / "saved")
    same(both(tmp_path / "saved"), want)
    assert not list((tmp_path / "saved").rglob("pytorch_model.bin"))


def test_over_its_own_folder(folder):
    want = both(folder)
    convert(folder)
    model = SentenceTransformer(folder)
    before = model.encode("a river")
    model.save_pretrained(folder)
    same(both(folder), want)
    assert not list(folder.rglob("pytorch_model.bin"))
    np.testing.assert_allclose(model.encode("a river"), before, rtol=0, atol=1e-6)


def test_as_parts_of_another_model(folder):
    want = SentenceTransformer(folder).encode("a river")
    convert(folder)
    built = SentenceTransformer(modules=parts.of(SentenceTransformer(folder)))
    np.testing.assert_allclose(built.encode("a river"), want, rtol=0, atol=1e-6)
