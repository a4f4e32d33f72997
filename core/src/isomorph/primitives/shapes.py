"""The shapes of a program's values, once those of its feeds are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from isomorph.errors import BadModel
from isomorph.primitives.program import Node

Shape = tuple[int, ...]
Rule = Callable[[Sequence[Shape], Mapping[str, Any]], Shape]


def shape_of(node: Node, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of what a node computes; `shapes` holds those of its inputs.

    Raises:
        BadModel: the inputs do not fit each other.
    """
    inputs = [shapes[name] for name in node.inputs if name]
    return _RULES.get(node.primitive, _joint)(inputs, node.attrs)


def _joint(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return np.broadcast_shapes(*inputs)


def _same(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return inputs[0]


def _embedding(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    table, ids = inputs
    return ids + table[1:]


def _fit(inputs: Sequence[Shape], own: int, other: int) -> None:
    """The sizes of one axis that two inputs must share.

    Raises:
        BadModel: they differ.
    """
    if own != other:
        shapes = " and ".join(map(str, inputs))
        raise BadModel(
            f"Values of {shapes} do not fit each other: {own} features, and {other} are read."
        )


def _normed(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    _fit(inputs, inputs[0][-1], inputs[1][0])
    return inputs[0]


def _conv(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    rows, width, features = inputs[0]
    _fit(inputs, features, inputs[1][1])
    return rows, width, inputs[1][0]


def _linear(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    _fit(inputs, inputs[0][-1], inputs[1][1])
    return (*inputs[0][:-1], inputs[1][0])


def _lstm(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    _fit(inputs, inputs[0][-1], inputs[2][1])
    return (*inputs[0][:-1], attrs["hidden"])


def _matmul(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    a, b = inputs
    _fit(inputs, a[-1], b[-2])
    return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])


def _reduce(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    axis = attrs["axis"] % len(inputs[0])
    middle = (1,) if attrs.get("keepdims") else ()
    return (*inputs[0][:axis], *middle, *inputs[0][axis + 1 :])


def _arange(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return (inputs[0][attrs["axis"]],)


def _take(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return (inputs[0][0], inputs[0][-1])


def _second(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return inputs[1]


def _scatter(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return (inputs[0][0], attrs["size"])


def _segment_mean(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return (inputs[1][0], inputs[0][1])


def _reshape(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    (own,) = inputs
    wanted = [own[axis] if size == 0 else size for axis, size in enumerate(attrs["shape"])]
    known = prod(size for size in wanted if size != -1)
    return tuple(prod(own) // max(1, known) if size == -1 else size for size in wanted)


def _transpose(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    return tuple(inputs[0][axis] for axis in attrs["perm"])


def _unsqueeze(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    axis = attrs["axis"] % (len(inputs[0]) + 1)
    return (*inputs[0][:axis], 1, *inputs[0][axis:])


def _concat(inputs: Sequence[Shape], attrs: Mapping[str, Any]) -> Shape:
    axis = attrs["axis"] % len(inputs[0])
    size = sum(each[axis] for each in inputs)
    return (*inputs[0][:axis], size, *inputs[0][axis + 1 :])


_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        "activation attention cast cos cumsum keep_largest log1p rotary sin sqrt".split(),
        _same,
    ),
    "arange": _arange,
    "argmax": _reduce,
    "concat": _concat,
    "conv1d": _conv,
    "embedding": _embedding,
    "gather_elements": _second,
    "layer_norm": _normed,
    "linear": _linear,
    "lstm": _lstm,
    "matmul": _matmul,
    "reduce": _reduce,
    "reshape": _reshape,
    "rms_norm": _normed,
    "scatter_max": _scatter,
    "scatter_sum": _scatter,
    "segment_mean": _segment_mean,
    "squeeze": _reduce,
    "take": _take,
    "transpose": _transpose,
    "unsqueeze": _unsqueeze,
}
"""Of the primitives that are not elementwise, for which numpy's broadcasting holds."""
