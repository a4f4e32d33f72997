"""Means of consecutive rows."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, offsets: Array) -> Array:
    """Mean of x[offsets[b]:offsets[b + 1]] for every b; zeros where that is empty."""
    ends = np.append(offsets[1:], len(x))[: len(offsets)]
    result = np.zeros((len(offsets), x.shape[-1]), x.dtype)
    for row, (begin, end) in enumerate(zip(offsets, ends, strict=True)):
        if end > begin:
            result[row] = x[begin:end].mean(axis=0)
    return result
