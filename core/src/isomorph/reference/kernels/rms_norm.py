"""Root mean square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467)."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, weight: Array, *, eps: float) -> Array:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis."""
    square = np.mean(x * x, axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt(square + np.float32(eps)) * weight)
