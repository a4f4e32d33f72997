"""0, 1, … up to the size of an axis."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, *, axis: int) -> Array:
    """0, 1, … up to the size of an axis."""
    return np.arange(x.shape[axis], dtype=np.int64)
