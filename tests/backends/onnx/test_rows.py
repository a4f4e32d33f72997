"""Between two products values stay rows; what asks for their axes gets them."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import floats

from isomorph.contract import Graph, Model
from isomorph.primitives import ops
from isomorph.program import VALUES, Builder
from isomorph.reference.interpret import Interpreter
from isomorph_onnx.emit import Emitter
from isomorph_onnx.engine import engine
from isomorph_onnx.write import encode

WIDTH = 8


def layer(x, mask):
    """Attention and what follows it, as in every encoder."""
    square = x.builder.constant(floats(WIDTH, WIDTH))
    q, k, v = (ops.linear(x, square) for _ in range(3))
    y = ops.linear(ops.attention(q, k, v, mask, heads=2, scale=0.5), square)
    y = ops.layer_norm(x + y, x.builder.constant(floats(WIDTH)), None, 1e-5)
    return ops.layer_norm(
        y + ops.linear(ops.activation(ops.linear(y, square), "gelu"), square),
        x.builder.constant(floats(WIDTH)),
        None,
        1e-5,
    )


def turned_layer(x, mask):
    """The same with rotary positions, between products and attention."""
    square = x.builder.constant(floats(WIDTH, WIDTH))
    angles = np.tile(floats(5, 2), 2)
    cos, sin = (x.builder.constant(f(angles).astype(np.float32)) for f in (np.cos, np.sin))
    q, k = (ops.rotary(ops.linear(x, square), cos, sin, heads=2) for _ in range(2))
    y = ops.attention(q, k, ops.linear(x, square), mask, heads=2, scale=0.5)
    return ops.rms_norm(x + ops.linear(y, square), x.builder.constant(floats(WIDTH)), 1e-5)


def table_of_positions(x, mask):
    """A sum with a matrix, which rows of all texts have no shape for."""
    return ops.linear(x, x.builder.constant(floats(WIDTH, WIDTH))) + x.builder.constant(
        floats(5, WIDTH)
    )


def two_of_one_width(x, mask):
    """Rows of values with other axes are not summed as rows."""
    square = x.builder.constant(floats(WIDTH, WIDTH))
    first = ops.linear(ops.take(x, mask_start(mask)), square)  # (B, H)
    return ops.linear(x, square) + ops.unsqueeze(first, 1)


def mask_start(mask):
    return ops.argmax(mask, axis=1)


def narrow_beside_wide(x, mask):
    weights = ops.linear(x, x.builder.constant(floats(1, WIDTH)))
    return ops.linear(x, x.builder.constant(floats(WIDTH, WIDTH))) * weights


def one_row_a_text(x, mask):
    return ops.activation(
        ops.linear(ops.take(x, mask_start(mask)), x.builder.constant(floats(3, WIDTH))), "tanh"
    )


@pytest.mark.parametrize(
    "made",
    [layer, turned_layer, table_of_positions, two_of_one_width, narrow_beside_wide, one_row_a_text],
)
@pytest.mark.parametrize("dialect", ["plain", "fused", "branched"])
@pytest.mark.parametrize("padded", [False, True])
def test_results_are_those_of_whole_values(made, dialect, padded, tmp_path):
    builder = Builder(VALUES)
    x, mask = builder.feed("token_embeddings"), builder.feed("attention_mask")
    program = builder.finish({"out": made(x, mask)})
    emitter = Emitter(program, dialect)
    content = encode(Model.of(Graph((), (), ()), tmp_path), program, emitter, emitter.constants)
    session = engine().InferenceSession(content, providers=["CPUExecutionProvider"])
    seen = np.ones((3, 5), np.int64)
    seen[1, 3:] = 0 if padded else 1
    feeds = {"token_embeddings": floats(3, 5, WIDTH), "attention_mask": seen}
    (found,) = session.run(["out"], feeds)
    expected = Interpreter(program).run(feeds)["out"]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def emitted(made):
    """The emitter of a fused graph, its program, and how many operators look at shapes."""
    builder = Builder(VALUES)
    y = made(builder.feed("token_embeddings"), builder.feed("attention_mask"))
    program = builder.finish({"out": y})
    emitter = Emitter(program, "fused")
    return emitter, program, sum(node.op in ("Shape", "Concat") for node in emitter.nodes)


def test_a_layer_changes_shapes_around_attention_alone():
    emitter, _, shapes = emitted(lambda x, mask: layer(layer(x, mask), mask))
    reshapes = [node for node in emitter.nodes if node.op == "Reshape"]
    # q, k, v and what attention gives in each layer, and the two ends
    assert len(reshapes) == 2 * 4 + 2
    assert shapes == 2


def test_turning_positions_does_not_lose_track():
    """The sum behind attention is one of rows: nothing but what it is of was made whole again."""
    emitter, program, _ = emitted(lambda x, mask: turned_layer(turned_layer(x, mask), mask))
    sums = [node.output for node in program.nodes if node.primitive == "add"]
    written = {name for node in emitter.nodes for name in node.outputs}
    assert not written & set(sums)
