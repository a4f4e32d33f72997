"""A loaded chain: what it reports, trains, refuses and leaves alone."""

import numpy as np
import pytest
import torch

from isomorph.contract import Backend, Device, Options, Session
from isomorph.errors import InputError
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})


@pytest.fixture
def folder(write_folder, normal):
    dense = {"in_features": 32, "out_features": 8, "bias": False}
    tensors = {"linear.weight": normal(8, 32)}
    dropout = ("Dropout", {"dropout": 0.5}, {})
    return write_folder("bert", POOLING, dropout, ("Dense", dense, tensors))


def test_backend_and_session_have_the_contracts_methods(folder, open_torch):
    assert isinstance(TorchBackend(), Backend)
    assert isinstance(open_torch(folder), Session)


def test_it_reports_what_torch_answers(folder, open_torch):
    effective = open_torch(folder).effective
    assert str(effective.device) == "cpu"
    assert effective.engine == f"torch {torch.__version__.partition('+')[0]}"
    assert effective.provider.split(", ")[0] == "sdpa"
    assert effective.arithmetic == "float32"
    assert effective.threads == 1
    assert effective.lanes == 1


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_computed_and_reported(precision, folder, open_torch, feeds):
    session = open_torch(folder, arithmetic=precision)
    assert session.effective.arithmetic == precision
    vector = session.forward(feeds)["sentence_embedding"]
    assert vector.dtype == np.float32
    exact = open_torch(folder).forward(feeds)["sentence_embedding"]
    cosine = (
        (vector * exact).sum(1) / np.linalg.norm(vector, axis=1) / np.linalg.norm(exact, axis=1)
    )
    assert cosine.min() > 0.99
    assert np.abs(vector - exact).max() > 1e-5


def test_static_tables_follow_the_precision_too(write_folder, open_torch, normal):
    static = write_folder(("StaticEmbedding", {}, {"embeddings": normal(20, 8)}))
    session = open_torch(static, arithmetic="bfloat16")
    ragged = {"input_ids": np.array([3, 1, 4]), "offsets": np.array([0, 2])}
    assert session.effective.arithmetic == "bfloat16"
    assert session.forward(ragged)["sentence_embedding"].dtype == np.float32


def test_a_type_in_the_model_arguments_is_understood_and_reported(folder, open_torch):
    for name in ("dtype", "torch_dtype"):
        session = open_torch(folder, model_kwargs={name: "bfloat16"})
        assert session.effective.arithmetic == "bfloat16"


def test_a_chain_that_its_holder_has_cast_still_runs_and_says_so(folder, open_torch, feeds):
    session = open_torch(folder)
    session.native["torch_module"].bfloat16()
    assert session.forward(feeds)["sentence_embedding"].dtype == np.float32
    assert session.effective.arithmetic == "bfloat16"


def test_a_training_step_shows_in_the_next_forward(folder, open_torch, feeds):
    session = open_torch(folder)
    before = session.forward(feeds)["sentence_embedding"]
    chain = session.native["torch_module"]
    optimizer = torch.optim.SGD(chain.parameters(), lr=0.1)
    chain.train()
    values = chain({name: torch.tensor(array) for name, array in feeds.items()})
    values["sentence_embedding"].square().sum().backward()
    parameters = dict(chain.named_parameters())
    idle = {name for name, parameter in parameters.items() if parameter.grad is None}
    assert all("pooler" in name for name in idle), idle
    optimizer.step()
    after = session.forward(feeds)["sentence_embedding"]
    assert np.abs(after - before).max() > 1e-3
    assert chain.training
    np.testing.assert_array_equal(session.forward(feeds)["sentence_embedding"], after)


def test_every_submodule_keeps_the_mode_that_it_had(folder, open_torch, feeds):
    session = open_torch(folder)
    chain = session.native["torch_module"]
    assert not any(module.training for module in chain.modules())
    chain.train()
    chain[0].eval()
    modes = [module.training for module in chain.modules()]
    session.forward(feeds)
    assert [module.training for module in chain.modules()] == modes
    with pytest.raises(InputError):
        session.forward({**feeds, "input_ids": feeds["input_ids"] + 1000})
    assert [module.training for module in chain.modules()] == modes


def test_an_id_outside_of_the_vocabulary_is_an_input_error(folder, open_torch, feeds):
    with pytest.raises(InputError, match="another model"):
        open_torch(folder).forward({**feeds, "input_ids": feeds["input_ids"] + 1000})


def test_feeds_are_not_written_to_and_not_kept(folder, open_torch, feeds):
    session = open_torch(folder)
    own = {name: array.copy() for name, array in feeds.items()}
    result = session.forward(own)["sentence_embedding"]
    kept = result.copy()
    for name, array in own.items():
        np.testing.assert_array_equal(array, feeds[name])
        array[...] = 1
    session.forward(own)
    np.testing.assert_array_equal(result, kept)


def test_only_promised_outputs_come_back(folder, open_torch, feeds):
    extra = {**feeds, "offsets": np.zeros(1, np.int64)}
    assert set(open_torch(folder).forward(extra)) == {"sentence_embedding"}


def test_after_closing_only_the_report_is_left(folder, open_torch, feeds, tmp_path):
    session = open_torch(folder)
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.forward(feeds)
    with pytest.raises(RuntimeError, match="closed"):
        session.save(tmp_path)
    assert session.effective.provider.split(", ")[0] == "sdpa"
    assert not session.native


def test_each_lane_has_its_share_of_the_threads_whoever_else_runs(folder, feeds, monkeypatch):
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    model, backend = read_model(folder), TorchBackend()
    claim = backend.claim(model, Device("cpu"))
    for threads, lanes in ((6, 6), (6, 2), (1, 2)):
        session = backend.load(model, claim, Options(threads=threads, lanes=lanes))
        session.forward(feeds)
        assert (session.effective.threads, session.effective.lanes) == (threads, lanes)
        session.close()
    assert given == [1, 3, 1]
