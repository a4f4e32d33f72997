"""Towers whose code is not part of transformers, judged by that code's formulas."""

import json
import shutil

import numpy as np
import pytest
from families import published_nomic_vision
from safetensors.numpy import load_file

from isomorph import SentenceTransformer
from isomorph.errors import PoolingGuessed, Unsupported
from isomorph.testing.models import write

CHANGES = {
    "as published": {},
    "another gate": {"activation_function": "geglu"},
    "its own grid": {"ref_feat_shape": None, "norm_mlp": False},
}


def folder_of(folder, **changes):
    """The kit's tiny model with other options, as a folder that lists no modules."""
    write("nomic-vision", folder)
    config = {**json.loads((folder / "config.json").read_text()), **changes}
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("modules.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    shutil.rmtree(folder / "1_Pooling")
    return folder, config


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_nomics_vectors_are_those_of_its_formulas(changes, tmp_path):
    folder, config = folder_of(tmp_path, **changes)
    images = np.random.default_rng(3).integers(0, 256, (2, 40, 50, 3)).astype(np.uint8)
    with pytest.warns(PoolingGuessed):
        model = SentenceTransformer(folder, backend="reference")
    assert model.modalities == ["image"]
    pixels = model.preprocess(list(images))["pixel_values"]
    expected = published_nomic_vision.states(
        config, load_file(folder / "model.safetensors"), pixels
    )
    found = model.encode(list(images))
    wanted = expected[:, 0]  # as the model's card says
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_what_nomics_code_has_and_is_not_done_is_refused_by_name(tmp_path):
    folder, _ = folder_of(tmp_path, register_tokens=4)
    with pytest.raises(Unsupported, match="register_tokens=4"):
        SentenceTransformer(folder, backend="reference", pooling="cls")
