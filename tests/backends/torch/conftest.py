"""Small model folders with weights strong enough that a wrong sum shows."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.contract import Device, Options
from isomorph.plugins.reading import read_model
from isomorph.reference.backend import ReferenceBackend
from isomorph.testing.compare import real_tokens
from isomorph_torch.backend import TorchBackend

CPU = Device("cpu")
WIDTH = 32
VOCABULARY = 64


def strengthen(model):
    """Weights of the size that trained models have; transformers' 0.02 hides mistakes."""
    import torch

    torch.manual_seed(7)
    for name, parameter in model.named_parameters():
        if "LayerNorm" in name or "layer_norm" in name or ".norm" in name:
            noise = torch.empty_like(parameter).uniform_(-0.2, 0.2)
            parameter.data = noise + (1.0 if name.endswith("weight") else 0.0)
        elif name.endswith("bias"):
            parameter.data.uniform_(-0.1, 0.1)
        elif "embed" in name:
            parameter.data.normal_(0, 0.5)
        else:
            parameter.data.normal_(0, 1.3 / parameter.shape[-1] ** 0.5)
    return model


def tiny_bert(**changes):
    from transformers import BertConfig, BertModel

    settings = {
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 40,
    }
    return strengthen(BertModel(BertConfig(**{**settings, **changes})))


@pytest.fixture(scope="session")
def bert_weights(tmp_path_factory):
    """A folder with config.json and model.safetensors of a tiny BERT, shared and not changed."""
    folder = tmp_path_factory.mktemp("bert")
    tiny_bert().save_pretrained(folder)
    return folder


@pytest.fixture
def write_folder(tmp_path, bert_weights):
    """write(first, *(class name, config, tensors)) -> a model folder; `first` may be a class name
    with tensors too, "bert" for the shared weights, or any transformers model."""

    def write(first, *heads, settings=None):
        root = tmp_path / f"model{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        if first == "bert":
            for file in bert_weights.iterdir():
                (root / file.name).write_bytes(file.read_bytes())
            first_class = "Transformer"
        elif isinstance(first, tuple):
            first_class, _, tensors = first
            save_file(tensors, root / "model.safetensors")
        else:
            first.save_pretrained(root)
            first_class = "Transformer"
        if settings is not None:
            (root / "sentence_bert_config.json").write_text(json.dumps(settings))
        entries = [_entry(0, first_class, "")]
        for index, (name, config, tensors) in enumerate(heads, 1):
            path = root / f"{index}_{name}"
            path.mkdir()
            (path / "config.json").write_text(json.dumps(config))
            if tensors:
                save_file(tensors, path / "model.safetensors")
            entries.append(_entry(index, name, path.name))
        (root / "modules.json").write_text(json.dumps(entries))
        return root

    return write


def _entry(index, name, path):
    kind = f"sentence_transformers.models.{name}"
    return {"idx": index, "name": str(index), "path": path, "type": kind}


@pytest.fixture
def open_torch():
    """open(folder or model, **options) -> a session that is closed after the test."""
    sessions = []

    def open_session(model, **options):
        model = read_model(model) if isinstance(model, Path) else model
        backend = TorchBackend()
        claim = backend.claim(model, CPU)
        assert claim.depth == len(model.graph), claim.reason
        session = backend.load(model, claim, Options(**{"threads": 1, **options}))
        sessions.append(session)
        return session

    yield open_session
    for session in sessions:
        session.close()


@pytest.fixture
def witness(open_torch):
    """witness(model, feeds): torch and the reference agree at real tokens; returns torch's outputs."""

    def compare(model, feeds, tolerance=1e-5):
        model = read_model(model) if isinstance(model, Path) else model
        reference = ReferenceBackend()
        claim = reference.claim(model, CPU)
        assert claim.depth == len(model.graph), claim.reason
        expected = reference.load(model, claim, Options()).forward(feeds)
        actual = open_torch(model).forward(feeds)
        assert set(actual) == set(expected) == set(model.graph.outputs)
        for name, array in actual.items():
            assert array.dtype == np.float32
            assert array.flags.c_contiguous
            mine, theirs = (real_tokens(name, x, feeds) for x in (array, expected[name]))
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=tolerance)
        return actual

    return compare


@pytest.fixture
def feeds():
    """Read-only feeds of four rows: full, padded right, padded left, a single token."""
    ids = np.random.default_rng(3).integers(1, VOCABULARY, (4, 9))
    mask = np.ones((4, 9), np.int64)
    mask[1, 6:] = 0
    mask[2, :4] = 0
    mask[3, 1:] = 0
    types = np.zeros_like(ids)
    types[0, 5:] = 1
    arrays = {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": types,
        "prompt_length": np.array([2, 3, 1, 0]),
    }
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


@pytest.fixture
def normal():
    """normal(*shape) -> float32 noise with a standard deviation that keeps sums of rows near 1."""
    generator = np.random.default_rng(5)

    def draw(*shape):
        return (generator.normal(size=shape) * 1.3 / shape[-1] ** 0.5).astype(np.float32)

    return draw
