"""log(1 + x)."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array) -> Array:
    """log(1 + x)."""
    return np.log1p(x)
