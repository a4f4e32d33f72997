"""a where the condition holds, else b."""

import numpy as np

from isomorph.reference.array import Array


def run(condition: Array, a: Array, b: Array) -> Array:
    """a where the condition holds, else b."""
    return np.where(condition, a, b)
