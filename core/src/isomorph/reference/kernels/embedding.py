"""Rows of a table."""

import numpy as np

from isomorph.reference.array import Array


def run(table: Array, ids: Array) -> Array:
    """Rows of a table."""
    return np.asarray(table[ids])
