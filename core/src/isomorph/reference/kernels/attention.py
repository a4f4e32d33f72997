"""Scaled dot-product attention over several heads (Vaswani et al. 2017, arXiv:1706.03762)."""

import numpy as np

from isomorph.reference.array import Array


def run(q: Array, k: Array, v: Array, mask: Array, *, heads: int, scale: float) -> Array:
    """softmax(scale q k^T over real keys) v, head by head, one row at a time to bound memory."""
    result = np.empty_like(q)
    lowest = np.finfo(np.float32).min
    for row, real in enumerate(mask):
        hidden = np.where(real != 0, np.float32(0), lowest)
        queries, keys, values = (_split(x[row], heads) for x in (q, k, v))
        scores = queries @ keys.transpose(0, 2, 1) * np.float32(scale) + hidden
        scores -= scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores, out=scores)
        weights /= weights.sum(axis=-1, keepdims=True)
        result[row] = (weights @ values).transpose(1, 0, 2).reshape(q.shape[1:])
    return result


def _split(x: Array, heads: int) -> Array:
    """(T, H) -> (heads, T, H / heads)."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)
