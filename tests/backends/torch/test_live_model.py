"""The live model behind the public one."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from isomorph import SentenceTransformer
from isomorph.errors import Unsupported

FOLDER = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
TEXTS = ["the river carries stones", "a sea"]


@pytest.fixture
def model():
    return SentenceTransformer(FOLDER, backend="torch")


def test_what_is_changed_in_it_is_what_encodes(model):
    before = model.encode(TEXTS)
    with torch.no_grad():
        model.transformers_model.embeddings.word_embeddings.weight.mul_(0.5)
    assert np.abs(model.encode(TEXTS) - before).max() > 1e-3


def test_it_trains_with_checkpoints(model):
    model.gradient_checkpointing_enable({"use_reentrant": False})
    assert any(
        m.gradient_checkpointing
        for m in model.transformers_model.modules()
        if hasattr(m, "gradient_checkpointing")
    )
    chain = model.torch_module.train()
    feeds = {name: torch.tensor(array) for name, array in model.preprocess(TEXTS).items()}
    chain(feeds)["sentence_embedding"].sum().backward()
    assert model.transformers_model.embeddings.word_embeddings.weight.grad.abs().sum() > 0


def test_a_step_of_training_changes_the_next_vectors(model):
    torch.manual_seed(0)  # dropout draws: a step must not depend on the tests before
    before = model.encode(TEXTS)
    chain = model.torch_module.train()
    optimizer = torch.optim.SGD(chain.parameters(), lr=0.1)
    feeds = {name: torch.tensor(array) for name, array in model.preprocess(TEXTS).items()}
    first, second = chain(feeds)["sentence_embedding"]
    torch.cosine_similarity(first, second, dim=0).backward()
    optimizer.step()
    after = model.encode(TEXTS)
    assert chain.training, "encoding leaves the mode as it was"
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (before, after)]
    assert (unit[1][0] * unit[1][1]).sum() < (unit[0][0] * unit[0][1]).sum()


def test_what_is_compiled_is_what_encodes(model):
    before = model.encode(TEXTS)
    seen = []

    def backend(graph, inputs):
        seen.append(graph)
        return graph.forward

    model.compile(backend=backend)
    np.testing.assert_allclose(model.encode(TEXTS), before, atol=1e-6)
    assert seen


def test_another_arithmetic_and_back(model):
    before = model.encode(TEXTS)
    assert model.to(torch.bfloat16).report().precision == "bfloat16"
    half = model.encode(TEXTS)
    assert 1e-5 < np.abs(half - before).max() < 0.1 * np.abs(before).max()
    np.testing.assert_allclose(model.float().encode(TEXTS), before, atol=1e-6)
    assert model.torch_module is not None
    with pytest.raises(Unsupported, match="casting"):
        model.half()


def test_moving_does_not_lose_what_was_changed(model):
    assert model.to("cpu").transformers_model is not None
    with pytest.raises(Unsupported, match="handed out"):
        model.to("cuda:0" if not torch.cuda.is_available() else "cpu:1")


def test_a_copy_computes_as_its_original_was_told_to(model):
    half = model.to(torch.bfloat16).encode(TEXTS)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.report().precision == "bfloat16"
    np.testing.assert_allclose(copy.encode(TEXTS), half, atol=1e-5)
