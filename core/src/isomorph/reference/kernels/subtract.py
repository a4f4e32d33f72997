"""a - b, with numpy's broadcasting."""

import numpy as np

from isomorph.reference.array import Array


def run(a: Array, b: Array) -> Array:
    """a - b, with numpy's broadcasting."""
    return np.subtract(a, b)
