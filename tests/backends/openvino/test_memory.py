"""What loading leaves behind: pages of the weight file, and the arithmetic of the calling thread."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from isomorph.contract import Device, Options
from isomorph_openvino.backend import OpenVINOBackend
from isomorph_openvino.weights import Weights

CPU = Device("cpu")
SMAPS = Path("/proc/self/smaps")
FEEDS = {
    "input_ids": np.array([[101, 1037, 2158, 102]]),
    "attention_mask": np.ones((1, 4), np.int64),
    "token_type_ids": np.zeros((1, 4), np.int64),
}


def load(model, **options):
    backend = OpenVINOBackend()
    return backend.load(model, backend.claim(model, CPU), Options(**options))


def resident(file):
    """Bytes of a file that this process has in memory through its maps."""
    found, inside = 0, False
    for line in SMAPS.read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(str(file))
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(not SMAPS.exists(), reason="needs Linux's account of maps")
def test_loading_keeps_no_pages_of_the_weights_and_a_forward_few(minilm):
    file = next(iter(minilm.tensors_of(minilm.graph.modules[0]).values())).file
    before, size = resident(file), file.stat().st_size
    session = load(minilm)
    assert resident(file) - before < size * 0.01
    session.forward(FEEDS)
    assert resident(file) - before < size * 0.1  # rows of tables, and what is read ahead
    session.close()


def test_pages_that_were_let_go_come_back(minilm):
    tensors = minilm.tensors_of(minilm.graph.modules[0])
    weights = Weights()
    arrays = {name: weights.array(tensor) for name, tensor in tensors.items()}
    weights.release()
    for name, tensor in tensors.items():
        assert arrays[name].flags.writeable
        np.testing.assert_array_equal(arrays[name], tensor.numpy())


@pytest.mark.parametrize("lanes", [1, 2])
def test_this_thread_still_knows_denormals(static_model, lanes):
    session = load(static_model, lanes=lanes, threads=2)
    session.forward({"input_ids": np.array([1, 2]), "offsets": np.array([0])})
    tiny = np.full(64, 1e-40, np.float32)
    assert (tiny * np.float32(1) > 0).all()
    assert np.finfo(np.float32).smallest_subnormal > 0
    session.close()
