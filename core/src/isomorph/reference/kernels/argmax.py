"""Index of the first largest value along an axis."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, *, axis: int) -> Array:
    """Index of the first largest value along an axis."""
    return np.asarray(np.argmax(x, axis=axis))
