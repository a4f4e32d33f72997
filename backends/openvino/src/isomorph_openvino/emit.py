"""Each primitive in OpenVINO's operators.

An emitter is a function ``(op, *inputs, **attrs) -> node``: `op` is OpenVINO's opset module, inputs
are outputs of other nodes. It imports nothing, so that `EMITTERS` says what can be claimed without
loading the engine. Meanings and shapes are those of `isomorph.primitives.ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from isomorph_openvino.attention import attention, in_parts, split_heads
from isomorph_openvino.choices import chosen

Node = Any
Output = Any
Opset = Any
Emitter = Callable[..., Node]

_LOWEST = np.finfo(np.float32).min
_FIRST = np.array([0], np.int64)
_LAST = np.array([-1], np.int64)
_ONE = np.array([1], np.int64)
_SWAPPED = np.array([0, 2, 1], np.int64)  # positions and features


def _binary(name: str) -> Emitter:
    """A primitive of two inputs that is one operator, with numpy's broadcasting."""
    return lambda op, a, b: getattr(op, name)(a, b)


def embedding(op: Opset, table: Output, ids: Output) -> Node:
    """Gather along the first axis."""
    return op.gather(table, ids, np.int64(0))


def linear(op: Opset, x: Output, weight: Output, bias: Output | None) -> Node:
    """MatMul on the (O, I) weights as stored; the CPU plugin folds the bias and what follows in."""
    y = op.matmul(x, weight, False, True)
    return y if bias is None else op.add(y, bias)


def layer_norm(op: Opset, x: Output, weight: Output, bias: Output | None, *, eps: float) -> Node:
    """MVN, which subtracts the mean before it squares; scale and shift are folded into it."""
    y = op.multiply(op.mvn(x, _LAST, True, eps, "INSIDE_SQRT"), weight)
    return y if bias is None else op.add(y, bias)


def activation(op: Opset, x: Output, *, kind: str) -> Node:
    """One of `isomorph.primitives.ops.ACTIVATIONS`."""
    return _ACTIVATIONS[kind](op, x)


def _with_nan(op: Opset, y: Node, source: Output) -> Node:
    """The CPU plugin's maxima pass over NaN: y with those of `source`, which has the same shape."""
    return op.select(op.is_nan(source), source, y)


_ACTIVATIONS: Mapping[str, Emitter] = {
    "gelu": lambda op, x: op.gelu(x, "erf"),
    "gelu_tanh": lambda op, x: op.gelu(x, "tanh"),
    "relu": lambda op, x: _with_nan(op, op.relu(x), x),
    "relu2": lambda op, x: _with_nan(op, op.power(op.relu(x), np.float32(2)), x),
    "sigmoid": lambda op, x: op.sigmoid(x),
    "silu": lambda op, x: op.swish(x),
    "tanh": lambda op, x: op.tanh(x),
}


def rms_norm(op: Opset, x: Output, weight: Output, *, eps: float) -> Node:
    """Written out; the CPU plugin fuses the pattern."""
    square = op.reduce_mean(op.power(x, np.float32(2)), _LAST, True)
    root = op.sqrt(op.add(square, np.float32(eps)))
    return op.multiply(op.multiply(x, op.divide(np.float32(1), root)), weight)


def rotary(op: Opset, x: Output, cos: Output, sin: Output, *, heads: int) -> Node:
    """Two slices swapped; a part of each head beyond the angles stays as it is."""
    split = split_heads(op, x, heads)
    size = op.gather(op.shape_of(cos, "i64"), _LAST, np.int64(0))
    half = op.divide(size, op.constant(np.array([2], np.int64)))
    end = op.constant(np.array([2**31 - 1], np.int64))

    def part(start: Any, stop: Any) -> Node:
        return op.slice(split, start, stop, _ONE, _LAST)

    turning, rest = part(op.constant(_FIRST), size), part(size, end)
    swapped = op.concat([op.negative(part(half, size)), part(op.constant(_FIRST), half)], -1)
    cosines, sines = (op.unsqueeze(angles, np.array([-2], np.int64)) for angles in (cos, sin))
    turned = op.add(op.multiply(turning, cosines), op.multiply(swapped, sines))
    return op.reshape(op.concat([turned, rest], -1), np.array([0, 0, -1], np.int64), True)


