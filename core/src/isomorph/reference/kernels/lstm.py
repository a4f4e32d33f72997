"""One direction of a long short-term memory (Gers et al. 2000, doi:10.1162/089976600300015015)."""

import numpy as np

from isomorph.reference.array import Array


def run(
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
        cell = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        real = (t < lengths)[:, None]
        c = np.where(real, cell, c)
        h = np.where(real, _sigmoid(o) * np.tanh(cell), h)
        result[:, t] = h * real
    return result


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * x)))  # never overflows
