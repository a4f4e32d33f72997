"""Layer normalisation (Ba et al. 2016, arXiv:1607.06450)."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, weight: Array, bias: Array | None, *, eps: float) -> Array:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    y = centred / np.sqrt(variance + np.float32(eps)) * weight
    return np.asarray(y if bias is None else y + bias)