def log1p(op: Opset, x: Output) -> Node:
    """log(1 + x), to an absolute error of one float32 step at 1."""
    return op.log(op.add(x, np.float32(1)))


def cast(op: Opset, x: Output, *, dtype: str) -> Node:
    """To float32 or int64."""
    return op.convert(x, {"float32": "f32", "int64": "i64"}[dtype])


def compare(op: Opset, a: Output, b: Output, *, kind: str) -> Node:
    """The comparison whose name OpenVINO shares."""
    return getattr(op, kind)(a, b)


def where(op: Opset, condition: Output, a: Output, b: Output) -> Node:
    """Elementwise choice."""
    if a.get_element_type().is_integral():
        return chosen(op, condition, a, b)
    return op.select(condition, a, b)


def maximum(op: Opset, a: Output, b: Output) -> Node:
    """The larger of each two; their sum says where there is a NaN, which whole numbers have none of."""
    if a.get_element_type().is_integral():
        return op.maximum(a, b)
    return _with_nan(op, op.maximum(a, b), op.add(a, b))


def reduce(op: Opset, x: Output, *, kind: str, axis: int, keepdims: bool) -> Node:
    """Sum or maximum along one axis. The CPU plugin's maximum starts from the lowest finite value.

    The sum says where there is a NaN, which that maximum leaves out.
    """
    along = np.array([axis], np.int64)
    total = op.reduce_sum(x, along, keepdims)
    if kind == "sum":
        return total
    y = op.reduce_max(x, along, keepdims)
    return _with_nan(op, op.select(op.greater(y, _LOWEST), y, np.float32(-np.inf)), total)


def cumsum(op: Opset, x: Output, *, axis: int) -> Node:
    """Inclusive running sum."""
    return op.cum_sum(x, np.int64(axis))


def argmax(op: Opset, x: Output, *, axis: int) -> Node:
    """The smallest index that holds the maximum: TopK leaves open which of equal values it takes."""
    along = np.array([axis], np.int64)
    largest = op.equal(x, op.reduce_max(x, along, True))
    shape = np.ones(len(x.get_partial_shape()), np.int64)
    shape[axis] = -1
    index = op.reshape(arange(op, x, axis=axis), shape, False)
    beyond = op.constant(np.int64(2**24))  # the CPU plugin may compute this in float32
    return op.reduce_min(chosen(op, largest, index.output(0), beyond.output(0)), along, False)


def arange(op: Opset, x: Output, *, axis: int) -> Node:
    """Range up to a dimension of x."""
    stop = op.gather(op.shape_of(x, "i64"), np.int64(axis), np.int64(0))
    return op.range(np.int64(0), stop, np.int64(1), "i64")


def take(op: Opset, x: Output, index: Output) -> Node:
    """Gather with the rows as batch."""
    return op.gather(x, index, np.int64(1), 1)


def gather_elements(op: Opset, x: Output, index: Output) -> Node:
    """Along the last axis."""
    return op.gather_elements(x, index, len(x.get_partial_shape()) - 1)


def scatter_max(op: Opset, x: Output, index: Output, *, size: int) -> Node:
    """ScatterElementsUpdate into zeros, which take part in the maximum; the sum says where NaN is."""
    rows = op.gather(op.shape_of(x, "i64"), _FIRST, np.int64(0))
    shape = op.concat([rows, op.constant(np.array([size], np.int64))], 0)
    zeros = op.broadcast(np.float32(0), shape)
    largest = op.scatter_elements_update(zeros, index, x, np.int64(1), "max", True)
    return _with_nan(op, largest, scatter_sum(op, x, index, size=size))


def keep_largest(op: Opset, x: Output, *, count: int) -> Node:
    """A stable TopK, and its values back to their places."""
    axis = len(x.get_partial_shape()) - 1
    found = op.topk(x, np.int64(count), axis, "max", "value", "i64", True)
    zeros = op.broadcast(np.float32(0), op.shape_of(x, "i64"))
    return op.scatter_elements_update(zeros, found.output(1), found.output(0), np.int64(axis))


