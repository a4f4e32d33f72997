"""What training changed is what is saved, and every other backend loads it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from isomorph import CrossEncoder, SentenceTransformer, SparseEncoder

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries stones", "a sea"]
MODELS = {
    "models/bert-mean": SentenceTransformer,
    "models/long-chain": SentenceTransformer,
    "sparse/models/splade-max": SparseEncoder,
    "cross_encoders/models/bert-three-labels": CrossEncoder,
}


def answer(model):
    if isinstance(model, CrossEncoder):
        return model.predict([("a river", text) for text in TEXTS])
    found = model.encode(TEXTS)
    return found if isinstance(found, np.ndarray) else found.toarray()


def change(model):
    """What a step of training would do, to every parameter."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.torch_module.parameters():
            noise = torch.rand(parameter.shape, generator=generator)
            parameter.mul_(1 + 0.2 * noise)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("onto_itself", [False, True], ids=["new folder", "own folder"])
def test_what_training_changed_is_saved(name, onto_itself, tmp_path):
    kind, source = MODELS[name], Path(shutil.copytree(PARITY / name, tmp_path / "source"))
    model = kind(source, backend="torch")
    before = answer(model)
    change(model)
    after = answer(model)
    assert np.abs(after - before).max() > 1e-3 * np.abs(before).max()
    target = source if onto_itself else tmp_path / "saved"
    model.save_pretrained(target)
    scale = np.abs(after).max()
    for backend in ("torch", "reference"):
        found = answer(kind(target, backend=backend))
        np.testing.assert_allclose(found, after, rtol=0, atol=1e-5 * scale)
    if not onto_itself:
        np.testing.assert_array_equal(answer(kind(source, backend="torch")), before)
