"""Sine."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array) -> Array:
    """Sine."""
    return np.asarray(np.sin(x))
