"""Cosine."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array) -> Array:
    """Cosine."""
    return np.asarray(np.cos(x))
