"""A child of a thread that has used torch's own threads: OpenMP would wait for them for ever."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from tests.core.machine.forking import in_child
from tests.core.pool.conftest import LOADERS, TEXTS

from isomorph import SentenceTransformer
from isomorph_torch import forks

FOLDER = LOADERS[SentenceTransformer]


@pytest.fixture
def threads_of_ours():
    """Gives torch back the number of threads that it had."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_loads_and_runs_models_on_one_thread_a_lane(threads_of_ours):
    with SentenceTransformer(FOLDER, backend="torch") as model:
        wanted = model.encode(TEXTS)

        def child():
            other = SentenceTransformer(FOLDER, backend="torch")
            same = np.allclose(other.encode(TEXTS), wanted, atol=1e-5)
            forks.set_threads(4)
            torch.ones(1 << 20).exp_()
            return same and np.allclose(model.encode(TEXTS), wanted, atol=1e-5)

        torch.set_num_threads(4)
        torch.ones(1 << 20).exp_()
        assert in_child(child) == "True"
