"""Rows of a table."""

import numpy as np

from isomorph.reference.array import Array


def run(table: Array, ids: Array) -> Array:
    """Rows of a table; `take` copies them faster than indexing does."""
    return np.take(table, ids, axis=0)
