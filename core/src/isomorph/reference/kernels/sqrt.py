"""Square root."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array) -> Array:
    """Square root."""
    return np.sqrt(x)
