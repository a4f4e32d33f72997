"""Elementwise comparison."""

import numpy as np

from isomorph.reference.array import Array

_KINDS = {"equal": np.equal, "greater": np.greater, "greater_equal": np.greater_equal}


def run(a: Array, b: Array, *, kind: str) -> Array:
    """True where the comparison holds."""
    return np.asarray(_KINDS[kind](a, b))
