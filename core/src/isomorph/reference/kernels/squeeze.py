"""Without an axis of size 1."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, *, axis: int) -> Array:
    """Without an axis of size 1."""
    return np.squeeze(x, axis)
