"""Attention to neighbours by blocks, against the numpy kernel that looks at all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import floats

from isomorph.contract import Graph, Model
from isomorph.primitives import ops
from isomorph.program import VALUES, Builder
from isomorph.reference.interpret import Interpreter
from isomorph_onnx import banded
from isomorph_onnx.emit import Emitter
from isomorph_onnx.engine import engine
from isomorph_onnx.write import encode

WIDTH = 12


def near(mask, window):
    """What excludes pairs that are farther apart, (1, 1, T, T), as encoders write it."""
    builder, places = mask.builder, ops.arange(mask, axis=1)
    distance = ops.unsqueeze(places, 0) - ops.unsqueeze(places, 1)
    square = distance * distance
    far = ops.compare(square, builder.constant(np.array([window**2])), "greater")
    scores = ops.where(far, builder.constant(-np.inf), builder.constant(0.0))
    band = ops.unsqueeze(ops.unsqueeze(scores, 0), 0)
    builder.is_band(band, window)
    return band


def layers(window):
    """Two layers that share a band, behind products, whose results are rows."""
    builder = Builder(VALUES)
    x, mask = builder.feed("token_embeddings"), builder.feed("attention_mask")
    band = near(mask, window)
    for _ in range(2):
        weight = builder.constant(0.3 * floats(WIDTH, WIDTH))
        q, k, v = (ops.linear(x, weight) for _ in range(3))
        x = ops.linear(ops.attention(q, k, v, mask, band, heads=3, scale=0.5), weight) + x
    return builder.finish({"out": x})


def run(program, feeds, folder, **how):
    emitter = Emitter(program, "fused", **how)
    content = encode(Model.of(Graph((), (), ()), folder), program, emitter, emitter.constants)
    session = engine().InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["out"], feeds)[0]


@pytest.mark.parametrize("window", [1, 5, 32, 40])
@pytest.mark.parametrize("blocks", [0.2, 3.9, 4.0, 4.1, 6.0, 9.3])
def test_blocks_give_what_all_pairs_give(window, blocks, tmp_path):
    program = layers(window)
    length = round(blocks * max(window, banded.LEAST))
    mask = np.ones((3, length), np.int64)
    mask[1, length // 2 :] = 0
    mask[2, : -(length // 3) or None] = 0  # padding on the left, more than a block of it
    feeds = {"token_embeddings": floats(3, length, WIDTH), "attention_mask": mask}
    expected = Interpreter(program).run(feeds)["out"]
    for in_blocks in (False, True):
        found = run(program, feeds, tmp_path, in_blocks=in_blocks)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[mask > 0], expected[mask > 0], rtol=2e-5, atol=2e-5)


def test_blocks_are_for_long_forwards_alone():
    nodes = Emitter(layers(40), "fused", in_blocks=True).nodes
    deciding = [node for node in nodes if node.op == "If"]
    assert len(deciding) == 3, "two layers, and what they share"
    conditions = {node.inputs[0] for node in deciding}
    assert len(conditions) == 1, "one comparison of the width serves all layers"


@pytest.mark.parametrize("how", [{}, {"in_blocks": True, "by_codes": True}])
def test_nothing_is_decided_where_blocks_are_not_wanted(how):
    nodes = Emitter(layers(5), "fused", **how).nodes
    assert "If" not in {node.op for node in nodes}
