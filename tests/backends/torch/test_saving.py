"""Saved chains read back as the same vectors, by torch and by the reference."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from isomorph.contract import Device
from isomorph.read.model import read_model
from isomorph_torch.backend import TorchBackend

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})


@pytest.fixture
def folder(write_folder, normal):
    dense = {"in_features": 32, "out_features": 8, "use_residual": True}
    tensors = {
        "linear.weight": normal(8, 32),
        "linear.bias": normal(8),
        "residual.weight": normal(8, 32),
    }
    norm = {"norm.weight": normal(8) + 1, "norm.bias": normal(8)}
    heads = (("Dense", dense, tensors), ("LayerNorm", {"dimension": 8}, norm))
    return write_folder("bert", POOLING, *heads, ("Normalize", {}, {}))


def without_weights(folder, target):
    """What core copies before a backend saves: everything but the weights."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.safetensors"))
    return target


def trained(session):
    """The session after every weight has moved a little."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in session.native["torch_module"].parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return session


def test_a_trained_chain_reads_back_the_same(folder, open_torch, witness, feeds, tmp_path):
    session = open_torch(folder)
    original = session.forward(feeds)["sentence_embedding"]
    expected = trained(session).forward(feeds)["sentence_embedding"]
    assert np.abs(expected - original).max() > 1e-3
    target = without_weights(folder, tmp_path / "saved")
    session.save(target)
    actual = witness(target, feeds)["sentence_embedding"]
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    model = read_model(target)
    assert TorchBackend().claim(model, Device("cpu")).depth == len(model.graph)


def test_a_chain_may_be_saved_over_its_own_files(folder, open_torch, witness, feeds):
    session = trained(open_torch(folder))
    expected = session.forward(feeds)["sentence_embedding"]
    session.save(folder)
    np.testing.assert_array_equal(session.forward(feeds)["sentence_embedding"], expected)
    np.testing.assert_allclose(witness(folder, feeds)["sentence_embedding"], expected, atol=1e-6)
    assert not list(folder.rglob(".saving-*"))


def test_half_precision_is_saved_as_it_is(folder, open_torch, tmp_path):
    target = without_weights(folder, tmp_path / "saved")
    open_torch(folder, precision="bfloat16").save(target)
    model = read_model(target)
    encoder, _, dense = model.graph.modules[:3]
    assert {tensor.dtype for tensor in model.tensors_of(encoder).values()} == {"BF16"}
    assert {tensor.dtype for tensor in model.tensors_of(dense).values()} == {"F32"}


@pytest.mark.parametrize("name", ["embedding.weight", "embeddings"])
def test_a_static_table_keeps_its_name(name, write_folder, open_torch, normal, tmp_path):
    table = normal(20, 8)
    folder = write_folder(("StaticEmbedding", {}, {name: table}))
    target = without_weights(folder, tmp_path / "saved")
    open_torch(folder).save(target)
    saved = load_file(target / "model.safetensors")
    assert list(saved) == [name]
    np.testing.assert_array_equal(saved[name], table)


def test_a_pooler_that_was_never_trained_is_not_made_up(folder, open_torch, tmp_path):
    path = folder / "model.safetensors"
    kept = {name: t for name, t in load_file(path).items() if not name.startswith("pooler.")}
    save_file(kept, path, {"format": "pt"})
    target = without_weights(folder, tmp_path / "saved")
    open_torch(folder).save(target)
    assert set(load_file(target / "model.safetensors")) == set(kept)


def test_shards_of_before_do_not_outlive_a_save(folder, open_torch, witness, feeds, bert_weights):
    from transformers import BertModel

    (folder / "model.safetensors").unlink()
    BertModel.from_pretrained(bert_weights).save_pretrained(folder, max_shard_size="20KB")
    assert (folder / "model.safetensors.index.json").is_file()
    trained(session := open_torch(folder)).save(folder)
    assert [path.name for path in folder.glob("model*")] == ["model.safetensors"]
    expected = session.forward(feeds)["sentence_embedding"]
    np.testing.assert_allclose(witness(folder, feeds)["sentence_embedding"], expected, atol=1e-6)


def test_weights_that_only_exist_pickled_are_read_without_running_anything(
    folder, open_torch, feeds
):
    expected = open_torch(folder).forward(feeds)["sentence_embedding"]
    for path in list(folder.rglob("model.safetensors")):
        tensors = {name: torch.tensor(array) for name, array in load_file(path).items()}
        torch.save(tensors, path.with_name("pytorch_model.bin"))
        path.unlink()
    actual = open_torch(folder).forward(feeds)["sentence_embedding"]
    np.testing.assert_array_equal(actual, expected)
