"""Architectures that transformers does not have: core's primitives compute them in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from isomorph import SentenceTransformer
from isomorph.errors import InputError, IsomorphError
from isomorph.testing.models import write_recipe
from isomorph.testing.recipes import CATALOGUE

NAMES = ("new-fill-mask", "nomic-experts", "xlm-roberta-flash")
TEXTS = ["the river carries stones", "a sea"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("lowered")
    for name in NAMES:
        write_recipe(CATALOGUE[name], root / name)
    return root


def load(folder, **options):
    return SentenceTransformer(folder, backend="torch", **options)


@pytest.mark.parametrize("name", NAMES[1:])
def test_training_shows_in_the_next_call_and_in_what_is_saved(name, folders, tmp_path):
    """Its folder holds two projections in one tensor: a change of one leaves the other as it was."""
    model = load(folders / name)
    before = model.encode(TEXTS)
    chain = model.torch_module.train()
    feeds = {name: torch.tensor(array) for name, array in model.preprocess(TEXTS).items()}
    chain(feeds)["sentence_embedding"].square().sum().backward()
    live = [p for p in chain.parameters() if p.requires_grad]
    assert all(p.grad is not None for p in live)
    with torch.no_grad():
        for parameter in live[::2]:
            parameter.mul_(1.1)
    after = model.encode(TEXTS)
    assert np.abs(after - before).max() > 1e-3
    model.save_pretrained(tmp_path / "saved")
    for backend in ("torch", "reference"):
        found = SentenceTransformer(tmp_path / "saved", backend=backend).encode(TEXTS)
        np.testing.assert_allclose(found, after, atol=1e-5)


def test_what_nobody_changed_is_saved_as_it_was(folders, tmp_path):
    model = load(folders / NAMES[1])
    _ = model.torch_module
    model.save_pretrained(tmp_path / "saved")
    stored = (folders / NAMES[1] / "model.safetensors").read_bytes()
    assert (tmp_path / "saved" / "model.safetensors").read_bytes() == stored


def test_a_type_is_followed_and_other_settings_are_refused(folders):
    folder = folders / NAMES[2]
    model = load(folder, model_kwargs={"torch_dtype": "bfloat16"})
    assert {p.dtype for p in model.torch_module.parameters()} == {torch.bfloat16}
    off = np.abs(model.encode(TEXTS) - load(folder).encode(TEXTS)).max()
    assert 1e-5 < off < 0.1
    with pytest.raises(InputError, match=r"attn_implementation.*primitives"):
        load(folder, model_kwargs={"attn_implementation": "eager"}).encode(TEXTS)
    with pytest.raises(IsomorphError, match="config_kwargs"):
        load(folder, config_kwargs={"num_hidden_layers": 1}).encode(TEXTS)
