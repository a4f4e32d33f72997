"""Products by oneDNN; modes, memory and transfers of concurrent forwards."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
import torch
from torch import nn

from isomorph_torch import memory, transfers
from isomorph_torch.chain import Evaluating
from isomorph_torch.linear import Linear, onednn_is_best, unpack, use_onednn

needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch was built without oneDNN"
)


def layers(bias=True):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(20, 48, bias=bias), nn.GELU(), nn.Linear(48, 20)).eval()


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 31, 300])
def test_onednn_gives_the_numbers_of_torch(bias, rows):
    chain, x = layers(bias), torch.randn(2, rows, 20)
    with torch.inference_mode():
        expected = chain(x)
        use_onednn(chain)
        packed = chain(x)
        unpack(chain)
        live = chain(x)
    torch.testing.assert_close(packed, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(live, expected, rtol=1e-5, atol=1e-5)


@needs_onednn
def test_packed_weights_are_a_copy_and_are_in_no_file():
    chain, x = layers(), torch.randn(3, 20)
    names = set(chain.state_dict())
    use_onednn(chain)
    assert set(chain.state_dict()) == names
    with torch.inference_mode():
        before = chain(x)
        chain[0].weight.data.zero_()
        torch.testing.assert_close(chain(x), before, rtol=0, atol=0)
        unpack(chain)
        assert (chain(x) - before).abs().max() > 1e-3


@needs_onednn
def test_training_and_classes_of_others_go_their_own_way():
    class Doubling(nn.Linear):
        def forward(self, x):
            return 2 * super().forward(x)

    chain = nn.Sequential(layers(), Doubling(20, 4), nn.Linear(4, 4).bfloat16())
    use_onednn(chain)
    assert type(chain[1]) is Doubling
    assert type(chain[2]) is nn.Linear
    assert isinstance(chain[0][0], Linear)
    chain[0](torch.randn(3, 20)).sum().backward()
    assert chain[0][0].weight.grad.abs().sum() > 0


def test_onednn_is_taken_where_it_has_wide_vectors(monkeypatch):
    for capability, best in (("DEFAULT", False), ("AVX2", True), ("AVX512", True)):
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda name=capability: name)
        assert onednn_is_best() is best
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert not onednn_is_best()


def test_the_modes_come_back_when_the_last_thread_leaves():
    chain = nn.Sequential(nn.Dropout(), nn.Linear(2, 2)).train()
    chain[1].eval()
    evaluating, inside, leave = Evaluating(chain), Barrier(2), Event()

    def stay():
        with evaluating:
            inside.wait()
            leave.wait()
            return chain[0].training

    with ThreadPoolExecutor(1) as pool:
        staying = pool.submit(stay)
        inside.wait()
        with evaluating:
            assert not chain.training
        assert not chain[0].training, "the other one is inside still"
        leave.set()
        assert staying.result() is False
    assert [module.training for module in chain.modules()] == [True, True, False]
    with evaluating.nobody():
        assert chain.training


def test_feeds_are_copied_and_results_are_plain_arrays():
    array = np.arange(6).reshape(2, 3)
    array.flags.writeable = False
    fed = transfers.to_device(array, torch.device("cpu"))
    fed += 1
    assert array[0, 0] == 0
    half = torch.ones(3, 2, dtype=torch.float16).T
    found = transfers.to_host({"half": half, "whole": torch.zeros(2)})
    assert {name: x.dtype for name, x in found.items()} == dict.fromkeys(found, np.float32)
    assert found["half"].flags.c_contiguous


def test_a_forward_on_cuda_has_the_tokens_that_its_memory_holds():
    class Config:
        hidden_size, intermediate_size = 1024, 4096

    assert memory.budget(torch.device("cpu"), Config, 4, 1) == memory.ON_CPU
    assert memory.budget(torch.device("mps"), Config, 4, 1) == 0
    least, most = memory.LEAST, memory.MOST
    assert memory.tokens_in(0, Config, 4, 1) == least
    assert memory.tokens_in(10**12, Config, 4, 1) == most
    between = memory.tokens_in(2**30, Config, 4, 1)
    assert least < between < most
    assert memory.tokens_in(2**30, Config, 2, 1) == pytest.approx(2 * between, abs=2)
    assert memory.tokens_in(2**31, Config, 4, 2) == between
