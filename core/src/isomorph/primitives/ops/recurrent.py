"""Primitives that go from position to position with a state."""

from __future__ import annotations

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.ops.elementwise import logistic
from isomorph.primitives.primitive import Attrs, Primitive, Shape, Shapes, fit, float32


def lstm(
    x: Ref,
    lengths: Ref,
    input_weight: Ref,
    state_weight: Ref,
    bias: Ref,
    *,
    hidden: int,
    reverse: bool = False,
) -> Ref:
    """One direction of a long short-term memory (Gers et al. 2000, doi:10.1162/089976600300015015).

    Row b of x (B, T, I) is its first lengths[b] positions, int64 and at least 1; `reverse` reads them
    from the last to the first. State and output begin with zeros and at every position become

        i, f, g, o = the four parts of input_weight x + state_weight h + bias
        c = sigmoid(f) c + sigmoid(i) tanh(g);  h = sigmoid(o) tanh(c)

    with input_weight (4H, I), state_weight (4H, H), bias (4H,) and H `hidden`. Each position's h ->
    (B, T, H); what stands beyond a row's length is unspecified and finite.
    """
    inputs = (x, lengths, input_weight, state_weight, bias)
    return x.builder.emit("lstm", inputs, hidden=hidden, reverse=reverse)


def _lstm(
    x: Array,
    lengths: Array,
    input_weight: Array,
    state_weight: Array,
    bias: Array,
    *,
    hidden: int,
    reverse: bool,
) -> Array:
    """Position by position over all rows; a row whose text is over, or not yet begun, keeps its state."""
    rows, width, _ = x.shape
    gates = x @ input_weight.T + bias  # (B, T, 4H), as one product
    h = np.zeros((rows, hidden), x.dtype)
    c = np.zeros((rows, hidden), x.dtype)
    result = np.zeros((rows, width, hidden), x.dtype)
    for t in reversed(range(width)) if reverse else range(width):
        i, f, g, o = np.split(gates[:, t] + h @ state_weight.T, 4, axis=1)
        cell = logistic(f) * c + logistic(i) * np.tanh(g)
        real = (t < lengths)[:, None]
        c = np.where(real, cell, c)
        h = np.where(real, logistic(o) * np.tanh(cell), h)
        result[:, t] = h * real
    return result


def _states(shapes: Shapes, attrs: Attrs) -> Shape:
    fit(shapes, shapes[0][-1], shapes[2][1])
    return (*shapes[0][:-1], attrs["hidden"])


def _gates(shapes: Shapes, attrs: Attrs) -> int:
    """What all positions put into the gates, which is made as one product."""
    rows, width, _ = shapes[0]
    size: int = rows * width * 4 * attrs["hidden"] * 4
    return size


PRIMITIVES = (Primitive("lstm", _lstm, _states, float32, _gates),)
