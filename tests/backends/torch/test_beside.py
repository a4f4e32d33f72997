"""Two sessions over one live chain: one for many inputs, one whose forwards all threads share."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from isomorph import SentenceTransformer
from isomorph_torch import linear, threads
from isomorph_torch.alone import ALONE, is_alone
from isomorph_torch.threads import Team

MODEL = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
POOLING = ("Pooling", {"pooling_mode": "mean"}, {})
ONE = {
    "input_ids": np.array([[5, 9, 17, 3, 11]]),
    "attention_mask": np.ones((1, 5), np.int64),
    "token_type_ids": np.zeros((1, 5), np.int64),
}


@pytest.fixture
def folder(write_folder, normal):
    dense = {"in_features": 32, "out_features": 8, "bias": False}
    return write_folder("bert", POOLING, ("Dense", dense, {"linear.weight": normal(8, 32)}))


@pytest.fixture
def both(folder, open_torch, monkeypatch):
    monkeypatch.setattr(threads, "SMALL", 0)  # as of a model whose texts gain by a second thread
    many = open_torch(folder, threads=2, lanes=2)
    return many, open_torch(folder, threads=2, lanes=1, beside=many)


def vector(session):
    return session.forward(ONE)["sentence_embedding"]


def test_they_have_the_same_weights_and_shares_of_their_own(both):
    many, few = both
    assert few.native["torch_module"] is many.native["torch_module"]
    assert [(s.effective.threads, s.effective.lanes) for s in both] == [(2, 2), (2, 1)]


def test_what_is_trained_shows_in_both_whoever_handed_it_out(both):
    many, few = both
    before = vector(many)
    np.testing.assert_allclose(vector(few), before, rtol=1e-5, atol=1e-6)
    with torch.no_grad():
        for weight in few.native["torch_module"].parameters():
            weight.mul_(0.5)
    changed = vector(many)
    assert np.abs(changed - before).max() > 1e-3
    np.testing.assert_allclose(vector(few), changed, rtol=1e-5, atol=1e-6)
    assert "unpadded" not in many.effective.provider


def test_who_holds_the_chain_has_forwards_of_one_number_of_threads(both, monkeypatch):
    _, few = both
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    monkeypatch.setattr(Team, "_unoccupied", lambda team: 7)
    vector(few)
    assert few.native["torch_module"] is not None
    vector(few)
    assert given == [7, 2]


def test_weights_are_freed_with_the_last_of_them(both):
    many, few = both
    chain = weakref.ref(many._live.chain)
    many.close()
    assert vector(few).shape == (1, 8)
    few.close()
    gc.collect()
    assert chain() is None


def test_a_closed_neighbour_shares_nothing(folder, open_torch):
    gone = open_torch(folder)
    gone.close()
    assert vector(open_torch(folder, beside=gone)).shape == (1, 8)


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_row_that_has_all_threads_is_not_packed(lanes, folder, open_torch, monkeypatch):
    session = open_torch(folder, threads=2, lanes=lanes)
    found = []
    forward = linear.Linear.forward
    if not any(type(module) is linear.Linear for module in session._live.chain.modules()):
        pytest.skip("products are torch's own here")

    def note(self, x):
        found.append((ALONE.get(), x.shape[-2]))
        return forward(self, x)

    monkeypatch.setattr(linear.Linear, "forward", note)
    vector(session)
    assert ALONE.get() is False
    assert (True, 5) in found if lanes == 1 else (False, 8) in found


def test_one_row_without_padding_is_alone():
    names = ("input_ids", "attention_mask")
    assert is_alone(ONE, names)
    assert is_alone({"pixel_values": np.zeros((1, 3, 4, 4))}, ("pixel_values",))
    assert not is_alone({**ONE, "attention_mask": np.array([[1, 1, 1, 1, 0]])}, names)
    assert not is_alone({name: np.repeat(array, 2, 0) for name, array in ONE.items()}, names)


def test_a_model_that_is_called_both_ways_holds_its_weights_once(monkeypatch):
    monkeypatch.setattr("isomorph.runtime.runners.effective_cpus", lambda: 2)
    with SentenceTransformer(MODEL, backend="torch") as model:
        one = model.encode("a river")
        first = model.__loaded__().open().session
        many = model.encode(["a river", "a bridge over the water", *map(str, range(300))])
        assert model.report().sessions == 2
        assert model.__loaded__().open().session._live is first._live
        np.testing.assert_allclose(one, many[0], rtol=1e-5, atol=1e-6)
