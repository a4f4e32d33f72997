"""Rotary positions (Su et al. 2021, arXiv:2104.09864)."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, cos: Array, sin: Array, *, heads: int) -> Array:
    """Turns the pairs (i, i + R / 2) of each head's first R features by their position's angles."""
    split = x.reshape(*x.shape[:2], heads, -1)
    size = cos.shape[-1]
    turning, rest = split[..., :size], split[..., size:]
    first, second = np.split(turning, 2, axis=-1)
    turned = np.concatenate([-second, first], axis=-1)
    result = turning * cos[:, None, :] + turned * sin[:, None, :]
    return np.concatenate([result, rest], axis=-1).reshape(x.shape)
