"""Scaled dot-product attention over several heads (Vaswani et al. 2017, arXiv:1706.03762)."""

import numpy as np

from isomorph.reference.array import Array


def run(
    q: Array,
    k: Array,
    v: Array,
    mask: Array,
    bias: Array | None,
    *,
    heads: int,
    kv_heads: int,
    scale: float,
) -> Array:
    """softmax(scale q k^T + bias) v over real keys, one row at a time to bound memory."""
    result = np.empty_like(q)
    lowest = np.finfo(np.float32).min
    shared = heads // kv_heads  # query heads for each head of keys and values
    for row, real in enumerate(mask):
        queries = _split(q[row], heads)
        keys, values = (np.repeat(_split(x[row], kv_heads), shared, axis=0) for x in (k, v))
        scores = queries @ keys.transpose(0, 2, 1) * np.float32(scale)
        if bias is not None:
            scores += bias[row if bias.shape[0] > 1 else 0]
        scores = np.maximum(np.where(real != 0, scores, lowest), lowest)
        scores -= scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores, out=scores)
        weights /= weights.sum(axis=-1, keepdims=True)
        result[row] = (weights @ values).transpose(1, 0, 2).reshape(q.shape[1:])
    return result


def _split(x: Array, heads: int) -> Array:
    """(T, H) -> (heads, T, H / heads)."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)