def experts(
    op: Opset,
    x: Output,
    routes: Output,
    *matrices: Output,
    count: int,
    activation: str,
    turned: bool,
) -> Node:
    """Each network on the positions that ask for it, found at run time; no position is a number too."""
    rows = op.reshape(x, op.concat([op.constant(_LAST), _size(op, x)], 0), False)
    shares = op.reshape(routes, np.array([-1, count], np.int64), False)
    total = op.multiply(rows, np.float32(0))
    for index in range(count):
        up, down, *gate = matrices[index::count]
        share = op.gather(shares, np.array([index], np.int64), np.int64(1))
        asking = op.transpose(op.non_zero(op.squeeze(share, _ONE), "i64"), np.array([1, 0]))
        own = op.gather_nd(rows, asking)
        inner = op.matmul(own, up, False, True)
        if gate:
            inner = op.multiply(
                _ACTIVATIONS[activation](op, op.matmul(own, *gate, False, True)), inner
            )
        else:
            inner = _ACTIVATIONS[activation](op, inner)
        answer = op.multiply(op.matmul(inner, down, False, not turned), op.gather_nd(share, asking))
        total = op.scatter_nd_update(total, asking, answer, "sum")
    return op.reshape(total, op.shape_of(x, "i64"), False)


def _size(op: Opset, x: Output) -> Node:
    """The last axis of x, as an int64 vector."""
    return op.gather(op.shape_of(x, "i64"), _LAST, np.int64(0))


def reshape(op: Opset, x: Output, *, shape: tuple[int, ...]) -> Node:
    """0 keeps an axis, as OpenVINO's special zero does."""
    return op.reshape(x, np.array(shape, np.int64), True)


def transpose(op: Opset, x: Output, *, perm: tuple[int, ...]) -> Node:
    """Axes in another order."""
    return op.transpose(x, np.array(perm, np.int64))


def unsqueeze(op: Opset, x: Output, *, axis: int) -> Node:
    """A new axis."""
    return op.unsqueeze(x, np.array([axis], np.int64))


def squeeze(op: Opset, x: Output, *, axis: int) -> Node:
    """Without one axis."""
    return op.squeeze(x, np.array([axis], np.int64))


def concat(op: Opset, *values: Output, axis: int) -> Node:
    """Joined along an axis."""
    return op.concat(list(values), axis)


