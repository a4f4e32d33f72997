"""Means of consecutive rows."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, offsets: Array) -> Array:
    """Mean of x[offsets[b]:offsets[b + 1]] for every b; zeros where that is empty.

    Neighbouring segments of equal length are one reduction: numpy's `reduceat` takes several times
    as long, and so does a call a segment. Batches are sorted by length, so there are few of them.
    """
    counts = np.diff(offsets, append=len(x))
    result = np.zeros((len(offsets), x.shape[-1]), x.dtype)
    edges = np.flatnonzero(np.diff(counts)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(offsets)], strict=True):
        if begin == end or not counts[begin]:
            continue
        count, first = int(counts[begin]), int(offsets[begin])
        rows = x[first : first + count * (end - begin)].reshape(end - begin, count, -1)
        np.divide(rows.sum(axis=1), count, out=result[begin:end])
    return result
