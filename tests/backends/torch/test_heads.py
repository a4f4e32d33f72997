"""Heads whose last bits depend on the number of threads are no reason for `batch_invariant`."""

from __future__ import annotations

import pytest
import torch

from isomorph_torch.modules.heads import heads_are_steady

NARROW = {"hidden_size": 32, "num_attention_heads": 4}
WIDE = {"hidden_size": 384, "num_attention_heads": 12}


@pytest.fixture
def capability(monkeypatch):
    return lambda name: monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: name)


@pytest.mark.parametrize(
    ("config", "steady"),
    [
        (NARROW, False),
        (WIDE, True),
        ({"d_model": 32, "encoder_attention_heads": 4}, False),
        ({"dim": 768, "n_heads": 12}, True),
        ({**WIDE, "head_dim": 8}, False),
        ({**NARROW, "head_dim": 64}, True),
        ({"text_config": WIDE, "vision_config": NARROW}, False),
        ({"text_config": WIDE, "vision_config": WIDE}, True),
        ({}, True),
        ({"hidden_size": 32, "num_attention_heads": 0}, True),
        ({"hidden_size": "32", "num_attention_heads": None}, True),
    ],
)
def test_narrow_heads_are_found_in_every_tower(capability, config, steady):
    capability("AVX2")
    assert heads_are_steady(config) is steady


def test_with_wide_vectors_all_heads_are_steady(capability):
    capability("AVX512")
    assert heads_are_steady(NARROW)