def conv1d(
    op: Opset,
    x: Output,
    weight: Output,
    bias: Output | None,
    *,
    stride: int,
    padding: tuple[int, int],
    groups: int,
) -> Node:
    """Convolution, which wants the positions last, and the groups as an axis of the weight."""
    sizes = [stride], [padding[0]], [padding[1]], [1]
    x = op.transpose(x, _SWAPPED)
    if groups == 1:
        y = op.convolution(x, weight, *sizes)
    else:
        outputs, inputs, size = (int(n) for n in weight.get_shape())
        split = np.array([groups, outputs // groups, inputs, size], np.int64)
        y = op.group_convolution(x, op.reshape(weight, split, False), *sizes)
    y = op.transpose(y, _SWAPPED)
    return y if bias is None else op.add(y, bias)


def lstm(
    op: Opset,
    x: Output,
    lengths: Output,
    input_weight: Output,
    state_weight: Output,
    bias: Output,
    *,
    hidden: int,
    reverse: bool,
) -> Node:
    """LSTMSequence; its gates are in the order f, i, g, o.

    Backwards, each row is reversed before and after: the CPU plugin's own reverse direction starts at
    the end of the padding.
    """
    if reverse:
        x = op.reverse_sequence(x, lengths, 0, 1)
    order, gates = np.array([1, 0, 2, 3], np.int64), np.array([4, hidden, -1], np.int64)
    weights = [
        op.reshape(
            op.gather(op.reshape(weight, gates, False), order, np.int64(0)),
            np.array([1, 4 * hidden, *rest], np.int64),
            False,
        )
        for weight, rest in ((input_weight, [-1]), (state_weight, [-1]), (bias, []))
    ]
    rows = op.gather(op.shape_of(x, "i64"), _FIRST, np.int64(0))
    size = op.constant(np.array([1, hidden], np.int64))
    zeros = op.broadcast(np.float32(0), op.concat([rows, size], 0))
    y = op.lstm_sequence(x, zeros, zeros, lengths, *weights, hidden, "FORWARD")
    states = op.squeeze(y.output(0), _ONE)
    return op.reverse_sequence(states, lengths, 0, 1) if reverse else states


def scatter_sum(op: Opset, x: Output, index: Output, *, size: int) -> Node:
    """ScatterElementsUpdate into zeros."""
    rows = op.gather(op.shape_of(x, "i64"), _FIRST, np.int64(0))
    shape = op.concat([rows, op.constant(np.array([size], np.int64))], 0)
    zeros = op.broadcast(np.float32(0), shape)
    return op.scatter_elements_update(zeros, index, x, np.int64(1), "sum", True)


def segment_mean(op: Opset, x: Output, offsets: Output) -> Node:
    """EmbeddingBagOffsets, which gives zeros for an empty bag but wants every offset below N.

    So one more row is appended, in a bag of its own that is cut off again. Where x was itself
    gathered from a table, the bag reads the table and the (N, H) rows are never written.
    """
    table, ids = _gathered(x) or (None, None)
    count = op.gather(op.shape_of(x if ids is None else ids, "i64"), _FIRST, np.int64(0))
    if table is None:
        width = op.gather(op.shape_of(x, "i64"), _ONE, np.int64(0))
        row = op.broadcast(np.float32(0), op.concat([op.constant(_ONE), width], 0))
        table = op.concat([x, row], 0)
        stop = op.add(op.squeeze(count, _FIRST), np.int64(1))
        ids = op.range(np.int64(0), stop, np.int64(1), "i64")
    else:
        ids = op.concat([ids, op.constant(_FIRST)], 0)
    bags = op.embedding_bag_offsets(table, ids, op.concat([offsets, count], 0), reduction="mean")
    return op.slice(bags, _FIRST, _LAST, _ONE, _FIRST)


def _gathered(x: Output) -> tuple[Output, Output] | None:
    """Table and ids, where x holds rows (N, H) of a constant table, by ids (N,)."""
    gather = x.get_node()
    if gather.get_type_name() != "Gather":
        return None
    table, ids = gather.input_value(0), gather.input_value(1)
    if table.get_node().get_type_name() != "Constant" or len(ids.get_partial_shape()) != 1:
        return None
    return (table, ids) if len(table.get_partial_shape()) == 2 else None


EMITTERS: Mapping[str, Emitter] = {
    **{name: _binary(name) for name in "add subtract multiply divide".split()},
    "activation": activation,
    "arange": arange,
    "argmax": argmax,
    "attention": attention,
    "cast": cast,
    "compare": compare,
    "concat": concat,
    "conv1d": conv1d,
    "cos": lambda op, x: op.cos(x),
    "cumsum": cumsum,
    "embedding": embedding,
    "experts": experts,
    "gather_elements": gather_elements,
    "keep_largest": keep_largest,
    "layer_norm": layer_norm,
    "linear": linear,
    "log1p": log1p,
    "lstm": lstm,
    "maximum": maximum,
    "matmul": lambda op, a, b: op.matmul(a, b, False, False),
    "reduce": reduce,
    "reshape": reshape,
    "rms_norm": rms_norm,
    "rotary": rotary,
    "scatter_max": scatter_max,
    "scatter_sum": scatter_sum,
    "segment_mean": segment_mean,
    "sin": lambda op, x: op.sin(x),
    "softmax": lambda op, x: op.softmax(x, -1),
    "sqrt": lambda op, x: op.sqrt(x),
    "squeeze": squeeze,
    "take": take,
    "transpose": transpose,
    "unsqueeze": unsqueeze,
    "where": where,
}
"""The emitter of every primitive that this backend runs."""

ON_CPU: Mapping[str, Emitter] = {**EMITTERS, "attention": partial(attention, mixed=in_parts)}
"""The same for the CPU plugin. Files are written with `EMITTERS`, since any device may read them."""
