"""Whole chains of small random models against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph.contract import Claim, Device, Options
from isomorph.reference.backend import ReferenceBackend
from isomorph_openvino.backend import OpenVINOBackend

CPU = Device("cpu")
RIGHT = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
MODES = ["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]


def _compare(model, mask):
    ids = np.random.default_rng(0).integers(4, 50, mask.shape) * mask + (1 - mask)
    feeds = {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": (ids % 2) * mask,
        "prompt_length": np.array([2, 1, 0]),
    }
    feeds = {name: feeds[name] for name in model.graph.inputs}
    backend = OpenVINOBackend()
    claim = backend.claim(model, CPU)
    assert claim.depth == len(model.graph)
    session = backend.load(model, claim, Options())
    found = session.forward(feeds)
    session.close()
    expected = ReferenceBackend().load(model, Claim(CPU, claim.depth), Options()).forward(feeds)
    assert set(found) == set(expected)
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("mask", [RIGHT, RIGHT[:, ::-1].copy()], ids=["right", "left"])
@pytest.mark.parametrize("mode", [*MODES, ["max", "mean"]], ids=str)
@pytest.mark.parametrize("include_prompt", [True, False])
def test_pooling(encoder, mode, mask, include_prompt):
    _compare(encoder({}, {"pooling_mode": mode, "include_prompt": include_prompt}), mask)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "cls"])
def test_pooling_of_a_row_without_tokens(encoder, mode):
    """Not for "cls", which hands out what attention leaves unspecified for such a row."""
    mask = RIGHT.copy()
    mask[2] = 0
    _compare(encoder({}, {"pooling_mode": mode}).prefix(2), mask)


@pytest.mark.parametrize("mask", [RIGHT, RIGHT[:, ::-1].copy()], ids=["right", "left"])
@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "roberta", "pad_token_id": 1},
        {"hidden_act": "gelu_new"},
        {"hidden_act": "silu"},
        {"hidden_act": "relu", "output_hidden_states": True},
    ],
    ids=lambda config: "-".join(map(str, config.values())),
)
def test_encoders(encoder, config, mask):
    model = encoder(config, {})
    _compare(model, mask)
    _compare(model.prefix(1), mask)
