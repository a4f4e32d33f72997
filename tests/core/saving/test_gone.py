"""A model that was loaded at once can be saved when its folder is no more."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import ModelChanged

MODELS = Path(__file__).parents[2] / "parity"
LAYOUTS = {
    "several modules": (SentenceTransformer, "models/dense-tanh", "encode", ["a sea"]),
    "a table": (SentenceTransformer, "models/static", "encode", ["a sea"]),
    "a router": (SentenceTransformer, "routed/models/one-encoder", "encode", ["a sea"]),
    "pickled weights": (SentenceTransformer, "models/old-bert", "encode", ["a sea"]),
    "no list": (CrossEncoder, "cross_encoders/models/bert-plain", "predict", [("a", "b")]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_saved_as_if_the_folder_were_there(layout, tmp_path):
    kind, place, call, inputs = LAYOUTS[layout]
    folder = Path(shutil.copytree(MODELS / place, tmp_path / "model"))
    (folder / "README.md").write_text("The authors' own words.", "utf-8")
    with kind(folder, backend="reference", preload=True) as model:
        model.save_pretrained(tmp_path / "before")
        shutil.rmtree(folder)
        model.save_pretrained(tmp_path / "after")
        expected = getattr(model, call)(inputs)
    with kind(tmp_path / "after", backend="reference") as again:
        np.testing.assert_array_equal(getattr(again, call)(inputs), expected)
    files = {
        home: {
            str(path.relative_to(tmp_path / home)): path.read_bytes()
            for path in (tmp_path / home).rglob("*")
            if path.is_file()
        }
        for home in ("before", "after")
    }
    assert files["after"] == files["before"]


def test_another_model_in_its_place_is_not_taken_for_it(tmp_path):
    folder = Path(shutil.copytree(MODELS / "models/dense-tanh", tmp_path / "model"))
    with SentenceTransformer(folder, backend="reference", preload=True) as model:
        shutil.rmtree(folder)
        shutil.copytree(MODELS / "models/dense-gelu-projected-residual", folder)
        with pytest.raises(ModelChanged, match="two models must not be mixed"):
            model.save_pretrained(tmp_path / "after")


def test_a_model_that_was_not_loaded_says_that_its_files_are_gone(tmp_path):
    folder = Path(shutil.copytree(MODELS / "sparse/models/splade-max", tmp_path / "model"))
    with SparseEncoder(folder, backend="reference") as model:
        shutil.rmtree(folder)
        with pytest.raises(ModelChanged, match="is gone since it was read"):
            model.save_pretrained(tmp_path / "after")
