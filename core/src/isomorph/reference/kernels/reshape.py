"""Another shape of the same elements."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, *, shape: tuple[int, ...]) -> Array:
    """0 keeps the size of an axis."""
    return np.asarray(x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)]))
