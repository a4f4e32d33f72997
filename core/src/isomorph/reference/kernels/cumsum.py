"""Inclusive running sum along an axis."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, *, axis: int) -> Array:
    """Inclusive running sum along an axis."""
    return np.cumsum(x, axis=axis)
