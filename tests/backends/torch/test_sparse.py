"""The sparse modules as torch keeps and saves them."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from isomorph.plugins.reading import read_model
from isomorph.testing.feeds import batches
from isomorph.testing.models import write

MODULE = "2_SparseAutoEncoder"


@pytest.fixture
def folder(tmp_path):
    """A model whose autoencoder has counted, as one that was trained has."""
    folder = write("auto-encoder", tmp_path / "model")
    file = folder / MODULE / "model.safetensors"
    counted = np.arange(96, dtype=np.int64)
    save_file({**load_file(file), "stats_last_nonzero": counted}, file, {"format": "pt"})
    return folder


@pytest.fixture
def some_feeds(folder):
    return batches(read_model(folder))["several rows"]


def test_inference_counts_nothing(folder, open_torch, some_feeds, tmp_path):
    before = load_file(folder / MODULE / "model.safetensors")
    session = open_torch(folder)
    for _ in range(3):
        session.forward(some_feeds)
    session.save(tmp_path / "saved")
    after = load_file(tmp_path / "saved" / MODULE / "model.safetensors")
    assert set(after) == set(before)
    for name, array in before.items():
        assert after[name].dtype == array.dtype
        np.testing.assert_array_equal(after[name], array)


def test_a_pickled_file_holds_the_matrix_under_both_names(folder, open_torch, some_feeds):
    want = open_torch(folder).forward(some_feeds)["sentence_embedding"]
    file = folder / MODULE / "model.safetensors"
    stored = {name: torch.from_numpy(array) for name, array in load_file(file).items()}
    stored["encoder.weight"] = stored["decoder.linear.weight"]
    torch.save(stored, file.with_name("pytorch_model.bin"))
    file.unlink()
    found = open_torch(folder).forward(some_feeds)["sentence_embedding"]
    np.testing.assert_array_equal(found, want)


def test_a_training_step_reaches_only_the_features_that_stayed(folder, open_torch, some_feeds):
    chain = open_torch(folder).native["torch_module"]
    feeds = {name: torch.from_numpy(array) for name, array in some_feeds.items()}
    result = chain(feeds)["sentence_embedding"]
    result.sum().backward()
    moved = chain[2].latent_bias.grad != 0
    assert torch.equal(moved, (result > 0).any(dim=0))
